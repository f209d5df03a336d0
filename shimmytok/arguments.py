"""What is said about arguments of a wrong type: asked once something has failed, or where little time is spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import index
from typing import Any

from shimmytok.errors import InvalidTokenError


def wrong_type(value: object, expected: str, name: str = "") -> TypeError:
    """The error for an argument; `name` is for methods that have more than one."""
    where = f"{name}: " if name else ""
    return TypeError(f"{where}expected {expected}, not {type(value).__name__}")


def full_name(value: object) -> str:
    """A value's type, with its module where it is not Python's own: numpy has a bool, too.

    >>> full_name(True), full_name(full_name)
    ('bool', 'function')
    """
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def as_int(value: Any, expected: str = "int", name: str = "") -> int:
    """An int, of anything that is one, as numpy's are; TypeError for all else, float included."""
    try:
        return index(value)
    except TypeError:
        raise wrong_type(value, expected, name) from None


def as_token(value: Any, count: int) -> int:
    """A token id below `count`; InvalidTokenError for another int."""
    try:
        token = index(value)
    except TypeError:
        raise wrong_type(value, "a token id (int)") from None
    if not 0 <= token < count:
        raise InvalidTokenError(f"token id {token}: the vocabulary has {count} tokens")
    return token


def as_iterator(items: Any, expected: str, name: str = "") -> Iterator[Any]:
    """An iterator; TypeError for what is no iterable.

    Where `list(items)` gave a TypeError, this tells whether it was for that or came out of the items.
    """
    try:
        return iter(items)
    except TypeError:
        raise wrong_type(items, expected, name) from None


def is_one_text(texts: Any) -> bool:
    """Is this one text, where many are expected?  Its characters or bytes would be taken for texts."""
    if isinstance(texts, (str, memoryview)):  # of one that was released nothing can be asked
        return True
    if isinstance(texts, (list, tuple)):
        return False
    try:
        return memoryview(texts).format in ("B", "b", "c")
    except (TypeError, ValueError, BufferError):  # numpy gives no buffer for some types, its strings among them
        return False


def many_texts(texts: Iterable[str | bytes]) -> Iterator[bytes]:
    """The bytes of texts; TypeError for a single text."""
    if is_one_text(texts):
        raise TypeError(f"expected many texts, not one {type(texts).__name__}")
    return _each(as_iterator(texts, "many texts"))


def _each(texts: Iterator[Any]) -> Iterator[bytes]:
    for i, text in enumerate(texts):
        if not isinstance(text, (str, bytes, bytearray, memoryview)):
            raise wrong_type(text, "str or bytes", f"texts[{i}]")
        yield text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
