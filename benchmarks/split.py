"""The pre-tokenizer alone, in MB/s: larger is better, which asv cannot know."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from shimmytok import UnknownPreTokenizerError
from shimmytok.pretokenizers.splitters import splitter

from . import inputs

ROUNDS = 10


class Split:
    """Up to 1 MiB of real text, split by the regexes of one `pre` after the other.

    `track_count` is the splitting; `track_split` makes a list of the pieces' ends as well, which takes longer.
    """

    param_names = ("pre", "text")
    params = (inputs.PRES, inputs.TEXTS)

    def setup(self, pre: str, text: str) -> None:
        self.text = inputs.text(text).encode()
        try:
            self.splitter = splitter(pre)
        except UnknownPreTokenizerError as error:
            raise NotImplementedError(str(error)) from error

    def track_count(self, pre: str, text: str) -> float:
        if not hasattr(self.splitter, "count"):
            raise NotImplementedError("this version cannot count pieces without a list of them")
        return self.speed(self.splitter.count)

    def track_split(self, pre: str, text: str) -> float:
        return self.speed(self.splitter.split)

    for track in (track_count, track_split):
        track.unit = "MB/s"
    del track

    def speed(self, function: Callable[[bytes], object]) -> float:
        seconds = []
        for _ in range(ROUNDS):
            start = perf_counter()
            function(self.text)
            seconds.append(perf_counter() - start)
        return len(self.text) / 1e6 / median(seconds)
