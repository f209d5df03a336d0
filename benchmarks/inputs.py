"""Where the benchmarks find vocabularies and texts; no benchmark is in this file.

There is always the bundled gpt2 and data/austen.txt. When SHIMMYTOK_BENCH_DATA names a folder with
`vocabs/NAME.gguf[.xz]` and `corpora/NAME.txt[.xz]`, those named below are measured as well. A file that is
missing is left out of the parameters, never an error.
"""

from __future__ import annotations

import lzma
import os
import random
from functools import cache
from pathlib import Path

from shimmytok import Tokenizer, UnsupportedModelError

BUNDLED_VOCABULARY = "gpt2"
BUNDLED_TEXT = "austen"
# One or two of each model: BPE, SPM, WordPiece, Unigram, RWKV.
OTHER_VOCABULARIES = (
    "llama-bpe",
    "qwen2",
    "llama-spm",
    "gemma-3",
    "bert-bge",
    "t5-base",
    "nomic-bert-moe",
    "rwkv-world",
)
OTHER_TEXTS = ("english", "multilingual", "code")
# One of each kind of regex: contractions, digits in threes or alone, cases, several regexes, Han, whatever a text is.
PRES = ("gpt-2", "llama-bpe", "qwen2", "gpt-4o", "tekken", "deepseek-v3", "starcoder", "default")
TEXT_BYTES = 1 << 20

_HERE = Path(__file__).parent


def _find(folder: str, name: str) -> Path | None:
    root = os.environ.get("SHIMMYTOK_BENCH_DATA")
    if not root:
        return None
    found = (Path(root) / folder / (name + suffix) for suffix in ("", ".xz"))
    return next((path for path in found if path.is_file()), None)


def _read(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


VOCABULARIES = [BUNDLED_VOCABULARY, *(name for name in OTHER_VOCABULARIES if _find("vocabs", f"{name}.gguf"))]
TEXTS = [BUNDLED_TEXT, *(name for name in OTHER_TEXTS if _find("corpora", f"{name}.txt"))]


def gguf(vocabulary: str) -> bytes:
    """The bytes of a GGUF file that is not the bundled one."""
    path = _find("vocabs", f"{vocabulary}.gguf")
    if path is None:
        raise NotImplementedError(f"no {vocabulary}.gguf in SHIMMYTOK_BENCH_DATA")
    return _read(path)


def new_tokenizer(vocabulary: str) -> Tokenizer:
    """A tokenizer that has encoded nothing yet; asv skips what the version at hand cannot load."""
    if vocabulary == BUNDLED_VOCABULARY:
        return Tokenizer.from_pretrained(BUNDLED_VOCABULARY)
    try:
        return Tokenizer.from_bytes(gguf(vocabulary))
    except UnsupportedModelError as error:
        raise NotImplementedError(str(error)) from error


@cache
def tokenizer(vocabulary: str) -> Tokenizer:
    """One tokenizer a process, for benchmarks that measure it warm."""
    return new_tokenizer(vocabulary)


@cache
def text(name: str) -> str:
    """The first MiB of a text, cut at a line's end."""
    path = _HERE / "data" / f"{name}.txt" if name == BUNDLED_TEXT else _find("corpora", f"{name}.txt")
    if path is None:
        raise NotImplementedError(f"no {name}.txt in SHIMMYTOK_BENCH_DATA")
    data = _read(path)
    if len(data) > TEXT_BYTES:
        data = data[: data.rindex(b"\n", 0, TEXT_BYTES) + 1]
    return data.decode("utf-8")


@cache
def documents(n: int) -> list[str]:
    """`n` paragraphs of the bundled text, starting over when it has fewer."""
    paragraphs = [part for part in text(BUNDLED_TEXT).split("\n\n") if part.strip()]
    return [paragraphs[i % len(paragraphs)] for i in range(n)]


@cache
def pages(name: str) -> list[str]:
    """A text as documents of 1 to 4 kB, cut at a line's end if there is one near."""
    sizes, found, start, whole = random.Random(1), [], 0, text(name)
    while start < len(whole):
        at = start + sizes.randint(1_000, 3_500)
        end = whole.find("\n", at, at + 500) + 1 or at
        found.append(whole[start:end])
        start = end
    return found


def halves(name: str) -> tuple[list[str], list[str]]:
    """The first and the second half of those documents."""
    whole = pages(name)
    return whole[: len(whole) // 2], whole[len(whole) // 2 :]


def megabytes(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6
