"""Recipes that must not build: the real one with one wrong test, to show that each of its tests can fail a build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml

__all__ = ["spoiled"]

Recipe = dict[str, Any]


def spoiled(recipe: str, script: str) -> Iterator[tuple[str, str, Recipe]]:
    """What was made wrong, what the build has to say of it, and the recipe.

    Each is built by a quicker script, since it is only its test that counts, and has a number of its own: the cache
    knows packages by their names, and would give one recipe's tests to another.
    """
    for number, (name, (change, said)) in enumerate(CHANGES.items(), 1):
        content = yaml.safe_load(recipe)
        content["build"] |= {"script": script, "number": content["build"].get("number", 0) + number}
        change(content)
        yield name, said, content


def _test(recipe: Recipe, key: str, word: str = "") -> Recipe:
    """The one test of a kind that mentions a word; it stays as the recipe's only one."""
    recipe["tests"] = [test for test in recipe["tests"] if key in test and word in str(test)]
    (test,) = recipe["tests"]
    return test


def _import(recipe: Recipe) -> None:
    _test(recipe, "python")["python"]["imports"].append("shimmytok.no_such_module")


def _pip_check(recipe: Recipe) -> None:
    _test(recipe, "python")
    recipe["requirements"]["run"].remove("gguf >=0.10")


def _command(recipe: Recipe) -> None:
    test = _test(recipe, "script", "hello.py")
    test["script"][0] = test["script"][0].replace("gpt2", "no-such-model")


def _ids(recipe: Recipe) -> None:
    test = _test(recipe, "script", "hello.py")
    test["script"][1] = (
        "python -c \"import shimmytok; assert shimmytok.Tokenizer.from_pretrained('gpt2').encode('Hello') == [15497]\""
    )


def _golden(recipe: Recipe) -> None:
    """A golden file of which one answer is wrong."""
    test = _test(recipe, "script", "pytest")
    test["script"].insert(0, f'python -c "{WRONG_GOLDEN}"')


def _contents(recipe: Recipe) -> None:
    _test(recipe, "package_contents")["package_contents"]["site_packages"].append("shimmytok/data/none.gguf")


# One special id of the model is another.
WRONG_GOLDEN = (
    "import lzma; path = 'tests/golden/gpt-2.jsonl.xz'; content = lzma.open(path).read(); "
    "wrong = content.replace(b'50256', b'50255', 1); assert wrong != content; lzma.open(path, 'wb').write(wrong)"
)
CHANGES: dict[str, tuple[Callable[[Recipe], None], str]] = {
    "an import": (_import, "No module named 'shimmytok.no_such_module'"),
    "a dependency": (_pip_check, "requires gguf, which is not installed"),
    "the command": (_command, "no-such-model"),
    "ids": (_ids, "AssertionError"),
    "a golden file": (_golden, "1 failed"),
    "a file": (_contents, "none.gguf"),
}
