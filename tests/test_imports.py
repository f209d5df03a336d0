"""What `import shimmytok` leaves for later: modules that take long to import and that few programs need; and what it
does not, so that a first load is as quick as a second one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy

import shimmytok

LATER = {
    "concurrent.futures",
    "hashlib",
    "logging",
    "shimmytok.check",
    "shimmytok.cli",
    "shimmytok.diff",
    "shimmytok.gguf.writer",
    "numpy.typing",
    "pathlib",
    "shimmytok._trie",
    "shimmytok.normalizers._sentencepiece",
    "shimmytok.models.unigram",
    "shimmytok.models.wordpiece",
    "shimmytok.pretokenizers.compiling",
    "shimmytok.pretokenizers.dfa",
    "shimmytok.pretokenizers.regex",
    "shimmytok.serialize",
    "shimmytok.unicode._tables",
    "shimmytok.verify",
}


def imported_by(program):
    """The names of all modules there are after a program, without those that numpy brings along."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    before = "import sys, numpy; before = {*sys.modules}"
    program = f"{before}\n{program}\nprint(*({{*sys.modules}} - before))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
    return set(done.stdout.split())


def test_modules_that_are_imported_when_they_are_needed():
    assert not LATER & imported_by("import shimmytok")


def test_a_tokenizer_imports_no_other_model():
    modules = imported_by("import shimmytok; shimmytok.Tokenizer.from_pretrained('gpt2').encode('a')")
    assert not modules & {"shimmytok.models.rwkv", "shimmytok.models.unigram", "shimmytok.normalizers.bert"}
    assert not modules & {"concurrent.futures", "hashlib", "shimmytok.serialize", "shimmytok.gguf.writer"}
    assert not modules & {"shimmytok.pretokenizers.compiling", "shimmytok.pretokenizers.regex"}
    assert "shimmytok.unicode._tables" not in modules


def test_numpy_comes_first():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import shimmytok"], capture_output=True, text=True, check=True
    )
    order = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    assert order.index("numpy") < min(i for i, name in enumerate(order) if name.startswith("shimmytok."))


def test_a_first_load_imports_nothing():
    loads = "shimmytok.Tokenizer.from_pretrained('gpt2').encode('a')"
    assert imported_by(f"import shimmytok; {loads}") == imported_by("import shimmytok")


def test_a_source_folder_that_is_not_compiled_says_so(tmp_path):
    source = os.path.dirname(shimmytok.__file__)
    shutil.copytree(source, tmp_path / "shimmytok", ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    paths = os.pathsep.join([str(tmp_path), os.path.dirname(os.path.dirname(numpy.__file__))])
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import shimmytok"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.returncode and "not compiled: run `pip install -e .`" in done.stderr
