"""The libraries that are compared, one class each: how to load a vocabulary, and the fastest calls found for a result.

`flat` gives the ids of many documents, without BOS and the like, in one numpy array, and where each begins; `lists` one
list each; `message` those of one short text. What a library lacks is made from what it has, as a user would have to.
"""

from __future__ import annotations

import base64
import ctypes
from collections.abc import Sequence
from importlib import import_module
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import numpy as np

Flat = Any  # a numpy array and offsets: what libraries return has no types
Ids = Any  # list[int], or one for each document
LIBRARIES: dict[str, type[Library]] = {}  # by the names they have on PyPI


class Unsuitable(Exception):
    """The library cannot take this vocabulary."""


class Library:
    """What all have in common; making one imports the library and is not timed, `load` is."""

    distribution = ""
    module = ""

    def __init_subclass__(cls) -> None:
        LIBRARIES[cls.distribution] = cls

    def __init__(self, forms: dict[str, Any]):
        self.forms = forms
        self.api = import_module(self.module)

    def form(self, name: str) -> str:
        if name not in self.forms:
            raise Unsuitable(f"there is no {name} of this vocabulary")
        return str(self.forms[name])

    def load(self) -> None:
        self.tok = self.api.Tokenizer(self.form("tokenizer.json"))

    def message(self, text: str) -> Ids:
        return self.tok.encode(text)

    def lists(self, documents: Sequence[str]) -> Ids:
        return [self.message(document) for document in documents]

    def flat(self, documents: Sequence[str]) -> Flat:
        rows = self.lists(documents)
        offsets = list(accumulate(map(len, rows), initial=0))
        return np.fromiter(chain.from_iterable(rows), np.uint32, offsets[-1]), np.array(offsets)


def joined(rows: Sequence[Any]) -> Flat:
    """Flat ids out of one array a document."""
    return np.concatenate(rows), np.array(list(accumulate(map(len, rows), initial=0)))


def viewed(ids: bytes, offsets: bytes) -> Flat:
    """Flat ids out of two byte strings."""
    return np.frombuffer(ids, np.uint32), np.frombuffer(offsets, np.uint64)


def ranks_in(path: str) -> dict[bytes, int]:
    """The tokens of a file in tiktoken's form."""
    lines = (line.split() for line in Path(path).read_bytes().splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in lines}


class Shimmytok(Library):
    distribution = module = "shimmytok"

    def load(self) -> None:
        self.tok = self.api.Tokenizer.from_gguf_file(self.forms["gguf"])

    def flat(self, documents: Sequence[str]) -> Flat:
        return self.tok.encode_batch_flat(documents, False, num_threads=1)

    def lists(self, documents: Sequence[str]) -> Ids:
        return self.tok.encode_batch(documents, False, num_threads=1)

    def message(self, text: str) -> Ids:
        return self.tok.encode(text, False)


class LlamaCpp(Library):
    """llama.cpp itself; it takes one text at a time and fills a buffer of the caller's."""

    distribution = "llama-cpp-python"
    module = "llama_cpp"

    def load(self) -> None:
        self.api.llama_backend_init()
        params = self.api.llama_model_default_params()
        params.vocab_only = True
        self.model = self.api.llama_model_load_from_file(self.forms["gguf"].encode(), params)
        if not self.model:
            raise Unsuitable("llama.cpp refuses the file")
        self.vocab = self.api.llama_model_get_vocab(self.model)
        self.buffer = (ctypes.c_int32 * 8192)()

    def fill(self, text: str) -> int:
        """The number of ids, which are in the buffer then."""
        data = text.encode()
        if len(data) + 8 > len(self.buffer):
            self.buffer = (ctypes.c_int32 * (2 * len(data) + 8))()
        return int(self.api.llama_tokenize(self.vocab, data, len(data), self.buffer, len(self.buffer), False, False))

    def message(self, text: str) -> Ids:
        n = self.fill(text)
        return self.buffer[:n]

    def flat(self, documents: Sequence[str]) -> Flat:
        return joined([np.frombuffer(memoryview(self.buffer), np.uint32, n).copy() for n in map(self.fill, documents)])


class Gigatoken(Library):
    distribution = module = "gigatoken"

    def __init__(self, forms: dict[str, Any]):
        super().__init__(forms)
        import_module("awkward")  # which it would import at the first batch

    def flat(self, documents: Sequence[str]) -> Flat:
        rows = self.tok.encode_batch(documents, parallel=False).layout
        return rows.content.data, rows.offsets.data

    def lists(self, documents: Sequence[str]) -> Ids:
        return self.tok.encode_batch_list(documents, parallel=False)

    def message(self, text: str) -> Ids:
        return self.tok.encode(text).tolist()


class Tiktoken(Library):
    distribution = module = "tiktoken"

    def load(self) -> None:
        ranks, pattern = ranks_in(self.form("ranks.tiktoken")), self.form("possessive_pattern")
        self.tok = self.api.Encoding("compared", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})

    def message(self, text: str) -> Ids:
        return self.tok.encode_ordinary(text)


class HuggingFace(Library):
    distribution = module = "tokenizers"

    def load(self) -> None:
        self.tok = self.api.Tokenizer.from_file(self.form("tokenizer.json"))

    def lists(self, documents: Sequence[str]) -> Ids:
        return [encoding.ids for encoding in self.tok.encode_batch_fast(documents, add_special_tokens=False)]

    def message(self, text: str) -> Ids:
        return self.tok.encode(text, add_special_tokens=False).ids


class SentencePiece(Library):
    distribution = module = "sentencepiece"

    def load(self) -> None:
        self.tok = self.api.SentencePieceProcessor(model_file=self.form("sp.model"))

    def flat(self, documents: Sequence[str]) -> Flat:
        return joined(self.tok.encode(documents, return_type="numpy", num_threads=1))

    def message(self, text: str) -> Ids:
        return self.tok.encode(text, out_type=int)


class Splintr(Library):
    distribution = "splintr-rs"
    module = "splintr"

    def load(self) -> None:
        self.tok = self.api.Tokenizer(self.form("ranks.tiktoken"), self.form("pattern"), {})

    def flat(self, documents: Sequence[str]) -> Flat:
        return viewed(*self.tok.encode_batch_flat(documents))

    def lists(self, documents: Sequence[str]) -> Ids:
        return self.tok.encode_batch(documents)


class Snaptokens(HuggingFace):
    distribution = module = "snaptokens"
    lists = Library.lists

    def flat(self, documents: Sequence[str]) -> Flat:
        return viewed(*self.tok.encode_batch_flat(documents, add_special_tokens=False))


class Tokie(Snaptokens):
    distribution = module = "tokie"

    def load(self) -> None:
        self.tok = self.api.Tokenizer.from_json(self.form("tokenizer.json"))

    def flat(self, documents: Sequence[str]) -> Flat:
        ids, lengths = self.tok.encode_batch_flat(documents, add_special_tokens=False)
        return ids, np.append(0, np.cumsum(lengths))


class Nanotoken(Library):
    distribution = module = "nanotoken"

    def flat(self, documents: Sequence[str]) -> Flat:
        rows = self.tok.encode_batch(documents, add_special_tokens=False, parallel=False)
        return rows.ids, rows.offsets

    def lists(self, documents: Sequence[str]) -> Ids:
        return self.tok.encode_batch_list(documents, add_special_tokens=False, parallel=False)

    def message(self, text: str) -> Ids:
        return self.tok.encode(text, add_special_tokens=False).tolist()


class Toktok(Library):
    """Its vocabularies are compiled in; the one that has the same tokens is taken, where there is one."""

    distribution = "toktok-rs"
    module = "toktok._toktok"

    def __init__(self, forms: dict[str, Any]):
        super().__init__(forms)
        some = list(ranks_in(self.form("ranks.tiktoken")).items())[::61]
        self.name = next((name for name in self.api.BUILTIN_ENCODINGS if self.has(name, some)), None)
        if self.name is None:
            raise Unsuitable(f"it has {', '.join(self.api.BUILTIN_ENCODINGS)} only")

    def has(self, name: str, tokens: Sequence[tuple[bytes, int]]) -> bool:
        tok = self.api.Tokenizer(name, "")
        return all(rank < tok.n_vocab and tok.decode_single_token_bytes(rank) == token for token, rank in tokens)

    def load(self) -> None:
        self.tok = self.api.Tokenizer(self.name, "")

    def flat(self, documents: Sequence[str]) -> Flat:
        return self.tok.encode_batch_to_numpy(documents, threads=1)

    def message(self, text: str) -> Ids:
        return self.tok.encode_ordinary(text)
