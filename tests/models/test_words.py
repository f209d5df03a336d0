"""The models that put something around BPE, and "test", against their plain twins."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import words
from oracle.models import ALPHABET, bpe_piece, ranks
from oracle.utf8 import repair
from shimmytok import GGUFError, Tokenizer
from shimmytok.gguf import ValueType
from shimmytok.pretokenizers.splitters import splitter
from tiny import integers, strings, tokenizer

MARKER = "\ue000".encode()
LETTERS = [character.encode() for character in ALPHABET]
MERGES = [b"C C", b"CC CC", b"CCCC CC", b"a b", b"< d"]
MERGED = [b"CC", b"CCCC", b"CCCCCC", b"ab", b"<d"]
KMERS = [text + MARKER for text in (b"ACGTAC", b"CCCCCC", b"CAAAAA", "é<>&".encode() + b"A", "▁▁".encode())]
TOKENS = [*LETTERS, *MERGED, b"\xee\x80\x80", b"<dna>", b"</dna>", b"<oov>", *KMERS]
IDS = {token: i for i, token in enumerate(TOKENS)}


def pre(name):
    return {"pre": (ValueType.STRING, name), "merges": strings(MERGES)}


def bpe(name, ids, merges, *, byte_level):
    split = splitter(name)

    def encode(text):
        text = repair(text)
        found = []
        start = 0
        for end in split.split(text):
            found += bpe_piece(text[start:end], ids, ranks(merges), byte_level=byte_level, ignore_merges=False)
            start = end
        return found

    return encode


DNA = st.lists(
    st.sampled_from(
        [b"<dna>", b"</dna>", b"<dn", b"a>", b"ACGTAC", b"cccccc", b"C", b"g", b" ", b"\xff", "é<>".encode()]
    ),
    max_size=30,
).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(DNA)
def test_hybriddna(text):
    tok = tokenizer("hybriddna", TOKENS, **pre("gpt-2"))
    expected = words.hybriddna(text, bpe("gpt-2", IDS, MERGES, byte_level=True), IDS)
    assert tok.encode(text) == expected


@settings(max_examples=300, deadline=None)
@given(DNA)
def test_hybriddna_over_escaped_spaces(text):
    tok = tokenizer("hybriddna", TOKENS, **pre("sarvam-moe"))
    expected = words.hybriddna(text.replace(b" ", "▁".encode()), bpe("sarvam-moe", IDS, MERGES, byte_level=False), IDS)
    assert tok.encode(text) == expected


def test_hybriddna_texts_and_pieces():
    tok = tokenizer("hybriddna", [*TOKENS[:-6], *KMERS, b"<oov>", b"ACGTAC" + MARKER], **pre("gpt-2"))
    last = len(tok) - 1
    # Only what follows <oov> loses the marker; the file's text is what a token is found by.
    assert (tok.id_to_token(last), tok.token_to_id(b"ACGTAC" + MARKER)) == ("ACGTAC", last)
    assert tok.token_to_id("ACGTAC") is None
    assert tok.id_to_token(IDS[KMERS[1]] - 1) == KMERS[1].decode()
    assert tok.decode_bytes(tok.encode("<dna>acgtac</dna>")) == b"<dna>ACGTAC</dna>"


def test_hybriddna_without_its_tokens_is_gpt2():
    tokens = [token for token in TOKENS if token != b"<oov>"]
    plain, dna = (tokenizer(model, tokens, **pre("gpt-2")) for model in ("gpt2", "hybriddna"))
    assert dna.encode("x<dna>ACGTAC</dna>") == plain.encode("x<dna>ACGTAC</dna>")


def test_hybriddna_cuts_at_the_bare_texts():
    types = [1] * len(TOKENS)
    types[IDS[KMERS[0]]] = 4
    tok = tokenizer("hybriddna", TOKENS, token_type=integers(types), **pre("gpt-2"))
    assert tok.encode("xACGTACx") == [ALPHABET.index("x"), IDS[KMERS[0]], ALPHABET.index("x")]


def test_hybriddna_survives_pickling():
    import pickle

    tok = tokenizer("hybriddna", TOKENS, **pre("gpt-2"))
    copy = pickle.loads(pickle.dumps(tok))
    assert copy == tok
    assert copy.encode("<dna>ACGTACCCCCCC") == tok.encode("<dna>ACGTACCCCCCC")


SPACES = [ord(c) for c in " \t\n\u3000\u00a0\u2028"]
LOWER = {ord("A"): ord("a"), ord("B"): ord("b"), ord("Ä"): ord("ä"), ord("Ⱥ"): ord("ⱥ"), 0x1F88: 0x1F80}
RAW = [
    b"a",
    b"b",
    b"ab",
    "ä".encode(),
    "ⱥ".encode(),
    "ⱥa".encode(),
    b"A",
    b"AB",
    *(b"<0x%02X>" % b for b in range(256)),
]
RAW_MERGES = [b"a b", b"A B", "ⱥ a".encode()]


@settings(max_examples=400, deadline=None)
@given(
    st.text(st.sampled_from([*map(chr, SPACES), *map(chr, LOWER), "a", "b", "é", "▁"]), max_size=30).map(str.encode)
    | st.lists(st.sampled_from([b"A", b"B", b" ", b"\xff", b"\xc0\xa0", b"\xed\xa0\x80"])).map(b"".join),
    st.sampled_from([None, True, False]),
    st.sampled_from(["whitespace", "sarvam-moe"]),
)
def test_whitespace(text, lowercase, name):
    more = {} if lowercase is None else {"normalizer.lowercase": (ValueType.BOOL, lowercase)}
    tok = tokenizer("whitespace", RAW, pre=(ValueType.STRING, name), merges=strings(RAW_MERGES), **more)
    lowered = lowercase if lowercase is not None else name != "whitespace"
    escaped = text.replace(b" ", "▁".encode()) if name == "sarvam-moe" else text
    ids = {token: i for i, token in enumerate(RAW)}
    expected = words.whitespace(escaped, bpe(name, ids, RAW_MERGES, byte_level=False), SPACES, LOWER if lowered else {})
    assert tok.encode(text) == expected


@pytest.mark.parametrize(
    "sizes", [[4095], [4096], [4097], [1, 4096], [1, 5000, 1, 1], [3000, 1096, 4096, 7], [5] * 3000]
)
def test_words_of_whitespace_are_encoded_alone(sizes):
    tok = tokenizer("whitespace", RAW, pre=(ValueType.STRING, "sarvam-moe"), merges=strings(RAW_MERGES))
    parts = [("ab<dA" * size)[i % 3 :][:size] for i, size in enumerate(sizes)]
    ids = [token for part in parts for token in tok.encode(part)]
    for space in ("\n", "\u3000\n"):
        assert tok.encode(space.join(parts)) == ids
        assert tok.encode(space + space.join(parts) + space) == ids


def test_whitespace_has_no_newline():
    tok = tokenizer("whitespace", RAW, pre=(ValueType.STRING, "whitespace"), merges=strings(RAW_MERGES))
    assert tok.nl_token_id is None
    assert tok.encode(" \n\u3000") == []


@given(st.binary(max_size=60), st.integers(1, 2000))
def test_hashes(text, n_tokens):
    tok = tokenizer("test", [b"%d" % i for i in range(n_tokens)])
    assert tok.encode(text) == words.hashes(text, n_tokens)
    assert tok.decode_bytes([n_tokens - 1]) == b"%x" % (n_tokens - 1)
    assert tok.nl_token_id == 10 % n_tokens


def test_no_tokens_to_hash_onto():
    with pytest.raises(GGUFError, match="empty"):
        tokenizer("test", [])


@pytest.mark.parametrize("unit", ["<dna>", "</dna>", "<dn", "<dna>A</dna>", "ACGTAC", " ", "<dna>é", "x "])
def test_long_runs(unit):
    text = unit.encode() * (1_000_000 // len(unit.encode()))
    start = time.process_time()
    dna = tokenizer("hybriddna", TOKENS, **pre("gpt-2"))
    words_ = tokenizer("whitespace", RAW, pre=(ValueType.STRING, "whitespace"), merges=strings(RAW_MERGES))
    for tok in (dna, words_):
        assert isinstance(tok, Tokenizer)
        tok.encode_to_numpy(text)
    assert dna.decode_bytes(dna.encode("<dna>" + "ACGTAC" * 100_000)).count(b"ACGTAC") == 100_000
    assert time.process_time() - start < 20
