"""Encoding one text: latency by length, and the forms of the result on real text."""

from __future__ import annotations

from . import inputs

SENTENCE = "The quick brown fox jumps over the lazy dog. "


class RepeatedSentence:
    """A sentence 10 to 10 000 times over: what a warm word cache shows, and how the time grows with the length."""

    param_names = ("vocabulary", "repetitions")
    params = (inputs.VOCABULARIES, [10, 100, 1_000, 10_000])

    def setup(self, vocabulary: str, repetitions: int) -> None:
        self.tok = inputs.tokenizer(vocabulary)
        self.text = SENTENCE * repetitions

    def time_encode(self, vocabulary: str, repetitions: int) -> None:
        self.tok.encode(self.text)


class RealText:
    """Up to 1 MiB of real text, seen before."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        self.tok = inputs.tokenizer(vocabulary)
        self.text = inputs.text(text)

    def time_encode(self, vocabulary: str, text: str) -> None:
        self.tok.encode(self.text)

    def time_encode_to_numpy(self, vocabulary: str, text: str) -> None:
        self.tok.encode_to_numpy(self.text)

    def time_count(self, vocabulary: str, text: str) -> None:
        self.tok.count(self.text)
