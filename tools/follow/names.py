"""The tokenizer models and vocabulary files of another llama.cpp against those known here."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from shimmytok.models import MODELS

__all__ = ["model_differences", "vocabulary_differences"]

MODEL = re.compile(r'tokenizer_model == "([^"]*)"')
FILE = "ggml-vocab-{}.gguf"
LEFT_OUT = {"aquila"}  # large, and it names no pre-tokenizer


def model_differences(source: str) -> list[str]:
    """Names of tokenizer.ggml.model that llama_vocab::impl::load compares with, against ours."""
    theirs = set(MODEL.findall(source))
    lines = [f"model {name!r} is missing" for name in sorted(theirs - MODELS.keys())]
    return lines + [f"model {name!r} is not in llama.cpp" for name in sorted(MODELS.keys() - theirs)]


def vocabulary_differences(models: Path, known: dict[str, str]) -> list[str]:
    """The vocabulary files of a tree against the SHA-256 of those that the tests fetch."""
    lines = [f"{name}: the vocabulary file is gone" for name in known if not (models / FILE.format(name)).is_file()]
    for path in sorted(models.glob(FILE.format("*"))):
        name = path.stem.removeprefix("ggml-vocab-")
        if name not in known and name not in LEFT_OUT:
            lines.append(f"{name}: a vocabulary file that is new")
        elif name in known and hashlib.sha256(path.read_bytes()).hexdigest() != known[name]:
            lines.append(f"{name}: another vocabulary file")
    return lines
