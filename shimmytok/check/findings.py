"""DATA: what can be wrong with the tokenizer metadata of a file: a code, how bad it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final

from shimmytok.shown import shown

SHOWN = 5  # examples of a finding that are named; all are counted


class Severity(str, Enum):
    """How bad a finding is."""

    ERROR = "error"  # the file does not load, or llama.cpp gives other ids than were meant, or dies
    WARNING = "warning"  # ids may be other than were meant
    NOTE = "note"  # good to know


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# Code -> severity, hint.  Codes do not change their meaning; a later version may add some.
CODES: Final[dict[str, tuple[Severity, str]]] = {
    "unreadable": (_E, "the file is damaged, cut short or no GGUF file: fetch or convert it again"),
    "load-error": (_E, "neither llama.cpp nor shimmytok loads this; convert the model again"),
    "wrong-type": (_E, "write the key again with the type that llama.cpp wants"),
    "model-missing": (_E, "convert the model with its tokenizer; any part of a split model but the first has none"),
    "model-unknown": (_E, "llama.cpp does not know this model of tokenizer: convert the file for it"),
    "pre-missing": (_W, "'default' is taken, which splits texts as hardly any model does: convert the model again"),
    "pre-unknown": (_E, "a newer llama.cpp may know it; else convert the model again"),
    "pre-ignored": (_N, "only byte pair encoding has pre-tokenizers; the key does no harm"),
    "tokens-duplicate": (_E, "llama.cpp aborts on two tokens with the same text: rename one of them"),
    "tokens-empty": (_W, "llama.cpp calls them [EMPTY_<id>]; a text of their own was lost in conversion"),
    "tokens-invalid-utf8": (_W, "texts of this model are UTF-8: a byte is <0xNN>, or a printable character"),
    "tokens-long": (_N, "tokens of this length are rarely meant: look at the data the tokenizer was trained on"),
    "tokens-unused": (_N, "room for special tokens of your own"),
    "tokens-typed-normal": (_W, "with type CONTROL (3) or USER_DEFINED (4) they are not cut into pieces in prompts"),
    "types-missing": (_N, "without tokenizer.ggml.token_type all tokens are normal ones"),
    "types-too-few": (_E, "llama.cpp refuses the file: one type for each token"),
    "types-too-many": (_W, "those past the last token are ignored, but they may have slipped"),
    "types-unknown": (_W, "types go from 0 to 6; others count as undefined"),
    "scores-missing": (_W, "this model goes by scores; without them all tokens are equally good"),
    "scores-too-few": (_E, "llama.cpp refuses the file: one score for each token"),
    "scores-too-many": (_W, "those past the last token are ignored, but they may have slipped"),
    "scores-not-finite": (_W, "a score is a number; convert the model again"),
    "bytes-missing": (_E, "llama.cpp aborts on characters without a token: add the tokens <0x00> to <0xFF>"),
    "merges-without-space": (_W, "a merge is two texts with a space between them; others never apply"),
    "merges-unknown-part": (_W, "a part is neither one character nor what another merge makes, so this never applies"),
    "merges-repeated": (_W, "only the first of equal merges counts"),
    "merges-result-no-token": (_W, "what they make falls apart into bytes again: add the token or drop the merge"),
    "id-out-of-range": (_E, "llama.cpp ignores such an id and takes a default, or none"),
    "bos-absent": (_E, "llama.cpp aborts when it is to add what is not there: set bos_token_id or unset the flag"),
    "eos-absent": (_E, "llama.cpp aborts when it is to add what is not there: set eos_token_id or unset the flag"),
    "eos-missing": (_W, "without an end token the model talks on: set eos_token_id"),
    "eos-not-eog": (_W, "the generation does not stop at EOS: look at eos_token_id and at the tokens' texts"),
    "bos-double": (_W, "encode what the template gives without added tokens, or set add_bos_token to false"),
    "chat-template-missing": (_N, "chat programs guess a template; a base model needs none"),
    "vocab-size-differs": (_W, "the two should agree; weights that are padded are one reason why they do not"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or odd, about a file: one of `CODES`, and what was seen."""

    code: str
    message: str
    severity: Severity
    hint: str

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return asdict(self) | {"severity": self.severity.value}


def finding(code: str, message: str) -> Finding:
    """A finding with the severity and the hint of its code."""
    severity, hint = CODES[code]
    return Finding(code, message, severity, hint)


def listed(code: str, what: str, items: Sequence[tuple[int, bytes]]) -> list[Finding]:
    """One finding about many (id, text), or none if there are no items."""
    if not items:
        return []
    examples = ", ".join(f"{i} {shown(text)}" for i, text in items[:SHOWN])
    return [finding(code, f"{len(items)} {what}: {examples}{', ...' if len(items) > SHOWN else ''}")]
