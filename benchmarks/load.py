"""What it costs to begin: importing the library, loading a vocabulary, and the memory it then holds."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from shimmytok import Tokenizer, UnsupportedModelError

from . import inputs

HELLO = "Hello, world!"
RESIDENT = Path("/proc/self/statm")


def unpack_vocabularies(folder: Path) -> dict[str, str]:
    """Copy every vocabulary that this version can load, unpacked, to `folder`."""
    paths = {}
    for name in inputs.VOCABULARIES:
        if name == inputs.BUNDLED_VOCABULARY:
            data = (files("shimmytok") / "data" / "gpt2.gguf").read_bytes()
        else:
            data = inputs.gguf(name)
        path = folder.resolve() / f"{name}.gguf"
        path.write_bytes(data)
        try:
            Tokenizer.from_gguf_file(path)
        except UnsupportedModelError:
            continue
        paths[name] = str(path)
    return paths


def resident_bytes() -> int:
    """The memory this process has in RAM; Linux only."""
    if not RESIDENT.exists():
        raise NotImplementedError("memory is measured on Linux only")
    return int(RESIDENT.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


class Import:
    """A fresh interpreter that imports the library, and what that adds to importing numpy."""

    def timeraw_import(self) -> str:
        return "import shimmytok"

    def timeraw_import_after_numpy(self) -> tuple[str, str]:
        return "import shimmytok", "import numpy"


class Load:
    """From a GGUF file to a tokenizer, and to the ids of a first text; files are in the page cache."""

    param_names = ("vocabulary",)
    params = (inputs.VOCABULARIES,)

    def setup_cache(self) -> dict[str, str]:
        # asv runs this in a temporary folder that lasts as long as the benchmarks do.
        return unpack_vocabularies(Path.cwd())

    def setup(self, paths: dict[str, str], vocabulary: str) -> None:
        if vocabulary not in paths:
            raise NotImplementedError(f"{vocabulary} cannot be loaded")
        self.path = paths[vocabulary]

    def time_load(self, paths: dict[str, str], vocabulary: str) -> None:
        Tokenizer.from_gguf_file(self.path)

    def time_load_and_encode(self, paths: dict[str, str], vocabulary: str) -> None:
        Tokenizer.from_gguf_file(self.path).encode(HELLO)

    def peakmem_load(self, paths: dict[str, str], vocabulary: str) -> None:
        Tokenizer.from_gguf_file(self.path)

    def track_memory_of_tables(self, paths: dict[str, str], vocabulary: str) -> float:
        """MB by which the resident set has grown by loading alone: the cache of words takes pages when it is used."""
        Tokenizer.from_gguf_file(paths[inputs.BUNDLED_VOCABULARY]).encode(HELLO)
        before = resident_bytes()
        tok = Tokenizer.from_gguf_file(self.path)
        after = resident_bytes()
        del tok
        return (after - before) / 1e6

    track_memory_of_tables.unit = "MB"  # type: ignore[attr-defined]

    def track_memory_after_load(self, paths: dict[str, str], vocabulary: str) -> float:
        """MB by which the resident set has grown after a first text, the cache's large pages included."""
        Tokenizer.from_gguf_file(paths[inputs.BUNDLED_VOCABULARY]).encode(HELLO)
        before = resident_bytes()
        tok = Tokenizer.from_gguf_file(self.path)
        tok.encode(HELLO)
        return (resident_bytes() - before) / 1e6

    track_memory_after_load.unit = "MB"  # type: ignore[attr-defined]
