"""The Tokenizer: load, encode, decode, count.

    GGUF file -> Metadata -> Vocab -> model -> split specials -> normalise -> pre-tokenise -> merge -> ids

Loading (Metadata, Vocab, model) is in gguf/, vocab.py and models/; the rest of the line runs in _encoder.pyx.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from shimmytok import batch, models
from shimmytok._encoder import Encoder, Texts, as_owner
from shimmytok._ids import IdBuffer
from shimmytok._specials import SpecialMatcher
from shimmytok._word_cache import WordCache
from shimmytok.decode import StreamDecoder
from shimmytok.disallowed import Disallowed, DisallowedTokens
from shimmytok.errors import UnsupportedModelError
from shimmytok.gguf import Limits, Metadata
from shimmytok.sources import open_metadata, resolve
from shimmytok.special_ids import check_size
from shimmytok.token_info import TokenInfo

Text = str | bytes

CACHE_BYTES = 8 << 20


class Tokenizer(TokenInfo):
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
        self._metadata = metadata
        self._cache = WordCache(cache_bytes)
        self._parts = models.load(metadata, self._cache)
        self._encoder = None
        self._disallowed = DisallowedTokens(self._parts.vocab)
        if self._parts.model is not None:
            specials = self._parts.vocab.specials(parse_special=True)
            check_size(metadata, (text for text, *_ in specials))
            self._encoder = Encoder(
                self._parts.model,
                SpecialMatcher(specials),
                SpecialMatcher(self._parts.vocab.specials(parse_special=False)),
                self._parts.prefix,
                self._parts.suffix,
            )
        metadata.close()

    # --- loading ---

    @classmethod
    def from_gguf_file(
        cls,
        path: str | os.PathLike[str],
        *,
        overrides: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> Tokenizer:
        """Load the tokenizer of a GGUF file; its tensors are not read.  Any part of a split model will do.

        overrides: metadata values that replace the file's; None removes a key.
        limits: how large the metadata may be.
        cache_bytes: memory for the ids of words seen, 8 MiB by default, taken as it is needed; 0 for none.
        Raises ModelNotFoundError, GGUFError, UnsupportedModelError, UnknownPreTokenizerError, LimitError.
        """
        return cls(_overridden(open_metadata(path, limits), overrides), cache_bytes)

    @classmethod
    def from_bytes(cls, data: bytes, *, cache_bytes: int = CACHE_BYTES) -> Tokenizer:
        """Load the tokenizer of a GGUF file in memory; its first bytes, to the end of the metadata, suffice."""
        return cls(Metadata.from_bytes(data), cache_bytes)

    @classmethod
    def from_reader(cls, reader: BinaryIO, *, cache_bytes: int = CACHE_BYTES) -> Tokenizer:
        """Load the tokenizer of a GGUF file from an open binary file, reading little more than the metadata."""
        return cls(Metadata.from_reader(reader), cache_bytes)

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], *, cache_bytes: int = CACHE_BYTES) -> Tokenizer:
        """Load a tokenizer by name: "gpt2" (which comes with the package), or the path of a GGUF file."""
        return cls(open_metadata(resolve(name), None), cache_bytes)

    # --- encoding ---

    def encode(
        self,
        text: Text,
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
    ) -> list[int]:
        """The ids of a text: llama_tokenize.

        text: str, or bytes, which may be invalid UTF-8.
        add_special_tokens: put the ids around it that the model wants (BOS, EOS).
        parse_special: special tokens in the text become their ids; otherwise they are text like any other.
        disallowed_special: token texts, or "all", that raise SpecialTokenError where the text holds one.
        """
        return self._encode(text, add_special_tokens, parse_special, disallowed_special).tolist()

    def encode_to_numpy(
        self,
        text: Text,
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
    ) -> NDArray[np.uint32]:
        """The ids of a text as uint32[n]; see `encode`.

        >>> Tokenizer.from_pretrained("gpt2").encode_to_numpy("Hello world")
        array([15496,   995], dtype=uint32)
        """
        return self._encode(text, add_special_tokens, parse_special, disallowed_special).numpy()

    def encode_batch(
        self,
        texts: Iterable[Text],
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = None,
    ) -> list[list[int]]:
        """The ids of many texts, encoded by `num_threads` threads (as many as there are processors); see `encode`.

        >>> Tokenizer.from_pretrained("gpt2").encode_batch(["Hello", " world"])
        [[15496], [995]]
        """
        return batch.as_lists(
            self._encode_batch(texts, add_special_tokens, parse_special, disallowed_special, num_threads)
        )

    def encode_batch_flat(
        self,
        texts: Iterable[Text],
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = None,
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The ids of many texts one after the other, uint32[n], and row_offsets, int64[texts + 1]; see `encode_batch`.

        Text i has the ids[row_offsets[i]:row_offsets[i + 1]].
        """
        return batch.as_flat(
            self._encode_batch(texts, add_special_tokens, parse_special, disallowed_special, num_threads)
        )

    def count(
        self,
        text: Text,
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
    ) -> int:
        """The number of ids of a text; see `encode`."""
        return len(self._encode(text, add_special_tokens, parse_special, disallowed_special))

    def _encode(self, text: Text, add_special: bool, parse_special: bool, disallowed: Disallowed) -> IdBuffer:
        encoder = self._working_encoder()
        if disallowed:
            text = as_owner(text)  # what is checked is what is encoded
            self._disallowed.check(text, disallowed)
        return encoder.encode(text, add_special, parse_special)

    def _encode_batch(
        self, texts: Iterable[Text], add_special: bool, parse_special: bool, disallowed: Disallowed, threads: int | None
    ) -> list[batch.Unit]:
        encoder = self._working_encoder()
        if isinstance(texts, (str, bytes)):
            raise TypeError(f"expected many texts, not one {type(texts).__name__}")
        held = Texts(texts)
        if disallowed:
            for i, text in enumerate(held.owners()):
                self._disallowed.check(text, disallowed, where=f"texts[{i}]: ")
        return batch.encode_units(encoder, held, add_special, parse_special, threads)

    def _working_encoder(self) -> Encoder:
        if self._encoder is None:
            raise UnsupportedModelError(f"{self._metadata.source}: model {self.model_type!r} has no tokenizer")
        return self._encoder

    # --- decoding ---

    def decode(
        self,
        ids: Any,
        skip_special_tokens: bool = False,
        *,
        remove_special: bool = False,
        errors: str = "replace",
    ) -> str:
        """The text of ids: llama_detokenize.  Like that, it may take away spaces (see `decode_bytes` for all bytes).

        ids: a sequence of int or a one-dimensional integer array.
        skip_special_tokens: leave out control and unknown tokens (llama_detokenize without unparse_special).
        remove_special: leave out a BOS at the start and an EOS at the end, where the model adds them.
        errors: what becomes of invalid UTF-8, as in bytes.decode.
        Raises InvalidTokenError for an id outside the vocabulary.
        """
        flags, special = self._parts.vocab.flags, self._parts.vocab.ids
        text = self._pieces.detokenize(
            ids,
            skip_special_tokens,
            special["bos"] if remove_special and flags.add_bos else None,
            special["eos"] if remove_special and flags.add_eos else None,
            flags.add_space_prefix,
            flags.clean_spaces,
        )
        return text.decode("utf-8", errors)

    def decode_bytes(self, ids: Any, skip_special_tokens: bool = False) -> bytes:
        """The pieces of ids, joined: nothing cleaned up, nothing stripped.

        >>> Tokenizer.from_pretrained("gpt2").decode_bytes([8582, 236, 231])
        b'\\xf0\\x9f\\x8e\\x89'
        """
        return self._pieces.decode_bytes(ids, skip_special_tokens)

    def decode_batch(
        self,
        sequences: Iterable[Any],
        skip_special_tokens: bool = False,
        *,
        remove_special: bool = False,
        errors: str = "replace",
    ) -> list[str]:
        """The texts of many sequences of ids; see `decode`."""
        return [
            self.decode(ids, skip_special_tokens, remove_special=remove_special, errors=errors) for ids in sequences
        ]

    def decode_single(self, token: int, skip_special_tokens: bool = False) -> str:
        """One token's piece as text, invalid UTF-8 replaced."""
        return self.token_to_piece(token, special=not skip_special_tokens).decode("utf-8", "replace")

    def stream_decoder(self, *, skip_special_tokens: bool = False) -> StreamDecoder:
        """A decoder for ids that come one by one.

        >>> stream = Tokenizer.from_pretrained("gpt2").stream_decoder()
        >>> [stream.step(i) for i in (8582, 236, 231, 0)], stream.flush()
        (['', '', '🎉', '!'], '')
        """
        return StreamDecoder(self._pieces, skip_special_tokens)

    # --- the memory of words ---

    @property
    def cache_bytes(self) -> int:
        """The memory that the ids of words seen may take, as it was asked for at load."""
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

    def __copy__(self) -> Tokenizer:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tokenizer:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from shimmytok import serialize  # as above

        return _rebuild, (serialize.to_gguf(self._metadata, self._parts), self._cache.size, self._metadata.limits)


def _rebuild(data: bytes, cache_bytes: int, limits: Limits) -> Tokenizer:
    return Tokenizer(Metadata.from_bytes(data, limits=limits), cache_bytes)


def _overridden(metadata: Metadata, overrides: Mapping[str, Any] | None) -> Metadata:
    return metadata.with_overrides(overrides) if overrides else metadata
