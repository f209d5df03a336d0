"""Every code point through whole tokenizers that normalise a text: hashes of the ids that llama_tokenize gives.

The blocks are those of the code points (texts.py).  A text's answer is its ids, 32 bits each, and END.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from shimmytok import Tokenizer
from tools.fuzz.worker import Vocabulary, opened
from tools.golden import recording

from .hashes import Answer, Hashes, Stored, digest, sampled, write
from .reference import ReferenceFails
from .texts import Block, blocks

from golden import reader  # isort: skip  (tools.golden makes it importable)
from vocabularies.places import COMMITTED_GOLDEN  # isort: skip

__all__ = ["STORED_ENCODINGS", "VOCABULARIES", "asked", "identity", "made", "ours", "record_all", "theirs"]

ROOT = Path(__file__).parents[2]
STORED_ENCODINGS = ROOT / "tests" / "normalizers" / "exhaustive.json.xz"
MODULE = "tools.exhaustive.encodings"  # run as a script it is the process that asks
END = array("i", [-1]).tobytes()  # no id

# Names of the golden index: of each way to normalise, what a clone can fetch.
VOCABULARIES = (
    "bert-bge",
    "var-wpm-lower0-strip1",
    "var-wpm-lower1-strip0",
    "nomic-bert-moe",
    "var-ugm-nomic-keepws",
    "llama-spm",
    "gemma-4",
    "var-whitespace-model-gpt2",
)


def ours(tokenizer: Tokenizer) -> Answer:
    """This library's ids."""

    def answer(texts: Iterable[bytes]) -> bytes:
        encoded = (tokenizer.encode(text, False, parse_special=False) for text in texts)
        return b"".join(array("i", ids).tobytes() + END for ids in encoded)

    return answer


def theirs(library: Path, path: Path) -> Answer:
    """llama.cpp's ids, asked within this process: it must not die of a code point."""
    vocabulary = Vocabulary(opened(str(library)), str(path))

    def answer(texts: Iterable[bytes]) -> bytes:
        parts = []
        for text in texts:
            ids = vocabulary.tokenize(text, False, False)
            if ids is None:
                raise ValueError(f"llama_tokenize gives an error code for {text!r}")
            parts += [ids, END]
        return b"".join(parts)

    return answer


def made(name: str, models: Path, folder: Path) -> Path:
    """The path of a vocabulary of a source tree, or of a variant made of it in `folder`."""
    entry, recipes = reader.index(COMMITTED_GOLDEN)[name], reader.read_json(COMMITTED_GOLDEN / "variants.json")
    return recording.made(models / f"ggml-vocab-{entry['base']}.gguf", recipes.get(name), folder)


def identity(content: bytes) -> str:
    """What tells a vocabulary file from others."""
    return hashlib.sha256(content).hexdigest()[:16]


def chosen(seed: str) -> list[Block]:
    """The blocks of a sample, or all of them without a seed."""
    return list(sampled({}, seed) if seed else blocks({}))


def asked(library: Path, path: Path, seed: str = "") -> list[tuple[Block, str]]:
    """Blocks with the hashes of llama.cpp's answers, which a process of its own asks for."""
    command = [sys.executable, "-m", MODULE, str(library), str(path), seed]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        raise ReferenceFails(f"{path.name}: llama.cpp ended with exit status {done.returncode}")
    return list(zip(chosen(seed), done.stdout.split(), strict=True))


def record_all(library: Path, models: Path, llama_cpp: str, file: Path = STORED_ENCODINGS) -> Iterator[str]:
    """Record all vocabularies; gives their names as they are done."""
    recorded = []
    for name in VOCABULARIES:
        with tempfile.TemporaryDirectory() as folder:
            path = made(name, models, Path(folder))
            groups: dict[str, list[str]] = {}
            for block, value in asked(library, path):
                groups.setdefault(block.group, []).append(value)
            recorded.append(Hashes([name], identity(path.read_bytes()), {}, groups))
        yield name
    write(Stored(llama_cpp, recorded), file)


if __name__ == "__main__":
    ask = theirs(Path(sys.argv[1]), Path(sys.argv[2]))
    for one in chosen(sys.argv[3]):
        print(digest(ask(one.texts())), flush=True)
