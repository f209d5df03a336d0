"""Shows the package's docstrings, which are plain text, as a reference: autodoc's hooks.

`name: what it is` at the start of a line becomes a field where `name` is a parameter, `Raises ...` a line with links,
and a name in single backticks a link where it is public. Compiled methods get the signature of their stub.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import stubs
from sphinx.application import Sphinx

import shimmytok

FIELD = re.compile(r"(\w+): (.*)")
QUOTED = re.compile(r"(?<!`)`([^`]+)`(?!`)")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-signature", show_types)
    app.connect("autodoc-process-docstring", mark_up)
    return {"parallel_read_safe": True}


def show_types(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, arguments: str | None, result: str | None
) -> tuple[str | None, str] | None:
    """Another signature than the one that autodoc made up.

    Compiled methods get that of their stub; a method that gives an object of its class, whichever that is, shows the
    class that it is listed under.
    """
    if what == "method" and stubs.is_compiled(obj):
        return stubs.signature_of(obj)
    if result is not None and result.rpartition(".")[2] == "_Self":
        return arguments, name.rpartition(".")[0]
    return None


def mark_up(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Turn a docstring into reStructuredText, in place."""
    parameters = _parameters(obj) if what in ("method", "function", "class") else set()
    marked: list[str] = []
    in_example = in_fields = False
    for line in lines:
        in_example = line.startswith(">>>") or (in_example and line != "")
        field = None if in_example else FIELD.fullmatch(line)
        is_field = field is not None and field[1] in parameters
        if not in_example and (is_field != in_fields or line.startswith("Raises ")) and line:
            marked.append("")
        if line:
            in_fields = is_field
        if is_field and field:
            line = f":param {field[1]}: {field[2]}"
        marked.append(line if in_example else _linked(line))
    lines[:] = marked


def _parameters(obj: Any) -> set[str]:
    try:
        return set(inspect.signature(obj).parameters)
    except (TypeError, ValueError):
        return set()


def _linked(line: str) -> str:
    line = QUOTED.sub(lambda found: _role(found[1]), line)
    if "Raises " in line or "Error" in line:
        line = re.sub(r"(?<![\w`~.])[A-Z]\w*Error\b", lambda found: _role(found[0], plain=found[0]), line)
    return line


def _role(name: str, plain: str | None = None) -> str:
    """A link to a public name, else the name as code, or as it stands."""
    tokenizer, known = shimmytok.Tokenizer, set(shimmytok.__all__)
    if name in known:
        return f":py:obj:`~shimmytok.{name}`"
    if not name.startswith("_") and hasattr(tokenizer, name):
        return f":py:obj:`~shimmytok.Tokenizer.{name}`"
    return plain if plain is not None else f"``{name}``"
