"""DATA: the ways in which models write the bytes of their tokens.  `_pieces.pyx` carries them out.

Must equal: the cases of llama_vocab::impl::token_to_piece.
"""

from __future__ import annotations

from enum import IntEnum


class PieceRule(IntEnum):
    """How a token's text stands for bytes."""

    SPACES_ESCAPED = 0  # normal tokens write a space as U+2581; byte tokens are "<0xNN>"
    BYTE_LEVEL = 1  # normal tokens write each byte as a printable character; byte tokens are "<0xNN>"
    RWKV_ESCAPED = 2  # all tokens write bytes with backslashes: "\n", "\x0a"
    PLAIN = 3  # all texts stand for themselves but byte tokens, "<0xNN>"
    HEXADECIMAL_ID = 4  # the text does not matter: the piece is the id in hexadecimal digits
