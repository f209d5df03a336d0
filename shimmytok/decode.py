"""Text out of ids as they come, one by one."""

from __future__ import annotations

import codecs

from shimmytok._decode import PieceTable


class StreamDecoder:
    """Turns ids into text piece by piece, holding back bytes that do not make a whole character yet.

    What `step` and `flush` give, joined, is `decode_bytes` of the same ids as text (invalid UTF-8 replaced).
    For one stream and one thread; make one with `Tokenizer.stream_decoder`.
    """

    def __init__(self, pieces: PieceTable, skip_special_tokens: bool):
        self._pieces = pieces
        self._special = not skip_special_tokens
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def step(self, token: int) -> str:
        """The text that this id completes, often empty in the middle of a character; InvalidTokenError for a bad id."""
        return self._decoder.decode(self._pieces.piece(token, self._special, 0))

    def flush(self) -> str:
        """What is left at the end of a stream: U+FFFD for an unfinished character, else nothing. Starts anew."""
        rest = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return rest

    def reset(self) -> None:
        """Forget what was held back."""
        self._decoder.reset()
