"""Megabytes a second over one long text; larger is better, which asv cannot know.

cold: the first text a new tokenizer sees. fresh: another text of the same kind after that, the number for real
use. warm: the first text once more, what a repeated benchmark shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter

from shimmytok import Tokenizer

from . import inputs

ROUNDS = 5


def seconds(tok: Tokenizer, text: str) -> float:
    start = perf_counter()
    tok.encode_to_numpy(text)
    return perf_counter() - start


class Throughput:
    """Two halves of a text; the medians of five new tokenizers."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        inputs.new_tokenizer(vocabulary)  # raises NotImplementedError where that cannot be loaded
        whole = inputs.text(text)
        cut = whole.index("\n", len(whole) // 2) + 1
        self.first, self.second = whole[:cut], whole[cut:]
        self.first_mb = len(self.first.encode()) / 1e6
        self.second_mb = len(self.second.encode()) / 1e6

    def track_cold(self, vocabulary: str, text: str) -> float:
        return median(self.first_mb / seconds(tok, self.first) for tok in self.tokenizers(vocabulary))

    def track_fresh(self, vocabulary: str, text: str) -> float:
        speeds = []
        for tok in self.tokenizers(vocabulary):
            seconds(tok, self.first)
            speeds.append(self.second_mb / seconds(tok, self.second))
        return median(speeds)

    def track_warm(self, vocabulary: str, text: str) -> float:
        tok = inputs.new_tokenizer(vocabulary)
        seconds(tok, self.first)
        return median(self.first_mb / seconds(tok, self.first) for _ in range(4 * ROUNDS))

    for track in (track_cold, track_fresh, track_warm):
        track.unit = "MB/s"
    del track

    @staticmethod
    def tokenizers(vocabulary: str) -> Iterator[Tokenizer]:
        return (inputs.new_tokenizer(vocabulary) for _ in range(ROUNDS))
