"""All names a user may rely on, as the reference has to have them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import shimmytok


def public_names() -> Iterator[str]:
    """The names that the package exports, and the public attributes of the classes among them."""
    for name in shimmytok.__all__:
        yield f"shimmytok.{name}"
        value = getattr(shimmytok, name)
        if inspect.isclass(value):
            yield from (f"shimmytok.{name}.{member}" for member in members(value))


def members(owner: type) -> list[str]:
    """The public attributes of a class, without those that it has from outside the package."""
    own = [base for base in owner.__mro__ if base.__module__.startswith("shimmytok")]
    return sorted({name for base in own for name in vars(base) if not name.startswith("_")})
