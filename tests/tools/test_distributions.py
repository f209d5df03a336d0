"""Distributions that have something wrong with them are found out; those that have not are let pass."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("elftools", reason="the tools of a release are not installed")

from tools.distributions import __main__ as command
from tools.distributions import extension, sdist, wheel

INFO = "shimmytok-1.0.dist-info"
METADATA = {
    f"{INFO}/METADATA": b"Name: shimmytok\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n",
    f"{INFO}/RECORD": b"",
    f"{INFO}/licenses/LICENSE": b"",
    f"{INFO}/licenses/NOTICE": b"",
}
SUFFIX = ".cpython-311-x86_64-linux-gnu.so"
NAME = "shimmytok-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Compiles a shared library: its bytes."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("library")

    def library(*flags: str, code: str = "") -> bytes:
        (folder / "a.c").write_text(
            f'__attribute__((visibility("default"))) int PyInit_a(void) {{ return 0; }}\n{code}'
        )
        flags = ("-shared", "-fPIC", "-fvisibility=hidden", *flags)
        subprocess.run([compiler, "-o", "a.so", "a.c", *flags], cwd=folder, check=True)
        return (folder / "a.so").read_bytes()

    return library


@pytest.fixture
def tree(tmp_path):
    """A source tree of one module, and the files of a wheel of it."""
    for name in ("__init__.py", "py.typed", "_a.pyx", "_a.pyi", "data/x.gguf", "include/a.h"):
        path = tmp_path / "tree" / "shimmytok" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "tree"


@pytest.fixture
def files(library):
    clean = library("-s")
    package = {f"shimmytok/{name}": b"" for name in ("__init__.py", "py.typed", "_a.pyi", "data/x.gguf")}
    return package | {f"shimmytok/{name}{SUFFIX}": clean for name in ("_a", "_cyutility")} | METADATA


def faults_of_wheel(tree: Path, files: dict[str, bytes], name: str = NAME) -> list[str]:
    path = tree.parent / name
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in files.items():
            archive.writestr(inside, content)
    return [what for _, what in wheel.findings(path, tree)]


def test_a_good_wheel(tree, files):
    assert faults_of_wheel(tree, files) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("shimmytok/_a.c", "has shimmytok/_a.c, which nobody needs"),
        ("shimmytok/_a.pyx", "has shimmytok/_a.pyx, which nobody needs"),
        ("shimmytok/include/a.h", "has shimmytok/include/a.h, which nobody needs"),
        ("shimmytok/__pycache__/a.pyc", "has shimmytok/__pycache__/a.pyc, which nobody needs"),
        ("tests/conftest.py", "has tests/conftest.py, which is outside the package"),
        (f"{INFO}/NOTES", f"has {INFO}/NOTES, which nobody needs"),
    ],
)
def test_what_a_wheel_must_not_have(tree, files, name, fault):
    (found,) = faults_of_wheel(tree, files | {name: b""})
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("shimmytok/py.typed", "lacks shimmytok/py.typed"),
        ("shimmytok/_a.pyi", "lacks shimmytok/_a.pyi"),
        ("shimmytok/data/x.gguf", "lacks shimmytok/data/x.gguf"),
        (f"shimmytok/_a{SUFFIX}", "lacks the library of shimmytok/_a.pyx"),
        (f"shimmytok/_cyutility{SUFFIX}", "lacks the library that the others share"),
        (f"{INFO}/licenses/NOTICE", "lacks licenses/NOTICE in its .dist-info"),
    ],
)
def test_what_a_wheel_must_have(tree, files, name, fault):
    del files[name]
    assert faults_of_wheel(tree, files) == [fault]


def test_wheels_that_are_not_for_an_index(tree, files):
    for tag in ("cp311-cp311-linux_x86_64", "py3-none-any"):
        (found,) = faults_of_wheel(tree, files, f"shimmytok-1.0-{tag}.whl")
        assert found.startswith(f"is tagged {tag}")
    pure = {f"{INFO}/WHEEL": b"Root-Is-Purelib: true\n"}
    assert faults_of_wheel(tree, files | pure) == ["calls itself pure Python"]


def test_libraries(tree, files, library):
    def faults(*flags: str, code: str = "") -> list[str]:
        return list(extension.faults(library(*flags, code=code)))

    assert faults("-s") == []
    assert faults() == ["has a section .symtab: it is not stripped"]
    assert "has a section .debug_info: it is not stripped" in faults("-g")
    assert "looks for libraries in /nowhere/lib" in faults("-s", "-Wl,-rpath,/nowhere/lib")
    shown = '__attribute__((visibility("default"))) int other(void) { return 1; }'
    assert faults("-s", code=shown) == ["exports other"]
    path = 'const char *where(void); __attribute__((used)) const char *where(void) { return "/home/me/a.c"; }'
    assert faults("-s", code=path) == ["names a path of the machine that built it: /home/me/a.c"]
    large = f"__attribute__((used)) static const char large[{extension.MAX_BYTES}] = {{1}};"
    (found,) = faults("-s", code=large)
    assert found.endswith(f"more than {extension.MAX_BYTES:,}")
    assert list(extension.faults(b"")) == ["is no ELF file"]
    (found,) = faults_of_wheel(tree, files | {f"shimmytok/_a{SUFFIX}": library()})
    assert found == f"shimmytok/_a{SUFFIX} has a section .symtab: it is not stripped"


def faults_of_sdist(folder: Path, names: list[str]) -> list[str]:
    path = folder / "shimmytok-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(f"shimmytok-1.0/{name}"), io.BytesIO())
    return [what for _, what in sdist.findings(path, folder)]


@pytest.fixture
def repository(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    kept = [name for name in sdist.NEEDED if name != "PKG-INFO"]
    for name in (*kept, "docs/a.md", "tests/a.c", ".ci/run", ".gitignore"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("*.tar.gz\n" if name == ".gitignore" else "")
    return tmp_path


def test_sdists(repository):
    good = [*sdist.NEEDED, "docs/a.md", "tests/a.c", "setup.cfg", "shimmytok.egg-info/SOURCES.txt"]
    assert faults_of_sdist(repository, good) == []
    assert faults_of_sdist(repository, [name for name in good if name != "docs/a.md"]) == ["lacks docs/a.md"]
    assert faults_of_sdist(repository, [name for name in good if name != "setup.py"]) == ["lacks setup.py"]
    assert faults_of_sdist(repository, [*good, "notes.txt"]) == ["has notes.txt, which git does not know"]
    for made in ("shimmytok/_a.c", "shimmytok/unicode/_a.html", "shimmytok/_a.so", "tests/a.o"):
        assert faults_of_sdist(repository, [*good, made]) == [f"has {made}, which a build makes"]
    (found,) = faults_of_sdist(repository, [*good, "../outside"])[:1]
    assert "outside" in found


def test_the_command(tmp_path, capsys):
    path = tmp_path / "shimmytok-1.0.zip"
    path.touch()
    assert command.main(["check", str(path)]) == 1
    assert capsys.readouterr().out == (
        "shimmytok-1.0.zip: is neither a wheel nor an sdist\n1 distributions, 1 faults\n"
    )
