"""The loop: make a text, ask both sides, compare, and make a difference small.

Both sides answer in the four modes of llama_tokenize(add_special, parse_special) and of
llama_detokenize(remove_special, unparse_special); `Side` is what a reference has to offer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shimmytok import Tokenizer

from . import texts
from .material import Material
from .minimise import characters, minimise
from .reference import ReferenceDied
from .worker import MODES

ENCODE, DECODE = "encode", "decode"


class Side(Protocol):
    """What the library is compared with; ReferenceDied from any of them means that this input has no answer."""

    def send_text(self, text: bytes) -> None: ...

    def send_ids(self, ids: Sequence[int]) -> None: ...

    def collect_ids(self) -> list[tuple[int, ...] | None]: ...

    def collect_texts(self) -> list[bytes | None]: ...


@dataclass(frozen=True)
class Difference:
    """Two answers to one input: `given` is a text for "encode", ids for "decode"; `mode` as in MODES."""

    call: str
    mode: tuple[bool, bool]
    given: Any
    expected: Any
    got: Any
    generator: str = ""


@dataclass
class Tally:
    """What was compared, and what came of it."""

    texts: int = 0
    text_bytes: int = 0
    id_sequences: int = 0
    differences: list[Difference] = field(default_factory=list)
    deaths: list[tuple[bytes, str]] = field(default_factory=list)


def encoded(tokenizer: Tokenizer, text: bytes, mode: tuple[bool, bool]) -> object:
    """The library's ids; an exception is an answer too, and never the right one."""
    try:
        return tuple(tokenizer.encode(text, mode[0], parse_special=mode[1]))
    except Exception as error:
        return error


def decoded(tokenizer: Tokenizer, ids: Sequence[int], mode: tuple[bool, bool]) -> object:
    """The library's bytes."""
    try:
        text = tokenizer.decode(ids, not mode[1], remove_special=mode[0], errors="surrogateescape")
        return text.encode("utf-8", "surrogateescape")
    except Exception as error:
        return error


class Comparison:
    """One vocabulary on both sides."""

    def __init__(self, tokenizer: Tokenizer, reference: Side):
        self._tokenizer = tokenizer
        self._reference = reference

    def text(self, text: bytes) -> tuple[list[Difference], list[tuple[int, ...] | None]]:
        """The modes in which the ids of a text differ, and the reference's ids; may raise ReferenceDied."""
        self._reference.send_text(text)
        ours = [encoded(self._tokenizer, text, mode) for mode in MODES]
        theirs = self._reference.collect_ids()
        return self._differing(ENCODE, text, theirs, ours), theirs

    def ids(self, ids: Sequence[int]) -> list[Difference]:
        """The modes in which the texts of ids differ; may raise ReferenceDied."""
        self._reference.send_ids(ids)
        ours = [decoded(self._tokenizer, ids, mode) for mode in MODES]
        return self._differing(DECODE, list(ids), self._reference.collect_texts(), ours)

    @staticmethod
    def _differing(call: str, given: object, theirs: Sequence[object], ours: Sequence[object]) -> list[Difference]:
        answers = zip(MODES, theirs, ours, strict=True)
        return [
            Difference(call, mode, given, expected, got)
            for mode, expected, got in answers
            if expected is not None and expected != got
        ]

    def minimised(self, difference: Difference) -> Difference:
        """The same mode's difference on the smallest part of the input."""
        smallest = difference

        def same(found: Sequence[Difference]) -> bool:
            nonlocal smallest
            hits = [other for other in found if other.mode == difference.mode]
            smallest = hits[0] if hits else smallest
            return bool(hits)

        if difference.call == ENCODE:
            minimise(characters(difference.given), self._survives(lambda part: same(self.text(b"".join(part))[0])))
        else:
            minimise(difference.given, self._survives(lambda part: same(self.ids(part))))
        return Difference(
            *(smallest.call, smallest.mode, smallest.given, smallest.expected, smallest.got, difference.generator)
        )

    @staticmethod
    def _survives(fails: Callable[[list[Any]], bool]) -> Callable[[list[Any]], bool]:
        def tried(part: list[Any]) -> bool:
            try:
                return fails(part)
            except ReferenceDied:
                return False

        return tried


def run(
    tokenizer: Tokenizer,
    reference: Side,
    material: Material,
    *,
    seed: int,
    budget: int,
    most_differences: int = 5,
    most_deaths: int = 100,
) -> Tally:
    """Compare texts of `seed` until `budget` bytes of them are through, or there are enough differences or deaths.

    A text counts once, though it goes through four modes.  What comes out of each is decoded, and each fourth text is
    followed by random ids.
    """
    comparison = Comparison(tokenizer, reference)
    tally = Tally()
    known: set[tuple[object, ...]] = set()
    number = 0
    while tally.text_bytes < budget and len(tally.differences) < most_differences and len(tally.deaths) < most_deaths:
        generator, text = texts.text(seed, number, material)
        found: list[Difference] = []
        try:
            found, theirs = comparison.text(text)
            tally.texts += 1
            tally.text_bytes += max(len(text), 1)
            sequences = [ids for ids in set(theirs) if ids]
            if number % 4 == 0:
                sequences.append(tuple(texts.ids(seed, number, material)))
            for ids in sequences:
                found += comparison.ids(ids)
                tally.id_sequences += 1
        except ReferenceDied as death:
            tally.deaths.append((text, f"{generator} {number}: {death}"))
        for difference in found:
            if len(tally.differences) == most_differences:
                break
            small = comparison.minimised(Difference(**{**vars(difference), "generator": f"{generator} {number}"}))
            key = (small.call, small.mode, str(small.given))
            if key not in known:
                known.add(key)
                tally.differences.append(small)
        number += 1
    return tally
