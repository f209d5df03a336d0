"""Fails a build whose reference lacks a public name: of the package, or of a class that it exports."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import shimmytok

LOGGER = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True}


def public_names() -> Iterator[str]:
    """All names a user may rely on; of a class, what it or a base within the package defines."""
    for name in shimmytok.__all__:
        yield f"shimmytok.{name}"
        value = getattr(shimmytok, name)
        if inspect.isclass(value):
            yield from (f"shimmytok.{name}.{member}" for member in members(value))


def members(owner: type) -> list[str]:
    """The public attributes of a class, without those that it has from outside the package."""
    own = [base for base in owner.__mro__ if base.__module__.startswith("shimmytok")]
    names = {name for base in own for name in vars(base) if not name.startswith("_")}
    return sorted(names | set(getattr(owner, "__annotations__", {})))


def check(app: Sphinx, env: BuildEnvironment) -> None:
    documented = set(env.get_domain("py").objects)  # type: ignore[attr-defined]
    for name in public_names():
        if name not in documented:
            LOGGER.warning("%s is public, but not in the reference", name)
