"""What there is to say about a tokenizer, for `shimmytok info`.

Holds the choice of facts and their two forms, a JSON-ready dict and lines to read; where they come from is
`Tokenizer`'s matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shimmytok import Tokenizer

_SPECIAL = ["bos", "eos", "eot", "eom", "unk", "sep", "pad", "mask", "nl"]
_SPECIAL += ["fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep", "fim_sep"]
_NAMED = "tokenizer.chat_template."


def describe(tok: Tokenizer) -> dict[str, object]:
    """Gather the facts about a tokenizer; those that a file says nothing about are None."""
    metadata = tok.metadata
    merges = tok._parts.merges
    ids = {name: getattr(tok, f"{name}_token_id") for name in _SPECIAL}
    return {
        "file": getattr(metadata, "source", None),
        "gguf_version": getattr(metadata, "version", None),
        "architecture": metadata.get("general.architecture"),
        "name": metadata.get("general.name"),
        "model_type": tok.model_type,
        "pre_type": tok.pre_type,
        "vocab_size": tok.vocab_size,
        "merges": None if merges is None else merges.n_merges,
        "context_length": tok.n_ctx_train,
        "fingerprint": tok.fingerprint,
        **{switch: getattr(tok, switch) for switch in ("add_bos", "add_eos", "add_sep", "add_space_prefix")},
        "special_tokens": {name: _token(tok, i) for name, i in ids.items() if i is not None},
        "eog_tokens": [_token(tok, i) for i in sorted(tok.eog_token_ids)],
        "chat_template": tok.chat_template is not None,
        "chat_templates": sorted(key.removeprefix(_NAMED) for key in metadata if key.startswith(_NAMED)),
    }


def as_json(facts: Mapping[str, object]) -> str:
    """The facts of `describe` as one JSON object, in ASCII."""
    return json.dumps(facts, indent=2) + "\n"


def as_lines(facts: Mapping[str, object]) -> str:
    """The facts of `describe` as lines for people, a fact that is absent or empty as a dash."""
    return "".join(f"{label:18}{value}\n" for name, fact in facts.items() for label, value in _entries(name, fact))


def _entries(name: str, fact: object) -> Iterator[tuple[str, str]]:
    """The lines of one fact; only the first of them bears its name."""
    if isinstance(fact, dict):
        values = [f"{role} {_text(token)}" for role, token in fact.items()]
    else:
        values = [_text(item) for item in fact] if isinstance(fact, list) else [_text(fact)]
    return zip([name] + [""] * len(values), values or ["-"], strict=False)


def _token(tok: Tokenizer, token: int) -> dict[str, object]:
    return {"id": token, "text": tok.id_to_token(token)}


def _text(value: object) -> str:
    if isinstance(value, dict):
        return f"{value['id']} {json.dumps(value['text'], ensure_ascii=False)}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
