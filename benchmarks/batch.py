"""Encoding many texts: `encode_batch` beside the loop it replaces; documents or one text on one and on two threads."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from statistics import median
from time import perf_counter

from shimmytok import Tokenizer

from . import inputs

ROUNDS = 5


class Batch:
    """1 to 1 000 paragraphs of real text, 180 letters each in the median."""

    param_names = ("vocabulary", "texts")
    params = (inputs.VOCABULARIES, [1, 10, 100, 1_000])

    def setup(self, vocabulary: str, texts: int) -> None:
        self.tok = inputs.tokenizer(vocabulary)
        self.texts = inputs.documents(texts)

    def time_batch(self, vocabulary: str, texts: int) -> None:
        self.tok.encode_batch(self.texts)

    def time_batch_flat(self, vocabulary: str, texts: int) -> None:
        self.tok.encode_batch_flat(self.texts)

    def time_sequential(self, vocabulary: str, texts: int) -> None:
        encode = self.tok.encode
        for text in self.texts:
            encode(text)


class Documents:
    """Documents of 1 to 4 kB to flat numpy, in MB/s: larger is better. cold, fresh, warm as in throughput.py."""

    param_names = ("vocabulary", "text", "threads")
    params = (inputs.VOCABULARIES, inputs.TEXTS, [1, 2])

    def setup(self, vocabulary: str, text: str, threads: int) -> None:
        inputs.new_tokenizer(vocabulary)  # raises NotImplementedError where that cannot be loaded
        self.first, self.second = inputs.halves(text)
        self.first_mb, self.second_mb = inputs.megabytes(self.first), inputs.megabytes(self.second)

    def encode(self, tok: Tokenizer, texts: Sequence[str], threads: int) -> None:
        tok.encode_batch_flat(texts, num_threads=threads)

    def seconds(self, tok: Tokenizer, texts: Sequence[str], threads: int) -> float:
        start = perf_counter()
        self.encode(tok, texts, threads)
        return perf_counter() - start

    def track_cold(self, vocabulary: str, text: str, threads: int) -> float:
        new = (inputs.new_tokenizer(vocabulary) for _ in range(ROUNDS))
        return median(self.first_mb / self.seconds(tok, self.first, threads) for tok in new)

    def track_fresh(self, vocabulary: str, text: str, threads: int) -> float:
        speeds = []
        for _ in range(ROUNDS):
            tok = inputs.new_tokenizer(vocabulary)
            self.seconds(tok, self.first, threads)
            speeds.append(self.second_mb / self.seconds(tok, self.second, threads))
        return median(speeds)

    def track_warm(self, vocabulary: str, text: str, threads: int) -> float:
        tok = inputs.new_tokenizer(vocabulary)
        self.seconds(tok, self.first, threads)
        return median(self.first_mb / self.seconds(tok, self.first, threads) for _ in range(4 * ROUNDS))

    for track in (track_cold, track_fresh, track_warm):
        track.unit = "MB/s"
    del track


class OneText(Documents):
    """The same as one text, which is cut for two threads."""

    def setup(self, vocabulary: str, text: str, threads: int) -> None:
        if "num_threads" not in signature(Tokenizer.encode_to_numpy).parameters:
            raise NotImplementedError("this version encodes a text by one thread")
        super().setup(vocabulary, text, threads)
        self.first, self.second = ["\n".join(self.first)], ["\n".join(self.second)]

    def encode(self, tok: Tokenizer, texts: Sequence[str], threads: int) -> None:
        tok.encode_to_numpy(texts[0], num_threads=threads)
