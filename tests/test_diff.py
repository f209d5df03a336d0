"""`shimmytok diff` and `shimmytok.diff`: each kind of difference is found, counted and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shimmytok import Tokenizer, cli
from shimmytok.describe import describe
from shimmytok.diff import Difference, Example, diff
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from shimmytok.hard_texts import HARD_TEXTS, LONGEST
from shimmytok.shown import shown

SPM = {
    "general.architecture": "llama",
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "h", "i", "hi"],
    "tokenizer.ggml.scores": [0.0] * 259 + [-1.0, -2.0, -3.0, -0.5],
    "tokenizer.ggml.token_type": [2, 3, 3] + [6] * 256 + [1] * 4,
}
BPE = {
    "general.architecture": "gpt2",
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["a", "b", "c", "ab", "bc", "<|end|>"],
    "tokenizer.ggml.token_type": [1, 1, 1, 1, 1, 3],
    "tokenizer.ggml.merges": ["a b", "b c"],
    "tokenizer.ggml.eos_token_id": 5,
}
ARRAYS = {str: ValueType.STRING, int: ValueType.INT32, float: ValueType.FLOAT32}
SCALARS = {str: ValueType.STRING, int: ValueType.UINT32, bool: ValueType.BOOL}


def file_of(facts):
    return dumps(
        [
            (key, ValueType.ARRAY, (ARRAYS[type(value[0])], value))
            if isinstance(value, list)
            else (key, SCALARS[type(value)], value)
            for key, value in facts.items()
        ]
    )


def model(facts, **changes):
    return Tokenizer.from_bytes(file_of(facts | {f"tokenizer.ggml.{key}": value for key, value in changes.items()}))


def found(a, b, texts=HARD_TEXTS):
    return {difference.what: difference for difference in diff(a, b, texts)}


def test_hard_texts_keep_their_promises():
    assert 100 <= len(HARD_TEXTS) <= 200
    assert len(set(HARD_TEXTS)) == len(HARD_TEXTS)
    assert max(len(text.decode("utf-8", "replace")) for text in HARD_TEXTS) <= LONGEST
    assert any(b"\0" in text for text in HARD_TEXTS)
    assert any(text.decode("utf-8", "replace").encode() != text for text in HARD_TEXTS)


@pytest.mark.parametrize("facts", [SPM, BPE])
def test_equal_models_are_alike(facts):
    assert diff(model(facts), model(facts)) == []


def test_models_of_other_kinds():
    differences = found(model(BPE), model(SPM))
    assert differences["model"].first == (Example("tokenizer.ggml.model", "gpt2", "llama"),)
    assert differences["vocab_size"].first == (Example("tokens", 6, 263),)
    assert {"pre", "flags", "special_ids", "eog", "tokens_only_in_a", "tokens_only_in_b", "merges", "ids"} <= {
        *differences
    }


def test_flags_change_ids():
    differences = found(model(BPE), model(BPE, add_eos_token=True), [b"ab"])
    assert differences == {
        "flags": Difference("flags", 2, (Example("add_eos", False, True), Example("ids after a text", [], [5]))),
        "ids": Difference("ids", 1, (Example("text 0 'ab', from id 1 on", [], [5]),)),
    }


def test_special_ids_and_ends():
    differences = found(model(BPE), model(BPE, eos_token_id=4))
    assert differences["special_ids"].first == (Example("eos", 5, 4),)
    assert differences["eog"].first == (Example("4", False, True),)


def test_tokens_that_moved():
    moved = found(model(BPE), model(BPE, tokens=["b", "a", "c", "ab", "bc", "<|end|>"]), [b"c", b"a"])
    assert moved == {
        "token_ids": Difference("token_ids", 2, (Example("'a'", [0], [1]), Example("'b'", [1], [0]))),
        "ids": Difference("ids", 1, (Example("text 1 'a', from id 0 on", [0], [1]),)),
    }


def test_duplicate_tokens_are_compared_one_by_one():
    a = model(BPE, tokens=["a", "b", "a", "ab", "bc", "<|end|>"])
    b = model(BPE, tokens=["b", "b", "a", "ab", "bc", "<|end|>"])
    assert found(a, b, [])["token_ids"].first == (Example("'a'", [0, 2], [2]), Example("'b'", [1], [0, 1]))


def test_tokens_of_one_side_only():
    differences = found(model(BPE), model(BPE, tokens=["a", "b", "c", "ab", "cb", "<|end|>"]))
    assert differences["tokens_only_in_a"].first == (Example("'bc'", [4], None),)
    assert differences["tokens_only_in_b"].first == (Example("'cb'", None, [4]),)


def test_scores_and_attributes():
    scores = [*SPM["tokenizer.ggml.scores"]]
    scores[262] = float("nan")
    types = [*SPM["tokenizer.ggml.token_type"]]
    types[261] = 4
    differences = found(model(SPM), model(SPM, scores=scores, token_type=types), [])
    assert differences["scores"] == Difference("scores", 1, (Example("262 'hi'", -0.5, "nan"),))
    assert differences["attributes"].first == (Example("261 'i'", ["NORMAL"], ["USER_DEFINED"]),)
    assert diff(model(SPM, scores=scores), model(SPM, scores=scores)) == []


def test_merges_from_the_first_rank_that_differs():
    differences = found(model(BPE), model(BPE, merges=["b c", "a b", "c c"]), [b"abc"])
    assert differences["merges"].count == 3
    assert differences["merges"].first[0] == Example("rank 0", "'a b'", "'b c'")
    assert differences["merges_only_in_b"].first == (Example("'c c'", None, 2),)
    assert "merges_only_in_a" not in differences
    assert differences["ids"].first == (Example("text 0 'abc', from id 0 on", [3, 2], [0, 4]),)


def test_many_differences_are_counted_and_few_shown():
    many = [f"t{i}" for i in range(1000)]
    difference = found(model(BPE), model(BPE, tokens=BPE["tokenizer.ggml.tokens"] + many, token_type=[1] * 1006), [])
    assert difference["tokens_only_in_b"].count == 1000
    assert len(difference["tokens_only_in_b"].first) == 5


def test_a_model_without_a_tokenizer_has_no_ids():
    none = Tokenizer.from_bytes(file_of({"general.architecture": "llama", "tokenizer.ggml.model": "none"}))
    assert diff(none, none) == []
    assert found(none, model(BPE), [b"a"])["ids"].first == (Example("text 0 'a'", "UnsupportedModelError", [0]),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "''"),
        (b"\xff\0\n", r"'\xff\x00\n'"),
        ("é".encode() * 40, "'" + "é" * 30 + "'... (80 bytes)"),
        (b"x" + "é".encode() * 40, "'x" + "é" * 29 + "'... (81 bytes)"),
    ],
)
def test_texts_are_shown_in_one_line(text, expected):
    assert shown(text) == expected


@pytest.fixture
def paths(tmp_path):
    a, b = tmp_path / "a.gguf", tmp_path / "b.gguf"
    a.write_bytes(file_of(BPE))
    b.write_bytes(file_of(BPE | {"tokenizer.ggml.merges": ["b c", "a b"]}))
    return str(a), str(b)


def test_command(paths, capsys):
    a, b = paths
    assert cli.main(["diff", a, a]) == 0
    assert capsys.readouterr().out.startswith("alike: ")
    assert cli.main(["diff", a, b]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[:4] == [f"different: {a} | {b}", "merges: 2", "  rank 0: 'a b' | 'b c'", "  rank 1: 'b c' | 'a b'"]


def test_command_with_a_text_of_the_user(paths, capsys, tmp_path):
    text = tmp_path / "text"
    text.write_bytes(b"\xffabc")
    assert cli.main(["diff", *paths, "--text", str(text), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert (facts["alike"], facts["texts"]) == (False, len(HARD_TEXTS) + 1)
    assert _ids_that_differ(facts) == _ids_that_differ(_diff_as_json(paths, capsys)) + 1


def _diff_as_json(paths, capsys):
    assert cli.main(["diff", *paths, "--json"]) == 1
    return json.loads(capsys.readouterr().out)


def _ids_that_differ(facts):
    return sum(difference["count"] for difference in facts["differences"] if difference["what"] == "ids")


def test_command_errors(paths, capsys, tmp_path):
    assert cli.main(["diff", paths[0], str(tmp_path / "missing.gguf")]) == 1
    assert capsys.readouterr().err.startswith("shimmytok: error: ")
    assert cli.main(["diff", paths[0]]) == 2
    assert cli.main(["diff", *paths, "--text", str(tmp_path / "missing")]) == 1


def test_the_file_may_be_gone(gpt2, tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(Path(gpt2.metadata.source).read_bytes())
    tok = Tokenizer.from_gguf_file(path)
    path.unlink()
    assert describe(tok)["merges"] == 50000
    assert diff(tok, gpt2, []) == []
