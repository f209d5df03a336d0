"""The pre-tokenizer alone, in MB/s: larger is better, which asv cannot know.

asv leaves out what raises NotImplementedError in `setup`, and only there.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from shimmytok import UnknownPreTokenizerError
from shimmytok.pretokenizers.splitters import splitter

from . import inputs

ROUNDS = 10


class _RealText:
    """Up to 1 MiB of real text, split by all regexes of a `pre`."""

    param_names = ("pre", "text")
    params = (inputs.PRES, inputs.TEXTS)

    def setup(self, pre: str, text: str) -> None:
        self.text = inputs.text(text).encode()
        try:
            self.splitter = splitter(pre)
        except UnknownPreTokenizerError as error:
            raise NotImplementedError(str(error)) from error

    def speed(self, function: Callable[[bytes], object]) -> float:
        seconds = []
        for _ in range(ROUNDS):
            start = perf_counter()
            function(self.text)
            seconds.append(perf_counter() - start)
        return len(self.text) / 1e6 / median(seconds)


class Count(_RealText):
    """Splitting, and nothing else."""

    def setup(self, pre: str, text: str) -> None:
        super().setup(pre, text)
        if not hasattr(self.splitter, "count"):
            raise NotImplementedError("this version makes a list of the pieces")

    def track_count(self, pre: str, text: str) -> float:
        return self.speed(self.splitter.count)

    track_count.unit = "MB/s"  # type: ignore[attr-defined]


class Split(_RealText):
    """Splitting, and a list of the ends of the pieces, which takes longer; all versions can do that."""

    def track_split(self, pre: str, text: str) -> float:
        return self.speed(self.splitter.split)

    track_split.unit = "MB/s"  # type: ignore[attr-defined]
