"""The trie of tokens against a dict."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmytok._trie import TokenTrie
from shimmytok._vocab import TokenTable

TEXT = st.lists(st.sampled_from([b"\0", b"a", b"b", b"\x7f", b"\x80", b"\xff", b"ab"]), min_size=1, max_size=9)
TEXTS = st.lists(TEXT.map(b"".join) | st.binary(min_size=1, max_size=6), max_size=60)


def expected(tokens: dict[bytes, int], text: bytes) -> tuple[int | None, int]:
    """What `longest` answers."""
    read = max((n for n in range(len(text) + 1) if any(token.startswith(text[:n]) for token in tokens)), default=0)
    sizes = [n for n in range(1, read + 1) if text[:n] in tokens]
    return (tokens[text[: sizes[-1]]] if sizes else None), read if tokens else 0


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_longest_starts(texts, choice):
    chosen = np.array([choice.random() < 0.8 for _ in texts], np.bool_)
    trie = TokenTrie(TokenTable.from_list(texts), chosen)
    tokens = {text: i for i, text in enumerate(texts) if chosen[i]}
    assert len(trie) == 1 + len({token[:n] for token in tokens for n in range(1, len(token) + 1)})
    nested = max((sum(text.startswith(token) for token in tokens) for text in tokens), default=0)
    assert trie.most_nested() == nested
    for text in [*texts, *(text + b"ab\xff" for text in texts), *(text[:-1] + b"\0" for text in texts), b"", b"\0"]:
        assert trie.longest(text) == expected(tokens, text)


@pytest.mark.parametrize("count", [1, 24, 25, 3000, 70_000])
def test_many_tokens(count):
    """More than a block of units, and ranges that are sorted by either way."""
    random_bytes = random.Random(count)
    texts = [random_bytes.randbytes(random_bytes.choice((1, 2, 3, 5, 40))) for _ in range(count)]
    trie = TokenTrie(TokenTable.from_list(texts), np.ones(count, np.bool_))
    tokens = {text: i for i, text in enumerate(texts)}
    starts = {token[:n] for token in tokens for n in range(len(token) + 1)}
    assert len(trie) == len(starts)
    for text in texts[:2000]:
        assert trie.longest(text) == (tokens[text], len(text))
        longer = text + b"\x01\x02"
        read = max(n for n in range(len(longer) + 1) if longer[:n] in starts)
        token = next((tokens[longer[:n]] for n in range(read, 0, -1) if longer[:n] in tokens), None)
        assert trie.longest(longer) == (token, read)


def test_a_long_chain_and_a_full_node():
    texts = [b"x" * 100_000, *(bytes([b]) for b in range(256)), *(bytes([b, c]) for b in (0, 255) for c in range(256))]
    trie = TokenTrie(TokenTable.from_list(texts), np.ones(len(texts), np.bool_))
    assert trie.longest(b"x" * 100_001) == (0, 100_000)
    assert trie.longest(b"x" * 99_999) == (1 + ord("x"), 99_999)
    assert all(trie.longest(text) == (i, len(text)) for i, text in enumerate(texts))


def test_the_last_of_equal_texts_counts():
    trie = TokenTrie(TokenTable.from_list([b"a", b"b", b"a", b"a"]), np.array([True, True, True, False]))
    assert trie.longest(b"a") == (2, 1)


def test_choices_must_be_as_many_as_tokens():
    with pytest.raises(ValueError, match="2 choices for 1 tokens"):
        TokenTrie(TokenTable.from_list([b"a"]), np.array([True, True]))
