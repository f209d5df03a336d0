"""The recipe as conda-forge has it: conda/recipe.yaml, with a released sdist for a source instead of the tree."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

__all__ = ["RECIPE", "of_sdist", "released_url", "write"]

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "conda" / "recipe.yaml"
RELEASES = "https://github.com/shimmytok/shimmytok/releases/download"
TREE = "source:\n  path: ..\n"
VERSION = re.compile(r'(?m)^  version: "([^"]+)"$')


def released_url(name: str) -> str:
    """Where the release workflow puts an sdist, in the recipe's words."""
    return f"{RELEASES}/v${{{{ version }}}}/{name.replace(version_of(name), '${{ version }}')}"


def version_of(name: str) -> str:
    """The version in an sdist's name."""
    return name.removeprefix("shimmytok-").removesuffix(".tar.gz")


def of_sdist(recipe: str, sdist: Path, url: str) -> str:
    """A recipe whose source is an sdist, found at a URL; the recipe has to be for the sdist's version."""
    versions = VERSION.findall(recipe)
    if versions != [version_of(sdist.name)]:
        raise SystemExit(f"the recipe is for version {', '.join(versions)}, {sdist.name} is of another")
    if recipe.count(TREE) != 1:
        raise SystemExit("the recipe's source is not the tree it is in")
    sha256 = hashlib.sha256(sdist.read_bytes()).hexdigest()
    return recipe.replace(TREE, f"source:\n  url: {url}\n  sha256: {sha256}\n")


def write(folder: Path, text: str) -> Path:
    """A recipe with the files that lie beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("variants.yaml", "hello.py"):
        shutil.copy(RECIPE.with_name(name), folder)
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path
