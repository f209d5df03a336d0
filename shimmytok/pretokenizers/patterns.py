"""DATA: every `tokenizer.ggml.pre` that llama.cpp accepts, with its regexes and flags. A new one is a line.

The regexes' texts are in `pattern_lists.py`. Must equal: the chain over tokenizer_pre in llama_vocab::impl::load and
the constructor of llm_tokenizer_bpe (`python tools/check_patterns.py` compares them).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .pattern_lists import (
    AFMOE,
    BAILINGMOE,
    BLOOM,
    CHAMELEON,
    DEEPSEEK3,
    DEEPSEEK_CODER,
    DEEPSEEK_LLM,
    DEFAULT_LIST,
    EXAONE_MOE,
    FALCON,
    GPT2,
    GPT4O,
    GRANITE_EMB_MULTI,
    JAIS2,
    KIMI_K2,
    LAGUNA,
    LLAMA3,
    MINICPM5,
    NEWLINES,
    QWEN2,
    QWEN35,
    SEED_CODER,
    SPARK2_5,
    STARCODER,
    SUPERBPE,
    TEKKEN,
    TINY_AYA,
    UFAKZEKA,
    VIKING,
    WHITESPACE,
    YOUTU,
)


class Pre(NamedTuple):
    """A pre-tokenizer: its regexes, each applied to the pieces of the one before it, and the flags that go with it."""

    patterns: tuple[str, ...]
    ignore_merges: bool = False  # a piece that is a token is taken whole
    add_bos: bool = False  # used where the file does not say
    add_sep: bool = False  # used where the file does not say
    lowercase: bool = True  # used where the file does not say, by the model that asks
    clean_spaces: bool = True  # decoding drops spaces before punctuation
    byte_encode: bool = True  # False: BPE on raw UTF-8
    escape_whitespaces: bool = False  # spaces become U+2581 before the split
    default_bos: bool = True  # False: no BOS id unless the file names one
    force_add_bos: bool = False  # whatever the file says
    whole_newline_runs: bool = False  # a piece of newlines that is a token is taken whole
    may_lack_merges: bool = False  # a file without merges is loaded: pieces that are tokens have ids


# tokenizer.ggml.model -> its own pre-tokenizer, whatever tokenizer.ggml.pre says.  Such a model has no default ids.
PRE_OF_MODEL: Final[dict[str, str]] = {"gemma4": "gemma4"}

PRE: Final[dict[str, Pre]] = {
    "default": Pre(DEFAULT_LIST),
    "minicpm5": Pre(MINICPM5, ignore_merges=True),
    "llama3": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "llama-v3": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "llama-bpe": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "falcon3": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "falcon-h1": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "pixtral": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "midm-2.0": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "lfm2": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "jina-v5-nano": Pre(LLAMA3, ignore_merges=True, add_bos=True),
    "deepseek-llm": Pre(DEEPSEEK_LLM, clean_spaces=False),
    "deepseek-coder": Pre(DEEPSEEK_CODER, clean_spaces=False),
    "deepseek-v3": Pre(DEEPSEEK3, clean_spaces=False),
    "spark2_5": Pre(SPARK2_5, clean_spaces=False),
    "youtu": Pre(YOUTU, clean_spaces=False, ignore_merges=True),
    "falcon": Pre(FALCON),
    "mpt": Pre(GPT2),
    "starcoder": Pre(STARCODER),
    "gpt-2": Pre(GPT2),
    "phi-2": Pre(GPT2),
    "jina-es": Pre(GPT2),
    "jina-de": Pre(GPT2),
    "gigachat": Pre(GPT2),
    "jina-v2-es": Pre(GPT2),
    "jina-v2-de": Pre(GPT2),
    "a.x-4.0": Pre(GPT2),
    "mellum": Pre(GPT2),
    "modern-bert": Pre(GPT2),
    "jais-2": Pre(JAIS2),
    "gemma4": Pre(NEWLINES, escape_whitespaces=True, byte_encode=False, force_add_bos=True, whole_newline_runs=True),
    "granite-embed-multi-311m": Pre(
        NEWLINES, escape_whitespaces=True, byte_encode=False, force_add_bos=True, whole_newline_runs=True
    ),
    "sarvam-moe": Pre(NEWLINES, escape_whitespaces=True, clean_spaces=False, byte_encode=False),
    "jina-v1-en": Pre(GPT2, add_sep=True),
    "jina-v2-code": Pre(GPT2, add_sep=True),
    "roberta-bpe": Pre(GPT2, add_sep=True),
    "whitespace": Pre(WHITESPACE, byte_encode=False, lowercase=False),
    "refact": Pre(STARCODER),
    "command-r": Pre(STARCODER, clean_spaces=False),
    "qwen2": Pre(QWEN2, clean_spaces=False),
    "deepseek-r1-qwen": Pre(QWEN2, clean_spaces=False),
    "kormo": Pre(QWEN2, clean_spaces=False),
    "f2llmv2": Pre(QWEN2, clean_spaces=False),
    "qwen35": Pre(QWEN35, clean_spaces=False),
    "stablelm2": Pre(QWEN2),
    "olmo": Pre(GPT2),
    "dbrx": Pre(LLAMA3),
    "smaug-bpe": Pre(LLAMA3),
    "poro-chat": Pre(BLOOM, clean_spaces=False),
    "chatglm-bpe": Pre(LLAMA3, default_bos=False),
    "glm4": Pre(LLAMA3, default_bos=False, ignore_merges=True),
    "glm5": Pre(LLAMA3, default_bos=False, ignore_merges=True),
    "viking": Pre(VIKING, clean_spaces=False),
    "jais": Pre(GPT2),
    "tekken": Pre(TEKKEN, clean_spaces=False, ignore_merges=True, add_bos=True),
    "smollm": Pre(STARCODER, clean_spaces=False),
    "codeshell": Pre(STARCODER),
    "bloom": Pre(BLOOM),
    "gpt3-finnish": Pre(BLOOM),
    "exaone": Pre(STARCODER),
    "exaone4": Pre(GPT2),
    "exaone-moe": Pre(EXAONE_MOE),
    "chameleon": Pre(CHAMELEON, add_bos=True, clean_spaces=False),
    "minerva-7b": Pre(STARCODER),
    "megrez": Pre(QWEN2),
    "gpt-4o": Pre(GPT4O, clean_spaces=False),
    "llama4": Pre(GPT4O, clean_spaces=False),
    "kanana2": Pre(GPT4O, clean_spaces=False),
    "talkie": Pre(GPT4O, clean_spaces=False),
    "granite-embed-multi-97m": Pre(GRANITE_EMB_MULTI, clean_spaces=False, ignore_merges=True),
    "tiny_aya": Pre(TINY_AYA, clean_spaces=False),
    "cohere2moe": Pre(TINY_AYA, clean_spaces=False),
    "superbpe": Pre(SUPERBPE, clean_spaces=False),
    "trillion": Pre(GPT2, clean_spaces=False),
    "granite-docling": Pre(GPT2, clean_spaces=False),
    "bailingmoe": Pre(BAILINGMOE, clean_spaces=False),
    "bailingmoe2": Pre(BAILINGMOE, clean_spaces=False),
    "llada-moe": Pre(BAILINGMOE, clean_spaces=False),
    "seed-coder": Pre(SEED_CODER, clean_spaces=False),
    "hunyuan": Pre(QWEN2, clean_spaces=False),
    "hunyuan-dense": Pre(DEEPSEEK3, clean_spaces=False),
    "hy_v4": Pre(DEEPSEEK3, clean_spaces=False),
    "joyai-llm": Pre(DEEPSEEK3, clean_spaces=False),
    "kimi-k2": Pre(KIMI_K2, clean_spaces=False, may_lack_merges=True),
    "ufakzeka": Pre(UFAKZEKA, clean_spaces=False),
    "grok-2": Pre(QWEN2, clean_spaces=False),
    "afmoe": Pre(AFMOE, clean_spaces=False),
    "laguna": Pre(LAGUNA, clean_spaces=False),
    "minimax-m2": Pre(GPT4O, clean_spaces=False),
    "solar-open": Pre(QWEN2, clean_spaces=False),
    "mellum2": Pre(STARCODER),
}

DEFAULT: Final = PRE["default"]
