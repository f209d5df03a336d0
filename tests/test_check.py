"""`shimmytok check` and `shimmytok.check`: each trouble is found in a file that has it, and in no sound one."""

from __future__ import annotations

import json
import random

import pytest

from shimmytok import ModelNotFoundError, cli
from shimmytok.check import CODES, check
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

SOUND_BPE = {
    "general.architecture": "gpt2",
    "gpt2.vocab_size": 6,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["a", "b", "c", "ab", "abc", "<|end|>"],
    "tokenizer.ggml.token_type": [1, 1, 1, 1, 1, 3],
    "tokenizer.ggml.merges": ["a b", "ab c"],
    "tokenizer.ggml.bos_token_id": 5,
    "tokenizer.ggml.eos_token_id": 5,
    "tokenizer.chat_template": "{{ messages }}",
}
SPM_TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "h", "i", "▁hi"]
SOUND_SPM = {
    "general.architecture": "llama",
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.pre": "default",
    "tokenizer.ggml.tokens": SPM_TOKENS,
    "tokenizer.ggml.scores": [0.0] * 263,
    "tokenizer.ggml.token_type": [2, 3, 3] + [6] * 256 + [1] * 4,
    "tokenizer.chat_template": "{{ messages }}",
}
ARRAYS = {str: ValueType.STRING, bytes: ValueType.STRING, int: ValueType.INT32, float: ValueType.FLOAT32}
SCALARS = {str: ValueType.STRING, int: ValueType.UINT32, bool: ValueType.BOOL}


def file_of(facts):
    entries = []
    for key, value in facts.items():
        if isinstance(value, list):
            entries.append((key, ValueType.ARRAY, (ARRAYS[type(value[0])], value)))
        elif value is not None:
            entries.append((key, SCALARS[type(value)], value))
    return dumps(entries)


@pytest.fixture
def findings(tmp_path):
    """The findings about a model with some keys changed; a bare name is one of tokenizer.ggml."""

    def findings(facts, **changes):
        changed = {key.replace("__", ".") if "__" in key else f"tokenizer.ggml.{key}": v for key, v in changes.items()}
        path = tmp_path / "model.gguf"
        path.write_bytes(file_of(facts | changed))
        return {finding.code: finding for finding in check(path)}

    return findings


@pytest.mark.parametrize("facts", [SOUND_BPE, SOUND_SPM])
def test_a_sound_file_has_no_findings(findings, facts):
    assert findings(facts) == {}


LONG = "h" * 257
BPE_TOKENS = SOUND_BPE["tokenizer.ggml.tokens"]
BPE_TROUBLES = [
    ("model-missing", {"model": None}, "tokenizer.ggml.model"),
    ("model-unknown", {"model": "nosuch"}, "'nosuch'"),
    ("pre-missing", {"pre": None}, "tokenizer.ggml.pre"),
    ("pre-missing", {"pre": ""}, "empty"),
    ("pre-unknown", {"pre": "nosuch"}, "'nosuch'"),
    ("tokens-duplicate", {"tokens": ["a", "b", "c", "ab", "a", "<|end|>"]}, "of an earlier one: 4 'a'"),
    ("tokens-empty", {"tokens": ["a", "b", "", "ab", "", "<|end|>"]}, "2 tokens have no text: 2 '', 4 ''"),
    ("tokens-invalid-utf8", {"tokens": [b"a", b"b", b"c", b"ab", b"\xe2\x82", b"<|end|>"]}, r"4 '\xe2\x82'"),
    ("tokens-long", {"tokens": ["a", "b", "c", "ab", "h" * 257, "<|end|>"]}, "(257 bytes)"),
    ("tokens-unused", {"tokens": [*BPE_TOKENS[:5], "<|unused_1|>"]}, "5 '<|unused_1|>'"),
    ("tokens-unused", {"token_type": [1, 1, 1, 1, 5, 3]}, "4 'abc'"),
    ("tokens-typed-normal", {"token_type": [1] * 6}, "5 '<|end|>'"),
    ("tokens-typed-normal", {"tokens": ["<|im_end|>", "b", "c", "ab", "<｜User｜>"]}, "0 '<|im_end|>', 4 '<｜User｜>'"),
    ("types-missing", {"token_type": None}, "token_type"),
    ("types-too-few", {"token_type": [1] * 5}, "5 types for 6 tokens"),
    ("types-too-many", {"token_type": [1] * 5 + [3, 1]}, "7 types for 6 tokens"),
    ("types-unknown", {"token_type": [1, 7, 1, -1, 1, 3]}, "1 'b', 3 'ab'"),
    ("scores-too-few", {"scores": [0.0]}, "1 scores for 6 tokens"),
    ("scores-too-many", {"scores": [0.0] * 9}, "9 scores for 6 tokens"),
    ("scores-not-finite", {"scores": [0.0, float("nan"), float("inf"), 0.0, 0.0, 0.0]}, "1 'b', 2 'c'"),
    ("merges-without-space", {"merges": ["a b", "ab c", "abc", " b", "a "]}, "3 merges (by rank) do not"),
    ("merges-unknown-part", {"merges": ["a b", "ab c", "bc a"]}, "2 'bc a'"),
    ("merges-repeated", {"merges": ["a b", "ab c", "a b"]}, "2 'a b'"),
    ("merges-result-no-token", {"merges": ["a b", "ab c", "c c"]}, "2 'c c'"),
    ("id-out-of-range", {"eos_token_id": 6}, "tokenizer.ggml.eos_token_id is 6, but there are 6 tokens"),
    ("id-out-of-range", {"prefix_token_id": 99}, "prefix_token_id is 99"),
    ("bos-absent", {"bos_token_id": None, "add_bos_token": True}, "BOS"),
    ("eos-absent", {"eos_token_id": None, "add_eos_token": True}, "EOS"),
    ("bos-double", {"add_bos_token": True, "tokenizer__chat_template": "{{ bos_token }}"}, "'<|end|>'"),
    ("bos-double", {"add_bos_token": True, "tokenizer__chat_template": "<|end|>{{ x }}"}, "'<|end|>'"),
    ("chat-template-missing", {"tokenizer__chat_template": None}, "tokenizer.chat_template"),
    ("vocab-size-differs", {"gpt2__vocab_size": 7}, "gpt2.vocab_size is 7, but there are 6 tokens"),
    ("wrong-type", {"eos_token_id": "5"}, "expected UINT32, found STRING"),
    ("wrong-type", {"tokens": [1, 2]}, "expected ARRAY of STRING"),
    ("load-error", {"tokens": None}, "there are no tokens"),
    ("load-error", {"merges": None}, "there are no merges"),
]  # fmt: skip
SPM_TROUBLES = [
    ("pre-ignored", {"pre": "qwen2"}, "'qwen2'"),
    ("scores-missing", {"scores": None}, "scores"),
    ("bytes-missing", {"tokens": [t.replace("<0x41>", "AA") for t in SPM_TOKENS]}, "1 bytes have no token: 65"),
    ("bos-double", {"tokenizer__chat_template": "{{ bos_token + x }}"}, "'<s>'"),
    ("eos-not-eog", {"tokens": [*SPM_TOKENS[:-1], "<|tool_response>"]}, "2 '</s>'"),
    ("eos-missing", {"tokens": ["a", "b"], "scores": [0.0] * 2, "token_type": [1, 1]}, "neither an EOS"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "code", "changes", "message"),
    [(SOUND_BPE, *trouble) for trouble in BPE_TROUBLES] + [(SOUND_SPM, *trouble) for trouble in SPM_TROUBLES],
)
def test_troubles(findings, facts, code, changes, message):
    found = findings(facts, **changes)
    assert code in found
    assert message in found[code].message
    assert (found[code].severity, found[code].hint) == CODES[code]


def test_every_code_is_tested_and_documented(pytestconfig):
    tested = {code for code, *_ in BPE_TROUBLES + SPM_TROUBLES} | {"unreadable"}
    assert tested == {*CODES}
    documented = (pytestconfig.rootpath / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [
        code
        for code, (severity, hint) in CODES.items()
        if f"| `{code}` | {severity.value} | {hint} |" not in documented
    ] == []


def test_one_trouble_is_told_once(findings):
    assert [*findings(SOUND_BPE, pre="nosuch")] == ["pre-unknown"]
    assert [*findings(SOUND_BPE, eos_token_id="5")] == ["wrong-type"]
    assert [*findings(SOUND_BPE, token_type=[1])] == ["types-too-few"]


def test_a_template_without_bos_and_a_model_without_it_are_sound(findings):
    assert findings(SOUND_BPE, tokenizer__chat_template="{{ bos_token }}") == {}
    assert findings(SOUND_BPE, add_bos_token=True) == {}


def test_html_is_no_special_token(findings):
    assert findings(SOUND_BPE, tokens=["a", "b", "<s>", "ab", "abc", "<|end|>"]) == {}


def test_unreadable_files(tmp_path):
    path = tmp_path / "model.gguf"
    for data in (b"", b"GGUF", b"no GGUF file", file_of(SOUND_BPE)[:-1]):
        path.write_bytes(data)
        assert [finding.code for finding in check(path)] == ["unreadable"]
    with pytest.raises(ModelNotFoundError):
        check(tmp_path / "missing.gguf")


@pytest.mark.parametrize("facts", [SOUND_BPE, SOUND_SPM])
def test_damaged_files_never_crash_it(tmp_path, facts):
    path, chance = tmp_path / "model.gguf", random.Random(7)
    sound = file_of(facts)
    for _ in range(400):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 3, 8, 32, 127, 255, chance.randrange(256)))
        path.write_bytes(data)
        assert {finding.code for finding in check(path)} <= {*CODES}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(file_of(SOUND_BPE | {"tokenizer.ggml.merges": ["a b", "ab c", "c c"]}))
    return path


def test_command(path, capsys):
    assert cli.main(["check", str(path)]) == 0
    warning, hint, total = capsys.readouterr().out.splitlines()
    assert warning == "warning: merges-result-no-token: 1 merges (by rank) make what is no token: 2 'c c'"
    assert hint.startswith("  hint: ")
    assert total == f"{path}: 0 errors, 1 warnings, 0 notes"


def test_command_as_json(path, capsys):
    path.write_bytes(file_of(SOUND_BPE | {"tokenizer.ggml.pre": "nosuch", "tokenizer.ggml.merges": ["a b", "c c"]}))
    assert cli.main(["check", str(path), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert (facts["errors"], facts["warnings"], facts["notes"]) == (1, 1, 0)
    assert [(found["code"], found["severity"]) for found in facts["findings"]] == [
        ("pre-unknown", "error"),
        ("merges-result-no-token", "warning"),
    ]


def test_command_without_a_file(tmp_path, capsys):
    assert cli.main(["check", str(tmp_path / "missing.gguf")]) == 1
    assert capsys.readouterr().err.startswith("shimmytok: error: ")
