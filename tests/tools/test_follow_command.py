"""The move to another llama.cpp as a command: what it follows, which steps it takes, and the pins it sets."""

from __future__ import annotations

import io
import tarfile
from functools import partial

import pytest
from llama_cpp_excerpts import DATA, UNICODE, VOCAB

from tools.follow import __main__ as command
from tools.follow import golden, pins, source


def test_sources(tmp_path):
    tree = tmp_path / "llama_cpp_python-1.2.3"
    inner = tree / "vendor" / "llama.cpp"
    (inner / "src").mkdir(parents=True)
    for name, content in (("llama-vocab.cpp", VOCAB), ("unicode.cpp", UNICODE), ("unicode-data.cpp", DATA)):
        (inner / "src" / name).write_text(content)
    (tree / "PKG-INFO").write_text("Name: x\nVersion: 1.2.3\n")
    (tree / "CHANGELOG.md").write_text("- ggml-org/llama.cpp@abcdef123\n- ggml-org/llama.cpp@000000000\n")
    with source.opened(str(inner)) as found:
        assert (found.commit, found.release, found.vocab) == (None, None, VOCAB)
    with source.opened(str(tree)) as found:
        assert (found.commit, found.release, found.sdist_sha256) == ("abcdef123", "1.2.3", None)
    archive = tmp_path / "archive.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        made.add(tree, tree.name)
    with source.opened(str(archive), "1234567") as found:
        assert (found.commit, found.release, len(found.sdist_sha256 or "")) == ("1234567", "1.2.3", 64)
        assert found.unicode_data == DATA.encode()
    for nothing in (str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(source.NoSource), source.opened(nothing):
            pass


def test_pins(tmp_path):
    for original in (pins.VERSION_FILE, pins.FETCHER):
        (tmp_path / original.name).write_text(original.read_text("utf-8"), "utf-8")
    version, fetcher = (tmp_path / path.name for path in (pins.VERSION_FILE, pins.FETCHER))
    pins.set_commit(version, "abcdef123", "9.9.9")
    assert 'LLAMA_CPP_REF = "abcdef123"' in version.read_text() and "llama-cpp-python 9.9.9 " in version.read_text()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ggml-vocab-one.gguf").write_bytes(b"")
    pins.set_distribution(fetcher, source.Source(tmp_path, None, "9.9.9", "ff" * 32), ["one"])
    values: dict = {}
    pinned = [line for line in fetcher.read_text().split("\n\n") if line.startswith(("RELEASE", "FILES"))]
    exec("\n".join(pinned), values)
    assert (values["RELEASE"], values["SDIST_SHA256"]) == ("9.9.9", "ff" * 32)
    assert values["FILES"] == {"one": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    with pytest.raises(ValueError, match="0 places"):
        pins.set_commit(tmp_path / "models" / "ggml-vocab-one.gguf", "x", None)
    assert "docs/exactness.md" in pins.mentions(golden.RELEASE)


def test_the_command(monkeypatch, capsys, tmp_path):
    tree = tmp_path / "src"
    tree.mkdir()
    (tree / "llama-vocab.cpp").write_text(VOCAB)
    said = {"tables": [], "patterns": ["a pre is missing"], "pins": []}
    taken: list[str] = []

    def step(name: str, *_: object):
        taken.append(name)
        yield from said[name]

    monkeypatch.setattr(command, "STEPS", {name: partial(step, name) for name in said})
    run = partial(command.main, [str(tmp_path), "--check"])
    assert run() == 1
    assert taken == list(said) and "a pre is missing\n  1 difference\n" in capsys.readouterr().out
    taken.clear()
    assert command.main([str(tmp_path)]) == 1
    assert taken == ["tables", "patterns"], "nothing is written after what is to be done by hand"
    said["patterns"] = []
    assert run() == 0
    said["tables"] = ["U+0041: LETTER -> SYMBOL"]
    assert run() == 1 and command.main([str(tmp_path)]) == 0
    assert command.main([str(tmp_path / "none"), "--check"]) == 2
    with pytest.raises(SystemExit), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", io.StringIO())
        command.main([str(tmp_path), "--steps", "nothing"])
