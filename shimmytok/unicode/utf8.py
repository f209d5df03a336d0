"""llama.cpp's lenient UTF-8, for Python callers; the work is done in `_utf8.pyx`."""

from __future__ import annotations

from ._utf8 import decode_clean_bytes, is_clean_bytes, repair_bytes

__all__ = ["code_points", "is_clean", "repair"]


def is_clean(text: bytes) -> bool:
    """Whether llama.cpp's decoding and encoding of `text` gives the same bytes.

    >>> is_clean("né".encode()), is_clean(b"\\xff"), is_clean(b"\\xc0\\x80")
    (True, False, False)
    """
    return is_clean_bytes(text)


def repair(text: bytes) -> bytes:
    """`text` as llama.cpp reads it: U+FFFD for each invalid byte, the shortest form for overlong ones.

    >>> repair(b"a\\xffb\\xc0\\xa0")
    b'a\\xef\\xbf\\xbdb '
    """
    return repair_bytes(text)


def code_points(text: bytes) -> list[int]:
    """The code points of a clean `text`; raises ValueError when it is not clean.

    >>> code_points("né".encode())
    [110, 233]
    """
    return decode_clean_bytes(text)
