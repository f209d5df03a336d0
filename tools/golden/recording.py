"""Records golden files: those of the index again, and those of pre-tokenizers and vocabularies that are new."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from golden import reader
from golden.reader import DETOKENIZE, TOKENIZE, Golden
from tools.fuzz.reference import Reference, ReferenceRefuses
from vocabularies.header import Header

from .asking import Questions, answers, as_before, for_new
from .changes import Change, changes
from .lines import write

ALL_CALLS = TOKENIZE + DETOKENIZE
PRE_CALLS = ("t00", "t11", "d00", "d01")
PRE_BASE = "gpt-2"
PRE_KEY = "tokenizer.ggml.pre"


@dataclass(frozen=True)
class Recorder:
    """Where llama.cpp is, where its vocabulary files are, and the folder of golden files."""

    library: Path
    models: Path
    folder: Path
    timeout: float = 60.0

    def again(self, names: Iterable[str], keep: bool) -> Iterator[tuple[str, list[Change]]]:
        """Record names of the index; gives what changed for each file. `keep`: the files stay as they are."""
        index = reader.index(self.folder)
        done: set[str] = set()
        for name in names:
            entry = index[name]
            if entry["file"] in done:  # names with the same answers share a file
                continue
            done.add(entry["file"])
            old = reader.read(self.folder, name)
            new = self.recorded(name, entry["base"], self.recipe(name), as_before(old, entry["calls"]))
            found = changes(old, new)
            if found and not keep:
                write(new, self.folder / entry["file"])
                self.note_refusal(name, new)
            yield name, found

    def added_pre(self, pre: str) -> str:
        """Record a pre-tokenizer that has no golden file, and enter it in the index; gives its name."""
        name = f"pre-{PRE_BASE}-{pre}"
        recipe = {"base": PRE_BASE, "set": {PRE_KEY: f"str:{pre}"}}
        self.add(name, PRE_BASE, recipe, PRE_CALLS)
        return name

    def added_vocabulary(self, name: str) -> str:
        """Record a vocabulary file that has no golden file, and enter it in the index."""
        self.add(name, name, None, ALL_CALLS)
        return name

    def add(self, name: str, base: str, recipe: dict | None, calls: tuple[str, ...]) -> None:
        """Record a new name."""
        if name in reader.index(self.folder):
            raise ValueError(f"{name} is in the index")
        file = f"{name}.jsonl.xz"
        write(self.recorded(name, base, recipe, calls), self.folder / file)
        entry = {"file": file, "base": base, "variant": recipe is not None, "calls": list(calls)}
        enter(self.folder / "index.json", name, entry)
        if recipe is not None:
            enter(self.folder / "variants.json", name, recipe)

    def recorded(self, name: str, base: str, recipe: dict | None, asked: Questions | tuple[str, ...]) -> Golden:
        """The answers for one vocabulary, or the refusal; `asked` may be the calls alone, for one that is new."""
        with tempfile.TemporaryDirectory() as folder:
            path = made(self.models / f"ggml-vocab-{base}.gguf", recipe, Path(folder))
            with Reference(self.library, path, self.timeout) as reference:
                try:
                    reference.start()
                except ReferenceRefuses as refusal:
                    return Golden(name, {"k": "error", "msg": str(refusal)}, None, [], [])
                if isinstance(asked, tuple):
                    n_tokens = reference.ask_facts()["n_tokens"]
                    asked = for_new(name, asked, reader.texts(self.folder), n_tokens, table=recipe is None)
                return answers(name, reference, asked)

    def recipe(self, name: str) -> dict | None:
        return reader.read_json(self.folder / "variants.json").get(name)

    def note_refusal(self, name: str, new: Golden) -> None:
        """Keep `load_error` in the index as the file has it, for all names that share it."""
        index = reader.index(self.folder)
        file = index[name]["file"]
        for other, entry in index.items():
            if entry["file"] == file:
                kept = {key: value for key, value in entry.items() if key != "load_error"}
                refused = {"load_error": new.meta["msg"]} if new.meta["k"] == "error" else {}
                enter(self.folder / "index.json", other, kept | refused)


def made(base: Path, recipe: dict | None, folder: Path) -> Path:
    """The path of a vocabulary file, or of a variant of it, written into `folder`."""
    if recipe is None:
        return base
    header = Header.parse(base.read_bytes()).changed(recipe.get("set", {}), recipe.get("del", ()))
    path = folder / "variant.gguf"
    path.write_bytes(header.to_bytes())
    return path


def enter(path: Path, name: str, entry: dict) -> None:
    """Set one line of a JSON file that has a line for each name."""
    entries = reader.read_json(path) | {name: entry}
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
