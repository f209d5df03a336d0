"""Long pieces, which are merged part by part, against the plain twins; long runs, against merging as a whole."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.models import ALPHABET, bpe_piece, ranks, spm_fragment
from shimmytok.gguf import ValueType
from tiny import last_ids, strings, tokenizer


@st.composite
def closed_vocabularies(draw, characters):
    """Bytes are tokens, "e" perhaps not, and whatever merges make: what long pieces are merged by part by part."""
    texts = [*characters]
    merges = []
    for _ in range(draw(st.integers(1, 40))):
        pair = draw(st.sampled_from(texts)), draw(st.sampled_from(texts))
        merges.append(" ".join(pair).encode())
        texts.append("".join(pair))
    known = [token for token in dict.fromkeys([*ALPHABET, *texts]) if token != "e" or draw(st.booleans())]
    return known, draw(st.permutations(merges))


def long_words(characters):
    """Runs, repeated parts and others, of 33 bytes and more, where parts begin."""
    few = st.text(st.sampled_from(characters), min_size=1, max_size=12)
    repeated = st.tuples(few, st.integers(1, 40)).map(lambda pair: pair[0] * pair[1])
    return st.lists(repeated, min_size=1, max_size=8).map("".join).map(lambda text: text * (1 + 33 // len(text)))


@settings(max_examples=400, deadline=None)
@given(closed_vocabularies("abcd"), st.lists(long_words("abcde"), min_size=1, max_size=4))
def test_long_pieces_part_by_part(vocabulary, found):
    tokens, merges = vocabulary
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    known = {token.encode(): i for i, token in enumerate(tokens)}
    pieces = [" " * (i > 0) + word for i, word in enumerate(found)]
    ids = [bpe_piece(p.encode(), known, ranks(merges), byte_level=True, ignore_merges=False) for p in pieces]
    assert tok.encode(" ".join(found), add_special_tokens=False) == list(chain.from_iterable(ids))


DOUBLES = [c * n for c in "aé" for n in (2, 4, 8, 16, 32)]


@settings(max_examples=400, deadline=None)
@given(
    closed_vocabularies("abcd"), st.randoms(use_true_random=False), st.lists(long_words("abcd"), min_size=1, max_size=3)
)
def test_long_pieces_where_merges_make_what_is_no_token(vocabulary, rng, found):
    """Ids do not tell the symbols then: such texts are written as their bytes."""
    tokens, merges = vocabulary
    made = [token for token in tokens if len(token) > 1]
    missing = set(rng.sample(made, min(len(made), rng.randint(1, 3))))
    tokens = [token for token in [*tokens, "e"] if token not in missing]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    known = last_ids([token.encode() for token in tokens])
    for word in found:
        expected = bpe_piece(word.encode(), known, ranks(merges), byte_level=True, ignore_merges=False)
        assert tok.encode(word, add_special_tokens=False) == expected


@pytest.mark.parametrize("odd", ["è", "ê"])
def test_runs_that_end_inside_of_a_character(odd):
    """What the next character has in common with that of the run."""
    texts = ["a", "é", odd, *DOUBLES[5:]]
    merges = [" ".join([text[: len(text) // 2]] * 2).encode() for text in DOUBLES[5:]]
    raw = tokenizer("gpt2", texts, pre=(ValueType.STRING, "sarvam-moe"), merges=strings(merges))
    tokens = [b"<unk>", *(token.encode() for token in texts)]
    tok = spm(tokens, [0.0] * len(tokens))
    for text in ("é" * 90 + odd, "aa" + "é" * 45 + odd * 40 + "a", ("é" * 40 + odd) * 4):
        known = last_ids([token.encode() for token in texts])
        ids = bpe_piece(text.encode(), known, ranks(merges), byte_level=False, ignore_merges=False)
        assert raw.encode(text, add_special_tokens=False) == ids
        assert tok.encode(text) == spm_fragment(
            text.encode(), last_ids(tokens), [0.0] * len(tokens), add_space=False, unknown=0
        )


RUNS = [" ".join([c * n] * 2) for c in "zy" for n in (1, 2, 4, 8)]
# Parts end behind "ab".  Alone they end in "ab" and begin with "cd", together they have "a", "bcd", or "abc", "d".
LEFT, RIGHT = ["c d", "b cd", "a b"], ["a b", "ab c", "c d"]


@pytest.mark.parametrize(
    ("merges", "word"),
    [
        (LEFT, "zx" * 11 + "ab" + "cd" + "zx" * 10),
        ([*LEFT, "x a"], "zyx" * 7 + "xab" + "cd" + "zx" * 10),
        ([*LEFT, "x a", "w xa"], "zyx" * 6 + "zyw" + "xab" + "cd" + "zx" * 10),
        ([*LEFT, *RUNS, "x a", "w xa", "yyyy wxa", "z" * 16 + " yyyywxa"], "z" * 16 + "yyyywxab" + "cd" + "zx" * 10),
        (RIGHT, "zx" * 11 + "ab" + "cd" + "zx" * 10),
        ([*RIGHT, "d x"], "zx" * 11 + "ab" + "cdx" + "zx" * 10),
        ([*RIGHT, "d x", "dx w"], "zx" * 11 + "ab" + "cdxw" + "zx" * 10),
        ([*RIGHT, *RUNS, "d w", "dw yyyy", "dwyyyy " + "z" * 16], "zx" * 11 + "ab" + "cdw" + "yyyy" + "z" * 16),
    ],
)
def test_merges_over_the_ends_of_parts(merges, word):
    texts = [*ALPHABET, *("".join(merge.split()) for merge in merges)]
    known = {token.encode(): i for i, token in enumerate(texts)}
    lines = [merge.encode() for merge in merges]
    tok = tokenizer("gpt2", texts, pre=(ValueType.STRING, "gpt-2"), merges=strings(lines))
    pieces = [word, "1", word + "e"]  # the same piece again would not be merged again
    ids = [bpe_piece(p.encode(), known, ranks(lines), byte_level=True, ignore_merges=False) for p in pieces]
    assert tok.encode("".join(pieces), add_special_tokens=False) == list(chain.from_iterable(ids))


@pytest.mark.parametrize("word", ["a" * 1000, "ab" * 700, "abcd" * 300 + "dcba" * 300])
def test_long_pieces_with_the_bundled_vocabulary(word, gpt2, gpt2_merges):
    tokens = {gpt2.id_to_token(i).encode(): i for i in range(len(gpt2))}
    expected = bpe_piece(word.encode(), tokens, gpt2_merges, byte_level=True, ignore_merges=False)
    assert gpt2.encode(word) == expected


@st.composite
def closed_texts(draw, characters):
    """Texts made of two others each, the characters first; and these two."""
    texts, pairs = [*characters], []
    for _ in range(draw(st.integers(1, 30))):
        pair = draw(st.sampled_from(texts)), draw(st.sampled_from(texts))
        pairs.append(pair)
        texts.append("".join(pair))
    return list(dict.fromkeys(texts)), pairs


@settings(max_examples=300, deadline=None)
@given(
    closed_texts("aéè▁😀"), st.randoms(use_true_random=False), st.lists(long_words("aéè 😀e"), min_size=1, max_size=3)
)
def test_long_pieces_of_characters(vocabulary, rng, found):
    texts, pairs = vocabulary
    tokens = [text.encode() for text in texts]
    merges = [" ".join(pair).encode() for pair in rng.sample(pairs, len(pairs))]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "sarvam-moe"), merges=strings(merges))
    for word in found:
        piece = word.replace(" ", "▁").encode()
        expected = bpe_piece(piece, last_ids(tokens), ranks(merges), byte_level=False, ignore_merges=False)
        assert tok.encode(word, add_special_tokens=False) == expected


def scored(texts, rng):
    """Tokens with scores, of which many are the same."""
    return [b"<unk>", *(text.encode() for text in texts)], [
        rng.choice([-3.5, -1.0, 0.0, 2.25]) for _ in range(len(texts) + 1)
    ]


def spm(tokens, scores):
    return tokenizer(
        "llama",
        tokens,
        scores=(ValueType.ARRAY, (ValueType.FLOAT32, scores)),
        add_space_prefix=(ValueType.BOOL, False),
        add_bos_token=(ValueType.BOOL, False),
    )


@settings(max_examples=300, deadline=None)
@given(closed_texts("aéè▁"), st.randoms(use_true_random=False), st.lists(long_words("aéè e"), min_size=1, max_size=3))
def test_long_pieces_of_spm(vocabulary, rng, found):
    tokens, scores = scored(vocabulary[0], rng)
    tok = spm(tokens, scores)
    for word in found:
        text = word[:400].encode()
        for part in (text, text + "▁a".encode(), text + b"\xc3 a"):
            expected = spm_fragment(part, last_ids(tokens), scores, add_space=False, unknown=0)
            assert tok.encode(part) == expected


def texts_with_runs(characters):
    """A run or two that are longer than what is merged of them, between other texts."""
    few = st.text(st.sampled_from(characters), max_size=40)
    unit = st.text(st.sampled_from(characters), min_size=1, max_size=9)
    run = st.tuples(unit, st.integers(4096, 6000)).map(lambda pair: (pair[0] * pair[1])[: pair[1]])
    return st.lists(st.tuples(few, run), min_size=1, max_size=2).flatmap(
        lambda runs: few.map(lambda rest: "".join(text for pair in runs for text in pair) + rest)
    )


@settings(max_examples=150, deadline=None)
@given(closed_vocabularies("abcd"), texts_with_runs("abcd"))
def test_long_runs(vocabulary, text):
    """With a character that has no token, a piece is merged as a whole."""
    tokens, merges = vocabulary
    tokens = [token for token in tokens if token != "e"]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    assert tok.encode(text, add_special_tokens=False) == tok.encode(text + "e", add_special_tokens=False)


@settings(max_examples=150, deadline=None)
@given(closed_texts("aéè▁"), texts_with_runs("aéè "))
def test_long_runs_of_characters(vocabulary, text):
    texts, pairs = vocabulary
    merges = strings([" ".join(pair).encode() for pair in pairs])
    tok = tokenizer("gpt2", [text.encode() for text in texts], pre=(ValueType.STRING, "sarvam-moe"), merges=merges)
    assert tok.encode(text, add_special_tokens=False) == tok.encode(text + "e", add_special_tokens=False)


@settings(max_examples=150, deadline=None)
@given(closed_texts("aéè▁"), st.randoms(use_true_random=False), texts_with_runs("aéè "))
def test_long_runs_of_spm(vocabulary, rng, text):
    """Tokens with "x" are in no text, and keep characters together: "f", and "e", which is no token."""
    beside = ["f", *(f"x{c}f" for c in "aéè▁"), "xfe"]
    tok = spm(*scored([*vocabulary[0], *beside], rng))
    assert tok.encode(text + "fe") == [*tok.encode(text + "f"), 0]


@pytest.mark.parametrize("before", ["", "a", "©", "©" * 9, "aé" * 7 + "a", "a" + "©" * 13, "ab©" * 10])
@pytest.mark.parametrize("unit", ["a", "é", "aé", "éa"])
def test_runs_behind_parts_of_characters(unit, before):
    """The last byte of "©" is that of "é"; "b" is no token of its own."""
    merges = [" ".join([text[: len(text) // 2]] * 2).encode() for text in DOUBLES]
    raw = tokenizer("gpt2", ["a", "é", "©", *DOUBLES], pre=(ValueType.STRING, "sarvam-moe"), merges=strings(merges))
    text = before + unit * 4200
    assert raw.encode(text, add_special_tokens=False) == raw.encode(text + "e", add_special_tokens=False)
    beside = ["f", *(f"x{c}{d}" for c in "aéb©" for d in "aéb©f"), "xfe"]
    tokens = [b"<unk>", *(token.encode() for token in ["a", "é", "©", *DOUBLES, *beside])]
    tok = spm(tokens, [0.0] * len(tokens))
    assert tok.encode(text + "fe") == [*tok.encode(text + "f"), 0]


@pytest.mark.parametrize("size", [5000, 16_383, 16_384, 50_001])
@pytest.mark.parametrize("before", ["", "b" * 5])
def test_runs_whose_tokens_are_longer_than_half_their_heads(before, size):
    doubles = ["a" * 2**n for n in range(1, 11)]
    merges = [" ".join([text[: len(text) // 2]] * 2).encode() for text in doubles]
    tok = tokenizer("gpt2", ["a", "b", *doubles], pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    ids = tok.encode(before + "a" * size, add_special_tokens=False)
    assert ids == tok.encode(before + "a" * size + "e", add_special_tokens=False)
    assert ids == [1] * len(before) + [11] * (size // 1024) + [
        n + (n > 0) for n in range(9, -1, -1) if size % 1024 >> n & 1
    ]


def test_runs_of_which_some_want_longer_heads():
    doubles = [c * 2**n for c in "ac" for n in range(1, 11)]
    merges = [" ".join([text[: len(text) // 2]] * 2).encode() for text in doubles]
    tok = tokenizer("gpt2", [*"abc", *doubles], pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    for text in ("b" * 5000 + "a" * 20_000 + "c" * 30_000, "a" * 20_000 + "b" * 5000 + "c" * 5000 + "b" + "a" * 17_000):
        assert tok.encode(text, add_special_tokens=False) == tok.encode(text + "e", add_special_tokens=False)


@pytest.mark.parametrize("odd", ["ö", b"\xa9", b"\xc3", b"\xf0\x9f"], ids=repr)
def test_long_pieces_of_spm_with_characters_that_are_no_tokens(odd):
    odd = odd.encode() if isinstance(odd, str) else odd
    beside = [b"x" + left + right for left in (b"a", odd) for right in (b"a", odd)]
    tokens = [b"<unk>", b"a", *(text.encode() for text in DOUBLES[:5]), *beside]
    scores = [float(-len(token)) for token in tokens]
    tok = spm(tokens, scores)
    for text in (b"a" * 70 + odd, (b"a" * 31 + odd) * 5, odd + b"a" * 70, b"a" * 40 + odd * 3 + b"a" * 40):
        assert tok.encode(text) == spm_fragment(text, last_ids(tokens), scores, add_space=False, unknown=0)
