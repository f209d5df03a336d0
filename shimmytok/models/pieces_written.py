"""The pieces that llama.cpp cannot write, and refuses a file for.

It writes the piece of every token when it loads a file: llama_vocab::impl::token_to_piece, where token_to_byte and
unicode_cpt_to_utf8 throw.  Ours are written when first asked for (_pieces.pyx), so they are looked through here.
"""

from __future__ import annotations

import re

import numpy as np

from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models.parts import Parts
from shimmytok.piece_rules import PieceRule
from shimmytok.special_ids import TokenAttr
from shimmytok.vocab import Vocab

WRITTEN_AS_THEY_ARE = TokenAttr.UNKNOWN | TokenAttr.CONTROL | TokenAttr.USER_DEFINED
DIGITS_AT = 3  # in <0xNN>
LEADS = (0xF4, 0xF7)
# Four bytes of llama.cpp's lenient UTF-8 that make more than U+10FFFF.
TOO_HIGH = rb"(?:\xf4[\x90-\xbf]|[\xf5-\xf7][\x80-\xbf])[\x80-\xbf]{2}"


def check_pieces(metadata: Metadata, parts: Parts) -> None:
    """GGUFError for a token without a piece."""
    vocab = parts.vocab
    if parts.piece_rule not in (PieceRule.SPACES_ESCAPED, PieceRule.BYTE_LEVEL):
        return
    token = _byte_without_digits(vocab)
    problem = "a byte token is written <0xNN>"
    if token is None and parts.piece_rule is PieceRule.BYTE_LEVEL:
        token = _above_unicode(vocab)
        problem = "it has a code point above U+10FFFF"
    if token is not None:
        text = f"token {token}, {vocab.id_texts[token][:40]!r}"
        raise GGUFError(f"{text}, has no piece: {problem}", path=metadata.source, key=keys.TOKENS)


def _byte_without_digits(vocab: Vocab) -> int | None:
    ids = vocab.ids_having(TokenAttr.BYTE)
    ids = ids[(vocab.attrs[ids] & np.uint16(WRITTEN_AS_THEY_ARE | TokenAttr.NORMAL)) == 0]
    return next((i for i in ids.tolist() if len(vocab.id_texts[i]) < DIGITS_AT), None)


def _above_unicode(vocab: Vocab) -> int | None:
    if not vocab.id_texts.has_byte_in(*LEADS):
        return None
    ids = vocab.ids_having(TokenAttr.NORMAL)
    ids = ids[(vocab.attrs[ids] & np.uint16(WRITTEN_AS_THEY_ARE)) == 0]
    return next((i for i in ids.tolist() if re.search(TOO_HIGH, vocab.id_texts[i])), None)
