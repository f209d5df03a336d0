"""The vocabularies the tests run on: `vocabulary(name)` gives the path of a GGUF file.

A name is one of the golden index: a base ("llama-bpe") or a variant of a base, made by changing metadata keys.
Bases come from the first of three sources that has them: the package itself, the shared test data, and llama.cpp's
own files, fetched once.  Where none has it, the test that asks is skipped; the run's summary counts such skips.
"""

from __future__ import annotations

import functools
import hashlib
import json
import lzma
from pathlib import Path

import pytest

from . import llama_cpp_sdist
from .header import Header
from .places import BUNDLED, COMMITTED_GOLDEN, cache_folder, golden_folder, shared_folder, write_once

__all__ = [
    "NOT_AT_HAND",
    "golden_folder",
    "model_of",
    "origin",
    "recipes",
    "shared_folder",
    "vocabulary",
    "vocabulary_bytes",
]

NOT_AT_HAND = "vocabulary not at hand: "


class NotAtHand(LookupError):
    """No source has a vocabulary; the message says what was tried."""


def vocabulary(name: str) -> Path:
    """The path of a vocabulary or variant; skips the running test when no source has it."""
    try:
        recipe = recipes().get(name)
        return base_path(name) if recipe is None else _variant_path(name)
    except NotAtHand as error:
        pytest.skip(f"{NOT_AT_HAND}{error}")


def vocabulary_bytes(name: str) -> bytes:
    """The content of a vocabulary or variant, without writing a variant to disk; skips as `vocabulary` does."""
    try:
        return _content(name)
    except NotAtHand as error:
        pytest.skip(f"{NOT_AT_HAND}{error}")


def model_of(content: bytes) -> str | None:
    """`tokenizer.ggml.model` of a GGUF file's bytes, read without the library."""
    return Header.parse(content).string("tokenizer.ggml.model")


def origin(base: str) -> str:
    """Where anybody can get a vocabulary that is no variant, for people to read."""
    if base in BUNDLED:
        return "the package"
    return "llama.cpp" if base in llama_cpp_sdist.FILES else "collection"


@functools.cache
def recipes() -> dict[str, dict]:
    """How each variant is made: name -> {"base": name, "set": {key: "TYPE:value"}, "del": [key]}."""
    shared = shared_folder()
    path = COMMITTED_GOLDEN / "variants.json" if shared is None else shared / "vocabs" / "variants.json"
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def base_path(name: str) -> Path:
    """The path of a vocabulary that is no variant; raises `NotAtHand`."""
    if name in BUNDLED:
        return BUNDLED[name]
    shared = shared_folder()
    if shared is not None:
        packed = shared / "vocabs" / f"{name}.gguf.xz"
        if packed.is_file():
            return _unpacked(name, packed.read_bytes())
    try:
        return llama_cpp_sdist.vocabulary(name)
    except llama_cpp_sdist.FetchError as error:
        raise NotAtHand(f"no shared test data, and {error}") from None


def _unpacked(name: str, packed: bytes) -> Path:
    target = cache_folder("unpacked") / f"{name}-{_digest(packed)}.gguf"
    return write_once(target, lambda: lzma.decompress(packed))


@functools.lru_cache(maxsize=2)  # tests come sorted by base, and a header of 250,000 strings takes long to parse
def _base_header(name: str) -> tuple[Header, str]:
    content = base_path(name).read_bytes()
    return Header.parse(content), _digest(content)


def _content(name: str) -> bytes:
    recipe = recipes().get(name)
    if recipe is None:
        return base_path(name).read_bytes()
    header, _ = _base_header(recipe["base"])
    return header.changed(recipe.get("set", {}), recipe.get("del", ())).to_bytes()


def _variant_path(name: str) -> Path:
    recipe = recipes()[name]
    _, base_digest = _base_header(recipe["base"])
    key = _digest(json.dumps([base_digest, recipe], sort_keys=True).encode())
    return write_once(cache_folder("variants") / f"{name}-{key}.gguf", lambda: _content(name))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
