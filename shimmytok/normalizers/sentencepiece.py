"""What SentencePiece's normaliser does with each ASCII character, whatever stands beside it.

Holds what _sentencepiece.pyx has to know to take short ways: which bytes part words, and which stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection

from shimmytok.normalizers._charsmap import Charsmap

SPACE = b" "


def cutting_bytes(charsmap: Charsmap, user_defined: Collection[bytes]) -> bytes:
    """The ASCII characters that become a space, and only that, wherever they stand.

    They are in no user-defined token, and alone where they are in the charsmap.

    >>> cutting_bytes(Charsmap(b""), [b"a\\tb"])
    b' '
    """
    used = set(b"".join(user_defined)) | set(charsmap.later())
    candidates = [c for c in range(1, 0x80) if c not in used and _becomes(charsmap, c) == SPACE]
    return bytes(c for c in candidates if not charsmap.following(c))


def plain_bytes(charsmap: Charsmap, user_defined: Collection[bytes]) -> bytes:
    """The ASCII characters but the space that stay as they are before any other.

    >>> plain_bytes(Charsmap(b""), [b"<x>"]) == bytes(c for c in range(0x80) if c not in b" <")
    True
    """
    starts = {token[0] for token in user_defined if token}
    return bytes(
        c
        for c in range(0x80)
        if c != SPACE[0]
        and c not in starts
        and charsmap.match(bytes([c]))[0] == 0
        and all(following >= 0x80 for following in charsmap.following(c))
    )


def fixed_bytes(charsmap: Charsmap, user_defined: Collection[bytes]) -> dict[int, bytes]:
    """What each ASCII character becomes that becomes the same whatever stands before it, if ASCII stands behind it, or
    nothing; none that becomes nothing, or anything with a space.

    >>> fixed_bytes(Charsmap(b""), [b"<x>"])[ord("x")]
    b'x'
    """
    later, literal = charsmap.later(), b"".join(user_defined)
    fixed = {}
    for c in range(1, 0x80):
        text = _becomes(charsmap, c)
        varies = c in later or (c in literal and text != bytes([c]))
        if not varies and text and SPACE not in text and all(byte >= 0x80 for byte in charsmap.following(c)):
            fixed[c] = text
    return fixed


def _becomes(charsmap: Charsmap, c: int) -> bytes:
    size, replacement = charsmap.match(bytes([c]))
    return replacement if size else bytes([c])
