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
    used = set(b"".join(user_defined))
    candidates = [c for c in range(1, 0x80) if c not in used and _becomes(charsmap, c) == SPACE]
    return bytes(c for c in candidates if not charsmap.following(c) and not charsmap.occurs_later(c))


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


def _becomes(charsmap: Charsmap, c: int) -> bytes:
    size, replacement = charsmap.match(bytes([c]))
    return replacement if size else bytes([c])
