"""Tokenizers of unigram models over a handful of tokens, and what llama.cpp makes of a fragment."""

from __future__ import annotations

import math
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from oracle.unigram import best_cut, normalized
from shimmytok import Tokenizer
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from shimmytok.models import unigram

FLAG, ID = ValueType.BOOL, ValueType.UINT32
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
FIRST = [(b"<pad>", 0.0, CONTROL), (b"</s>", 0.0, CONTROL), (b"<unk>", 0.0, UNKNOWN)]
LOWEST = -np.finfo(np.float32).max


MARK = ("▁".encode(), -2.5, NORMAL)
WORDS = {"remove_extra_whitespaces": (FLAG, True), "add_space_prefix": (FLAG, True)}


# Doubles that hold the first few exactly, and lose the last bits of others once sums grow.
ADVERSARIAL = st.sampled_from([-1.0, -0.5, -0.1, -0.3, -1e-7, -3e-8, -16777216.0, -8388608.5, 2.25, 0.0])


def array(kind, values):
    return ValueType.ARRAY, (kind, list(values))


# So few tokens held at a time that short texts are looked at in many windows, from one byte on.
MATCHES = st.sampled_from([1, 9, 20, 70, unigram.MOST_MATCHES])


def tokenizer(tokens, charsmap=None, *, matches=unigram.MOST_MATCHES, **more):
    """`tokens`: (text, score, type)."""
    texts, scores, types = zip(*tokens, strict=True)
    entries = {
        "model": (ValueType.STRING, "t5"),
        "tokens": array(ValueType.STRING, texts),
        "scores": array(ValueType.FLOAT32, scores),
        "token_type": array(ValueType.INT32, types),
        **more,
    }
    if charsmap is not None:
        entries["precompiled_charsmap"] = array(ValueType.UINT8, charsmap)
    data = dumps([(f"tokenizer.ggml.{key}", *value) for key, value in entries.items()])
    with mock.patch.object(unigram, "MOST_MATCHES", matches):
        return Tokenizer.from_bytes(data)


def fragment_ids(tokens, charsmap, text, *, unknown=2, **flags):
    """The plain twin's ids; `flags`: add_space_prefix and remove_extra_whitespaces."""
    user_defined = [token for token, _, kind in tokens if kind == USER_DEFINED]
    known = {token: i for i, (token, _, kind) in enumerate(tokens) if kind in (NORMAL, USER_DEFINED, UNUSED)}
    lowest = min([s for _, s, kind in tokens if kind == NORMAL and not math.isnan(s)], default=math.inf)
    scores = [0.0 if kind == USER_DEFINED else float(np.float32(score)) for _, score, kind in tokens]
    unknown_score = float(np.float32(min(lowest, -float(LOWEST))) - np.float32(10))
    clean = normalized(text, charsmap, user_defined, **flags)
    return best_cut(clean, known, scores, unknown, unknown_score) if clean else []


def flags_of(**flags):
    return {key: (FLAG, value) for key, value in flags.items()}
