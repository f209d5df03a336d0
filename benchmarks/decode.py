"""Decoding: 1 000 tokens at once and one by one as they would be generated, and a long text."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from . import inputs

TOKENS = 1_000


class ThousandTokens:
    """The same 1 000 ids, as a list."""

    param_names = ("vocabulary",)
    params = (inputs.VOCABULARIES,)

    def setup(self, vocabulary: str) -> None:
        self.tok = inputs.tokenizer(vocabulary)
        self.ids = self.tok.encode(inputs.text(inputs.BUNDLED_TEXT), False)[:TOKENS]

    def time_decode(self, vocabulary: str) -> None:
        self.tok.decode(self.ids)

    def time_decode_bytes(self, vocabulary: str) -> None:
        self.tok.decode_bytes(self.ids)

    def time_stream_decoder(self, vocabulary: str) -> None:
        decoder = self.tok.stream_decoder()
        for token in self.ids:
            decoder.step(token)
        decoder.flush()


class LongText:
    """The ids of a whole text, in an array, back to a str: MB/s of the UTF-8 it has, larger is better."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        self.tok = inputs.tokenizer(vocabulary)
        self.ids = self.tok.encode_to_numpy(inputs.text(text), False)
        self.megabytes = len(self.tok.decode(self.ids).encode()) / 1e6

    def track_decode(self, vocabulary: str, text: str) -> float:
        speeds = []
        for _ in range(20):
            start = perf_counter()
            self.tok.decode(self.ids)
            speeds.append(self.megabytes / (perf_counter() - start))
        return median(speeds)

    track_decode.unit = "MB/s"  # type: ignore[attr-defined]
