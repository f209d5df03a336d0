"""`shimmytok verify` and `shimmytok.verify`: over a small fake of llama-cpp-python, and the real one if installed.

The fake answers with shimmytok itself; some texts make it err, die or hang.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from shimmytok import ShimmytokError, Tokenizer, UnsupportedModelError, cli
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from shimmytok.hard_texts import HARD_TEXTS
from shimmytok.verify import Mismatch, cut, verify

FAKE = '''
"""As much of llama-cpp-python as the comparison uses."""
import ctypes, os, time
from shimmytok import Tokenizer

__version__ = "fake"
llama_token = ctypes.c_int32
llama_log_callback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
print("noise on the standard output")
if os.environ.get("FAKE") == "wants a backtrace" and not os.environ.get("GGML_NO_BACKTRACE"):
    raise RuntimeError("a debugger is started")
if os.environ.get("FAKE") == "no libraries":
    raise RuntimeError("Shared library with base name 'llama' not found")


class Params:
    vocab_only = False


llama_model_default_params = Params


def llama_log_set(callback, data):
    callback(1, b"noise", None)


def llama_backend_init():
    pass


def llama_model_load_from_file(path, params):
    assert params.vocab_only
    if os.environ.get("FAKE") == "dies at load":
        os._exit(1)
    return None if os.environ.get("FAKE") == "refuses" else Tokenizer.from_gguf_file(os.fsdecode(path))


def llama_model_get_vocab(model):
    return model


def llama_vocab_n_tokens(vocab):
    return vocab.vocab_size + (os.environ.get("FAKE") == "one token more")


def written(items, room, size):
    if len(items) > size:
        return -len(items)
    room[: len(items)] = items
    return len(items)


def llama_tokenize(vocab, text, length, room, size, add_special, parse_special):
    assert len(text) == length
    if b"DIE" in text:
        os._exit(1)
    if b"HANG" in text:
        time.sleep(60)
    ids = vocab.encode(text, add_special, parse_special=parse_special)
    if b"ERR" in text and parse_special:
        ids[2:] = [7, 8]
    if b"LONG" in text:
        ids *= 100
    return written(ids, room, size)


def llama_token_to_piece(vocab, token, room, size, lstrip, special):
    if os.environ.get("FAKE") == "dies at tokens" or os.environ.get("FAKE") == "dies at token 600" and token == 600:
        os._exit(1)
    wrong = os.environ.get("FAKE") == "wrong piece" and token == 600
    return written(b"?" * 1000 if wrong else vocab.token_to_piece(token, special=special), room, size)


def llama_detokenize(vocab, ids, n, room, size, remove_special, unparse_special):
    text = vocab.decode(list(ids[:n]), not unparse_special, remove_special=remove_special, errors="surrogateescape")
    return written(text.encode("utf-8", "surrogateescape").replace(b"BACK", b"back"), room, size)
'''


@pytest.fixture
def fake(tmp_path, monkeypatch):
    (tmp_path / "llama_cpp.py").write_text(FAKE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda mode: monkeypatch.setenv("FAKE", mode)


N_TOKENS = 3 + 256 + 1 + 1000
N_CALLS = 1 + 2 * N_TOKENS  # the number of tokens, and their pieces


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The path of a SentencePiece vocabulary: all bytes, and numbers with a space."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *(f"▁{i}" for i in range(1000))]
    string, array = ValueType.STRING, ValueType.ARRAY
    path = tmp_path_factory.mktemp("model") / "small.gguf"
    path.write_bytes(
        dumps(
            [
                ("tokenizer.ggml.model", string, "llama"),
                ("tokenizer.ggml.tokens", array, (string, tokens)),
                ("tokenizer.ggml.token_type", array, (ValueType.INT32, [2, 3, 3] + [6] * 256 + [1] * 1001)),
                ("tokenizer.ggml.scores", array, (ValueType.FLOAT32, [0.0] * len(tokens))),
            ]
        )
    )
    return str(path)


def test_all_calls_are_compared(fake, model):
    report = verify(model)
    assert (report.version, report.texts, report.differ) == ("fake", len(HARD_TEXTS), 0)
    assert report.calls == N_CALLS + (4 + 16) * len(HARD_TEXTS)
    assert (report.first, report.deaths) == ((), ())


def test_the_first_difference_of_ids(fake, model):
    report = verify(model, [b"a b c d", b"a b ERR c d"])
    ids = Tokenizer.from_pretrained(model).encode("a b ERR c d", False)
    where = "text 1 'a b ERR c d', add_special=False, parse_special=True, from id 2 on"
    assert report.first[0] == Mismatch("ids", where, ids[2:6], [7, 8])
    assert (report.differ, len(report.first)) == (2, 2)
    assert report.calls == N_CALLS + 20 + 4 + 2 * 4


def test_answers_longer_than_expected_are_read_whole(fake, model):
    report = verify(model, [b"LONG"])
    assert report.differ == 4
    ids = Tokenizer.from_pretrained(model).encode("LONG", False)
    assert report.first[0].where.endswith(f"from id {len(ids)} on")


def test_differences_of_decoding(fake, model):
    report = verify(model, [b"BACK"])
    assert report.differ == 16
    assert len(report.first) == 5
    assert (report.first[0].what, report.first[0].ours, report.first[0].theirs) == ("decoding", b"BACK", b"back")


def test_differences_of_pieces(fake, model):
    fake("wrong piece")
    report = verify(model, [])
    piece = Tokenizer.from_pretrained(model).token_to_piece(600)
    assert report.first[0] == Mismatch("piece", "token 600, special=False", piece, b"?" * 1000)
    assert report.differ == 2


def test_no_debugger_is_started(fake, model):
    fake("wants a backtrace")
    assert verify(model, [b"a"]).differ == 0


def test_another_number_of_tokens(fake, model):
    fake("one token more")
    report = verify(model, [b"a"])
    assert report.first == (Mismatch("tokens", "the vocabulary", N_TOKENS, N_TOKENS + 1),)
    assert report.calls == 1 + 20


def test_it_goes_on_after_deaths(fake, model):
    report = verify(model, [b"a", b"DIE \xff", b"b", b"DIE", b"DIE again", b"c"])
    assert report.deaths == (r"text 1 'DIE \xff'", "text 3 'DIE'", "text 4 'DIE again'")
    assert (report.texts, report.differ, report.calls) == (6, 0, N_CALLS + 3 * 20)


def test_a_death_over_pieces_leaves_out_these(fake, model):
    fake("dies at token 600")
    report = verify(model, [b"a"])
    assert report.deaths == ("the pieces of tokens 512 to 1023",)
    assert report.calls == N_CALLS - 2 * 512 + 20


@pytest.mark.parametrize(
    ("texts", "alike"),
    [
        ([], True),
        ([b"a", b"DIE"], True),
        ([b"DIE"], False),
        ([b"DIE", b"a", b"DIE too"], False),
    ],
)
def test_more_than_half_of_the_texts_have_to_be_compared(fake, model, texts, alike):
    report = verify(model, texts)
    assert (report.differ, report.alike, report.too_little) == (0, alike, not alike)
    assert (report.texts, report.lost_texts) == (len(texts), sum(b"DIE" in text for text in texts))
    assert (report.tokens, report.lost_tokens) == (N_TOKENS, 0)
    assert report.as_dict()["too_little"] is not alike


def test_more_than_half_of_the_tokens_have_to_be_compared(fake, model):
    fake("dies at token 600")
    report = verify(model, [b"a"])
    assert (report.tokens, report.lost_tokens, report.alike) == (N_TOKENS, 512, True)
    fake("dies at tokens")
    report = verify(model, [b"a"])
    assert (report.lost_tokens, report.differ, report.alike) == (N_TOKENS, 0, False)


def test_command_that_could_compare_too_little(fake, capsys, model):
    fake("dies at tokens")
    assert cli.main(["verify", model]) == 1
    out = capsys.readouterr().out.splitlines()
    n_texts = len(HARD_TEXTS)
    assert "0 differ, llama.cpp died 3 times" in out[-2]
    lost = f"no answer for 0 of {n_texts} texts and the pieces of {N_TOKENS} of {N_TOKENS} tokens"
    assert out[-1] == f"{model}: too little was compared: {lost}"
    assert cli.main(["verify", model, "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert (facts["alike"], facts["differ"], facts["too_little"]) == (False, 0, True)


def test_what_does_not_answer_is_ended(fake, model):
    report = verify(model, [b"HANG", b"a"], seconds=5)
    assert report.deaths == ("text 0 'HANG'",)
    assert report.calls == N_CALLS + 20


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("refuses", "llama.cpp does not load .*small.gguf"),
        ("dies at load", "llama.cpp died while it loaded .*small.gguf"),
        ("no libraries", "Shared library with base name 'llama' not found"),
    ],
)
def test_no_answers_at_all(fake, mode, message, model):
    fake(mode)
    with pytest.raises(ShimmytokError, match=message):
        verify(model)


def test_a_folder_of_libraries(fake, tmp_path, model):
    assert verify(model, [], lib=tmp_path).differ == 0
    with pytest.raises(ShimmytokError, match="no such file or folder"):
        verify(model, [], lib=tmp_path / "missing")


def test_a_model_without_a_tokenizer_is_refused(fake, tmp_path, model):
    path = tmp_path / "none.gguf"
    path.write_bytes(dumps([("tokenizer.ggml.model", ValueType.STRING, "none")]))
    with pytest.raises(UnsupportedModelError):
        verify(path)


def test_not_installed(tmp_path, monkeypatch, model):
    (tmp_path / "llama_cpp.py").write_text("raise ModuleNotFoundError(\"No module named 'llama_cpp'\")")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ShimmytokError, match=r"llama-cpp-python is not installed: pip install 'shimmytok\[verify\]'"):
        verify(model)


def test_installed_but_broken(tmp_path, monkeypatch, model):
    (tmp_path / "llama_cpp.py").write_text("import nosuchmodule")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ShimmytokError, match="cannot be imported: No module named 'nosuchmodule'"):
        verify(model)


@pytest.mark.parametrize("text", [b"", b"a", b"\n" * 50, b"a\n" * 50, b"a" * 50, b"a" * 9 + b"\n" + b"b" * 20 + b"\n"])
def test_texts_are_cut_after_newlines(text):
    blocks = list(cut(text, block=10))
    assert b"".join(blocks) == text
    assert all(0 < len(block) <= 10 for block in blocks)
    assert all(len(block) == 10 or block.endswith(b"\n") for block in blocks[:-1])


def test_command(fake, capsys, tmp_path, model):
    text = tmp_path / "text"
    text.write_bytes(b"plain\n" * 1000)
    assert cli.main(["verify", model, "--text", str(text)]) == 0
    n_texts = len(HARD_TEXTS) + 2
    total = f"{model}: {N_CALLS + 20 * n_texts} calls compared over {n_texts} texts, 0 differ, llama.cpp died 0 times"
    assert capsys.readouterr().out == f"{total} (llama-cpp-python fake)\n"
    text.write_bytes(b"ERR" + b"x" * 4093 + b"DIE")
    assert cli.main(["verify", model, "--text", str(text)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"llama.cpp died on this: text {n_texts - 1} 'DIE'"
    assert out[1].startswith(f"ids: text {n_texts - 2} 'ERRxxx")
    assert out[3] == "  llama.cpp: [7, 8]"
    assert "2 differ, llama.cpp died 1 times" in out[-1]


def test_json(fake, capsys, tmp_path, model):
    text = tmp_path / "text"
    text.write_bytes(b"DIE" + b"x" * 4093 + b"ERR" + b"y" * 4093 + b"BACK")
    assert cli.main(["verify", model, "--text", str(text), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert (facts["alike"], facts["file"], facts["version"]) == (False, model, "fake")
    assert facts["texts"] == len(HARD_TEXTS) + 3
    assert facts["differ"] == 2 + 16 and len(facts["deaths"]) == 1 and len(facts["first"]) == 5
    assert [mismatch["what"] for mismatch in facts["first"]] == ["ids"] * 2 + ["decoding"] * 3
    assert facts["first"][0]["theirs"] == [7, 8] and facts["first"][2]["theirs"] == "'back'"
    text.write_bytes(b"plain")
    assert cli.main(["verify", model, "--text", str(text), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["alike"] is True


def test_the_real_llama_cpp(gpt2):
    if importlib.util.find_spec("llama_cpp") is None:
        pytest.skip("llama-cpp-python is not installed")
    report = verify("gpt2")
    assert report.calls == 1 + 2 * gpt2.vocab_size + 20 * (len(HARD_TEXTS) - len(report.deaths))
    assert report.first == ()


def test_nothing_of_it_is_imported_before_it_is_needed():
    program = (
        "import sys, shimmytok.cli; print(sorted({'llama_cpp', 'shimmytok.verify', 'subprocess'} & {*sys.modules}))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, timeout=60, check=True)
    assert b"llama_cpp" not in done.stdout
    assert b"shimmytok.verify" not in done.stdout
