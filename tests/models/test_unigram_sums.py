"""Unigram models: texts in which sums of scores are exact, and where they no longer are."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmytok.models.unigram_sums import sum_bounds
from unigram_files import FIRST, ID, NORMAL, UNKNOWN, UNUSED, WORDS, flags_of, tokenizer


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.floats(-1000, 10, width=32), min_size=1, max_size=8),
    st.floats(-1000, 0, width=32),
    st.randoms(use_true_random=False),
)
def test_sums_are_exact_as_far_as_is_said(scores, unknown, choice):
    sizes = np.array([choice.randint(1, 9) for _ in scores])
    bounds = sum_bounds(np.array(scores, np.float32), sizes, unknown)
    size = min(bounds.exact_size(), 3000) if bounds else 0
    total, exact, left = 0.0, Fraction(0), size
    while left >= 9:
        score, n = choice.choice([*zip(scores, sizes.tolist(), strict=True), (unknown, 1)])
        total, exact, left = total + score, exact + Fraction(score), left - n
        if n > 4 and score < min(unknown, 0):
            break  # the best way has such a step at its end only: there is one by characters
        assert Fraction(total) == exact


def test_sums_lose_bits_beyond():
    sizes = np.array([1, 1])
    assert sum_bounds(np.array([-1.0, -(2.0**-40)], np.float32), sizes, -11.0).exact_size() == (2**13 - 11) // 11
    assert sum_bounds(np.array([-1.0, math.inf], np.float32), sizes, -11.0) is None
    assert sum_bounds(np.array([-1.0, -1e-38], np.float32), sizes, -11.0).exact_size() == 0


# "ab" has two ways of which the better one is so by a bit that sums lose beyond 2**27, far beyond a section's worth.
NEAR = [
    *FIRST,
    ("▁".encode(), -200.0, NORMAL),
    ("▁a".encode(), -100.0, NORMAL),
    (b"a", -150.0, NORMAL),
    (b"b", -100.0, NORMAL),
    (b"ab", -(2.0**-26), NORMAL),
]
BETTER, OTHER = [4, 6], [3, 7]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("ab " * 300_000, BETTER),
        ("ab " * 670_000, BETTER),
        ("ab " * 672_000, OTHER),  # less than a section behind the place where sums lose the bit
        ("ab " * 900_000, OTHER),
        (("x" * 40 + " ") * 20_000 + "ab " * 1000, OTHER),  # most of the sum is that of unknown characters
        (("a x" * 9 + " ") * 9_000 + "ab " * 1000, BETTER),
    ],
    ids=["near", "nearly", "just", "far", "unknown", "some unknown"],
)
def test_texts_whose_sums_are_told_by_their_ids(text, last):
    """Longer than what is exact whatever the text is."""
    stream = tokenizer([*NEAR, (b"\xff\xff", 1e-30, NORMAL)], **WORDS).encode(text, add_special_tokens=False)
    assert tokenizer(NEAR, **WORDS).encode(text, add_special_tokens=False) == stream
    assert stream[-2:] == last


@pytest.mark.parametrize(
    ("unknown", "others"),
    [
        (4, [(b"x", 2047.0, NORMAL)]),  # found by its text: each adds that score
        (4, [(b"x", -2047.0, UNUSED)]),
        (2, [(b"q", -2000.0, NORMAL)]),  # a run of unknown characters is not as long as that token's text
    ],
)
@pytest.mark.parametrize(("times", "last"), [(500, [5, 6]), (1100, [3, 7])])
def test_runs_of_the_unknown_token(unknown, others, times, last):
    """They become one id."""
    first = [*FIRST[:2], (b"<" + b"u" * 998 + b">", 0.0, UNKNOWN)]
    rows = [(b"a", -1.0, NORMAL), (b"b", -1.0, NORMAL), (b"ab", -2.0 - 2.0**-22, NORMAL)]
    tokens = [*first, ("▁".encode(), -1.0, NORMAL), *others, *rows]
    text = ("x" * 1000 + " ") * times + "ab"
    tok = tokenizer(tokens, unknown_token_id=(ID, unknown), **WORDS)
    stream = tokenizer([*tokens, (b"\xff\xff", 1e-30, NORMAL)], unknown_token_id=(ID, unknown), **WORDS)
    ids = stream.encode(text, add_special_tokens=False)
    assert tok.encode(text, add_special_tokens=False) == ids
    assert ids[-2:] == last


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize(
    ("text", "extra"), [("▁a", True), ("▁a", False), ("a▁", False)], ids=["spaced", "before", "behind"]
)
def test_sections_of_long_texts(text, extra, prefix):
    """Sections end where words do, whatever the spaces are, and wherever a section should end."""
    choice = random.Random(text)
    words = ["ab", "a", "b", "x", "aabbab", "é"]
    bits = [choice.choice(words) + " " * choice.choice([1, 1, 1, 2, 5]) for _ in range(20_000)]
    bits.insert(12_000, "ab" * 16_500)
    bits.insert(6_000, " " * 33_000)
    whole = "".join(bits)
    tokens = [(text.encode() if token[0] == "▁a".encode() else token[0], *token[1:]) for token in NEAR]
    flags = flags_of(remove_extra_whitespaces=extra, add_space_prefix=prefix)
    tok, stream = tokenizer(tokens, **flags), tokenizer([*tokens, (b"\xff\xff", 1e-30, NORMAL)], **flags)
    for begin in (0, 1, 5, 30, 31, 32, 20_000, 20_001, 40_000):
        part = whole[begin:]
        assert tok.encode(part, add_special_tokens=False) == stream.encode(part, add_special_tokens=False)
