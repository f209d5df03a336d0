"""Runs the examples of the README and of docs/: every block of Python, every console session, every `shimmytok` line.

    ```python    is executed, block after block in one namespace a page; `>>>` is a doctest
    ```console   lines after `$ ` are run by a shell, what follows them is what they print (`...` stands for anything)
    ```sh        lines that begin with `shimmytok` are run and must not fail; others (pip, git, asv) are not run
    ```text      is not run, nor is ```toml or ```cython

A page is tested in a folder of its own that has the files it speaks of.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import shutil
import subprocess
import sys
import unittest
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest
from sybil import Document, Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from shimmytok.sources import BUNDLED

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]) if path.name != "CHANGELOG.md"]
LANGUAGES = {"python", "console", "sh", "text", "toml", "cython", "{eval-rst}", "{toctree}", "{include}"}
MODELS = ["model.gguf", "a.gguf", "b.gguf", "Llama-3.2-1B-Q4_K_M.gguf"]
TEXTS = {"prompt.txt": "Hello world\n", "my.txt": "It was a dark night.\n", "notes.txt": "one two three"}
SHELL = f'shimmytok() {{ "{sys.executable}" -m shimmytok "$@"; }}\n'


def run(line: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
    command = ["bash", "-c", SHELL + line]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, encoding="utf-8")


def evaluate_console(example: Example) -> str | None:
    """The first command of a session whose output is another than the page says."""
    checker = doctest.OutputChecker()
    for session in ("\n" + example.parsed).split("\n$ ")[1:]:
        line, _, expected = session.partition("\n")
        done = run(line)
        got = done.stdout + done.stderr
        if not checker.check_output(expected.rstrip("\n"), got.rstrip("\n"), doctest.ELLIPSIS):
            return f"$ {line}\nexpected:\n{expected}\ngot (status {done.returncode}):\n{got}"
    return None


def evaluate_sh(example: Example) -> str | None:
    """The first `shimmytok` line that fails; `verify` may, where there is no llama-cpp-python."""
    for line in example.parsed.splitlines():
        if line.startswith("shimmytok "):
            done = run(line)
            excused = done.returncode == 1 and "llama-cpp-python" in done.stderr and line.startswith("shimmytok verify")
            if done.returncode and not excused:
                return f"{line}\nstatus {done.returncode}: {done.stderr}"
    return None


PARSERS = [PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS), SkipParser()]
if shutil.which("bash") and sys.platform != "win32":
    PARSERS += [CodeBlockParser("console", evaluate_console), CodeBlockParser("sh", evaluate_sh)]


def parse(page: Path) -> Document:
    return Sybil(PARSERS, path=str(ROOT), patterns=["*.md"]).parse(page)


def installed(module: str) -> bool:
    """For the conditions under which pages have examples skipped."""
    return importlib.util.find_spec(module) is not None


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that pages speak of, as the current folder."""
    for name in MODELS:
        shutil.copy(BUNDLED["gpt2"], tmp_path / name)
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_page(page, folder, monkeypatch):
    document, module = parse(page), ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)  # so that its functions can be sent to other processes
    document.namespace = vars(module)
    document.namespace |= {"many_texts": ["Hello", " world"], "long_text": "Hello world", "installed": installed}
    for example in document.examples():
        with suppress(unittest.SkipTest):  # of one example: the others of the page are run
            example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_blocks_are_of_a_kind_that_is_known(page):
    """A block marked `py` or `bash`, or not at all, would not be run."""
    lexer = FencedCodeBlockLexer(r"[^\n]*")
    document = Document(page.read_text(encoding="utf-8"), str(page))
    languages = {region.lexemes["language"].split(" ")[0] for region in lexer(document)}
    assert languages <= LANGUAGES, languages - LANGUAGES


@pytest.mark.parametrize(
    "block",
    [
        "```python\nassert 1 == 2\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "```console\n$ shimmytok decode -m gpt2 15496\nGoodbye\n```\n",
        "```sh\nshimmytok encode -m gpt2\n```\n",
    ],
)
def test_a_wrong_example_fails(block, tmp_path):
    if block.startswith(("```console", "```sh")) and len(PARSERS) == 2:
        pytest.skip("console sessions are run by bash")
    page = tmp_path / "page.md"
    page.write_text(block, encoding="utf-8")
    with pytest.raises(AssertionError):  # SybilFailure is one
        for example in parse(page).examples():
            example.evaluate()


def test_there_are_pages_and_examples():
    assert sum(len(list(parse(page).examples())) for page in PAGES) > 40
