"""The cut at special tokens against its plain twin, and the options of encode that have to do with them."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.models import cut
from shimmytok import LimitError, Limits, SpecialTokenError, Tokenizer
from shimmytok._specials import SpecialMatcher
from shimmytok.disallowed import KEPT, DisallowedTokens
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from tiny import floats, gguf, integers, strings, tokenizer

BPE = {"pre": (ValueType.STRING, "gpt-2"), "merges": strings([])}

letters = st.text("ab \n", min_size=1, max_size=6).map(str.encode)
tokens = st.lists(st.tuples(letters, st.booleans(), st.booleans()), max_size=12).map(
    lambda rows: [(text, i, left, right) for i, (text, left, right) in enumerate(rows)]
)
plain = st.lists(letters, max_size=12).map(lambda rows: [(text, i, False, False) for i, text in enumerate(rows)])


@settings(max_examples=3000, deadline=None)
@given(tokens | plain, st.text("ab \nc", max_size=60).map(str.encode))
def test_same_cut_as_looking_for_one_token_after_the_other(specials, text):
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)


# Some of these bytes are of one kind to the automaton, which keeps a bit for each kind.
few_bytes = st.binary(max_size=40).map(lambda drawn: bytes(b"aprc\x00\xff"[b % 6] for b in drawn))
named = st.lists(few_bytes.filter(bool).map(lambda text: text[:5]), max_size=20).map(
    lambda texts: [(text, i, False, False) for i, text in enumerate(texts)]
)


@settings(max_examples=2000, deadline=None)
@given(named, st.lists(few_bytes, max_size=5).map(b"".join))
def test_tokens_that_begin_alike(specials, text):
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)


# Many bytes of a token lead nowhere but to its end, and are compared at once: unless another one ends there, or goes on
# in another way.
parts_of_names = st.sampled_from(
    [b"<|", b"|>", b"start_", b"stop_", b"header_", b"he", b"id", b"r_id|", b"a" * 300, b"x"]
)
names = st.lists(st.lists(parts_of_names, min_size=1, max_size=5).map(b"".join), max_size=12).map(
    lambda texts: [(text, i, False, False) for i, text in enumerate(texts)]
)


@st.composite
def names_and_text(draw):
    """Tokens, and a text of them, whole and cut short, and of their parts."""
    specials = draw(names)
    whole = [text for text, *_ in specials]
    pieces = parts_of_names | st.sampled_from(whole) if whole else parts_of_names
    cut_short = st.tuples(pieces, st.integers(0, 12)).map(lambda pair: pair[0][: len(pair[0]) - pair[1]])
    return specials, b"".join(draw(st.lists(pieces | cut_short, max_size=8)))


@settings(max_examples=2000, deadline=None)
@given(names_and_text())
def test_tokens_with_long_names(drawn):
    specials, text = drawn
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)


def test_a_text_that_ends_inside_of_a_token(gpt2):
    whole = b"a<|endoftext|>"
    for size in range(len(whole)):
        found = gpt2.encode(memoryview(whole)[:size], parse_special=True)  # the rest lies behind it in memory
        assert found == gpt2.encode(whole[:size].decode())


def test_the_longest_token_of_the_text_comes_first():
    specials = [(b"AB", 0, False, False), (b"BCD", 1, False, False)]
    assert SpecialMatcher(specials).cut(b"ABCD") == [(0, 1, None), (1, 4, 1)]


def test_a_token_inside_a_token_is_found_where_the_longer_one_is_not():
    specials = [(b"<|end|>", 5, False, False), (b"<|end", 6, False, False), (b"|>", 7, False, False)]
    assert SpecialMatcher(specials).cut(b"<|end<|end|>|>") == [(0, 5, 6), (5, 12, 5), (12, 14, 7)]


def test_runs_of_one_character_with_tokens_of_every_length():
    specials = [(b"\n" * n, n, False, False) for n in range(1, 32)]
    assert SpecialMatcher(specials).cut(b"\n" * 100) == cut(b"\n" * 100, specials)
    segments = SpecialMatcher(specials).cut(b"\n" * 1_000_000)
    assert [token for *_, token in segments] == [31] * (1_000_000 // 31) + [1_000_000 % 31]


runs = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"ab", b"ba"]), st.integers(1, 90)), min_size=1, max_size=4).map(
    lambda parts: b"".join(text * times for text, times in parts)
)
repeated = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"ab", b"bab"]), st.integers(1, 9)), max_size=12).map(
    lambda parts: [(text * times, i, False, False) for i, (text, times) in enumerate(parts)]
)


@settings(max_examples=2000, deadline=None)
@given(repeated, runs)
def test_runs_and_tokens_that_reach_into_one_another(specials, text):
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)


def test_many_special_tokens_in_a_text(small):
    text = "<|eot_id|>x" * 20_000
    assert small.encode(text, parse_special=True) == [3, 1] * 20_000


@pytest.fixture(scope="module")
def small():
    control, user_defined = 3, 4
    texts = [b"<unk>", b"x", b"y", b"<|eot_id|>", b"<tool>", b" "]
    return Tokenizer.from_bytes(
        dumps(
            [
                ("tokenizer.ggml.model", ValueType.STRING, "gpt2"),
                ("tokenizer.ggml.pre", ValueType.STRING, "gpt-2"),
                ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, texts)),
                ("tokenizer.ggml.merges", ValueType.ARRAY, (ValueType.STRING, [])),
                (
                    "tokenizer.ggml.token_type",
                    ValueType.ARRAY,
                    (ValueType.INT32, [2, 1, 1, control, user_defined, 1]),
                ),
            ]
        )
    )


def test_parse_special(small):
    assert small.encode("x<|eot_id|>y", parse_special=True) == [1, 3, 2]
    assert 3 not in small.encode("x<|eot_id|>y")
    assert small.encode("x<tool>y") == [1, 4, 2], "user-defined tokens are always cut out"


def test_disallowed_special(small):
    assert small.encode("xy", disallowed_special="all") == [1, 2]
    with pytest.raises(SpecialTokenError, match=r"'<\|eot_id\|>' at byte 1"):
        small.encode("x<|eot_id|>", disallowed_special="all")
    with pytest.raises(SpecialTokenError, match="<tool>"):
        small.encode("é<tool>", disallowed_special=["<tool>"])
    assert small.encode("<tool>", disallowed_special="all") == [4], "it is no control token"
    with pytest.raises(SpecialTokenError, match=r"texts\[1\]"):
        small.encode_batch(["x", "<|eot_id|>"], disallowed_special={"<|eot_id|>"})
    with pytest.raises(ValueError, match="not a special token"):
        small.encode("x", disallowed_special=["y"])
    with pytest.raises(ValueError, match='"all"'):
        small.encode("x", disallowed_special="everything")


def test_disallowed_special_may_be_any_collection(small):
    for nothing in ([], set(), (), None, iter([])):
        assert small.encode("x<|eot_id|>", parse_special=True, disallowed_special=nothing) == [1, 3]
    texts = ["x", "y", "<|eot_id|>"]
    for names in (["<|eot_id|>"], {"<|eot_id|>": 0}, iter(["<|eot_id|>"])):
        with pytest.raises(SpecialTokenError, match=r"texts\[2\]"):
            small.encode_batch(texts, disallowed_special=names)
    with pytest.raises(ValueError, match="''"):
        small.encode("x", disallowed_special="")


def test_nested_tokens_that_keep_losing_their_place():
    """Each place has many tokens that end there, and only the shortest is free."""
    specials = [(b"b" + b"a" * 40, 0, False, False), *((b"a" * n, n, False, False) for n in range(20, 41))]
    text = (b"b" + b"a" * 40 + b"a" * 19 + b"c") * 20
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)


@pytest.mark.parametrize("kind", [2, 3, 4], ids=["unknown", "control", "user-defined"])
def test_special_tokens_of_too_many_bytes_are_refused(tmp_path, kind):
    types = [1, kind, 1, kind]
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf("gpt2", [b"x", b"<a>", b"y" * 20, b"<bc>"], **BPE, token_type=integers(types)))
    with pytest.raises(LimitError, match=r"model\.gguf.*tokens.*7 is more than the limit max_special_bytes = 6"):
        Tokenizer.from_gguf_file(path, limits=Limits(max_special_bytes=6))
    tok = Tokenizer.from_gguf_file(path, limits=Limits(max_special_bytes=7))
    assert tok.encode("x<bc>", parse_special=True) == [0, 3]


def test_the_limit_of_special_tokens_that_holds_by_default():
    most = Limits().max_special_bytes
    texts = [b"x", b"<" + b"s" * most]
    with pytest.raises(LimitError, match=f"max_special_bytes = {most}"):
        tokenizer("gpt2", texts, **BPE, token_type=integers([1, 3]))
    assert tokenizer("gpt2", texts, **BPE, token_type=integers([1, 1])).encode("x") == [0]


def test_raised_limits_are_pickled(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf("gpt2", [b"x", b"<" + b"s" * (4 << 20)], **BPE, token_type=integers([1, 3])))
    tok = Tokenizer.from_gguf_file(path, limits=Limits(max_special_bytes=8 << 20))
    assert pickle.loads(pickle.dumps(tok)) == tok


def test_long_tokens_are_cut_in_messages():
    name = "<" + "s" * 1_000_000
    tok = tokenizer("gpt2", ["x", name], **BPE, token_type=integers([1, 3]))
    with pytest.raises(SpecialTokenError, match="special token '<sss") as caught:
        tok.encode(f"x{name}", disallowed_special="all")
    assert len(str(caught.value)) < 1000


def test_few_sets_of_disallowed_tokens_are_kept():
    names = [f"<{number}>" for number in range(100)]
    tok = tokenizer("gpt2", ["x", *names], **BPE, token_type=integers([1] + [3] * 100))
    for _ in range(2):
        for name in names:
            assert tok.encode("x", disallowed_special=[name]) == [0]
            with pytest.raises(SpecialTokenError, match=name):
                tok.encode(f"x{name}", disallowed_special=[name])
    assert len(tok._disallowed._matchers) == KEPT


def test_what_is_checked_is_what_is_encoded(small, monkeypatch):
    text = bytearray(b"x")
    check = DisallowedTokens.check

    def check_while_another_thread_writes(self, *args, **options):
        check(self, *args, **options)
        text[:] = b"<|eot_id|>"

    monkeypatch.setattr(DisallowedTokens, "check", check_while_another_thread_writes)
    assert small.encode(text, parse_special=True, disallowed_special="all") == [1]
    text[:] = b"x"
    assert small.encode_batch([text], parse_special=True, disallowed_special="all") == [[1]]


def test_bytearrays_are_checked_and_encoded(small):
    assert small.encode(bytearray(b"xy"), disallowed_special="all") == [1, 2]
    assert small.encode_batch([bytearray(b"xy"), memoryview(b"y")], disallowed_special="all") == [[1, 2], [2]]
    with pytest.raises(SpecialTokenError, match=r"texts\[1\].*byte 1"):
        small.encode_batch(["x", bytearray(b"y<|eot_id|>")], disallowed_special="all")
    with pytest.raises(TypeError, match=r"texts\[1\]"):
        small.encode_batch(["x", 5], disallowed_special="all")


@pytest.fixture(scope="module")
def spm():
    """One with tokens for runs of spaces and newlines, as Gemma 3 has them, that ends words at spaces."""
    user_defined, byte = 4, 6
    texts = [b"<unk>", b"<s>", b"</s>", *(b"<0x%02X>" % b for b in range(256))]
    types = [2, 3, 3, *[byte] * 256]
    for text in (b"\n", b"\n\n", b"  ", b"   ", b"    ", b"<tool>"):
        texts.append(text)
        types.append(user_defined)
    for text in ["\u2581", *"abc", "ab", "abc", "\u2581a", "\u2581ab", "é", "語"]:
        texts.append(text.encode())
        types.append(1)
    scores = [-float(i) for i in range(len(texts))]
    return tokenizer(
        "llama", texts, token_type=integers(types), scores=floats(scores), add_space_prefix=(ValueType.BOOL, True)
    )


fragments = st.sampled_from(
    [b"abc", b"ab c", b"a b", b"ab c a\xc3 a", b"ab" * 3000, b"\xc3 a", b"\xe8\xaa", "語é".encode(), b"c a\xff"]
)


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(st.tuples(fragments, st.sampled_from([b"\n", b"\n\n", b"  ", b"    ", b"<tool>"])), max_size=9),
    times=st.sampled_from([1, 1, 1, 300]),
)
def test_what_lies_between_special_tokens_is_encoded_as_if_it_were_alone(spm, parts, times):
    """Short fragments are encoded together, many times as many as are at once; long ones and odd ones are not."""
    text = b"".join(fragment + special for fragment, special in parts)
    expected = [i for pair in parts for part in pair for i in spm.encode(part, add_special_tokens=False)]
    assert spm.encode(text * times, add_special_tokens=False) == expected * times
    before = [spm.encode(short, add_special_tokens=False) for short in (b"a", b"a b")]
    batch = [b"a", b"a b", text * times, b"a"]
    assert spm.encode_batch(batch, add_special_tokens=False) == [*before, expected * times, before[0]]


@pytest.mark.parametrize("times", [1, 1000, 1024, 1025])
def test_text_behind_many_special_tokens(gpt2, times):
    """More of them than are encoded together, so that the text is alone or not."""
    gpt2.clear_cache()  # words that are known do not wait
    found = gpt2.encode("<|endoftext|>" * times + "hello world", parse_special=True)
    alone = gpt2.encode("hello world")
    assert found == [50256] * times + alone
    assert gpt2.encode("hello world" + "<|endoftext|>" * times, parse_special=True) == alone + [50256] * times
