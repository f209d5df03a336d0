"""A vocabulary as a GGUF file gives it: token texts, scores, attributes, special ids, flags.

Equal to llama_vocab::impl::load of llama.cpp.  The rules about special tokens are in special_ids.py, what depends on
the tokenizer model in models/, what depends on `pre` in pretokenizers/patterns.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from shimmytok._introsort import longest_first
from shimmytok._vocab import TokenTable, having
from shimmytok.arguments import wrong_type
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, ValueType, keys
from shimmytok.special_ids import (
    ID_KEYS,
    KNOWN_TEXTS,
    Attrs,
    Ids,
    TokenAttr,
    attributes,
    end_ids,
    find_ids,
    mark_strips,
    read_ids,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Flags:
    """How a text is prepared and put together; the defaults come from the model and its `pre`."""

    add_bos: bool = False
    add_eos: bool = False
    add_sep: bool = False
    add_space_prefix: bool = False
    clean_spaces: bool = False
    escape_whitespaces: bool = True
    remove_extra_whitespaces: bool = False
    lowercase: bool = True
    strip_accents: bool = True

    def __init__(self, **given: bool):
        for name, value in given.items():
            if name not in type(self).__annotations__:
                raise TypeError(f"there is no flag {name!r}")
            setattr(self, name, value)

    def items(self) -> list[tuple[str, bool]]:
        """The flags by name."""
        return [(name, getattr(self, name)) for name in type(self).__annotations__]


class Vocab:
    """What is known of a vocabulary; `texts[i]`, `types[i]`, `scores[i]` and `attrs[i]` tell of token i.

    `texts` are those of the file, which tokens are found by (llama.cpp's token_to_id); `id_texts` those that ids have
    (its id_to_token): the same but in "hybriddna".
    """

    def __init__(self, model: str, pre: str | None, texts: TokenTable, id_texts: TokenTable, flags: Flags):
        self.model = model
        self.pre = pre
        self.texts = texts
        self.id_texts = id_texts
        self.flags = flags
        self.types: NDArray[np.int32] | NDArray[np.int8] | None = None
        self.scores: NDArray[np.float32] | None = None
        self.attrs: Attrs = np.empty(0, np.uint16)
        self.ids: Ids = {name: None for name, _ in ID_KEYS}
        self.ends: frozenset[int] = frozenset()
        self.suppressed: tuple[int, ...] = ()

    def specials(self, parse_special: bool) -> list[tuple[bytes, int, bool, bool]]:
        """The tokens that a text is cut at, as SpecialMatcher takes them: in llama.cpp's order.

        That is the order of all of them together, of which parse_special=False leaves some out.
        """
        ids = self.ids_having(TokenAttr.CONTROL | TokenAttr.UNKNOWN | TokenAttr.USER_DEFINED)
        texts = [self.id_texts[i] for i in ids.tolist()]
        order = longest_first([len(text) for text in texts])
        if not parse_special:
            attrs = self.attrs[ids[order]]
            order = order[_any(attrs, TokenAttr.USER_DEFINED) & ~_any(attrs, TokenAttr.CONTROL | TokenAttr.UNKNOWN)]
        ids = ids[order]
        left = _any(self.attrs[ids], TokenAttr.LSTRIP).tolist()
        right = _any(self.attrs[ids], TokenAttr.RSTRIP).tolist()
        return list(zip([texts[i] for i in order.tolist()], ids.tolist(), left, right, strict=True))

    def having(self, attr: TokenAttr) -> NDArray[np.bool_]:
        """Which tokens have any of these attributes: bool[n_tokens]."""
        return _any(self.attrs, attr)

    def ids_having(self, attr: TokenAttr) -> NDArray[np.int64]:
        """The ids of these tokens, ascending."""
        return having(self.attrs, attr)


def _any(attrs: Attrs, attr: TokenAttr) -> NDArray[np.bool_]:
    any_of: NDArray[np.bool_] = (attrs & np.uint16(attr)) != 0
    return any_of


def as_bytes(token: str | bytes) -> bytes:
    """A token's text as the file has it, from how `id_to_token` gives it."""
    if isinstance(token, bytes):
        return token
    if not isinstance(token, str):
        raise wrong_type(token, "str or bytes")
    try:
        return token.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return token.encode("utf-8", "surrogatepass")


def read_text(metadata: Metadata, key: str) -> str | None:
    """A STRING value, undecodable bytes escaped."""
    value = metadata.text(key)
    return None if value is None else value.decode("utf-8", "surrogateescape")


def read_vocab(
    metadata: Metadata,
    flags: Flags,
    defaults: dict[str, int],
    id_texts_of: Callable[[TokenTable], TokenTable] | None = None,
) -> Vocab:
    """Read the tokens and all that is said about them.

    `flags` and `defaults` (ids by name) are the model's, as its `pre` changes them.  `id_texts_of` makes the ids' texts
    where they are not the file's.
    """
    strings = metadata.strings(keys.TOKENS)
    if strings is None:
        raise GGUFError("there are no tokens", path=metadata.source, key=keys.TOKENS)
    texts = TokenTable.from_strings(strings)
    n_tokens = len(texts)
    id_texts = texts if id_texts_of is None else id_texts_of(texts)
    vocab = Vocab(read_text(metadata, keys.MODEL) or "", read_text(metadata, keys.PRE), texts, id_texts, flags=flags)
    types = _per_token(metadata, keys.TOKEN_TYPE, n_tokens, ValueType.INT32)
    vocab.types = None if types is None else _in_bytes(types)
    scores = _per_token(metadata, keys.SCORES, n_tokens, ValueType.FLOAT32, ValueType.INT32)
    vocab.scores = None if scores is None else scores.astype(np.float32, copy=False)
    vocab.attrs = attributes(types, n_tokens)
    _read_flags(metadata, flags)
    vocab.ids = read_ids(metadata, defaults, n_tokens)
    suppressed = metadata.numbers(keys.SUPPRESS_TOKENS, ValueType.INT32)
    if suppressed is not None:
        vocab.suppressed = tuple(int(i) for i in suppressed if 0 <= i < n_tokens)
    _find_specials(metadata, vocab)
    return vocab


def _find_specials(metadata: Metadata, vocab: Vocab) -> None:
    known = vocab.texts.last_of(KNOWN_TEXTS)
    find_ids(vocab.ids, known, vocab.attrs)
    control = vocab.ids_having(TokenAttr.CONTROL).tolist()
    unused = [i for i in control if b"unused" in vocab.id_texts[i]]
    vocab.attrs[unused] |= np.uint16(TokenAttr.UNUSED)
    vocab.ends = frozenset(end_ids(vocab.ids, known, vocab.attrs, vocab.id_texts))
    mark_strips(metadata, known, vocab.attrs)


def _per_token(metadata: Metadata, key: str, n_tokens: int, *types: ValueType) -> NDArray[Any] | None:
    """An array with a number for each token; llama.cpp ignores what is too many and refuses what is too few."""
    values = metadata.numbers(key, *types)
    if values is None:
        return None
    if len(values) < n_tokens:
        raise GGUFError(f"{len(values)} values for {n_tokens} tokens", path=metadata.source, key=key)
    return values[:n_tokens]


def _in_bytes(types: NDArray[np.int32]) -> NDArray[np.int32] | NDArray[np.int8]:
    """The same numbers, in a byte each where they fit, as the types that there are do."""
    small = types.astype(np.int8)
    return small if (small == types).all() else types


def _read_flags(metadata: Metadata, flags: Flags) -> None:
    for name, key in (
        ("add_space_prefix", keys.ADD_SPACE_PREFIX),
        ("add_bos", keys.ADD_BOS),
        ("add_eos", keys.ADD_EOS),
        ("add_sep", keys.ADD_SEP),
        ("remove_extra_whitespaces", keys.REMOVE_EXTRA_WHITESPACES),
        ("lowercase", keys.NORMALIZER_LOWERCASE),
    ):
        value = metadata.flag(key)
        if value is not None:
            setattr(flags, name, value)
    strip_accents = metadata.flag(keys.NORMALIZER_STRIP_ACCENTS)
    flags.strip_accents = flags.lowercase if strip_accents is None else strip_accents
