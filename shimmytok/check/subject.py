"""A file under examination: its metadata, and as much of its vocabulary as can be read without loading it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from numpy.typing import NDArray

from shimmytok.errors import ShimmytokError
from shimmytok.gguf import Metadata, ValueType, keys
from shimmytok.tokenizer import Tokenizer
from shimmytok.vocab import read_text

_T = TypeVar("_T")

BPE_MODELS = ("gpt2", "gemma4", "hybriddna", "whitespace")
WITHOUT_TOKENIZER = ("none", "no_vocab")


class Subject:
    """What the rules ask about a file.

    What is missing, or of a wrong type, is None or empty; `refused` has the errors of wrong types, by message.
    """

    def __init__(self, metadata: Metadata, tokenizer: Tokenizer | None, longest: int):
        self.metadata = metadata
        self.tokenizer = tokenizer
        self.longest = longest
        self.refused: dict[str, None] = {}

    def ask(self, getter: Callable[[], _T | None]) -> _T | None:
        """The answer of one of the metadata's typed getters; None if it refuses."""
        try:
            return getter()
        except ShimmytokError as error:
            self.refused[str(error)] = None
            return None

    def text(self, key: str) -> str | None:
        """A STRING, undecodable bytes escaped."""
        return self.ask(lambda: read_text(self.metadata, key))

    def u32(self, key: str) -> int | None:
        """A UINT32."""
        return self.ask(lambda: self.metadata.u32(key))

    def flag(self, key: str) -> bool | None:
        """A BOOL."""
        return self.ask(lambda: self.metadata.flag(key))

    def _strings(self, key: str) -> list[bytes]:
        strings = self.ask(lambda: self.metadata.strings(key))
        return [] if strings is None else list(strings)

    def _numbers(self, key: str, *types: ValueType) -> NDArray[Any] | None:
        return self.ask(lambda: self.metadata.numbers(key, *types))

    @cached_property
    def model(self) -> str | None:
        """`tokenizer.ggml.model`."""
        return self.text(keys.MODEL)

    @cached_property
    def tokens(self) -> list[bytes]:
        """The tokens' texts, as the file has them."""
        return self._strings(keys.TOKENS)

    @cached_property
    def merges(self) -> list[bytes]:
        """The merges, as the file has them."""
        return self._strings(keys.MERGES)

    @cached_property
    def types(self) -> NDArray[Any] | None:
        """The tokens' types, int32[items]."""
        return self._numbers(keys.TOKEN_TYPE, ValueType.INT32)

    @cached_property
    def scores(self) -> NDArray[Any] | None:
        """The tokens' scores, float32[items] or int32[items]."""
        return self._numbers(keys.SCORES, ValueType.FLOAT32, ValueType.INT32)
