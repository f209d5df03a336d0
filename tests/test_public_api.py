"""Freezes the public names and signatures: what a later version may add to, but not take away or change.

A frozen table is public_api_X_Y_Z.json: what was public in that version, and not in the ones before. Properties
are listed with their type for the bundled gpt2.
"""

from __future__ import annotations

import builtins
import collections.abc
import doctest
import importlib
import inspect
import json
from inspect import Parameter, Signature
from pathlib import Path

import pytest

import shimmytok

TABLES = [
    json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(__file__).parent.glob("public_api_*.json"))
]
FROZEN = TABLES[0]


@pytest.fixture(scope="module")
def gpt2() -> shimmytok.Tokenizer:
    return shimmytok.Tokenizer.from_pretrained("gpt2")


def rows(section: str) -> list[tuple[str, str]]:
    return [row for table in TABLES for row in table.get(section, {}).items()]


def parse_signature(text: str) -> Signature:
    """The signature that a frozen "(self, text, *, flag=False)" stands for."""
    namespace: dict = {}
    exec(f"def frozen{text}: pass", namespace)
    return inspect.signature(namespace["frozen"])


def broken_promises(frozen: Signature, actual: Signature) -> list[str]:
    """What a caller written for `frozen` may rely on and `actual` does not give."""
    problems = []
    positions = list(actual.parameters)
    for position, (name, old) in enumerate(frozen.parameters.items()):
        new = actual.parameters.get(name)
        if new is None:
            problems.append(f"parameter {name} is gone")
        elif new.kind is not old.kind and name != "self":  # which nobody passes by its name
            problems.append(f"parameter {name} is {new.kind.description}, was {old.kind.description}")
        elif new.default != old.default:
            problems.append(f"parameter {name} has the default {new.default!r}, had {old.default!r}")
        elif old.kind is not Parameter.KEYWORD_ONLY and positions.index(name) != position:
            problems.append(f"parameter {name} moved from place {position} to {positions.index(name)}")
    for name, new in actual.parameters.items():
        variadic = new.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        if name not in frozen.parameters and new.default is Parameter.empty and not variadic:
            problems.append(f"parameter {name} is new and has no default")
    return problems


def assert_signature(function: object, text: str) -> None:
    assert broken_promises(parse_signature(text), inspect.signature(function)) == []


@pytest.mark.parametrize("name", [*FROZEN["module"]["callables"], *FROZEN["module"]["strings"], *FROZEN["errors"]])
def test_module_name(name):
    assert name in shimmytok.__all__
    value = getattr(shimmytok, name)
    assert isinstance(value, str) if name in FROZEN["module"]["strings"] else callable(value)


def test_all_names_exist():
    assert [name for name in shimmytok.__all__ if not hasattr(shimmytok, name)] == []
    assert len(set(shimmytok.__all__)) == len(shimmytok.__all__)


@pytest.mark.parametrize(("name", "bases"), FROZEN["errors"].items())
def test_error_bases(name, bases):
    error = getattr(shimmytok, name)
    for base in bases:
        assert issubclass(error, getattr(shimmytok, base, None) or getattr(builtins, base))


@pytest.mark.parametrize(("name", "signature"), rows("constructors"))
def test_constructor(name, signature):
    constructor = getattr(shimmytok.Tokenizer, name)
    assert inspect.ismethod(constructor)
    assert constructor.__self__ is shimmytok.Tokenizer
    assert_signature(constructor, signature)


@pytest.mark.parametrize(("name", "signature"), rows("methods"))
def test_method(name, signature):
    method = getattr(shimmytok.Tokenizer, name)
    assert_signature(method, signature)
    assert name.startswith("__") or inspect.getdoc(method)


@pytest.mark.parametrize(("name", "signature"), rows("functions"))
def test_function(name, signature):
    module, _, function = name.rpartition(".")
    assert_signature(getattr(importlib.import_module(module), function), signature)


@pytest.mark.parametrize("name", [name for name, _ in rows("methods") if not name.startswith("__")])
def test_examples_of_a_method(name):
    """pytest looks for examples in modules of Python only."""
    doc = inspect.getdoc(getattr(shimmytok.Tokenizer, name))
    examples = doctest.DocTestParser().get_doctest(doc, {"Tokenizer": shimmytok.Tokenizer}, name, None, None)
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("name", ["encode", "encode_to_numpy", "encode_batch", "count", "decode", "decode_bytes"])
def test_a_method_of_something_else(name):
    for wrong in (5, object(), shimmytok.Tokenizer):
        with pytest.raises(TypeError):
            getattr(shimmytok.Tokenizer, name)(wrong, "text")


@pytest.mark.parametrize(("name", "signature"), FROZEN["stream_decoder"].items())
def test_stream_decoder(gpt2, name, signature):
    assert isinstance(gpt2.stream_decoder(), shimmytok.StreamDecoder)
    assert_signature(getattr(shimmytok.StreamDecoder, name), signature)


@pytest.mark.parametrize(("name", "kind"), rows("properties"))
def test_property(gpt2, name, kind):
    value = getattr(gpt2, name)
    if kind == "None":
        assert value is None
    else:
        expected = getattr(builtins, kind, None) or getattr(collections.abc, kind)
        assert isinstance(value, expected)
        assert expected is bool or not isinstance(value, bool)
    with pytest.raises((AttributeError, TypeError)):
        setattr(gpt2, name, value)


@pytest.mark.parametrize(
    ("signature", "promises"),
    [
        ("(self, text, flag=True, *, other=False)", 0),
        ("(self, text, flag=True, *, added=None, other=False)", 0),
        ("(self, text, flag=True, added=None, *, other=False)", 0),
        ("(self, words, flag=True, *, other=False)", 2),
        ("(self, text, flag=False, *, other=False)", 1),
        ("(self, text, added=None, flag=True, *, other=False)", 1),
        ("(self, text, *, flag=True, other=False)", 1),
        ("(self, text, flag=True, *, added, other=False)", 1),
        ("(self, text, flag=True)", 1),
    ],
)
def test_a_changed_signature_is_found(signature, promises):
    frozen = parse_signature("(self, text, flag=True, *, other=False)")
    assert len(broken_promises(frozen, parse_signature(signature))) == promises
