"""Rules about tokens: their texts, types and scores."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from shimmytok.check.findings import Finding, finding, listed
from shimmytok.check.subject import BPE_MODELS, Subject
from shimmytok.gguf import keys
from shimmytok.special_ids import ATTR_OF_TYPE, ENDS_BY_TEXT, TokenAttr
from shimmytok.token_info import TokenType

_BY_SCORES = ("llama", "t5", "plamo2")
_UTF_8_MODELS = (*BPE_MODELS, "llama", "t5", "bert", "plamo2")

# Texts that only special tokens have; "<s>" is not among them, since HTML has it.
_MARKER = re.compile(
    rb"<\|[^|<>\s]+\|?>|<[^|<>\s]+\|>|<\xef\xbd\x9c[^<>\s]+\xef\xbd\x9c>|<(?:start|end|begin)_of_\w+>|\[/?INST\]|<bos>"
)
_ENDS = {text.encode() for text in ENDS_BY_TEXT}


def texts(subject: Subject) -> Iterator[Finding]:
    """Duplicate, empty, long and undecodable texts."""
    tokens = subject.tokens
    first: dict[bytes, int] = {}
    # An empty text gets a name of its own.
    again = [(i, text) for i, text in enumerate(tokens) if text and first.setdefault(text, i) != i]
    yield from listed("tokens-duplicate", "tokens have the text of an earlier one", again)
    empty = [(i, text) for i, text in enumerate(tokens) if not text]
    yield from listed("tokens-empty", "tokens have no text", empty)
    long = [(i, text) for i, text in enumerate(tokens) if len(text) > subject.longest]
    yield from listed("tokens-long", f"tokens are longer than {subject.longest} bytes", long)
    if subject.model in _UTF_8_MODELS:
        invalid = [(i, text) for i, text in enumerate(tokens) if not _is_utf_8(text)]
        yield from listed("tokens-invalid-utf8", "tokens are not UTF-8", invalid)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def types(subject: Subject) -> Iterator[Finding]:
    """Are there types, as many as tokens, and do special tokens have theirs?"""
    tokens, given = subject.tokens, subject.types
    if not tokens:
        return
    if given is None:
        if keys.TOKEN_TYPE not in subject.metadata:
            yield finding("types-missing", f"there is no key {keys.TOKEN_TYPE!r}")
    else:
        yield from _length("types", len(given), len(tokens))
        odd = [i for i in np.flatnonzero((given < 0) | (given >= len(ATTR_OF_TYPE))).tolist() if i < len(tokens)]
        yield from listed("types-unknown", "tokens have a type that does not exist", [(i, tokens[i]) for i in odd])
    normal = [i for i in range(len(tokens)) if given is None or (i < len(given) and given[i] == TokenType.NORMAL)]
    markers = [(i, tokens[i]) for i in normal if tokens[i] in _ENDS or _MARKER.fullmatch(tokens[i])]
    yield from listed("tokens-typed-normal", "tokens look special, but are typed as normal text", markers)
    if subject.tokenizer is not None and subject.tokenizer._parts.model is not None:
        unused = np.flatnonzero(subject.tokenizer._parts.vocab.having(TokenAttr.UNUSED)).tolist()
        reserved = {i for i, text in enumerate(tokens) if text.startswith(b"<|reserved_special_token_")}
        yield from listed("tokens-unused", "tokens are unused", [(i, tokens[i]) for i in sorted({*unused} | reserved)])


def scores(subject: Subject) -> Iterator[Finding]:
    """Are there scores where the model needs them, as many as tokens?"""
    given = subject.scores
    if not subject.tokens:
        return
    if given is None:
        if subject.model in _BY_SCORES and keys.SCORES not in subject.metadata:
            yield finding("scores-missing", f"there is no key {keys.SCORES!r}, by which model {subject.model!r} goes")
        return
    yield from _length("scores", len(given), len(subject.tokens))
    odd = [i for i in np.flatnonzero(~np.isfinite(given)).tolist() if i < len(subject.tokens)]
    yield from listed("scores-not-finite", "tokens have no finite score", [(i, subject.tokens[i]) for i in odd])


def _length(what: str, n_given: int, n_tokens: int) -> Iterator[Finding]:
    if n_given != n_tokens:
        few_or_many = "few" if n_given < n_tokens else "many"
        yield finding(f"{what}-too-{few_or_many}", f"there are {n_given} {what} for {n_tokens} tokens")


def byte_tokens(subject: Subject) -> Iterator[Finding]:
    """A SentencePiece vocabulary falls back on tokens of single bytes."""
    if subject.model != "llama" or not subject.tokens:
        return
    present = set(subject.tokens)
    missing = [byte for byte in range(256) if b"<0x%02X>" % byte not in present and bytes([byte]) not in present]
    yield from listed("bytes-missing", "bytes have no token", [(byte, b"<0x%02X>" % byte) for byte in missing])
