"""The names of the metadata keys that have to do with tokenizers, and the numbers of the value types.

Data only. The names must equal `LLM_KV_NAMES` in llama.cpp's src/llama-arch.cpp, their misspellings included;
the numbers must equal `enum gguf_type` in ggml/include/gguf.h.
"""

from __future__ import annotations

from enum import IntEnum


class ValueType(IntEnum):
    """The type of a metadata value, by its number in the file."""

    UINT8 = 0
    INT8 = 1
    UINT16 = 2
    INT16 = 3
    UINT32 = 4
    INT32 = 5
    FLOAT32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    UINT64 = 10
    INT64 = 11
    FLOAT64 = 12


ARCHITECTURE = "general.architecture"
NAME = "general.name"
ALIGNMENT = "general.alignment"

SPLIT_NO = "split.no"
SPLIT_COUNT = "split.count"

MODEL = "tokenizer.ggml.model"
PRE = "tokenizer.ggml.pre"
TOKENS = "tokenizer.ggml.tokens"
TOKEN_TYPE = "tokenizer.ggml.token_type"
TOKEN_TYPE_COUNT = "tokenizer.ggml.token_type_count"
SCORES = "tokenizer.ggml.scores"
MERGES = "tokenizer.ggml.merges"

BOS_ID = "tokenizer.ggml.bos_token_id"
EOS_ID = "tokenizer.ggml.eos_token_id"
EOT_ID = "tokenizer.ggml.eot_token_id"
EOM_ID = "tokenizer.ggml.eom_token_id"
UNK_ID = "tokenizer.ggml.unknown_token_id"
SEP_ID = "tokenizer.ggml.seperator_token_id"
PAD_ID = "tokenizer.ggml.padding_token_id"
CLS_ID = "tokenizer.ggml.cls_token_id"
MASK_ID = "tokenizer.ggml.mask_token_id"
FIM_PRE_ID = "tokenizer.ggml.fim_pre_token_id"
FIM_SUF_ID = "tokenizer.ggml.fim_suf_token_id"
FIM_MID_ID = "tokenizer.ggml.fim_mid_token_id"
FIM_PAD_ID = "tokenizer.ggml.fim_pad_token_id"
FIM_REP_ID = "tokenizer.ggml.fim_rep_token_id"
FIM_SEP_ID = "tokenizer.ggml.fim_sep_token_id"

# Older names of FIM_PRE_ID, FIM_SUF_ID and FIM_MID_ID.
PREFIX_ID = "tokenizer.ggml.prefix_token_id"
SUFFIX_ID = "tokenizer.ggml.suffix_token_id"
MIDDLE_ID = "tokenizer.ggml.middle_token_id"

ADD_BOS = "tokenizer.ggml.add_bos_token"
ADD_EOS = "tokenizer.ggml.add_eos_token"
ADD_SEP = "tokenizer.ggml.add_sep_token"
ADD_SPACE_PREFIX = "tokenizer.ggml.add_space_prefix"
REMOVE_EXTRA_WHITESPACES = "tokenizer.ggml.remove_extra_whitespaces"
PRECOMPILED_CHARSMAP = "tokenizer.ggml.precompiled_charsmap"
NORMALIZER_LOWERCASE = "tokenizer.ggml.normalizer.lowercase"
NORMALIZER_STRIP_ACCENTS = "tokenizer.ggml.normalizer.strip_accents"
SUPPRESS_TOKENS = "tokenizer.ggml.suppress_tokens"

CHAT_TEMPLATE = "tokenizer.chat_template"

KEPT = (SUPPRESS_TOKENS,)
"""Arrays that are kept in memory however long they are: a tokenizer is pickled with them, and has them nowhere else."""


def tokenizer_keys() -> list[str]:
    """The keys above that begin with "tokenizer."."""
    return [str(key) for name, key in globals().items() if name.isupper() and str(key).startswith("tokenizer.")]


def vocab_size(architecture: str) -> str:
    """The key of the vocabulary's size, which only models without a tokenizer need.

    >>> vocab_size("llama")
    'llama.vocab_size'
    """
    return f"{architecture}.vocab_size"


def context_length(architecture: str) -> str:
    """The key of the number of tokens that the model was trained on.

    >>> context_length("llama")
    'llama.context_length'
    """
    return f"{architecture}.context_length"


def chat_template(name: str | None = None) -> str:
    """The key of the chat template of that name, or of the default one.

    >>> chat_template("tool_use")
    'tokenizer.chat_template.tool_use'
    """
    return CHAT_TEMPLATE if name is None else f"{CHAT_TEMPLATE}.{name}"
