"""Each thing that is not ready for a release is told of; a tree that is ready passes."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from shimmytok import __version__

pytest.importorskip("tomllib", reason="the tools of a release need Python 3.11")

from tools.release import __main__ as command
from tools.release import contents, stubs, versions

FILES = {
    "shimmytok/version.py": '__version__ = "1.2.3"\n',
    "conda/recipe.yaml": 'context:\n  version: "1.2.3"\n',
    "CITATION.cff": 'version: 1.2.3\ndate-released: "2026-01-02"\n',
    "CHANGELOG.md": "## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n- All new.\n\n## [1.2.2] - 2026-01-01\n",
    "tests/golden/index.json": '{"a": {"file": "a.jsonl.xz"}, "b": {"load_error": true}}',
    "pyproject.toml": """
[project]
classifiers = ["Programming Language :: Python :: 3.10"]
optional-dependencies.test = ["pytest"]
[dependency-groups]
test = ["pytest"]
[tool.cibuildwheel]
build = "cp310-*"
""",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("a.jsonl.xz", "texts.jsonl.xz"):
        (tmp_path / "tests" / "golden" / name).write_bytes(lzma.compress(b"{}\n"))
    return tmp_path


def check(root: Path, *arguments: str) -> list[str]:
    options = command.parsed(["--root", str(root), "check", "--no-stubs", *arguments])
    return list(command.faults(options))


def test_a_tree_that_is_ready(root, capsys):
    assert check(root) == []
    assert command.main(["--root", str(root), "check", "--no-stubs"]) == 0
    assert capsys.readouterr().out == "shimmytok 1.2.3: 0 faults\n"


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        ("conda/recipe.yaml", "1.2.3", "1.2.2", ["conda/recipe.yaml: says 1.2.2, not 1.2.3"]),
        ("conda/recipe.yaml", "version", "name", ["conda/recipe.yaml: says nothing, not 1.2.3"]),
        ("CITATION.cff", "1.2.3", "1.2.4", ["CITATION.cff: says 1.2.4, not 1.2.3"]),
        ("CITATION.cff", "01-02", "01-03", ["CITATION.cff: says 2026-01-03, not 2026-01-02"]),
        ("CHANGELOG.md", "[Unreleased]\n", "[Unreleased]\n\n- x\n", ["CHANGELOG.md: there is text under [Unreleased]"]),
        ("CHANGELOG.md", "## [Unreleased]\n", "", ["CHANGELOG.md: there is no heading [Unreleased]"]),
        ("CHANGELOG.md", "[1.2.3]", "[1.2.4]", ["CHANGELOG.md: there is no heading for 1.2.3"]),
        ("CHANGELOG.md", "- All new.", "", ["CHANGELOG.md: nothing is said of 1.2.3"]),
        ("CHANGELOG.md", "[1.2.2]", "[1.10.0]", ["CHANGELOG.md: the versions are not in order: 1.2.3, 1.10.0"]),
        (
            "pyproject.toml",
            '"pytest"]\n[dep',
            '"nose"]\n[dep',
            ["pyproject.toml: the extra and the group `test` differ"],
        ),
        ("pyproject.toml", "cp310", "cp311", ["pyproject.toml: no wheels for Python 3.10, which a classifier names"]),
    ],
)
def test_what_is_not_ready(root, name, old, new, faults):
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), encoding="utf-8")
    assert check(root) == faults
    assert command.main(["--root", str(root), "check", "--no-stubs"]) == 1


def test_before_a_release(root):
    changelog = root / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("[Unreleased]\n", "[Unreleased]\n\n- x\n"))
    (root / "CITATION.cff").unlink()
    assert check(root, "--pre") == []
    assert check(root) == ["CITATION.cff: is not there", "CHANGELOG.md: there is text under [Unreleased]"]


def test_versions_that_are_no_release(root):
    for version in ("1.2", "1.2.3.dev1", "1.2.3+local"):
        (root / "shimmytok" / "version.py").write_text(f'__version__ = "{version}"\n')
        assert f"shimmytok/version.py: {version} is no version to release" in check(root)
    (root / "shimmytok" / "version.py").write_text("")
    with pytest.raises(SystemExit, match="has 0 versions"):
        check(root)


def test_versions_are_ordered_as_numbers():
    ordered = ["0.3.0", "1.9.0a9", "1.9.0a10", "1.9.0rc2", "1.9.0", "1.10.0"]
    assert sorted(ordered, key=versions.order) == ordered != sorted(ordered)


def test_golden_files(root):
    golden = root / "tests" / "golden"
    content = (golden / "a.jsonl.xz").read_bytes()
    (golden / "a.jsonl.xz").write_bytes(content[:-4])
    (golden / "texts.jsonl.xz").unlink()
    name = "tests/golden"
    assert check(root) == [f"{name}/a.jsonl.xz: cannot be read", f"{name}/texts.jsonl.xz: is not there"]
    (golden / "texts.jsonl.xz").write_bytes(lzma.compress(b""))
    assert check(root)[1:] == [f"{name}/texts.jsonl.xz: is empty"]


@pytest.mark.parametrize("stub", ["class A:\n    x: int\n", "class A:\n    x: int\n    def f(self) -> int: ...\n", ""])
def test_stubs(tmp_path, stub):
    pytest.importorskip("mypy", reason="the tools of lint are not installed")
    folder = tmp_path / "shimmytok"
    folder.mkdir()
    (folder / "__init__.py").write_text("from shimmytok._a import A as A\n__all__ = ['A']\n")
    (folder / "_a.py").write_text("class A:\n    x = 1\n")
    (folder / "_a.pyi").write_text(stub)
    faults = list(stubs.stub_faults(tmp_path))
    assert (faults == []) == (stub == "class A:\n    x: int\n"), faults


def test_a_package_that_is_not_built(tmp_path):
    (tmp_path / "shimmytok").mkdir()
    (tmp_path / "shimmytok" / "__init__.py").write_text("import shimmytok._not_built\n")
    (fault,) = stubs.stub_faults(tmp_path)
    assert fault.startswith("shimmytok cannot be imported") and "_not_built" in fault


def test_distributions(root):
    pytest.importorskip("elftools", reason="the tools of a release are not installed")
    dist = root / "dist"
    dist.mkdir()
    assert check(root, "--dist", str(dist)) == [f"{dist}: there is no sdist", f"{dist}: there is no wheel"]
    (dist / "notes.txt").touch()
    faults = check(root, "--dist", str(dist))
    assert faults[:2] == ["notes.txt: is neither a wheel nor an sdist", "notes.txt: is not of version 1.2.3"]


def test_wheels_that_are_missing(root):
    pytest.importorskip("cibuildwheel", reason="the tools of a release are not installed")
    wheels = [f"shimmytok-1.2.3-cp310-cp310-{tag}.whl" for tag in ("win_amd64", "macosx_11_0_arm64")]
    missing = list(contents.missing_wheels(root, wheels))
    assert {"cp310-manylinux_x86_64", "cp310-musllinux_aarch64", "cp310-macosx_x86_64"} <= {*missing}
    assert not {"cp310-win_amd64", "cp310-macosx_arm64"} & {*missing}


def test_this_tree(capsys):
    assert command.main(["check", "--pre", "--no-stubs"]) == 0, capsys.readouterr().out
    assert command.main(["version"]) == command.main(["notes"]) == 0
    assert __version__ in capsys.readouterr().out
