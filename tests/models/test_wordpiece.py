"""WordPiece against its plain twin, and what its file decides."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.wordpiece import LOWER, NFD, wordpiece_fragment
from shimmytok import GGUFError, Tokenizer, UnsupportedModelError
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from shimmytok.normalizers.bert import CHINESE_RANGES, characters
from shimmytok.unicode.categories import CODE_POINTS

FLAG, ID = ValueType.BOOL, ValueType.UINT32
SPECIALS = [b"[UNK]", b"[CLS]", b"[SEP]"]
IDS = {"unknown_token_id": (ID, 0), "bos_token_id": (ID, 1), "seperator_token_id": (ID, 2)}
BLOCK_ENDS = [end + offset for ends in CHINESE_RANGES for end in ends for offset in (-1, 0, 1)]
LETTERS = "abAÉéİKꭰ́▁中-"
TEXTS = st.text(st.sampled_from(LETTERS + " \n\t\u3000\0\u200d\ufffd$€。😀\ud800"), max_size=40) | st.text(max_size=20)


def tokenizer(tokens, **more):
    entries = [
        ("tokenizer.ggml.model", ValueType.STRING, "bert"),
        ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, tokens)),
    ]
    return Tokenizer.from_bytes(dumps(entries + [(f"tokenizer.ggml.{key}", *value) for key, value in more.items()]))


def expected(text, tokens, lowercase=True, strip_accents=True):
    token_to_id = {token: i for i, token in enumerate(tokens)}
    return wordpiece_fragment(text, token_to_id, unknown=0, lowercase=lowercase, strip_accents=strip_accents)


@st.composite
def vocabularies(draw):
    """Starts and inner parts of words; some are parts of characters."""
    pieces = st.text(st.sampled_from("abAéeik▁中-ꭰ"), min_size=1, max_size=4).map(str.encode)
    whole = draw(st.sets(pieces, max_size=40))
    starts = {"▁".encode() + piece for piece in whole if draw(st.booleans())}
    parts = {piece[:-1] for piece in whole if len(piece) > 1 and draw(st.integers(0, 4)) == 0}
    return [*SPECIALS, *draw(st.permutations(sorted(whole | starts | parts)))]


@settings(max_examples=600, deadline=None)
@given(
    vocabularies(),
    TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=30),
    st.booleans(),
    st.sampled_from([None, True, False]),
)
def test_against_the_twin(tokens, text, lowercase, strip_accents):
    more = {"normalizer.lowercase": (FLAG, lowercase)}
    if strip_accents is not None:
        more["normalizer.strip_accents"] = (FLAG, strip_accents)
    tok = tokenizer(tokens, **IDS, **more)
    ids = expected(text, tokens, lowercase, lowercase if strip_accents is None else strip_accents)
    assert tok.encode(text, add_special_tokens=False) == ids
    assert tok.encode(text) == [1, *ids, 2]


SNIPPETS = ["a" * 61, "b" * 7, "é", "́", "\u200d", "中", "\u3000", "😀", "$", "—", "K", " ", "\n", "\0", "\ufffd"]
BROKEN = [b"\xff", b"\x80", b"\xe4\xb8", b"\xf0\x9f\x98", b"\xc0\xa0", b"\xc0\xae", b"\xe2\x80", b"\xf4\x90\x80\x80"]
LONG_TEXTS = st.lists(st.sampled_from([*map(str.encode, SNIPPETS), *BROKEN]), min_size=20, max_size=80).map(b"".join)
LETTERS_AND_MARKS = [*SPECIALS, "▁".encode(), *(c.encode() for c in "abék中$—.😀"), b"aa", b"b" * 7]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=LONG_TEXTS, strip_accents=st.booleans())
def test_words_across_the_64_bytes_of_a_mask(level, text, strip_accents):
    tok = tokenizer(LETTERS_AND_MARKS, **IDS, **{"normalizer.strip_accents": (FLAG, strip_accents)})
    assert tok.encode(text, add_special_tokens=False) == expected(text, LETTERS_AND_MARKS, True, strip_accents)


def test_words_across_blocks(level):
    tok = tokenizer(LETTERS_AND_MARKS, **IDS)
    for unit in ("ab.é 中😀b", "a" + "\u200d" * 3000 + "b ", "中", " " * 8191 + "a", "b$" * 50 + "a" * 67):
        text = (unit * (20_000 // len(unit.encode()) + 1)).encode()
        for start in (0, 3):
            assert tok.encode(b"a" * start + text, add_special_tokens=False) == expected(
                b"a" * start + text, LETTERS_AND_MARKS
            )


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False])
def test_code_points_of_all_kinds(lowercase, strip_accents):
    """Between two letters, in one text: words, and what the character has become, show in the ids."""
    vocabulary = [*SPECIALS, *(bytes([b]) for b in range(1, 256)), "▁".encode()]
    tok = tokenizer(
        vocabulary,
        **IDS,
        **{"normalizer.lowercase": (FLAG, lowercase), "normalizer.strip_accents": (FLAG, strip_accents)},
    )
    chosen = sorted({*range(0x3400), *LOWER, *NFD, *range(0x3400, CODE_POINTS, 61), *BLOCK_ENDS})
    text = "".join(f"x{chr(cp)}y " for cp in chosen).encode("utf-8", "surrogatepass")
    assert tok.encode(text, add_special_tokens=False) == expected(text, vocabulary, lowercase, strip_accents)


@pytest.mark.parametrize("lowercase", [True, False])
def test_no_character_more_than_doubles(lowercase):
    """The room for a word is made for that."""
    table = characters(lowercase, True)

    def size(cp):
        return 1 + (cp > 0x7F) + (cp > 0x7FF) + (cp > 0xFFFF)

    becomes = [cp + table[cp] & 0xFFFFFF for cp in range(CODE_POINTS)]
    assert max(becomes) < CODE_POINTS
    assert all(size(after) <= 2 * size(cp) for cp, after in enumerate(becomes))


def test_the_flags_do_not_decide_what_is_added():
    tokens = [*SPECIALS, "▁a".encode()]
    tok = tokenizer(tokens, **IDS, add_bos_token=(FLAG, False), add_eos_token=(FLAG, True), add_sep_token=(FLAG, False))
    assert tok.encode("a A") == [1, 3, 3, 2]
    assert tok.encode("") == [1, 2]
    assert (tok.add_bos, tok.add_eos, tok.add_sep) == (False, True, False)


def test_a_small_vocabulary_has_none_of_the_default_ids():
    tok = tokenizer(["▁a".encode()])
    assert (tok.bos_token_id, tok.sep_token_id, tok.unk_token_id, tok.pad_token_id) == (None, None, None, 0)
    assert tok.encode("a") == [0]
    with pytest.raises(UnsupportedModelError, match="no unknown token"):
        tok.encode("b")


def test_one_failure_makes_the_whole_word_unknown():
    tok = tokenizer([*SPECIALS, "▁ab".encode(), b"c"], **IDS)
    assert tok.encode("abc abcx abcc c", add_special_tokens=False) == [3, 4, 0, 3, 4, 4, 0]


def test_long_words_are_answered():
    tok = tokenizer([*SPECIALS, "▁a".encode(), b"a", b"aaaaaaaaaaaaaaaa"], **IDS)
    ids = tok.encode_to_numpy("a" * 1_000_001, add_special_tokens=False)
    assert len(ids) == 1 + 62_500 and np.all(ids[1:] == 5)
    assert tok.encode("a" * 1_000_000 + "b", add_special_tokens=False) == [0]


def test_long_tokens_take_linear_time():
    tok = tokenizer([*SPECIALS, "▁a".encode(), b"a", b"a" * 50_000 + b"b"], **IDS)
    start = time.process_time()
    assert tok.count(b"a" * 300_000, add_special_tokens=False) == 300_000
    assert tok.encode(b"a" * 50_001 + b"b", add_special_tokens=False) == [3, 5]
    assert time.process_time() - start < 5


def test_tokens_longer_than_walks():
    """Tokens around the length up to which walks are always taken, some at a word's start."""
    sizes = (2, 127, 128, 129, 200)
    more = [*(b"a" * n + b"b" for n in sizes), *("▁".encode() + b"a" * n + b"c" for n in sizes), b"a" * 150, b"b"]
    tokens = [*SPECIALS, "▁a".encode(), b"a", *more]
    tok = tokenizer(tokens, **IDS)
    for first in (124, 125, 126, 127, 129, 200):
        text = b"".join(b"a" * first + between + b"a" * 150 + b" " for between in (b"b", b"c", b"aca", b"d"))
        assert tok.encode(text, add_special_tokens=False) == expected(text, tokens)
    text = b"b".join(b"a" * n for n in (201, 126, 127, 128, 129, 1, 130, 149, 202))
    assert tok.encode(text, add_special_tokens=False) == expected(text, tokens)
    assert tok.encode(text + b"d", add_special_tokens=False) == [0]


@pytest.mark.parametrize("key", ["lowercase", "strip_accents"])
def test_options_must_be_flags(key):
    with pytest.raises(GGUFError, match=key):
        tokenizer(SPECIALS, **{f"normalizer.{key}": (ID, 1)})


def test_options_are_kept_when_pickled_and_in_the_fingerprint():
    tokens = [*SPECIALS, "▁a".encode(), "▁A".encode()]
    cased, uncased = (tokenizer(tokens, **IDS, **{"normalizer.lowercase": (FLAG, flag)}) for flag in (False, True))
    assert cased != uncased
    again = cased.__reduce__()[0](*cased.__reduce__()[1])
    assert again == cased and again.encode("A a", add_special_tokens=False) == [4, 3]
