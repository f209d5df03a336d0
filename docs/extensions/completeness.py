"""Fails a build whose reference lacks a public name: of the package, or of a class that it exports."""

from __future__ import annotations

from public import public_names
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True}


def check(app: Sphinx, env: BuildEnvironment) -> None:
    documented = set(env.get_domain("py").objects)  # type: ignore[attr-defined]
    for name in public_names():
        if name not in documented:
            LOGGER.warning("%s is public, but not in the reference", name)
