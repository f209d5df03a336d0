"""The Tokenizer: how it is loaded, and what it is as an object.

    GGUF file -> Metadata -> Vocab -> model -> split specials -> normalise -> pre-tokenise -> merge -> ids

Loading (Metadata, Vocab, model) is in gguf/, vocab.py and models/; the rest of the line runs in _encoder.pyx.  The
methods that encode and decode are in _text_encoder.pyx and _text_decoder.pyx.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from mmap import mmap
from typing import Any, TypeVar

from shimmytok import models
from shimmytok._encoder import Encoder
from shimmytok._specials import SpecialMatcher
from shimmytok._text_encoder import TextEncoder
from shimmytok._word_cache import WordCache
from shimmytok.disallowed import DisallowedTokens
from shimmytok.gguf import Limits, Metadata
from shimmytok.gguf.overrides import warn_of_unread
from shimmytok.gguf.source import Reader
from shimmytok.models import bpe, spm  # noqa: F401  nearly every file needs one of these models
from shimmytok.models.parts import Parts
from shimmytok.sources import open_metadata, resolve
from shimmytok.special_ids import check_size
from shimmytok.token_info import TokenInfo

CACHE_BYTES = 8 << 20

_Self = TypeVar("_Self", bound="Tokenizer")


class Tokenizer(TextEncoder, TokenInfo):
    """A tokenizer out of a GGUF file, with llama.cpp's ids.

    Immutable, hashable, picklable, safe for many threads; the GIL is released while it works.  Make one with
    `from_pretrained`, `from_gguf_file`, `from_bytes` or `from_reader`.

    >>> tok = Tokenizer.from_pretrained("gpt2")
    >>> tok.encode("Hello world")
    [15496, 995]
    >>> tok.decode([15496, 995])
    'Hello world'
    """

    def __init__(self, metadata: Metadata, cache_bytes: int = CACHE_BYTES):
        """metadata: what a file says, which is closed; cache_bytes: see `from_gguf_file`."""
        if not isinstance(metadata, Metadata):
            loaders = "a file is loaded with Tokenizer.from_gguf_file, bytes with Tokenizer.from_bytes"
            raise TypeError(f"expected Metadata, not {type(metadata).__name__}: {loaders}")
        self._metadata = metadata
        self._cache = WordCache(cache_bytes)
        self._parts = models.load(metadata, self._cache)
        super().__init__(self._parts.vocab, _encoder(metadata, self._parts), DisallowedTokens(self._parts.vocab))
        metadata.close()

    # --- loading ---

    @classmethod
    def from_gguf_file(
        cls: type[_Self],
        path: str | os.PathLike[str],
        *,
        overrides: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> _Self:
        """Load the tokenizer of a GGUF file; its tensors are not read.  Any part of a split model will do.

        overrides: metadata values that replace the file's; None removes a key.
        limits: how large the metadata may be.
        cache_bytes: memory for the ids of words seen, 8 MiB by default, most of which the first texts take; 0 for none.
        Raises ModelNotFoundError, GGUFError, UnsupportedModelError, UnknownPreTokenizerError, LimitError.
        """
        return _load(cls, open_metadata(path, limits), overrides, cache_bytes)

    @classmethod
    def from_bytes(
        cls: type[_Self],
        data: bytes | bytearray | memoryview | mmap,
        *,
        overrides: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> _Self:
        """Load the tokenizer of a GGUF file in memory; its first bytes, to the end of the metadata, suffice.

        data: the tokenizer keeps a copy of the metadata in them, or `bytes` that are little more.
        Other arguments and errors: see `from_gguf_file`.
        """
        return _load(cls, Metadata.from_bytes(data, limits=limits), overrides, cache_bytes)

    @classmethod
    def from_reader(
        cls: type[_Self],
        reader: Reader,
        *,
        overrides: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> _Self:
        """Load the tokenizer of a GGUF file from an open binary file, reading little more than the metadata.

        reader: anything with `read`; it need not be seekable, and its position afterwards is not defined.
        Other arguments and errors: see `from_gguf_file`; what `read` raises is passed on.
        """
        return _load(cls, Metadata.from_reader(reader, limits=limits), overrides, cache_bytes)

    @classmethod
    def from_pretrained(
        cls: type[_Self],
        name: str | os.PathLike[str],
        *,
        overrides: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> _Self:
        """Load a tokenizer by name: "gpt2" (which comes with the package), or the path of a GGUF file.

        Other arguments and errors: see `from_gguf_file`.
        """
        return _load(cls, open_metadata(resolve(name), limits), overrides, cache_bytes)

    # --- the memory of words ---

    @property
    def cache_bytes(self) -> int:
        """The memory that the ids of words seen may take, in bytes, as it was asked for at load."""
        return self._cache.size

    def clear_cache(self) -> None:
        """Forget the words seen.  The ids never depend on it; other threads may go on encoding."""
        self._cache.clear()

    # --- as an object ---

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of all that decides what encoding and decoding give; not of the chat template."""
        from shimmytok import serialize  # slow to import, for what few programs do

        return serialize.fingerprint(self._parts)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Tokenizer) and self.fingerprint == other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __len__(self) -> int:
        return self.vocab_size

    def __contains__(self, token: object) -> bool:
        return isinstance(token, (str, bytes)) and self.token_to_id(token) is not None

    def __repr__(self) -> str:
        return f"<Tokenizer {self.model_type}/{self.pre_type}, {self.vocab_size} tokens, {self._metadata.source!r}>"

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"a Tokenizer does not change: {name} cannot be set")
        super().__setattr__(name, value)

    def __copy__(self: _Self) -> _Self:
        return self

    def __deepcopy__(self: _Self, memo: dict[int, Any]) -> _Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from shimmytok import serialize  # as above

        data = serialize.to_gguf(self._metadata, self._parts)
        return _rebuild, (data, self._cache.size, self._metadata.limits, type(self))


def _encoder(metadata: Metadata, parts: Parts) -> Encoder | None:
    if parts.model is None:
        return None
    specials = parts.vocab.specials(parse_special=True)
    check_size(metadata, (text for text, *_ in specials))
    return Encoder(
        parts.model,
        SpecialMatcher(specials),
        SpecialMatcher(parts.vocab.specials(parse_special=False)),
        parts.prefix,
        parts.suffix,
    )


def _rebuild(data: bytes, cache_bytes: int, limits: Limits, cls: type[_Self]) -> _Self:
    return cls(Metadata.from_bytes(data, limits=limits), cache_bytes)


def _load(cls: type[_Self], metadata: Metadata, overrides: Mapping[str, Any] | None, cache_bytes: int) -> _Self:
    try:
        if overrides is not None:
            overridden = metadata.with_overrides(overrides)
            warn_of_unread(metadata, overrides)
            metadata = overridden
        return cls(metadata, cache_bytes)
    except BaseException:
        metadata.close()
        raise
