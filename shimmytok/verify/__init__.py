"""Compare shimmytok with llama.cpp itself, where llama-cpp-python is installed, for `shimmytok verify`.

Holds the comparison; llama.cpp runs in another process (reference.py starts it, answering.py is it).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from shimmytok.arguments import many_texts
from shimmytok.diff import AROUND, first_difference
from shimmytok.errors import ShimmytokError
from shimmytok.hard_texts import HARD_TEXTS
from shimmytok.shown import shown
from shimmytok.sources import resolve
from shimmytok.tokenizer import Tokenizer
from shimmytok.verify.reference import TO_ANSWER, Reference

__all__ = ["Mismatch", "Report", "cut", "verify"]

SHOWN = 5  # mismatches that are kept; all are counted
AT_ONCE = 512  # tokens asked about in one request
BLOCK = 4096  # bytes

BOTH = (False, True)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A call that shimmytok and llama.cpp answer differently: `what` is "ids", "decoding", "piece" or "tokens"."""

    what: str
    where: str
    ours: Any
    theirs: Any


@dataclass(slots=True)
class Report:
    """What was compared (texts, calls), how many calls differ, the first of them, and what llama.cpp died of.

    Each death leaves a text, or the pieces of some of the tokens, without an answer: they are lost.
    """

    version: str
    texts: int = 0
    calls: int = 0
    differ: int = 0
    first: tuple[Mismatch, ...] = ()
    deaths: tuple[str, ...] = ()
    tokens: int = 0
    lost_texts: int = 0
    lost_tokens: int = 0

    @property
    def too_little(self) -> bool:
        """Did llama.cpp die of more than half of the texts, or over the pieces of more than half of the tokens?"""
        return 2 * self.lost_texts > self.texts or 2 * self.lost_tokens > self.tokens

    @property
    def alike(self) -> bool:
        """Does no call differ, of enough of them?"""
        return not self.differ and not self.too_little

    def compare(self, what: str, where: str, ours: Any, theirs: Any) -> None:
        """Count a call, and keep it if it differs and is among the first."""
        self.calls += 1
        if ours == theirs:
            return
        self.differ += 1
        if len(self.first) < SHOWN:
            self.first += (_mismatch(what, where, ours, theirs),)

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON: bytes become texts as `shown` writes them."""
        facts = asdict(self) | {"too_little": self.too_little}
        for mismatch in facts["first"]:
            for side in ("ours", "theirs"):
                if isinstance(mismatch[side], bytes):
                    mismatch[side] = shown(mismatch[side])
        return facts


def verify(
    path: str | os.PathLike[str],
    texts: Iterable[str | bytes] = HARD_TEXTS,
    *,
    lib: str | os.PathLike[str] | None = None,
    seconds: float = TO_ANSWER,
) -> Report:
    """Compare the pieces of all tokens, the ids of texts and what they decode to with llama.cpp's answers.

    path: a GGUF file, or the name of a bundled vocabulary.
    texts: str, or bytes, which need not be UTF-8; each is encoded in 4 ways, and each result decoded in 4 ways.
    lib: the folder of llama.cpp's shared libraries, or one of them; those of llama-cpp-python if None.
    seconds: how long llama.cpp may take for one text.
    Raises ShimmytokError if llama-cpp-python is not installed, or one of the two does not load the file.
    """
    blocks = many_texts(texts)
    name = resolve(path)
    tok = Tokenizer.from_pretrained(name)
    tok.encode("")  # raises where there is no tokenizer
    with Reference(name, lib, seconds) as reference:
        report = Report(reference.version)
        report.compare("tokens", "the vocabulary", tok.vocab_size, reference.n_tokens)
        if tok.vocab_size == reference.n_tokens:
            _pieces(tok, reference, report)
        for text in blocks:
            _text(tok, reference, report, text)
    return report


def cut(text: bytes, block: int = BLOCK) -> Iterator[bytes]:
    r"""Cut a long text after newlines, so that llama.cpp can take it; only lines longer than `block` bytes are cut too.

    >>> list(cut(b"a\nb\nccccc\n", block=4))
    [b'a\nb\n', b'cccc', b'c\n']
    """
    start = 0
    while start < len(text):
        end = min(start + block, len(text))
        newline = text.rfind(b"\n", start, end)
        if end < len(text) and newline >= 0:
            end = newline + 1
        yield text[start:end]
        start = end


def _pieces(tok: Tokenizer, reference: Reference, report: Report) -> None:
    for first in range(0, tok.vocab_size, AT_ONCE):
        last = min(first + AT_ONCE, tok.vocab_size)
        answer = reference.ask({"tokens": [first, last]})
        report.tokens += last - first
        if answer is None:
            report.deaths += (f"the pieces of tokens {first} to {last - 1}",)
            report.lost_tokens += last - first
            continue
        for token, theirs in zip(range(first, last), answer["pieces"], strict=True):
            for special, piece in zip(BOTH, theirs, strict=True):
                ours = tok.token_to_piece(token, special=special)
                report.compare("piece", f"token {token}, special={special}", ours, piece.encode("latin-1"))


def _text(tok: Tokenizer, reference: Reference, report: Report, text: bytes) -> None:
    answer = reference.ask({"text": text.decode("latin-1")})
    where = f"text {report.texts} {shown(text)}"
    report.texts += 1
    if answer is None:
        report.deaths += (where,)
        report.lost_texts += 1
        return
    ways = [(add, parse) for add in BOTH for parse in BOTH]
    for (add, parse), ids, decoded in zip(ways, answer["ids"], answer["texts"], strict=True):
        ours = _encoded(tok, text, add, parse)
        report.compare("ids", f"{where}, add_special={add}, parse_special={parse}", ours, ids)
        if ours != ids:
            continue
        for (remove, unparse), theirs in zip(ways, decoded, strict=True):
            back = tok.decode(ids, not unparse, remove_special=remove, errors="surrogateescape")
            how = f"{where}, ids {ids[:AROUND]}..., remove_special={remove}, unparse_special={unparse}"
            report.compare("decoding", how, back.encode("utf-8", "surrogateescape"), theirs.encode("latin-1"))


def _encoded(tok: Tokenizer, text: bytes, add_special: bool, parse_special: bool) -> list[int] | str:
    try:
        return tok.encode(text, add_special, parse_special=parse_special)
    except ShimmytokError as error:
        return f"{type(error).__name__}: {error}"


def _mismatch(what: str, where: str, ours: Any, theirs: Any) -> Mismatch:
    if isinstance(ours, list):
        at = first_difference(ours, theirs)
        return Mismatch(what, f"{where}, from id {at} on", ours[at : at + AROUND], theirs[at : at + AROUND])
    return Mismatch(what, where, ours, theirs)
