"""Do two tokenizers answer alike?  Compares what they are made of and the ids of texts, for `shimmytok diff`.

Holds the comparison and its result; what is printed of it is in commands/diff.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shimmytok.arguments import many_texts, wrong_type
from shimmytok.errors import ShimmytokError
from shimmytok.hard_texts import HARD_TEXTS
from shimmytok.shown import shown
from shimmytok.token_info import TokenAttr
from shimmytok.tokenizer import Tokenizer

SHOWN = 5  # differences of a kind that are kept; all are counted
AROUND = 4  # ids shown from the first that differs

OPTIONS = ((False, False), (True, True))  # add_special_tokens, parse_special


@dataclass(frozen=True, slots=True)
class Example:
    """One place where two tokenizers differ: `where`, and what each has there; None for nothing."""

    where: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences of one kind: how many there are, and the first of them."""

    what: str
    count: int
    first: tuple[Example, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return asdict(self)


def diff(a: Tokenizer, b: Tokenizer, texts: Iterable[str | bytes] = HARD_TEXTS) -> list[Difference]:
    """Compare two tokenizers: model, pre, flags, special ids, tokens that end the generation, vocabularies, merges, and
    the ids of texts.  An empty list if nothing differs.

    a: a tokenizer.
    b: another.
    texts: str, or bytes, which need not be UTF-8.
    Chat templates are not compared.

    >>> gpt2 = Tokenizer.from_pretrained("gpt2")
    >>> diff(gpt2, gpt2)
    []
    """
    for name, tok in (("a", a), ("b", b)):
        if not isinstance(tok, Tokenizer):
            raise wrong_type(tok, "a Tokenizer", name)
    examples = {
        "model": _values([("tokenizer.ggml.model", a.model_type, b.model_type)]),
        "pre": _values([("tokenizer.ggml.pre", a.pre_type, b.pre_type)]),
        "vocab_size": _values([("tokens", a.vocab_size, b.vocab_size)]),
        "flags": _flags(a, b),
        "special_ids": _values((name, i, b._parts.vocab.ids[name]) for name, i in a._parts.vocab.ids.items()),
        "eog": _ends(a, b),
        **_vocabularies(a, b),
        **_merges(a, b),
        "normalizer": _values([("charsmap and types", a._parts.settings, b._parts.settings)], show=False),
        "ids": _texts(a, b, many_texts(texts)),
    }
    found = [_counted(what, places) for what, places in examples.items()]
    differences = [difference for difference in found if difference.count]
    if not differences and a.fingerprint != b.fingerprint:
        differences.append(Difference("fingerprint", 1, (Example("SHA-256", a.fingerprint, b.fingerprint),)))
    return differences


def _counted(what: str, places: Iterable[Example]) -> Difference:
    count, first = 0, []
    for place in places:
        count += 1
        if count <= SHOWN:
            first.append(place)
    return Difference(what, count, tuple(first))


def _values(rows: Iterable[tuple[str, Any, Any]], show: bool = True) -> Iterator[Example]:
    for where, in_a, in_b in rows:
        if in_a != in_b:
            yield Example(where, in_a, in_b) if show else Example(where, "differ", "differ")


def _flags(a: Tokenizer, b: Tokenizer) -> Iterator[Example]:
    both = zip(a._parts.vocab.flags.items(), b._parts.vocab.flags.items(), strict=True)
    yield from _values((name, in_a, in_b) for (name, in_a), (_, in_b) in both)
    yield from _values([("ids before a text", list(a._parts.prefix), list(b._parts.prefix))])
    yield from _values([("ids after a text", list(a._parts.suffix), list(b._parts.suffix))])


def _ends(a: Tokenizer, b: Tokenizer) -> Iterator[Example]:
    for token in sorted(a.eog_token_ids ^ b.eog_token_ids):
        yield Example(str(token), token in a.eog_token_ids, token in b.eog_token_ids)


def _vocabularies(a: Tokenizer, b: Tokenizer) -> dict[str, Iterable[Example]]:
    ids_a, ids_b = _ids_by_text(a), _ids_by_text(b)
    pairs = [pair for text, ids in ids_a.items() if text in ids_b for pair in zip(ids, ids_b[text], strict=False)]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return {
        "tokens_only_in_a": (Example(_shown(text), ids, None) for text, ids in ids_a.items() if text not in ids_b),
        "tokens_only_in_b": (Example(_shown(text), None, ids) for text, ids in ids_b.items() if text not in ids_a),
        "token_ids": (
            Example(_shown(text), ids, ids_b[text])
            for text, ids in ids_a.items()
            if text in ids_b and ids != ids_b[text]
        ),
        "scores": _scores(a, b, both),
        "attributes": _attributes(a, b, both),
    }


def _ids_by_text(tok: Tokenizer) -> dict[bytes, list[int]]:
    by_text: dict[bytes, list[int]] = {}
    texts = tok._parts.vocab.texts
    for i in range(len(texts)):
        by_text.setdefault(texts[i], []).append(i)
    return by_text


def _scores(a: Tokenizer, b: Tokenizer, both: NDArray[np.int64]) -> Iterator[Example]:
    """The scores of tokens with the same text; none is as good as 0."""
    left, right = (
        np.zeros(len(both), np.float32) if tok._parts.vocab.scores is None else tok._parts.vocab.scores[both[:, side]]
        for side, tok in enumerate((a, b))
    )
    differ = (left != right) & ~(np.isnan(left) & np.isnan(right))
    for i in np.flatnonzero(differ):
        # As text where JSON has no such number.
        yield Example(_token(a, int(both[i, 0])), _number(left[i]), _number(right[i]))


def _number(score: np.float32) -> float | str:
    return float(score) if np.isfinite(score) else str(score)


def _attributes(a: Tokenizer, b: Tokenizer, both: NDArray[np.int64]) -> Iterator[Example]:
    left, right = a._parts.vocab.attrs[both[:, 0]], b._parts.vocab.attrs[both[:, 1]]
    for i in np.flatnonzero(left != right):
        yield Example(_token(a, int(both[i, 0])), _names(int(left[i])), _names(int(right[i])))


def _names(attrs: int) -> list[str]:
    return [str(attr.name) for attr in TokenAttr if attr & attrs]


def _merges(a: Tokenizer, b: Tokenizer) -> dict[str, Iterable[Example]]:
    left, right = _lines(a), _lines(b)
    in_a, in_b = set(left), set(right)
    return {
        "merges": (
            Example(f"rank {rank}", _shown(merge_a), _shown(merge_b))
            for rank, (merge_a, merge_b) in enumerate(zip_longest(left, right))
            if merge_a != merge_b
        ),
        "merges_only_in_a": (Example(_shown(m), rank, None) for rank, m in enumerate(left) if m not in in_b),
        "merges_only_in_b": (Example(_shown(m), None, rank) for rank, m in enumerate(right) if m not in in_a),
    }


def _lines(tok: Tokenizer) -> list[bytes]:
    return [] if tok._parts.merges is None else tok._parts.merges.lines()


def _texts(a: Tokenizer, b: Tokenizer, texts: Iterable[bytes]) -> Iterator[Example]:
    for number, text in enumerate(texts):
        for add_special, parse_special in OPTIONS:
            in_a, in_b = _answer(a, text, add_special, parse_special), _answer(b, text, add_special, parse_special)
            if in_a == in_b:
                continue
            where = f"text {number} {_shown(text)}"
            if isinstance(in_a, list) and isinstance(in_b, list):
                at = first_difference(in_a, in_b)
                where += f", from id {at} on"
                in_a, in_b = in_a[at : at + AROUND], in_b[at : at + AROUND]
            yield Example(where, in_a, in_b)
            break


def _answer(tok: Tokenizer, text: bytes, add_special: bool, parse_special: bool) -> list[int] | str:
    try:
        return tok.encode(text, add_special, parse_special=parse_special)
    except ShimmytokError as error:
        return type(error).__name__


def first_difference(a: list[int], b: list[int]) -> int:
    """The place of the first item that differs; the length of the shorter list if it is the start of the other.

    >>> first_difference([1, 2, 3], [1, 5, 3]), first_difference([1], [1, 2])
    (1, 1)
    """
    return next((at for at, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b)))


def _token(tok: Tokenizer, token: int) -> str:
    return f"{token} {_shown(tok._parts.vocab.texts[token])}"


def _shown(text: bytes | None) -> str:
    return "-" if text is None else shown(text)
