"""The `shimmytok` command: what it reads, what it writes to the byte, and its exit statuses."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys

import pytest

import gguf
import shimmytok
from shimmytok import cli
from shimmytok.escapes import process_escapes

HELLO = [15496, 995]
END_OF_TEXT = 50256  # gpt2's only special token
BOS, EOS, BYTES, WORD = 1, 2, 3, 260  # of the small model below


@pytest.fixture
def run(capsysbinary, monkeypatch):
    """Run the command in this process: (status, stdout, stderr)."""

    def run(*argv, stdin=b"", terminal=False):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="ascii"))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
        capsysbinary.readouterr()
        status = cli.main([os.fspath(arg) for arg in argv])
        captured = capsysbinary.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A SentencePiece model that adds a BOS: all bytes and the word "▁hi"."""
    types = gguf.TokenType
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "▁hi", "h", "i", "▁h"]
    path = tmp_path_factory.mktemp("model") / "small.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("small")
    writer.add_context_length(512)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 259 + [-3.0, -1.0, -4.0, -4.0, -2.0])
    writer.add_token_types([types.UNKNOWN, types.CONTROL, types.CONTROL] + [types.BYTE] * 256 + [types.NORMAL] * 5)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_chat_template("{{ messages }}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


# Escapes.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb"a\nb\rc\td", b"a\nb\rc\td"),
        (rb"\'\"\\n", b"'\"\\n"),
        (rb"\x41\xe2\x82\xAC", b"A\xe2\x82\xac"),
        (rb"\d \0 \u0041", rb"\d \0 \u0041"),
        (b"ends in \\", b"ends in \\"),
        (rb"\x4", rb"\x4"),
        (rb"\xg1\x1g\x0x", rb"\xg1\x1g\x0x"),
        (b"\\x 4\\x\t4\\x+4\\x-1\\x--", b"\x04\x04\x04\xff\\x--"),
        (b"\\x\\n", b"\\x\n"),
        (b"\\\n\\\xff", b"\\\n\\\xff"),
        (b"", b""),
    ],
)
def test_escapes_equal_those_of_llama_cpp(text, expected):
    assert process_escapes(text) == expected


# encode


def test_encode_lists_tokens(run):
    assert run("encode", "-m", "gpt2", "-p", "Hello world") == (0, b" 15496 -> 'Hello'\n   995 -> ' world'\n", b"")


def test_encode_ids_and_count(run):
    ids = b"[15496, 995]\n"
    assert run("encode", "-m", "gpt2", "-p", "Hello world", "--ids") == (0, ids, b"")
    count = b"Total number of tokens: 2\n"
    assert run("encode", "--model", "gpt2", "--prompt", "Hello world", "--ids", "--show-count") == (0, ids + count, b"")
    assert run("encode", "-m", "gpt2", "-p", "Hello world", "--show-count")[1].endswith(b"' world'\n" + count)


def test_encode_nothing(run):
    assert run("encode", "-m", "gpt2", "-p", "", "--ids") == (0, b"[]\n", b"")
    assert run("encode", "-m", "gpt2", "--stdin", "--show-count") == (0, b"Total number of tokens: 0\n", b"")


def test_encode_processes_escapes_unless_told_not_to(run):
    newline = run("encode", "-m", "gpt2", "-p", r"a\nb", "--ids")[1]
    assert newline == run("encode", "-m", "gpt2", "--stdin", "--no-escape", "--ids", stdin=b"a\nb")[1]
    backslash = run("encode", "-m", "gpt2", "-p", r"a\nb", "--ids", "--no-escape")[1]
    assert backslash == run("encode", "-m", "gpt2", "-p", r"a\\nb", "--ids")[1]
    assert json.loads(newline) == shimmytok.Tokenizer.from_pretrained("gpt2").encode("a\nb")
    assert json.loads(backslash) == shimmytok.Tokenizer.from_pretrained("gpt2").encode(r"a\nb")


def test_encode_parses_special_tokens_unless_told_not_to(run):
    arguments = ("encode", "-m", "gpt2", "-p", "<|endoftext|>", "--ids")
    assert run(*arguments)[1] == b"[%d]\n" % END_OF_TEXT
    plain = json.loads(run(*arguments, "--no-parse-special")[1])
    assert END_OF_TEXT not in plain
    assert len(plain) > 1


def test_encode_adds_bos_as_the_model_wants(run, small):
    assert run("encode", "-m", small, "-p", "hi", "--ids")[1] == b"[%d, %d]\n" % (BOS, WORD)
    assert run("encode", "-m", small, "-p", "hi", "--ids", "--no-bos")[1] == b"[%d]\n" % WORD


def test_encode_reads_bytes_from_files_and_stdin(run, tmp_path):
    text = "caf\u00e9\r\nna\u00efve\n\u20ac".encode()
    path = tmp_path / "text"
    path.write_bytes(text)
    expected = shimmytok.Tokenizer.from_pretrained("gpt2").encode(text)
    assert json.loads(run("encode", "-m", "gpt2", "-f", path, "--ids")[1]) == expected
    assert json.loads(run("encode", "-m", "gpt2", "--stdin", "--ids", stdin=text)[1]) == expected


def test_encode_takes_a_prompt_that_looks_like_a_switch(run):
    tok = shimmytok.Tokenizer.from_pretrained("gpt2")
    for text in ("--ids", "-p", "-x y", "--", "="):
        assert json.loads(run("encode", "-m", "gpt2", "-p", text, "--ids")[1]) == tok.encode(text)
        assert json.loads(run("encode", "-m", "gpt2", "--ids", f"--prompt={text}")[1]) == tok.encode(text)


def test_encode_writes_raw_pieces(run):
    out = run("encode", "-m", "gpt2", "-p", "\U00010348")[1]
    pieces = re.findall(rb"^ *\d+ -> '(.*?)'$", out, re.MULTILINE | re.DOTALL)
    assert len(pieces) > 1
    assert b"".join(pieces) == "\U00010348".encode()


def test_encode_shows_parts_of_characters_on_a_terminal(run):
    out = run("encode", "-m", "gpt2", "-p", "a\U00010348", terminal=True)[1]
    first, *rest = out.splitlines()
    assert first == b"    64 -> 'a'"
    assert all(line.endswith(b">' (utf-8 decode failure)") for line in rest)
    shown = b" ".join(line.partition(b"'<")[2].partition(b">'")[0] for line in rest)
    assert bytes.fromhex(shown.decode()) == "\U00010348".encode()


def test_encode_lists_many_tokens(run):
    out = run("encode", "-m", "gpt2", "--stdin", "--show-count", stdin=b"Hello world" * 10_000)[1]
    assert out.count(b" -> '") == 20_000
    assert out.endswith(b"Total number of tokens: 20000\n")


# decode


@pytest.mark.parametrize("ids", [["15496", "995"], ["15496,995"], ["[15496, 995]"], ["[15496,", "995]"]])
def test_decode_takes_ids_in_any_form(run, tmp_path, ids):
    path = tmp_path / "ids"
    path.write_text("\n".join(ids))
    assert run("decode", "-m", "gpt2", *ids) == (0, b"Hello world", b"")
    assert run("decode", "-m", "gpt2", "-f", path) == (0, b"Hello world", b"")
    assert run("decode", "-m", "gpt2", "--stdin", stdin=" ".join(ids).encode()) == (0, b"Hello world", b"")


def test_decode_writes_a_newline_on_a_terminal_only(run):
    assert run("decode", "-m", "gpt2", "15496", terminal=True)[1] == b"Hello\n"
    assert run("decode", "-m", "gpt2", "--stdin") == (0, b"", b"")


def test_decode_is_exact_for_any_bytes(run, small):
    every_byte = [*range(256), 0xE2, 0x82, 0xED, 0xA0, 0x80, 0x0D, 0x0A]
    ids = " ".join(str(BYTES + byte) for byte in every_byte)
    assert run("decode", "-m", small, ids) == (0, bytes(every_byte), b"")


def test_decode_special_tokens(run, small):
    ids = (BOS, WORD, EOS, WORD, EOS)
    assert run("decode", "-m", small, *map(str, ids))[1] == b"<s> hi</s> hi</s>"
    assert run("decode", "-m", small, "--remove-special", *map(str, ids))[1] == b" hi</s> hi</s>"
    assert run("decode", "-m", small, "--skip-special", *map(str, ids))[1] == b" hi hi"


@pytest.mark.parametrize(
    "ids", [["50257"], ["-1"], ["9999999999"], ["99999999999"], ["1", "x"], ["1.5"], ["1_0"], ["\u0661"]]
)
def test_decode_refuses_what_is_no_token(run, ids):
    status, out, err = run("decode", "-m", "gpt2", *ids)
    assert (status, out) == (1, b"")
    assert err.startswith(b"shimmytok: error: ")
    assert err.count(b"\n") == 1


# count


def test_count_files(run, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"Hello world")
    two.write_bytes(rb"\n<|endoftext|>")
    tok = shimmytok.Tokenizer.from_pretrained("gpt2")
    n = len(tok.encode(two.read_bytes()))
    assert run("count", "-m", "gpt2", one) == (0, f"2\t{one}\n".encode(), b"")
    assert run("count", "-m", "gpt2", one, two)[1] == f"2\t{one}\n{n}\t{two}\n{n + 2}\ttotal\n".encode()
    parsed = len(tok.encode(two.read_bytes(), parse_special=True))
    assert parsed < n
    assert run("count", "-m", "gpt2", "--parse-special", two)[1] == f"{parsed}\t{two}\n".encode()
    assert run("count", "-m", "gpt2", "-", stdin=b"Hello world")[1] == b"2\t-\n"


def test_count_text(run, small):
    assert run("count", "-m", "gpt2", "-p", "Hello world") == (0, b"2\n", b"")
    assert run("count", "-m", "gpt2", "--stdin", stdin=b"Hello world") == (0, b"2\n", b"")
    assert run("count", "-m", small, "-p", "hi")[1] == b"2\n"
    assert run("count", "-m", small, "-p", "hi", "--no-special")[1] == b"1\n"


def test_count_the_text_of_one_file(run, tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"Hello world")
    assert run("count", "-m", "gpt2", "-f", path) == (0, b"2\n", b"")
    assert run("count", "-m", "gpt2", f"--file={path}") == (0, b"2\n", b"")
    assert run("count", "-m", "gpt2", "-f", "-", stdin=b"Hello world") == (0, b"2\n", b"")
    status, out, err = run("count", "-m", "gpt2", "-f", tmp_path / "missing")
    assert (status, out) == (1, b"") and err.startswith(b"shimmytok: error: ")


@pytest.mark.parametrize("where", range(4))
def test_options_stand_between_other_arguments(run, tmp_path, where):
    files = [tmp_path / "one", tmp_path / "two", tmp_path / "three"]
    for file in files:
        file.write_bytes(b"Hello world")
    run_with = ["-m", "gpt2", *files[:where], "--parse-special", *files[where:]]
    status, out, err = run("count", *run_with)
    assert (status, err) == (0, b"")
    assert out == b"".join(b"2\t%b\n" % os.fsencode(file) for file in files) + b"6\ttotal\n"


def test_options_end_at_two_dashes(run):
    assert run("decode", "15496", "-m", "gpt2", "--", "995")[:2] == (0, b"Hello world")
    assert b"ids[1] is -5" in run("decode", "15496", "-m", "gpt2", "--", "-5")[2]


def test_count_goes_on_after_a_missing_file(run, tmp_path):
    there, missing = tmp_path / "there", tmp_path / "missing"
    there.write_bytes(b"Hello world")
    status, out, err = run("count", "-m", "gpt2", missing, there)
    assert (status, out) == (1, f"2\t{there}\n2\ttotal\n".encode())
    assert err == f"shimmytok: error: {missing}: {os.strerror(2)}\n".encode()


# info


def test_info_json(run, small):
    status, out, _ = run("info", "-m", small, "--json")
    facts = json.loads(out)
    assert status == 0
    assert (facts["file"], facts["gguf_version"]) == (str(small), 3)
    assert (facts["architecture"], facts["name"], facts["model_type"]) == ("llama", "small", "llama")
    assert (facts["vocab_size"], facts["merges"], facts["context_length"]) == (264, None, 512)
    assert (facts["add_bos"], facts["add_eos"]) == (True, False)
    assert facts["special_tokens"]["bos"] == {"id": BOS, "text": "<s>"}
    assert {"id": EOS, "text": "</s>"} in facts["eog_tokens"]
    assert (facts["chat_template"], facts["chat_templates"]) == (True, [])
    assert facts["fingerprint"] == shimmytok.Tokenizer.from_gguf_file(small).fingerprint


def test_info_text(run):
    status, out, _ = run("info", "-m", "gpt2")
    facts = [line.split(maxsplit=1) for line in out.decode().splitlines()]
    assert status == 0
    assert ["model_type", "gpt2"] in facts
    assert ["vocab_size", "50257"] in facts
    assert ["merges", "50000"] in facts
    assert ["chat_template", "no"] in facts
    assert f'{END_OF_TEXT} "<|endoftext|>"' in out.decode()


# Errors and statuses


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["tokenize"],
        ["encode", "-p", "no model"],
        ["encode", "-m", "gpt2"],
        ["encode", "-m", "gpt2", "-p", "two", "--stdin"],
        ["encode", "-m", "gpt2", "-p"],
        ["encode", "-m", "gpt2", "-p", "x", "--no-parse"],
        ["decode", "-m", "gpt2"],
        ["decode", "-m", "gpt2", "1", "--stdin"],
        ["count", "-m", "gpt2"],
        ["count", "-m", "gpt2", "file", "-p", "text"],
        ["count", "-m", "gpt2", "file", "-f", "file"],
        ["count", "-m", "gpt2", "-p", "text", "-f", "file"],
        ["decode", "-m", "gpt2", "-p", "1"],
    ],
)
def test_wrong_usage_exits_with_2(run, argv):
    status, out, err = run(*argv)
    assert (status, out) == (2, b"")
    assert err.startswith(b"usage: shimmytok")


def test_errors_exit_with_1(run, tmp_path):
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF\3\0\0\0")
    for argv in (
        ["encode", "-m", damaged, "-p", "x"],
        ["encode", "-m", tmp_path / "missing.gguf", "-p", "x"],
        ["encode", "-m", "gpt2", "-f", tmp_path / "missing"],
        ["decode", "-m", "gpt2", "-f", tmp_path],
        ["info", "-m", damaged],
    ):
        status, out, err = run(*argv)
        assert (status, out) == (1, b"")
        assert err.startswith(b"shimmytok: error: ")
        assert b"Traceback" not in err


@pytest.mark.parametrize("message", ["", "no memory to encode the text"])
def test_memory_that_runs_out_is_told_in_a_line(run, monkeypatch, tmp_path, message):
    def exhausted(_):
        raise MemoryError(message) if message else MemoryError

    line = f"shimmytok: error: {message or 'out of memory'}\n".encode()
    monkeypatch.setattr(cli, "_read", exhausted)
    assert run("encode", "-m", "gpt2", "-f", tmp_path / "x") == (1, b"", line)
    assert run("count", "-m", "gpt2", "a", "b") == (1, b"0\ttotal\n", 2 * line)
    monkeypatch.setattr(cli, "_load", exhausted)
    assert run("info", "-m", "gpt2") == (1, b"", line)


def test_interrupt_exits_with_130(run, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_load", interrupted)
    assert run("encode", "-m", "gpt2", "-p", "x") == (130, b"", b"")


def test_log_disable_silences_warnings_for_one_run(run, monkeypatch, caplog):
    load = cli._load

    def warn(model):
        logging.getLogger("shimmytok.test").warning("odd model")
        return load(model)

    monkeypatch.setattr(cli, "_load", warn)
    run("encode", "-m", "gpt2", "-p", "x", "--log-disable")
    assert not caplog.records
    run("encode", "-m", "gpt2", "-p", "x")
    assert [record.message for record in caplog.records] == ["odd model"]


def test_version(run):
    assert run("--version") == (0, f"shimmytok {shimmytok.__version__}\n".encode(), b"")


def test_help(run):
    for argv in (["--help"], ["encode", "--help"], ["decode", "--help"], ["count", "--help"], ["info", "--help"]):
        status, out, err = run(*argv)
        assert (status, err) == (0, b"")
        assert out.startswith(b"usage: shimmytok")
