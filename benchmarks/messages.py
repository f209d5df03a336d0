"""Short messages, one call each: where the cost of a call counts, not that of a byte."""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns

from . import inputs

GREETING = "Hello, world!"  # 13 bytes
MESSAGE_BYTES = 100


def messages(name: str) -> list[str]:
    """A text in parts of 100 bytes, up to a character that would not fit."""
    whole = inputs.text(name)
    parts = (whole[at : at + MESSAGE_BYTES].encode()[:MESSAGE_BYTES] for at in range(0, len(whole), MESSAGE_BYTES))
    return [part.decode(errors="ignore") for part in parts]


class Seen:
    """The same message again and again."""

    param_names = ("vocabulary", "bytes")
    params = (inputs.VOCABULARIES, [len(GREETING), MESSAGE_BYTES])

    def setup(self, vocabulary: str, size: int) -> None:
        self.tok = inputs.tokenizer(vocabulary)
        parts = messages(inputs.BUNDLED_TEXT)
        self.text = GREETING if size == len(GREETING) else parts[len(parts) // 2]

    def time_encode(self, vocabulary: str, size: int) -> None:
        self.tok.encode(self.text)

    def time_encode_to_numpy(self, vocabulary: str, size: int) -> None:
        self.tok.encode_to_numpy(self.text)

    def time_count(self, vocabulary: str, size: int) -> None:
        self.tok.count(self.text)


class Various:
    """Messages of 100 bytes, each another one: the median of single calls to lists of int."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        self.tok = inputs.new_tokenizer(vocabulary)
        self.messages = messages(text)
        for message in self.messages[::2]:
            self.tok.encode(message)

    def track_unseen(self, vocabulary: str, text: str) -> float:
        """Every second message, the others having been encoded."""
        return self.latency(self.messages[1::2])

    def track_seen(self, vocabulary: str, text: str) -> float:
        return self.latency(self.messages[::2])

    for track in (track_unseen, track_seen):
        track.unit = "seconds"
    del track

    def latency(self, parts: list[str]) -> float:
        taken = []
        for part in parts:
            start = perf_counter_ns()
            self.tok.encode(part)
            taken.append(perf_counter_ns() - start)
        return median(taken) / 1e9
