"""What differs between the golden files and the answers of another llama.cpp, and which files are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shimmytok.pretokenizers.patterns import PRE
from tools.fuzz.reference import find_library
from tools.golden.recording import PRE_KEY, Recorder

from .names import FILE, vocabulary_differences

from golden import reader  # isort: skip  (tools.golden makes it importable)
from vocabularies.llama_cpp_sdist import FILES, RELEASE  # isort: skip
from vocabularies.places import COMMITTED_GOLDEN  # isort: skip

__all__ = ["RELEASE", "differing_answers", "fetched_names", "uncovered"]


def differing_answers(models: Path, library: Path | None, timeout: float, check: bool) -> Iterator[str]:
    """Lines for vocabulary files, golden files that are missing, and answers that changed; without `check`, written."""
    yield from vocabulary_differences(models, FILES)
    recorder = Recorder(library or find_library(), models, COMMITTED_GOLDEN, timeout)
    index = reader.index(COMMITTED_GOLDEN)
    known = [name for name, entry in index.items() if (models / FILE.format(entry["base"])).is_file()]
    for _, changes in recorder.again(known, keep=check):
        yield from map(str, changes)
    for pre in uncovered():
        yield f"pre {pre!r} has no golden file" if check else f"recorded {recorder.added_pre(pre)}"
    for name in fetched_names(models):
        if name not in index:
            yield f"{name} has no golden file" if check else f"recorded {recorder.added_vocabulary(name)}"


def fetched_names(models: Path) -> list[str]:
    """The vocabularies of a tree that the tests fetch, or will."""
    new = [line.split(":")[0] for line in vocabulary_differences(models, FILES) if line.endswith("that is new")]
    return sorted([name for name in FILES if (models / FILE.format(name)).is_file()] + new)


def uncovered() -> list[str]:
    """For each way to pre-tokenise that no golden file has, the first name of it."""
    recipes = reader.read_json(COMMITTED_GOLDEN / "variants.json")
    recorded = {recipe.get("set", {}).get(PRE_KEY, "").removeprefix("str:") for recipe in recipes.values()}
    covered = {PRE[name] for name in recorded if name in PRE}
    return list({pre: name for name, pre in reversed(PRE.items()) if pre not in covered}.values())
