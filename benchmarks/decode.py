"""Decoding 1 000 tokens of real text: at once, and one by one as they would be generated."""

from __future__ import annotations

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
