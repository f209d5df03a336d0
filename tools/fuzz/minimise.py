"""Delta debugging: the smallest part of an input that still shows a difference.

Knows nothing of tokenizers.  The result is minimal in that no single item can be left out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def minimise(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """A part of `items`, in order, for which `fails` still holds; `fails` must hold for all of them.

    >>> minimise("a long text with an x and a y", lambda part: "x" in part and "y" in part)
    ['x', 'y']
    """
    left = list(items)
    if not fails(left):
        raise ValueError("the whole does not fail")
    size = max(len(left) // 2, 1)
    while left:
        at, found = 0, False
        while at < len(left):
            without = left[:at] + left[at + size :]
            if fails(without):
                left, found = without, True
            else:
                at += size
        if size > 1:
            size = max(size // 2, 1)
        elif not found:
            break
    return left


def characters(text: bytes) -> list[bytes]:
    """A text as a list of its characters, and of the single bytes that make none.

    >>> characters("é".encode() + b"\\xffa")
    [b'\\xc3\\xa9', b'\\xff', b'a']
    """
    return [
        bytes([ord(c) - 0xDC00]) if 0xDC80 <= ord(c) <= 0xDCFF else c.encode()
        for c in text.decode("utf-8", "surrogateescape")
    ]
