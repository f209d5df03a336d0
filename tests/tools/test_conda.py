"""The conda recipe: what it says twice it says as pyproject.toml does, and a release's is made of it and an sdist."""

from __future__ import annotations

import hashlib

import pytest

pytest.importorskip("tomllib", reason="the tools of a release need Python 3.11")
pytest.importorskip("yaml", reason="the tools of a release are not installed")

import tomllib
import yaml

from tools.conda import __main__ as command
from tools.conda import recipe, spoil

TEXT = recipe.RECIPE.read_text(encoding="utf-8")
RECIPE = yaml.safe_load(TEXT)
PYPROJECT = tomllib.loads((recipe.ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def sdist(tmp_path):
    path = tmp_path / f"shimmytok-{RECIPE['context']['version']}.tar.gz"
    path.write_bytes(b"content")
    return path


def test_requirements_are_those_of_pyproject():
    def conda(requirements: list[str]) -> set[str]:
        return {requirement.replace(">=", " >=") for requirement in requirements}

    host, run = RECIPE["requirements"]["host"], RECIPE["requirements"]["run"]
    assert {*host} == {"python", "pip"} | conda(PYPROJECT["build-system"]["requires"])
    assert {*run} == {"python"} | conda(PYPROJECT["project"]["dependencies"])
    (tests,) = [test["requirements"]["run"] for test in RECIPE["tests"] if "requirements" in test]
    assert {*tests} == conda(PYPROJECT["project"]["optional-dependencies"]["test"])
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert RECIPE["build"]["skip"] == f'match(python, "<{oldest}")'


def test_about():
    about = RECIPE["about"]
    assert about["license"] == PYPROJECT["project"]["license"]
    assert {path.name for pattern in ("LICENSE*", "NOTICE") for path in recipe.ROOT.glob(pattern)} == {
        *about["license_file"]
    }
    assert RECIPE["extra"]["recipe-maintainers"] and about["homepage"] == PYPROJECT["project"]["urls"]["Homepage"]
    # As conda-forge wants sections to follow one another.
    assert [*RECIPE] == [
        "schema_version",
        "context",
        "package",
        "source",
        "build",
        "requirements",
        "tests",
        "about",
        "extra",
    ]


def test_files_of_tests_are_there():
    for test in RECIPE["tests"]:
        for pattern in test.get("files", {}).get("source", ()):
            assert list(recipe.ROOT.glob(pattern)), pattern
        for name in test.get("files", {}).get("recipe", ()):
            assert recipe.RECIPE.with_name(name).is_file()


def test_the_recipe_of_a_release(sdist, tmp_path, capsys):
    assert command.main(["recipe", str(sdist), "--out", str(tmp_path / "out")]) == 0
    made = yaml.safe_load((tmp_path / "out" / "recipe.yaml").read_text(encoding="utf-8"))
    source = made.pop("source")
    assert source["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert source["url"].endswith("/v${{ version }}/shimmytok-${{ version }}.tar.gz")
    assert made == {key: value for key, value in RECIPE.items() if key != "source"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"recipe.yaml", "variants.yaml", "hello.py"}


def test_other_sdists_and_recipes_are_refused(sdist, tmp_path):
    other = sdist.with_name("shimmytok-99.0.0.tar.gz")
    other.touch()
    with pytest.raises(SystemExit, match=r"99\.0\.0"):
        recipe.of_sdist(TEXT, other, "")
    with pytest.raises(SystemExit, match="source"):
        recipe.of_sdist(TEXT.replace(recipe.TREE, ""), sdist, "")


def test_each_test_of_the_recipe_is_made_wrong():
    wrong = [content["tests"] for _, _, content in spoil.spoiled(TEXT, "true")]
    right = [[test] for test in RECIPE["tests"]]
    assert all(len(tests) == 1 for tests in wrong)
    # One is wrong in what the package needs, not in itself.
    assert [tests for tests in wrong if tests in right] == [right[0]]
    assert {shape(test) for (test,) in wrong} == {shape(test) for (test,) in right}


def shape(test: dict) -> str:
    """What stays of a test when its commands and names are made wrong."""
    return f"{sorted(test)} {test.get('files')}"
