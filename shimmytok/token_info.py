"""What a tokenizer can say about its tokens, its special ids and its flags."""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, SupportsIndex

from shimmytok._encoder import Encoder
from shimmytok._piece_table import PieceTable
from shimmytok.arguments import as_int, as_token
from shimmytok.errors import UnsupportedModelError
from shimmytok.gguf import Metadata, keys
from shimmytok.special_ids import TokenAttr
from shimmytok.vocab import as_bytes, read_text

if TYPE_CHECKING:
    from shimmytok.models.parts import Parts

__all__ = ["TokenAttr", "TokenInfo", "TokenType"]


class TokenType(IntEnum):
    """The type of a token as files number it: llama.h's llama_token_type."""

    UNDEFINED = 0
    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class TokenInfo:
    """The part of `Tokenizer` that answers questions; ids are int, absent ids None."""

    _metadata: Metadata
    _parts: Parts
    _encoder: Encoder | None

    # --- the tokenizer as a whole ---

    @property
    def model_type(self) -> str:
        """`tokenizer.ggml.model`: "gpt2", "llama", "bert", ..., or "none"."""
        return self._parts.vocab.model

    @property
    def pre_type(self) -> str | None:
        """`tokenizer.ggml.pre`, the name of the pre-tokenizer; None where the file has none."""
        return self._parts.vocab.pre

    @property
    def vocab_size(self) -> int:
        """The number of tokens."""
        return self._parts.n_tokens

    @property
    def n_ctx_train(self) -> int | None:
        """The context length, in tokens, that the model was trained with."""
        value = self._metadata.get(keys.context_length(read_text(self._metadata, keys.ARCHITECTURE) or ""))
        return value if isinstance(value, int) else None

    @property
    def metadata(self) -> Metadata:
        """All metadata of the file, decoded when looked at; long arrays are read from the file again."""
        return self._metadata

    @property
    def chat_template(self) -> str | None:
        """The default chat template as the file has it; it is not parsed."""
        return read_text(self._metadata, keys.CHAT_TEMPLATE)

    # --- ids ---

    @property
    def bos_token_id(self) -> int | None:
        """Beginning of sequence."""
        return self._parts.vocab.ids["bos"]

    @property
    def eos_token_id(self) -> int | None:
        """End of sequence."""
        return self._parts.vocab.ids["eos"]

    @property
    def eot_token_id(self) -> int | None:
        """End of turn."""
        return self._parts.vocab.ids["eot"]

    @property
    def eom_token_id(self) -> int | None:
        """End of message."""
        return self._parts.vocab.ids["eom"]

    @property
    def unk_token_id(self) -> int | None:
        """Unknown."""
        return self._parts.vocab.ids["unk"]

    @property
    def sep_token_id(self) -> int | None:
        """Separator."""
        return self._parts.vocab.ids["sep"]

    @property
    def pad_token_id(self) -> int | None:
        """Padding."""
        return self._parts.vocab.ids["pad"]

    @property
    def mask_token_id(self) -> int | None:
        """Mask."""
        return self._parts.vocab.ids["mask"]

    @cached_property
    def nl_token_id(self) -> int | None:
        """Newline: the first token of one."""
        if self._encoder is None or not self._parts.newline_is_encoded:
            return self._parts.newline
        return next(iter(self._encoder.encode_fragment(b"\n")), None)

    @property
    def fim_pre_token_id(self) -> int | None:
        """Fill in the middle: before the text that precedes the gap."""
        return self._parts.vocab.ids["fim_pre"]

    @property
    def fim_suf_token_id(self) -> int | None:
        """Fill in the middle: before the text that follows the gap."""
        return self._parts.vocab.ids["fim_suf"]

    @property
    def fim_mid_token_id(self) -> int | None:
        """Fill in the middle: before what fills the gap."""
        return self._parts.vocab.ids["fim_mid"]

    @property
    def fim_pad_token_id(self) -> int | None:
        """Fill in the middle: padding."""
        return self._parts.vocab.ids["fim_pad"]

    @property
    def fim_rep_token_id(self) -> int | None:
        """Fill in the middle: repository name."""
        return self._parts.vocab.ids["fim_rep"]

    @property
    def fim_sep_token_id(self) -> int | None:
        """Fill in the middle: file separator."""
        return self._parts.vocab.ids["fim_sep"]

    @property
    def eog_token_ids(self) -> frozenset[int]:
        """All tokens that end the generation."""
        return self._parts.vocab.ends

    @property
    def suppress_token_ids(self) -> tuple[int, ...]:
        """The tokens that the file asks samplers never to pick."""
        return self._parts.vocab.suppressed

    # --- flags ---

    @property
    def add_bos(self) -> bool:
        """Does `add_special_tokens` put BOS before a text?"""
        return self._parts.vocab.flags.add_bos

    @property
    def add_eos(self) -> bool:
        """Does `add_special_tokens` put EOS after a text?"""
        return self._parts.vocab.flags.add_eos

    @property
    def add_sep(self) -> bool:
        """Does the model expect a separator between two texts?"""
        return self._parts.vocab.flags.add_sep

    @property
    def add_space_prefix(self) -> bool:
        """Is a space put before a text, and taken away when decoding?"""
        return self._parts.vocab.flags.add_space_prefix

    # --- tokens ---

    @cached_property
    def _pieces(self) -> PieceTable:
        self._check_tokens()
        vocab = self._parts.vocab
        return PieceTable(vocab.id_texts, vocab.attrs, self._parts.piece_rule)

    def _check_tokens(self) -> None:
        if self._encoder is None:
            raise UnsupportedModelError(f"{self._metadata.source}: model {self.model_type!r} has no tokens")

    def _checked(self, token: SupportsIndex) -> int:
        self._check_tokens()
        return as_token(token, self._parts.n_tokens)

    def token_to_id(self, token: str | bytes) -> int | None:
        """The id of a token, by its text as the file writes it; of equal texts the last one's.

        A str stands for its UTF-8, with `surrogateescape`.
        """
        return self._parts.vocab.texts.find(as_bytes(token))

    def id_to_token(self, token: SupportsIndex) -> str:
        """A token's text as the file writes it (with `surrogateescape`); InvalidTokenError outside the vocabulary.

        The marker of "hybriddna" after the texts of DNA is left out, as llama_vocab_get_text does.
        """
        return self._parts.vocab.id_texts[self._checked(token)].decode("utf-8", "surrogateescape")

    def token_to_piece(self, token: SupportsIndex, *, special: bool = True, lstrip: int = 0) -> bytes:
        """The bytes a token adds to a text: llama_token_to_piece.

        special: also for unknown and control tokens, whose piece is empty otherwise.
        lstrip: leave out up to so many leading spaces.
        """
        if lstrip != 0:
            lstrip = min(as_int(lstrip, name="lstrip"), 1 << 31)
            if lstrip < 0:
                raise ValueError(f"lstrip is {lstrip}: it counts spaces")
        return self._pieces.piece(self._checked(token), special, lstrip)

    def token_type(self, token: SupportsIndex) -> TokenType:
        """A token's type in the file; NORMAL where the file has no types."""
        types, token = self._parts.vocab.types, self._checked(token)
        value = TokenType.NORMAL if types is None else int(types[token])
        return TokenType(value) if value in TokenType._value2member_map_ else TokenType.UNDEFINED

    def token_attr(self, token: SupportsIndex) -> TokenAttr:
        """What a token is, by llama.h's llama_token_attr bits: its type and what loading made of it."""
        return TokenAttr(int(self._parts.vocab.attrs[self._checked(token)]))

    def token_score(self, token: SupportsIndex) -> float:
        """A token's score (a float32); 0.0 where the file has no scores."""
        scores = self._parts.vocab.scores
        token = self._checked(token)
        return 0.0 if scores is None else float(scores[token])

    def is_special_token(self, token: SupportsIndex) -> bool:
        """Is it a control or unknown token, which `skip_special_tokens` leaves out?"""
        return bool(self.token_attr(token) & (TokenAttr.CONTROL | TokenAttr.UNKNOWN))

    def is_eog(self, token: SupportsIndex) -> bool:
        """Does it end the generation?"""
        return self._checked(token) in self._parts.vocab.ends
