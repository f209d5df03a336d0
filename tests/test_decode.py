"""decode and its forms."""

from __future__ import annotations

import array
import copy
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracle.models import ALPHABET
from shimmytok import InvalidTokenError, LimitError, Tokenizer
from shimmytok._array_memory import read_fields
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

ids = st.lists(st.integers(0, 50256), max_size=60)


@settings(max_examples=300, deadline=None)
@given(sequence=ids, skip=st.booleans())
def test_stream_joined_is_the_whole(gpt2, sequence, skip):
    stream = gpt2.stream_decoder(skip_special_tokens=skip)
    whole = gpt2.decode_bytes(sequence, skip_special_tokens=skip).decode("utf-8", "replace")
    for _ in range(2):
        assert "".join(map(stream.step, sequence)) + stream.flush() == whole


def test_stream_holds_back_half_a_character(gpt2):
    stream = gpt2.stream_decoder()
    party = gpt2.encode("🎉")
    assert [stream.step(token) for token in party] == [""] * (len(party) - 1) + ["🎉"]
    stream.step(party[0])
    assert stream.flush() == "\ufffd"
    stream.step(party[0])
    stream.reset()
    assert stream.step(15496) == "Hello"
    with pytest.raises(InvalidTokenError):
        stream.step(50257)


def test_forms_of_ids(gpt2):
    forms = [
        [15496, 995],
        (15496, 995),
        np.array([15496, 995], np.uint32),
        np.array([15496, 995], np.int64),
        np.array([15496, 0, 995, 0], np.uint16)[::2],
        array.array("i", [15496, 995]),
        iter([15496, 995]),
        [np.int32(15496), 995],
        memoryview(array.array("I", [15496, 995])),
        np.array([15496, np.int64(995)], object),
    ]
    for form in forms:
        assert gpt2.decode(form) == "Hello world", type(form)
    assert gpt2.decode([]) == gpt2.decode(np.array([])) == ""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([0, 50257], r"ids\[1\] is 50257: the vocabulary has 50257 tokens"),
        ([-1], r"ids\[0\] is -1"),
        ([1 << 40], r"ids\[0\] is 1099511627776"),
        ([1 << 80], r"ids\[0\] is 1208925819614629174706176"),
        (np.array([1, 2, -7]), r"ids\[2\] is -7"),
        (np.array([1, 1 << 40]), r"ids\[1\] is 1099511627776"),
    ],
)
def test_ids_outside_the_vocabulary(gpt2, wrong, message):
    with pytest.raises(InvalidTokenError, match=message):
        gpt2.decode(wrong)
    with pytest.raises(IndexError):
        gpt2.decode_bytes(wrong)


WRONG_IDS = [
    5,
    ["a"],
    [1.5],
    np.array([1.5]),
    np.array([[1]]),
    [None],
    "ab",
    b"ab",
    bytearray(b"ab"),
    np.array(["a"], object),
]


@pytest.mark.parametrize("wrong", WRONG_IDS)
def test_what_are_no_ids(gpt2, wrong):
    with pytest.raises(TypeError):
        gpt2.decode(wrong)


def test_errors_are_those_of_bytes_decode(gpt2):
    half = gpt2.encode("🎉")[:1]
    assert gpt2.decode(half) == "\ufffd"
    assert gpt2.decode(half, errors="ignore") == ""
    assert gpt2.decode(half, errors="surrogateescape").encode("utf-8", "surrogateescape") == gpt2.decode_bytes(half)
    with pytest.raises(UnicodeDecodeError):
        gpt2.decode(half, errors="strict")


def test_special_tokens(gpt2):
    sequence = [50256, *gpt2.encode("Hello"), 50256]
    assert gpt2.decode(sequence) == "<|endoftext|>Hello<|endoftext|>"
    assert gpt2.decode(sequence, skip_special_tokens=True) == "Hello"
    assert gpt2.decode_bytes(sequence, skip_special_tokens=True) == b"Hello"
    assert gpt2.decode(sequence, remove_special=True) == "<|endoftext|>Hello<|endoftext|>", "the model adds none"
    assert gpt2.decode_batch([sequence, []], skip_special_tokens=True) == ["Hello", ""]
    assert gpt2.token_to_piece(50256, special=False) == b""
    assert gpt2.decode_single(50256, skip_special_tokens=True) == ""
    adding = Tokenizer.from_gguf_file(
        gpt2.metadata.source, overrides={"tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.add_eos_token": True}
    )
    assert adding.decode(sequence, remove_special=True) == "Hello"


def test_spaces_are_cleaned_up_in_text_only(gpt2):
    text = "a , b . c ! d ? it 's we 're x ' y"
    assert gpt2.decode(gpt2.encode(text)) == "a, b. c! d? it's we're x'y"
    assert gpt2.decode_bytes(gpt2.encode(text)) == text.encode()


def cleaned(text: bytes) -> bytes:
    """The plain twin of the clean-up of spaces."""
    text = re.sub(rb" ([?!.,])", rb"\1", text)
    text = re.sub(rb" ' ", b"'", text)
    return re.sub(rb" ('s|'m|'re|'ve)", rb"\1", text)


spaced = st.lists(st.text(" '.,?!smrevx", max_size=12) | st.integers(0, 200).map(lambda n: "x" * n), max_size=12)


@settings(max_examples=500, deadline=None)
@given(parts=spaced)
def test_any_spaces_are_cleaned_up(gpt2, parts):
    text = "".join(parts)
    assert gpt2.decode(gpt2.encode(text)) == cleaned(text.encode()).decode()


def test_pieces_and_texts(gpt2):
    assert gpt2.id_to_token(995) == "Ġworld"
    assert gpt2.token_to_piece(995) == b" world"
    assert gpt2.token_to_piece(995, lstrip=1) == b"world"
    assert gpt2.token_to_id("Ġworld") == gpt2.token_to_id("Ġworld".encode()) == 995
    assert gpt2.token_to_id("no such token") is None
    assert "Ġworld" in gpt2 and " world" not in gpt2 and 5 not in gpt2
    with pytest.raises(ValueError, match="lstrip"):
        gpt2.token_to_piece(995, lstrip=-1)


def vocabulary(texts, types, **more):
    entries = [
        ("tokenizer.ggml.model", ValueType.STRING, "gpt2"),
        ("tokenizer.ggml.pre", ValueType.STRING, "gpt-2"),
        ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, texts)),
        ("tokenizer.ggml.merges", ValueType.ARRAY, (ValueType.STRING, [])),
        ("tokenizer.ggml.token_type", ValueType.ARRAY, (ValueType.INT32, types)),
    ]
    return Tokenizer.from_bytes(dumps(entries))


def test_odd_tokens():
    tok = vocabulary(["a", "", "\u4e00b", "<0x41>", "x", "a", "unknown type", b"\xff"], [1, 1, 1, 6, 5, 1, 99, 1])
    assert tok.id_to_token(1) == "[EMPTY_1]"
    assert tok.token_to_piece(2) == "[UNK_BYTE_0xe4b880\u4e00b]b".encode(), "as llama.cpp writes it"
    assert tok.token_to_piece(3) == b"A"
    assert tok.token_to_piece(4) == b"", "unused"
    assert tok.token_to_piece(6) == b"", "undefined"
    assert tok.token_to_piece(7) == b"[UNK_BYTE_0xefbfbd\xff]"
    assert tok.token_to_id("a") == 5 and tok.encode("a") == [5], "of equal texts the last one counts"
    assert tok.decode([0, 5]) == "aa"
    assert tok.id_to_token(7) == "\udcff" and tok.token_to_id("\udcff") == 7
    assert (int(tok.token_type(6)), int(tok.token_attr(6))) == (0, 0)


@pytest.mark.parametrize(
    ("text", "byte"),
    [("<0x-1>", 255), ("<0x+f>", 15), ("<0x f>", 15), ("<0xfF>", 255), ("<0xg1>", 0), ("<0x0x>", 0), ("<0x", 0)],
)
def test_byte_tokens_are_read_as_strtol_reads_them(text, byte):
    assert vocabulary([text], [6]).token_to_piece(0) == bytes([byte])


def test_texts_that_no_token_has(gpt2):
    assert gpt2.token_to_id("\ud800") is None and "\ud800" not in gpt2
    with pytest.raises(TypeError, match="expected str or bytes"):
        gpt2.encode(np.array([1, 2]))


def test_texts_made_of_unknown_bytes_are_bounded():
    tok = vocabulary(["\u4e00" * 20_000], [1])
    with pytest.raises(LimitError, match="more than"):
        tok.decode([0])


@pytest.fixture(params=[True, False], ids=["fields", "interface"])
def array_memory(request):
    """Both ways to an array's memory."""
    before = read_fields(request.param)
    assert before, "numpy's arrays are not what they were"
    yield
    read_fields(before)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.uint32, np.int64, np.uint64, ">u4", ">i8"])
@pytest.mark.parametrize("n", [0, 1, 2, 5000])
def test_arrays_of_any_integers(gpt2, array_memory, dtype, n):
    sequence = [i * 7 % 120 for i in range(n)]
    array_of = np.array(sequence, dtype)
    spaced = np.zeros((n, 3), dtype)
    spaced[:, 1] = sequence
    unaligned = np.frombuffer(b"x" + array_of.tobytes(), dtype, offset=1)
    expected = gpt2.decode_bytes(sequence)
    for form in (array_of, array_of[::-1][::-1], spaced[:, 1], unaligned):
        assert gpt2.decode_bytes(form) == expected
        assert gpt2.decode(form) == gpt2.decode(sequence)
    assert gpt2.decode_bytes(array_of[::-1]) == gpt2.decode_bytes(sequence[::-1])
    if n:
        with pytest.raises(TypeError):
            gpt2.decode(array_of.astype(bool))
    text = gpt2.decode(sequence)
    assert gpt2.encode_to_numpy(text).tolist() == gpt2.encode(text)
    assert gpt2.encode_batch_flat([text, ""])[1].tolist() == [0, gpt2.count(text), gpt2.count(text)]


@settings(max_examples=200, deadline=None)
@given(sequence=ids, skip=st.booleans(), form=st.sampled_from([tuple, np.array, iter, array.array]))
def test_pieces_are_joined(gpt2, sequence, skip, form):
    given_ids = array.array("q", sequence) if form is array.array else form(sequence)
    pieces = b"".join(gpt2.token_to_piece(token, special=not skip) for token in sequence)
    assert gpt2.decode_bytes(given_ids, skip_special_tokens=skip) == pieces


def test_nothing_is_removed_that_is_no_id(gpt2):
    for wrong in (
        ["a"],
        [None, 5],
        [-1],
        [-2],
        [1 << 64],
        [1.0],
        np.array([-1]),
        np.array([-2]),
        np.array([2**64 - 1]),
    ):
        with pytest.raises((TypeError, InvalidTokenError)):
            gpt2.decode(wrong, remove_special=True)


def test_ids_that_are_no_plain_ints(gpt2):
    class Id:
        def __init__(self, value):
            self.value = value

        def __index__(self):
            return self.value

    sequence = [Id(15496), True, np.uint16(995), np.int64(0)]
    assert gpt2.decode(sequence) == gpt2.decode([15496, 1, 995, 0])
    assert gpt2.decode(dict.fromkeys([15496, 995])) == "Hello world"


def test_a_list_that_changes_while_it_is_read(gpt2):
    changing = [15496] * 5000

    class Id:
        def __index__(self):
            changing.clear()
            return 995

    changing[2500] = Id()
    assert gpt2.decode(changing) == "Hello" * 2500 + " world" + "Hello" * 2499 and changing == []


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_streams_that_part(gpt2, copied):
    ids = gpt2.encode("party \U0001f389\U0001f389 \u00e9")
    for at in range(len(ids) + 1):
        stream = gpt2.stream_decoder()
        begin = "".join(stream.step(token) for token in ids[:at])
        other = copied(stream)
        ends = ["".join(one.step(token) for token in ids[at:]) + one.flush() for one in (stream, other)]
        assert [begin + end for end in ends] == [gpt2.decode(ids)] * 2


RUNS = st.sampled_from(["a", " b", "é", "ÿ", "Ā", "я", "中", "\uffff", "\U00010000", "😀", "\0", "\x7f", "\x80"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(RUNS, st.sampled_from([1, 2, 7, 15, 16, 17, 63, 130, 300])), max_size=8),
    st.sampled_from([b"", b"\xed\xa0\x80", b"\xff", b"\xc3", b"\xe4\xb8", b"\xf4\x90\x80\x80"]),
)
@example([("a", 300), ("ÿ", 1)], b"")
@example([("a", 300), ("Ā", 1)], b"")
@example([("a", 300), ("\uffff", 1)], b"")
@example([("a", 300), ("\U00010000", 1)], b"")
def test_texts_of_every_width_are_what_python_makes_of_them(gpt2, runs, wrong):
    ids = [gpt2.token_to_id(character) for character in ALPHABET]
    for last in ("", "z", "é", "中", "😀"):
        data = "".join(text * n for text, n in runs).encode() + wrong + last.encode()
        text = gpt2.decode([ids[byte] for byte in data])
        assert text == data.decode(errors="replace")
        assert hash(text) == hash(data.decode(errors="replace")), "a str of another width than needed"


@pytest.mark.parametrize("at", [0, 1, 63, 64, 1023, 1024, 1500, 2047, 2048])
@pytest.mark.parametrize("form", [list, tuple, np.uint32, np.int64])
def test_a_wrong_id_anywhere_in_many_is_named(gpt2, at, form):
    ids = [15496, 995] * 1100
    text = gpt2.decode(ids)
    ids[at] = len(gpt2)
    made = form(ids) if form in (list, tuple) else np.array(ids, form)
    with pytest.raises(InvalidTokenError, match=rf"^ids\[{at}\] is {len(gpt2)}: "):
        gpt2.decode(made)
    assert text == "Hello world" * 1100
