"""Which tokens are special, as data and as the rules that find them.

Equal to the parts of llama_vocab::impl::load of llama.cpp headed "special tokens", "auto-detect special tokens by
text", "maintain a list of tokens that cause end-of-generation" and "Handle per token attributes".  Where llama.cpp
walks an unordered map, so that its answer depends on the C++ library, candidates are taken in the order of its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np

from shimmytok._vocab import TokenTable
from shimmytok.errors import GGUFError, LimitError
from shimmytok.gguf import Metadata, keys
from shimmytok.log import warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The ids a vocabulary may have, with their keys in the order they are read; later keys of a name overrule earlier ones.
ID_KEYS = (
    ("bos", keys.BOS_ID),
    ("eos", keys.EOS_ID),
    ("eot", keys.EOT_ID),
    ("eom", keys.EOM_ID),
    ("unk", keys.UNK_ID),
    ("sep", keys.SEP_ID),
    ("pad", keys.PAD_ID),
    ("mask", keys.MASK_ID),
    ("fim_pre", keys.FIM_PRE_ID),
    ("fim_suf", keys.FIM_SUF_ID),
    ("fim_mid", keys.FIM_MID_ID),
    ("fim_pad", keys.FIM_PAD_ID),
    ("fim_rep", keys.FIM_REP_ID),
    ("fim_sep", keys.FIM_SEP_ID),
    ("fim_pre", keys.PREFIX_ID),
    ("fim_suf", keys.SUFFIX_ID),
    ("fim_mid", keys.MIDDLE_ID),
)

# The texts that give an id when no key does; the first one present is taken.
FOUND_BY_TEXT = {
    "eot": (
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>",
        "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ),
    "eom": ("<|eom_id|>",),
    "fim_pre": (
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>",
        "<|prefix|>",
    ),
    "fim_suf": (
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>",
        "<|suffix|>",
    ),
    "fim_mid": (
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>",
        "<|middle|>",
    ),
    "fim_pad": ("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"),
    "fim_rep": ("<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"),
    "fim_sep": ("<|file_sep|>",),
}  # fmt: skip

# Tokens of these texts end the generation.
ENDS_BY_TEXT = (
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
    "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>",
    "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
)  # fmt: skip

# Tokens of these texts are always written out (gpt-oss).
ALWAYS_WRITTEN = ("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>")

# Which tokens strip white space: by `pre` and architecture, or by the model's name.
LSTRIP_MASK_PRES = (b"jina-v2-de", b"jina-v2-es", b"jina-v2-code")
LSTRIP_MASK_ARCHITECTURES = (b"nomic-bert-moe", b"jina-bert-v3")
RSTRIP_NAMES = (b"phi-3", b"phi3")
LSTRIP_CAPITAL_MASK_NAMES = (b"modern-bert",)


class TokenAttr(IntFlag):
    """What a token is: the bits of llama.h's llama_token_attr."""

    UNDEFINED = 0
    UNKNOWN = 1
    UNUSED = 2
    NORMAL = 4
    CONTROL = 8
    USER_DEFINED = 16
    BYTE = 32
    NORMALIZED = 64
    LSTRIP = 128
    RSTRIP = 256
    SINGLE_WORD = 512


# llama.h's llama_token_type, as files number it -> attribute.
ATTR_OF_TYPE = (
    TokenAttr.UNDEFINED,
    TokenAttr.NORMAL,
    TokenAttr.UNKNOWN,
    TokenAttr.CONTROL,
    TokenAttr.USER_DEFINED,
    TokenAttr.UNUSED,
    TokenAttr.BYTE,
)

KNOWN_TEXTS = sorted(
    {
        text.encode()
        for text in (
            *(text for texts in FOUND_BY_TEXT.values() for text in texts),
            *ENDS_BY_TEXT,
            *ALWAYS_WRITTEN,
            *("<|plamo:eos|>", "<mask>", "[MASK]", "<unk>", "<s>", "</s>"),
        )
    }
)

Attrs = np.ndarray[Any, np.dtype[np.uint16]]
Ids = dict[str, "int | None"]


def attributes(types: NDArray[np.int32] | NDArray[np.int8] | None, n_tokens: int) -> Attrs:
    """The attribute of each token by its type; without types all are normal."""
    if types is None:
        return np.full(n_tokens, TokenAttr.NORMAL, np.uint16)
    table = np.array([*ATTR_OF_TYPE, TokenAttr.UNDEFINED], np.uint16)
    unsigned = np.ascontiguousarray(types, np.int32).view(np.uint32)  # what is negative is far above the others
    return table[np.minimum(unsigned, np.uint32(len(ATTR_OF_TYPE)))]


def read_ids(metadata: Metadata, defaults: Mapping[str, int], n_tokens: int) -> Ids:
    """The ids given by keys or by the model's defaults; those outside the vocabulary do not count."""
    ids: Ids = {name: None for name, _ in ID_KEYS}
    ids.update(defaults)
    for name, key in ID_KEYS:
        default = ids[name]
        if default is not None and default >= n_tokens:
            warn("%s: default of %s, %d, is outside the vocabulary: disabled", metadata.source, key, default)
            ids[name] = None
        value = metadata.u32(key)
        if value is None:
            continue
        if value >= n_tokens:
            warn("%s: %s = %d is outside the vocabulary: %s stays", metadata.source, key, value, ids[name])
        else:
            ids[name] = value
    return ids


def find_ids(ids: Ids, known: Mapping[bytes, int], attrs: Attrs) -> None:
    """Fill in the ids that are found by a token's text; such a token becomes a control token."""
    for name, texts in FOUND_BY_TEXT.items():
        if ids[name] is None:
            found = next((known[text.encode()] for text in texts if text.encode() in known), None)
            if found is not None:
                ids[name] = found
                attrs[found] |= TokenAttr.CONTROL


def end_ids(ids: Ids, known: Mapping[bytes, int], attrs: Attrs, texts: TokenTable) -> set[int]:
    """The tokens that end the generation (EOG); changes the attributes of the tokens concerned.

    `texts` are those of the ids, `known` finds tokens by the texts of the file.
    """
    ends = {ids["fim_pad"], ids["fim_rep"], ids["fim_sep"]}
    for text in ENDS_BY_TEXT:
        if text.encode() in known:
            token = known[text.encode()]
            ends.add(token)
            attrs[token] |= TokenAttr.CONTROL
    for text in ALWAYS_WRITTEN:
        if text.encode() in known:
            attrs[known[text.encode()]] = TokenAttr.USER_DEFINED
    ends |= {ids["eos"], ids["eot"], ids["eom"]}
    found = {texts[token]: token for token in sorted(token for token in ends if token is not None)}
    calls = b"<|call|>" in found or b"<|calls|>" in found
    if b"<|end|>" in found and calls and (b"<|return|>" in found or b"<|flush|>" in found):
        # gpt-oss and solar-open end a part of a message with it, not the message.
        ends.discard(found[b"<|end|>"])
        attrs[found[b"<|end|>"]] = TokenAttr.USER_DEFINED
    if b"</s>" in found and (b"<|tool_response>" in found or b"<|plamo:eos|>" in found):
        # In Gemma 4 and PLaMo it is a token like any other.
        ends.discard(found[b"</s>"])
        attrs[found[b"</s>"]] = TokenAttr.NORMAL
    return {token for token in ends if token is not None}


def _contains_any(text: bytes | None, parts: tuple[bytes, ...]) -> bool:
    return text is not None and any(part in text for part in parts)


def mark_strips(metadata: Metadata, known: Mapping[bytes, int], attrs: Attrs) -> None:
    """Give tokens the attributes that strip white space around them; GGUFError where llama.cpp refuses the file."""
    name = (metadata.text(keys.NAME) or b"").lower()
    special = np.uint16(TokenAttr.CONTROL | TokenAttr.USER_DEFINED | TokenAttr.UNKNOWN)
    if _contains_any(metadata.text(keys.PRE), LSTRIP_MASK_PRES) or _contains_any(
        metadata.text(keys.ARCHITECTURE), LSTRIP_MASK_ARCHITECTURES
    ):
        if b"<mask>" in known:
            attrs[known[b"<mask>"]] |= TokenAttr.LSTRIP
    elif _contains_any(name, RSTRIP_NAMES):
        attrs[(attrs & special) != 0] |= np.uint16(TokenAttr.RSTRIP)
        for text, strips in ((b"</s>", True), (b"<unk>", False), (b"<s>", False), (b"<|endoftext|>", False)):
            if text not in known:
                raise GGUFError(
                    f"the model's name says Phi-3, but there is no token {text.decode()!r}",
                    path=metadata.source,
                    key=keys.TOKENS,
                )
            if strips:
                attrs[known[text]] |= TokenAttr.RSTRIP
            else:
                attrs[known[text]] &= ~np.uint16(TokenAttr.RSTRIP)
    elif _contains_any(name, LSTRIP_CAPITAL_MASK_NAMES) and b"[MASK]" in known:
        attrs[known[b"[MASK]"]] |= TokenAttr.LSTRIP


def check_size(metadata: Metadata, texts: Iterable[bytes]) -> None:
    """LimitError if the special tokens of these texts are too much for the automaton that finds them."""
    size, most = sum(map(len, texts)), metadata.limits.max_special_bytes
    if size > most:
        raise LimitError(
            f"{metadata.source}, key {keys.TOKENS!r}: bytes of special tokens: "
            f"{size} is more than the limit max_special_bytes = {most}"
        )
