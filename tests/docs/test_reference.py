"""The reference in docs/api.md: every public name is in it, and compiled methods show the types of their stubs.

The documentation's own build checks the first once more, on what Sphinx made of the page.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import shimmytok

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docs" / "extensions"))

import stubs  # noqa: E402 - a module of the documentation, not of the package
from public import members, public_names  # noqa: E402

DIRECTIVE = re.compile(r"^\.\. auto\w+:: ([\w.]+)(?:\(.*)?\n((?:   :.*\n)*)", re.MULTILINE)
JUDGES = {
    "shimmytok.check": {"check", "Finding", "Severity"},
    "shimmytok.diff": {"diff", "Difference", "Example"},
    "shimmytok.verify": {"verify", "Report", "Mismatch"},
}
COMPILED = [
    getattr(owner, name)
    for owner in (shimmytok.Tokenizer, shimmytok.StreamDecoder)
    for name in members(owner)
    if stubs.is_compiled(getattr(owner, name))
]


def directives() -> list[tuple[str, str]]:
    return DIRECTIVE.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))


def documented() -> set[str]:
    """The names of `shimmytok` itself; those with `:members:` stand for the members of a class too."""
    names = set()
    for name, options in directives():
        if name.startswith("shimmytok."):
            continue
        names.add(f"shimmytok.{name}")
        if ":members:" in options:
            names |= {f"shimmytok.{name}.{member}" for member in members(getattr(shimmytok, name))}
    return names


def test_every_public_name_is_there():
    assert set(public_names()) - documented() == set()


def test_nothing_else_is_there():
    assert documented() - set(public_names()) == set()


def test_what_judges_models_is_there():
    names = {name for name, _ in directives() if name.startswith("shimmytok.")}
    assert names == {f"{module}.{name}" for module, names in JUDGES.items() for name in names}
    assert all(hasattr(importlib.import_module(module), name) for module, names in JUDGES.items() for name in names)


def test_types_of_texts():
    arguments, _ = stubs.signature_of(shimmytok.Tokenizer.encode)
    assert "text: str | Buffer" in arguments
    assert "disallowed_special: Iterable[str | bytes] | Literal['all'] | None=()" in arguments
    arguments, _ = stubs.signature_of(shimmytok.Tokenizer.encode_batch)
    assert "texts: Iterable[str | Buffer]" in arguments


def test_compiled_methods_are_found():
    names = {method.__name__ for method in COMPILED}
    assert {"encode", "encode_batch_flat", "count", "decode", "step", "flush"} <= names


@pytest.mark.parametrize("method", COMPILED, ids=lambda method: method.__name__)
def test_signature_of_the_stub(method):
    """It has a type for each argument, and but for these is the one that the method has."""
    arguments, result = stubs.signature_of(method)
    namespace: dict = {}
    exec(f"from __future__ import annotations\ndef stub(self, {arguments[1:-1]}) -> {result}: pass", namespace)
    typed = [*inspect.signature(namespace["stub"]).parameters.values()][1:]
    actual = [*inspect.signature(method).parameters.values()][1:]
    assert [(p.name, p.kind, p.default) for p in typed] == [(p.name, p.kind, p.default) for p in actual]
    assert all(p.annotation not in (p.empty, "Any") for p in typed)
    assert result not in ("", "Any")
