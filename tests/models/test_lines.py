"""The tables made of merges, against a plain twin: lines in the order of tokens, as files have them, and not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_merging import strings, tokenizer

from oracle.models import ALPHABET
from shimmytok.gguf import ValueType

BYTE_OF = {ALPHABET[byte]: byte for byte in range(256)}


def as_bytes(text, byte_level):
    """The bytes that a token's text stands for, or None."""
    if not byte_level:
        return text
    try:
        characters = text.decode()
    except UnicodeDecodeError:
        return None
    return bytes(BYTE_OF[c] for c in characters) if all(c in BYTE_OF for c in characters) else None


def plain_tables(tokens, lines, byte_level):
    """(the texts of symbols, {pair of symbols: rank}) as _bpe_tables.pyx describes them."""
    symbols = [as_bytes(token, byte_level) or b"" for token in tokens]
    found = {text: k for k, text in enumerate(symbols) if text}

    def symbol(text):
        if text not in found:
            found[text] = len(symbols)
            symbols.append(text)
        return found[text]

    pairs = {}
    for rank, line in enumerate(lines):
        space = line.find(b" ", 1)
        left, right = (as_bytes(text, byte_level) for text in (line[:space], line[space + 1 :]))
        if space < 0 or not left or not right:
            continue
        pair = symbol(left), symbol(right)
        if pair not in pairs:
            pairs[pair] = rank
            symbol(left + right)
    return symbols, pairs


@st.composite
def grown(draw, characters, longest):
    """Tokens that merges of earlier ones made, and the lines of these merges in the tokens' order."""
    tokens = [c.encode() for c in characters]
    lines = []
    for _ in range(draw(st.integers(0, 40))):
        made = draw(st.sampled_from(tokens)) + draw(st.sampled_from(tokens))
        if made in tokens or len(made) > longest:
            continue
        tokens.append(made)
        lines += [made[:k] + b" " + made[k:] for k in range(1, len(made)) if {made[:k], made[k:]} <= {*tokens}]
    return tokens, lines


def spoiled(draw, tokens, lines):
    """The same with what files should not have."""
    tokens = [token for token in tokens if draw(st.integers(0, 9))] or tokens[:1]
    lines = [line for line in lines if draw(st.integers(0, 9))]
    others = st.sampled_from([b"", b" ", b"a", b"a ", b" a", b"a  a", b"\xc3 \xa4", b"\xc4\xa0 ", *lines])
    for extra in draw(st.lists(others, max_size=4)):
        lines.insert(draw(st.integers(0, len(lines))), extra)
    if draw(st.booleans()):
        tokens.insert(draw(st.integers(0, len(tokens))), draw(st.sampled_from(tokens)))
    return tokens, draw(st.permutations(lines)) if draw(st.booleans()) else lines


def check(model, pre, tokens, lines):
    byte_level = model == "gpt2"
    tok = tokenizer(model, tokens, pre=(ValueType.STRING, pre), merges=strings(lines))
    symbols, pairs = plain_tables(tokens, lines, byte_level)
    text, ends = tok._parts.merges.symbol_texts()
    assert [text[a:b] for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)] == symbols
    assert [tuple(pair) for pair in tok._parts.merges.pairs().tolist()] == sorted(pairs, key=pairs.get)
    assert tok._parts.merges.n_merges == len(pairs)


KINDS = [("gpt2", "gpt-2", "aĠä¤"), ("gpt2", "llama-bpe", "aĠÃ¤b"), ("gemma4", "gemma4", "aä文b")]


@pytest.mark.parametrize(("model", "pre", "characters"), KINDS)
@pytest.mark.parametrize("longest", [6, 60])
def test_lines_in_the_order_of_tokens(model, pre, characters, longest):
    @settings(max_examples=60, deadline=None)
    @given(grown(characters, longest))
    def run(vocabulary):
        check(model, pre, *vocabulary)

    run()


@pytest.mark.parametrize(("model", "pre", "characters"), KINDS)
def test_lines_and_tokens_as_they_should_not_be(model, pre, characters):
    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def run(data):
        check(model, pre, *spoiled(data.draw, *data.draw(grown(characters, 30))))

    run()


def test_more_lines_than_are_read_at_a_time():
    tokens = [b"a", b"b", *(b"a" * n + b"b" * m for n in range(1, 40) for m in range(1, 40))]
    known = {*tokens}
    lines = [t[:k] + b" " + t[k:] for t in tokens for k in range(1, len(t)) if {t[:k], t[k:]} <= known]
    assert len(lines) > 1000
    check("gpt2", "gpt-2", tokens, lines)
    check("gpt2", "gpt-2", tokens, lines[::-1])
    check("gpt2", "gpt-2", tokens + tokens[:3], lines)
    check("gpt2", "gpt-2", tokens[::2], lines)


def test_ranks_of_two_bytes():
    tokens = [b"a", b"b", b"c", b"ab", b"ba"]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings([b"c c", b"b a", b"a b", b"b a"]))
    assert tok.encode("aba", add_special_tokens=False) == [0, 4]
    assert np.asarray(tok._parts.merges.pairs()).tolist() == [[2, 2], [1, 0], [0, 1]]
