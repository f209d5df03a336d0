"""How texts out of files are shown in messages: one may have millions of characters, or be no text."""

from __future__ import annotations


def shown(text: bytes, longest: int = 60) -> str:
    r"""A text in quotes, for people: bytes that are not UTF-8 and control characters escaped, long texts cut.

    >>> print(shown("né\n".encode() + b"\xff"), shown(b"a" * 9, longest=4))
    'né\n\xff' 'aaaa'... (9 bytes)
    """
    cut = text[:longest]
    decoded = cut.decode("utf-8", "backslashreplace" if len(cut) == len(text) else "ignore")
    quoted = "".join(char if char.isprintable() or char == "\\" else ascii(char)[1:-1] for char in decoded)
    return f"'{quoted}'" if len(cut) == len(text) else f"'{quoted}'... ({len(text)} bytes)"
