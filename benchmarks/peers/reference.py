"""How many times as fast as llama.cpp, vocabulary by vocabulary: a Markdown table.

python benchmarks/peers/reference.py --text FILE [--pres] MODEL.gguf ...
pip install llama-cpp-python     what is compared with

Documents of 1 to 4 KB to one numpy array, as compare.py measures them, on one thread. With --pres each vocabulary is
measured with every pre-tokenizer (tokenizer.ggml.pre) in place of its own. A library that refuses a vocabulary or dies
of a text is no error: the table says so.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compare import DEFAULT_TEXT, digits, run, text_to

from shimmytok import Tokenizer
from shimmytok.gguf import keys
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.serialize import to_gguf

OURS, THEIRS = "shimmytok", "llama-cpp-python"
HEAD = """\
| vocabulary | model | pre | other ids | llama.cpp, MB/s | shimmytok: cold | fresh | warm | fresh, times as fast |
|---|---|---|---|---:|---:|---:|---:|---:|"""


def vocabularies(path: Path, with_pres: bool, folder: Path) -> Iterator[tuple[str, str, Path]]:
    """(model, pre, file) of a vocabulary, or of its copies with other pre-tokenizers."""
    tok = Tokenizer.from_gguf_file(path)
    model = str(tok.metadata[keys.MODEL])
    if not with_pres:
        yield model, str(tok.metadata.get(keys.PRE, "")), path
        return
    for pre in sorted(PRE):
        other = Tokenizer.from_gguf_file(path, overrides={keys.PRE: pre})
        copy = folder / "copy.gguf"
        copy.write_bytes(to_gguf(other.metadata, other._parts))
        yield model, pre, copy


def line(name: str, model: str, pre: str, job: dict[str, Any]) -> str:
    """A row of the table."""
    answers = {library: run(job | {"library": library, "task": "flat"}) for library in (OURS, THEIRS)}
    checked = run(job | {"library": THEIRS, "task": "check"})
    refused = [f"{library}: {answer['refused']}" for library, answer in answers.items() if "refused" in answer]
    if refused:
        return f"| {name} | {model} | {pre} | {'; '.join(refused)} | | | | | |"
    ours, theirs = answers.values()
    differ = f"in {checked['differ']} of {checked['texts']} texts" if checked.get("differ") else "none"
    cells = [digits(theirs["fresh"]), *(digits(ours[kind]) for kind in ("cold", "fresh", "warm"))]
    return (
        f"| {name} | {model} | {pre} | {checked.get('refused', differ)} | {' | '.join(cells)} | "
        f"{digits(ours['fresh'] / theirs['fresh'])} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="How many times as fast as llama.cpp, vocabulary by vocabulary.")
    parser.add_argument("gguf", type=Path, nargs="+", help="GGUF files")
    parser.add_argument("--text", type=Path, default=DEFAULT_TEXT, help="a UTF-8 file")
    parser.add_argument("--pres", action="store_true", help="each of them with every pre-tokenizer")
    given = parser.parse_args()
    cpu = max(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None
    with tempfile.TemporaryDirectory() as folder:
        text_to(Path(folder) / "text", given.text)
        print(HEAD, flush=True)
        for path in given.gguf:
            for model, pre, file in vocabularies(path, given.pres, Path(folder)):
                job = {"forms": {"gguf": str(file)}, "text": str(Path(folder) / "text"), "cpu": cpu}
                print(line(path.name, model, pre, job), flush=True)


if __name__ == "__main__":
    main()
