"""The comparison with other libraries, from end to end: real ones where they are installed, and stand-ins that err."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest

import shimmytok
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"
SVG = "{http://www.w3.org/2000/svg}"
REAL = ("gigatoken", "splintr-rs", "snaptokens", "tiktoken", "tokenizers", "tokie")
METRICS = {"load", *(f"{task}.{pass_}" for task in ("flat", "lists") for pass_ in ("cold", "fresh", "warm"))}
METRICS |= {"messages.unseen", "messages.seen"}
TEXT = "".join(f"Chapter {i}: it is a truth universally acknowledged, or nearly so.\n" for i in range(200))
MARK = "\nSome said otherwise.\n"

# tiktoken as far as it is asked, with shimmytok's ids but for texts that hold "otherwise".
TIKTOKEN = """
from shimmytok import Tokenizer

class Encoding:
    def __init__(self, name, *, pat_str, mergeable_ranks, special_tokens):
        assert len(mergeable_ranks) == 50256 and mergeable_ranks[b" world"] == 995 and "++" in pat_str
        self.tok = Tokenizer.from_pretrained("gpt2")

    def encode_ordinary(self, text):
        ids = self.tok.encode(text)
        return [0, *ids] if "otherwise" in text else ids
"""
# tokie, but its process dies as soon as it is timed.
TOKIE = """
import gc, os
from shimmytok import Tokenizer as Real

class Encoding:
    def __init__(self, ids):
        self.ids = ids

class Tokenizer:
    @classmethod
    def from_json(cls, path):
        tok = cls()
        tok.tok = Real.from_pretrained("gpt2")
        return tok

    def encode(self, text, add_special_tokens):
        return Encoding(self.tok.encode(text))

    def encode_batch_flat(self, texts, add_special_tokens):
        import numpy as np
        if os.environ.get("DIE_WHEN_TIMED"):
            print("out of luck", file=__import__("sys").stderr, flush=True)
            os._exit(3)
        ids, offsets = self.tok.encode_batch_flat(texts)
        return ids, np.diff(offsets)
"""


# llama-cpp-python as far as it is asked, with shimmytok's ids but for texts that hold "otherwise".
LLAMA_CPP = """
from types import SimpleNamespace
from shimmytok import Tokenizer

llama_backend_init = lambda: None
llama_model_default_params = SimpleNamespace
llama_model_load_from_file = lambda path, params: Tokenizer.from_gguf_file(path.decode())
llama_model_get_vocab = lambda model: model

def llama_tokenize(vocab, data, n, buffer, room, add_special, parse_special):
    ids = [0] if b"otherwise" in data else vocab.encode(data, False)
    buffer[: len(ids)] = ids
    return len(ids)
"""


def installed(name):
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def stand_in(folder, distribution, source):
    """Install a module that calls itself a distribution of that name."""
    (folder / f"{distribution}.py").write_text(source)
    info = folder / f"{distribution}-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 9.9\n")


@pytest.fixture
def run(tmp_path):
    """Run one of the scripts, with `tmp_path` before the installed packages: its standard output."""

    def run(script, *argv, status=0, **environ):
        path = os.pathsep.join([str(tmp_path), str(Path(shimmytok.__file__).parents[1])])
        done = subprocess.run(
            [sys.executable, str(PEERS / script), *map(str, argv)],
            capture_output=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"} | environ,
        )
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    return run


@pytest.fixture
def compare(run, tmp_path):
    """Compare libraries on a text, one round: (what it prints, what it writes)."""

    def compare(peers, text, **environ):
        (tmp_path / "text.txt").write_text(text, encoding="utf-8", newline="")
        out = tmp_path / "results.json"
        options = ["--text", tmp_path / "text.txt", "--rounds", 1, "--out", out, "--machine", "<a & b>"]
        printed = run("compare.py", "--peers", ",".join(peers), *options, **environ)
        return printed, json.loads(out.read_text(encoding="utf-8"))

    return compare


def test_a_library_with_other_ids_is_told_by_the_number_of_texts(compare, run, tmp_path, peers_module):
    stand_in(tmp_path, "tiktoken", TIKTOKEN)
    printed, report = compare(["shimmytok", "tiktoken"], TEXT + MARK)
    measure = peers_module("measure")
    documents = measure.documents_of((TEXT + MARK).encode())
    messages = measure.messages_of(documents[len(documents) // 2 :])
    expected = sum("otherwise" in text for text in (*documents, *messages))
    ours, theirs = report["libraries"]["shimmytok"], report["libraries"]["tiktoken"]
    assert 0 < expected == theirs["differ"] and ours["differ"] == 0
    assert ours["texts"] == theirs["texts"] == len(documents) + len(messages)
    for result in (ours, theirs):
        assert result["median"].keys() == METRICS and all(value > 0 for value in result["median"].values())
    assert f"| tiktoken 9.9 | in {expected} of {theirs['texts']} texts |" in printed
    assert f"| shimmytok {shimmytok.__version__} | none |" in printed

    run("chart.py", tmp_path / "results.json", tmp_path / "chart.svg")
    check_chart(tmp_path / "chart.svg", report)


def check_chart(path, report):
    """Is it XML, do the bars begin at 0 and have the lengths of the numbers, does it say what it must?"""
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg"
    words = " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    assert all(part in words for part in ("<a & b>", "text.txt", "gpt2.gguf", "tiktoken *", "other ids"))
    (zero,) = (float(line.get("x1")) for line in root.iter(f"{SVG}line") if line.get("class") == "zero")
    ticks = [element for element in root.iter(f"{SVG}text") if element.get("class") == "tick"]
    assert float(ticks[0].text) == 0 and float(ticks[0].get("x")) == zero
    scale = (float(ticks[-1].get("x")) - zero) / float(ticks[-1].text)
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class").startswith("bar")]
    speeds = [r["median"][key] for r in report["libraries"].values() for key in ("flat.fresh", "flat.warm")]
    assert {float(rect.get("x")) for rect in bars} == {zero}
    assert sorted(float(rect.get("width")) for rect in bars) == pytest.approx(
        sorted(speed * scale for speed in speeds), abs=0.1
    )


def test_what_cannot_be_measured_is_named(compare, tmp_path):
    stand_in(tmp_path, "tokie", TOKIE)
    absent = [name for name in REAL if name != "tokie" and not installed(name)]
    printed, report = compare(["shimmytok", "tokie", *absent], "A short text.\n", DIE_WHEN_TIMED="1")
    assert list(report["libraries"]) == ["shimmytok"]
    assert report["not measured"] == {
        "tokie": "its process ended with status 3: out of luck",
        **dict.fromkeys(absent, "not installed"),
    }
    assert "Not measured: tokie (its process ended with status 3: out of luck)." in printed


def test_installed_libraries(compare):
    names = [name for name in REAL if installed(name)]
    if not names:
        pytest.skip("none of the other libraries is installed")
    _, report = compare(["shimmytok", *names], TEXT)
    assert not report["not measured"]
    assert {name: result["differ"] for name, result in report["libraries"].items()} == dict.fromkeys(
        ["shimmytok", *names], 0
    )


@pytest.mark.parametrize(
    ("text", "message"), [(b"", "empty"), (b"a\xff", "not UTF-8 at byte 1")], ids=["empty", "no UTF-8"]
)
def test_texts_that_are_refused(run, tmp_path, text, message):
    (tmp_path / "text").write_bytes(text)
    assert message in run("compare.py", "--text", tmp_path / "text", status=1)


def test_a_library_nobody_knows_is_an_error(run):
    assert "no-such-library: not among" in run("compare.py", "--peers", "no-such-library", status=2)


def test_documents_are_the_text_in_order(peers_module):
    measure = peers_module("measure")
    text = ("日本語 " * 900 + "line\n" * 900 + "é" * 5000).encode()
    documents = measure.documents_of(text)
    assert "".join(documents).encode() == text
    assert all(1_000 <= len(document.encode()) <= 4_003 for document in documents[:-1])
    messages = measure.messages_of(documents)
    assert len(messages) == -(-len(text.decode()) // 100) and max(len(m.encode()) for m in messages) == 100
    assert len(measure.messages_of(["x" * 123_456])) <= measure.MESSAGES


def rows_of(printed):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed.splitlines()[2:]]


def test_vocabularies_beside_llama_cpp(run, tmp_path):
    stand_in(tmp_path, "llama_cpp", LLAMA_CPP)
    (tmp_path / "text.txt").write_text(TEXT + MARK, encoding="utf-8", newline="")
    (tmp_path / "none.gguf").write_bytes(dumps([("tokenizer.ggml.model", ValueType.STRING, "none")]))
    gpt2 = Path(shimmytok.__file__).parent / "data" / "gpt2.gguf"
    rows = rows_of(run("reference.py", "--text", tmp_path / "text.txt", gpt2, tmp_path / "none.gguf"))
    assert [row[:3] for row in rows] == [["gpt2.gguf", "gpt2", "gpt-2"], ["none.gguf", "none", ""]]
    assert rows[0][3].startswith("in 2 of ") and all(float(cell) > 0 for cell in rows[0][4:])
    assert "UnsupportedModelError" in rows[1][3]


def test_pre_tokenizers_beside_llama_cpp(tmp_path, peers_module, monkeypatch):
    """A copy of the vocabulary for each `pre`, with its own ids."""
    monkeypatch.syspath_prepend(str(PEERS))
    reference = peers_module("reference")
    gpt2 = Path(shimmytok.__file__).parent / "data" / "gpt2.gguf"
    ids = {}
    for model, pre, copy in reference.vocabularies(gpt2, True, tmp_path):
        assert model == "gpt2"
        ids[pre] = shimmytok.Tokenizer.from_gguf_file(copy).encode("It's 2026: a  truth", False)
    assert len(ids) == 91 and ids["gpt-2"] != ids["llama-bpe"]
    assert [name for _, name, _ in reference.vocabularies(gpt2, False, tmp_path)] == ["gpt-2"]
