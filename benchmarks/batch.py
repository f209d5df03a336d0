"""Encoding many paragraphs: `encode_batch` beside the loop it replaces."""

from __future__ import annotations

from . import inputs


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
