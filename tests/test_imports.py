"""What `import shimmytok` leaves for later: modules that take long to import and that few programs need."""

from __future__ import annotations

import os
import subprocess
import sys

LATER = {
    "concurrent.futures",
    "hashlib",
    "logging",
    "shimmytok.check",
    "shimmytok.cli",
    "shimmytok.diff",
    "shimmytok.gguf.writer",
    "shimmytok.models.bpe",
    "shimmytok.models.unigram",
    "shimmytok.pretokenizers.compiling",
    "shimmytok.pretokenizers.dfa",
    "shimmytok.pretokenizers.patterns",
    "shimmytok.pretokenizers.regex",
    "shimmytok.serialize",
    "shimmytok.unicode._tables",
    "shimmytok.verify",
}


def imported_by(program):
    """The names of all modules there are after a program, without those that numpy brings along."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    before = "import sys, numpy, numpy.typing; before = {*sys.modules}"
    program = f"{before}\n{program}\nprint(*({{*sys.modules}} - before))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
    return set(done.stdout.split())


def test_modules_that_are_imported_when_they_are_needed():
    assert not LATER & imported_by("import shimmytok")


def test_a_tokenizer_imports_the_modules_of_its_model_only():
    modules = imported_by("import shimmytok; shimmytok.Tokenizer.from_pretrained('gpt2').encode('a')")
    assert "shimmytok.models.bpe" in modules
    assert not modules & {"shimmytok.models.spm", "shimmytok.models.unigram", "shimmytok.normalizers.bert"}
    assert not modules & {"concurrent.futures", "hashlib", "shimmytok.serialize", "shimmytok.gguf.writer"}
    assert not modules & {"shimmytok.pretokenizers.compiling", "shimmytok.pretokenizers.regex"}
    assert "shimmytok.unicode._tables" not in modules
