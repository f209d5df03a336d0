"""The comparison with the golden files finds a wrong answer of every kind: one that cannot fail proves nothing."""

from __future__ import annotations

import hashlib
import struct

import pytest

from shimmytok import ShimmytokError

from . import compare
from .reader import Case, Detokenized, Died, LongBytes, LongIds


class Recording:
    """A tokenizer of two tokens that gives back what a test tells it to."""

    def __init__(self, ids=(1,), text="a", row=("a", -1.0, 4, b"a")):
        self.ids, self.text, self.row = list(ids), text, row
        self.model_type, self.vocab_size, self.chat_template = "gpt2", 2, None
        self.add_bos = self.add_eos = self.add_sep = False
        self.eog_token_ids, self.suppress_token_ids = (1,), ()
        for name in compare.ID_PROPERTIES:
            setattr(self, f"{name}_token_id", None)

    def __len__(self):
        return self.vocab_size

    def encode(self, text, add_special_tokens=True, *, parse_special=False):
        if isinstance(self.ids[0], Exception):
            raise self.ids[0]
        return [*([0] if add_special_tokens else []), *self.ids, *([9] if parse_special else [])]

    def decode(self, ids, skip_special_tokens=False, *, remove_special=False, errors="replace"):
        return self.text + "s" * skip_special_tokens + "r" * remove_special

    def id_to_token(self, token):
        return self.row[0]

    def token_score(self, token):
        return self.row[1]

    def token_attr(self, token):
        return self.row[2]

    def token_to_piece(self, token, *, special=True, lstrip=0):
        return self.row[3]


TEXT_CALLS = {"t00": [1], "t01": [1, 9], "t10": [0, 1], "t11": [0, 1, 9]}
BYTE_CALLS = {"d00": b"as", "d01": b"a", "d10": b"asr", "d11": b"ar"}
META = dict.fromkeys(compare.ID_PROPERTIES, -1) | {
    "n_tokens": 2,
    "add_bos": False,
    "add_eos": False,
    "add_sep": False,
    "eog": [1],
    "suppress": [],
}


def differences(calls, **tokenizer):
    case = Case("x/0", b"a", calls)
    recording = Recording(**tokenizer)
    return (
        compare.compare_encoding(recording, [case]).differences
        + compare.compare_decoding(recording, [case], []).differences
    )


def test_equal_answers_pass():
    assert differences(TEXT_CALLS | BYTE_CALLS) == []


@pytest.mark.parametrize("call", TEXT_CALLS)
def test_one_wrong_id_is_found(call):
    (difference,) = differences(TEXT_CALLS | {call: [*TEXT_CALLS[call][:-1], 7]})
    assert f"x/0 {call}" in difference


@pytest.mark.parametrize("call", BYTE_CALLS)
def test_one_wrong_byte_is_found(call):
    (difference,) = differences(TEXT_CALLS | BYTE_CALLS | {call: b"b"})
    assert f"x/0 {call}" in difference


def test_wrong_bytes_of_arbitrary_ids_are_found():
    record = Detokenized([1, 0], BYTE_CALLS | {"d01": b"b"})
    assert len(compare.compare_decoding(Recording(), [], [record]).differences) == 1


def test_an_exception_is_a_difference():
    assert len(differences(TEXT_CALLS, ids=[ValueError("no")])) == 4


@pytest.mark.parametrize(
    ("ids", "found"),
    [([1], 0), ([ShimmytokError("refused")], 0), ([ValueError("stray")], 1), ([2], 1), ([-1], 1)],
)
def test_where_llama_cpp_died_any_sane_answer_passes(ids, found):
    assert len(differences({"t00": Died("SIGABRT")}, ids=ids)) == found


def test_where_llama_cpp_died_a_slow_answer_is_found(monkeypatch):
    monkeypatch.setattr(compare, "SECONDS_WHERE_LLAMA_CPP_DIED", 0.0)
    assert len(differences({"t00": Died("timeout")})) == 1


def test_long_answers_are_compared_by_hash():
    ids = list(range(2000))
    sha = hashlib.sha256(struct.pack("<2000i", *ids)).hexdigest()[:16]
    expected = LongIds(2000, sha, (5,), (6,))
    assert expected == [5, *ids, 6]
    for wrong in ([5, *ids], [*ids, 6], [5, *reversed(ids), 6], [4, *ids, 6], [5, *ids, 7], ids, []):
        assert expected != wrong
    assert LongBytes(1, hashlib.sha256(b"a").hexdigest()[:16]) == b"a"
    assert LongBytes(1, hashlib.sha256(b"a").hexdigest()[:16]) != b"b"


@pytest.mark.parametrize(
    "change", [{"bos": 1}, {"fim_sep": 0}, {"add_eos": True}, {"eog": []}, {"suppress": [1]}, {"n_tokens": 3}]
)
def test_wrong_meta_is_found(change):
    assert compare.compare_meta(Recording(), META, "gpt2").differences == []
    assert compare.compare_meta(Recording(), META | change, "gpt2").differences


@pytest.mark.parametrize("row", [("b", -1.0, 4, b"a"), ("a", 1.0, 4, b"a"), ("a", -1.0, 8, b"a"), ("a", -1.0, 4, b"")])
def test_wrong_token_is_found(row):
    one = struct.pack("<If", 4, -1.0) + 5 * (struct.pack("<I", 1) + b"a")
    table = {"n": 2, "attr": [[4, 2]], "sample": [], "blocks": [hashlib.sha256(one + one).hexdigest()[:12]]}
    assert compare.compare_tokens(Recording(), table).differences == []
    assert compare.compare_tokens(Recording(row=row), table).differences
