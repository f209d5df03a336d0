"""The merge loops against their plain twins, over random small vocabularies and texts."""

from __future__ import annotations

import random
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levels import LEVELS, at_level
from oracle.models import ALPHABET, bpe_piece, ranks, spm_fragment
from shimmytok.gguf import ValueType
from shimmytok.models.spm import falling_ranks
from tiny import last_ids, strings, tokenizer


@st.composite
def bpe_vocabularies(draw, characters):
    """Tokens and merges over a few characters: gaps, repeated pairs, merges of unknown texts and useless lines too."""
    pieces = st.text(st.sampled_from(characters), min_size=1, max_size=5).map(str.encode)
    merges = draw(st.lists(st.tuples(pieces, pieces), max_size=30))
    known = draw(st.sets(st.sampled_from([c.encode() for c in characters])))
    for left, right in merges:
        known |= {text for text in (left, right, left + right) if draw(st.booleans())}
    lines = [left + b" " + right for left, right in merges] + draw(
        st.lists(st.sampled_from([b"ab", b"a ", b"", b" a"]))
    )
    return draw(st.permutations(sorted(known))) or [b"a"], lines


def words(characters):
    few = st.text(st.sampled_from(characters), min_size=1, max_size=60)
    return few | st.tuples(few, st.integers(1, 30)).map(lambda pair: pair[0] * pair[1])


@settings(max_examples=400, deadline=None)
@given(
    bpe_vocabularies("abcd"),
    words("abcd"),
    st.sampled_from([("gpt-2", False), ("llama-bpe", True)]),
    st.sampled_from(LEVELS),
)
def test_byte_level_bpe(vocabulary, word, pre, level):
    tokens, merges = vocabulary
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, pre[0]), merges=strings(merges))
    expected = bpe_piece(word.encode(), last_ids(tokens), ranks(merges), byte_level=True, ignore_merges=pre[1])
    with at_level(level):
        assert tok.encode(word, add_special_tokens=False) == expected


@settings(max_examples=200, deadline=None)
@given(bpe_vocabularies([ALPHABET[b] for b in "äß".encode()] + ["e"]), words("äßeé"), st.sampled_from(LEVELS))
def test_byte_level_bpe_inside_characters(vocabulary, word, level):
    tokens, merges = vocabulary
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    expected = bpe_piece(word.encode(), last_ids(tokens), ranks(merges), byte_level=True, ignore_merges=False)
    with at_level(level):
        assert tok.encode(word, add_special_tokens=False) == expected


@settings(max_examples=400, deadline=None)
@given(bpe_vocabularies("aé▁😀"), words("aé 😀b"), st.lists(st.integers(0, 255), max_size=40), st.sampled_from(LEVELS))
def test_raw_utf8_bpe(vocabulary, word, byte_tokens, level):
    tokens, merges = vocabulary
    tokens = [*tokens, *(b"<0x%02X>" % b for b in dict.fromkeys(byte_tokens))]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "sarvam-moe"), merges=strings(merges))
    expected = bpe_piece(
        word.replace(" ", "▁").encode(), last_ids(tokens), ranks(merges), byte_level=False, ignore_merges=False
    )
    with at_level(level):
        assert tok.encode(word, add_special_tokens=False) == expected


@st.composite
def spm_vocabularies(draw):
    pieces = st.text(st.sampled_from("abé▁"), min_size=1, max_size=5).map(str.encode)
    tokens = [b"<unk>", *sorted(draw(st.sets(pieces, max_size=40)))]
    if draw(st.booleans()):
        tokens += [b"<0x%02X>" % b for b in range(256)]
    scores = draw(st.lists(st.sampled_from([-3.5, -1.0, -0.0, 0.0, 2.25]), min_size=len(tokens), max_size=len(tokens)))
    return tokens, scores


@settings(max_examples=500, deadline=None)
@given(spm_vocabularies(), words("abé c").map(str.encode) | st.binary(max_size=40), st.booleans())
def test_spm(vocabulary, text, add_space):
    tokens, scores = vocabulary
    tok = tokenizer(
        "llama",
        tokens,
        scores=(ValueType.ARRAY, (ValueType.FLOAT32, scores)),
        add_space_prefix=(ValueType.BOOL, add_space),
    )
    expected = spm_fragment(text, last_ids(tokens), scores, add_space=add_space, unknown=0) if text else []
    assert tok.encode(text, add_special_tokens=False) == expected


@settings(max_examples=300, deadline=None)
@given(word=st.text(st.characters(categories=["Ll", "Lu", "Lo"]), min_size=1, max_size=40))
def test_words_with_the_bundled_vocabulary(word, gpt2, gpt2_merges):
    tokens = gpt2_tokens(gpt2)
    expected = bpe_piece(word.encode(), tokens, gpt2_merges, byte_level=True, ignore_merges=False)
    pieces = gpt2.encode(word, add_special_tokens=False)
    # The reference's own Unicode tables may see a letter as something else and cut there.
    if gpt2_is_one_piece(word):
        assert pieces == expected


def test_many_words_at_once(level, gpt2, gpt2_merges):
    """Words that are merged together, and end at different times, some of them longer than the quick form takes."""
    rng = random.Random(17)
    tokens = gpt2_tokens(gpt2)
    for sizes in (range(1, 41), range(6, 9), (1, 33)):
        found = [" " + "".join(rng.choices("etaoinshrd", k=rng.choice(sizes))) for _ in range(400)]
        ids = [bpe_piece(w.encode(), tokens, gpt2_merges, byte_level=True, ignore_merges=False) for w in found]
        gpt2.clear_cache()
        assert gpt2.encode("".join(found)) == list(chain.from_iterable(ids))


@pytest.mark.parametrize("shuffled", [0.0, 0.02, 1.0])
def test_merges_in_the_order_of_their_tokens_and_in_another(level, shuffled):
    """What a merge makes is told in blocks of 64 ranks, one way or another."""
    rng = random.Random(23)
    alphabet = "abcdefgh"
    texts, merges = [*alphabet], []
    while len(merges) < 300:
        left, right = rng.choice(texts), rng.choice(texts)
        if left + right not in texts and len(left + right) < 9:
            texts.append(left + right)
            merges.append(f"{left} {right}".encode())
    for i in range(len(texts)):
        if rng.random() < shuffled:
            k = rng.randrange(len(texts))
            texts[i], texts[k] = texts[k], texts[i]
    tokens = [text.encode() for text in texts]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    for size in [*range(1, 41), 300]:
        word = "".join(rng.choices(alphabet, k=size))
        expected = bpe_piece(word.encode(), last_ids(tokens), ranks(merges), byte_level=True, ignore_merges=False)
        assert tok.encode(word, add_special_tokens=False) == expected


_tokens = {}


def gpt2_tokens(gpt2):
    if not _tokens:
        _tokens.update((gpt2.id_to_token(i).encode(), i) for i in range(len(gpt2)))
    return _tokens


def gpt2_is_one_piece(word):
    from shimmytok.pretokenizers.splitters import splitter

    return len(splitter("gpt-2").split(word.encode())) == 1


def test_a_character_without_any_token_is_named():
    tok = tokenizer("llama", [b"a", b"b", b"c"], unknown_token_id=(ValueType.UINT32, 7))
    assert tok.unk_token_id == 0
    assert tok.encode("aXb", add_special_tokens=False)[-1] == 1


def test_scores_that_are_no_numbers():
    nan = np.array([0x7FA00000, 0x7FC00000, 0xFFC00000], np.uint32).view(np.float32)
    tok = tokenizer("llama", [b"a", b"b", b"ab"], scores=(ValueType.ARRAY, (ValueType.FLOAT32, nan)))
    assert tok.decode_bytes(tok.encode("abab", add_special_tokens=False)).endswith(b"abab")
    # Positive ones come before all numbers, negative ones behind.
    assert falling_ranks(np.append(nan, np.float32([np.inf, 0, -np.inf]))).tolist() == [0, 1, 5, 2, 3, 4]


@pytest.mark.parametrize("n", [2, 47, 48, 49, 500])
def test_runs_of_characters_that_are_no_symbols(n):
    """Two of them make the key that marks an empty place of the table of merges."""
    tokens = ["a", "b", "ab", *(f"<0x{byte:02X}>" for byte in range(256))]
    tok = tokenizer("gemma4", tokens, merges=strings(["a b"]))
    expected = [3 + byte for byte in "中".encode()] * n
    assert tok.encode("中" * n, add_special_tokens=False) == expected
    assert tok.encode("ab" + "中" * n + "ab", add_special_tokens=False) == [2, *expected, 2]
