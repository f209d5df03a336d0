"""One version everywhere: shimmytok/version.py has it, and what cannot read that file must say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["changelog_faults", "order", "released", "section", "version_faults", "version_of"]

VERSION_FILE = "shimmytok/version.py"
# Files that name the version of the package, and how.
NAMED = {
    "conda/recipe.yaml": r'(?m)^  version: "([^"]+)"$',
    "CITATION.cff": r'(?m)^version: "?([^"\s]+)"?$',
}
# The day of the release, beside it.
DATED = {"CITATION.cff": r'(?m)^date-released: "?([^"\s]+)"?$'}
HEADING = re.compile(r"(?m)^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$")
UNRELEASED = re.compile(r"(?ms)^## \[Unreleased\]\n(.*?)(?=^## |\Z)")
RELEASE = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


def version_of(root: Path) -> str:
    """The version in the one place that has it."""
    found = re.findall(r'(?m)^__version__ = "([^"]*)"$', (root / VERSION_FILE).read_text("utf-8"))
    if len(found) != 1:
        raise SystemExit(f"{VERSION_FILE} has {len(found)} versions")
    return str(found[0])


def released(root: Path) -> list[tuple[str, str]]:
    """The versions of the changelog with their days, the newest first."""
    return HEADING.findall((root / "CHANGELOG.md").read_text("utf-8"))


def version_faults(root: Path, pre: bool) -> Iterator[str]:
    """Files that are of another version or day; before a release (`pre`), one may be missing."""
    version = version_of(root)
    if not RELEASE.fullmatch(version):
        yield f"{VERSION_FILE}: {version} is no version to release"
    for name, pattern in NAMED.items():
        if pre and not (root / name).is_file():
            continue
        yield from _differing(root / name, name, pattern, version)
    days = dict(released(root))
    for name, pattern in DATED.items():
        if version in days and (root / name).is_file():
            yield from _differing(root / name, name, pattern, days[version])


def changelog_faults(root: Path, pre: bool) -> Iterator[str]:
    """What the changelog lacks; before a release (`pre`), what is not released yet may stand in it."""
    version, versions = version_of(root), [name for name, _ in released(root)]
    text = (root / "CHANGELOG.md").read_text("utf-8")
    unreleased = UNRELEASED.search(text)
    if unreleased is None:
        yield "CHANGELOG.md: there is no heading [Unreleased]"
    elif unreleased[1].strip() and not pre:
        yield "CHANGELOG.md: there is text under [Unreleased]"
    if version not in versions:
        yield f"CHANGELOG.md: there is no heading for {version}"
    elif versions[0] != version:
        yield f"CHANGELOG.md: {version} is not the first release"
    elif not section(text, version).strip():
        yield f"CHANGELOG.md: nothing is said of {version}"
    if versions != sorted(versions, key=order, reverse=True):
        yield f"CHANGELOG.md: the versions are not in order: {', '.join(versions)}"


def _differing(path: Path, name: str, pattern: str, expected: str) -> Iterator[str]:
    if not path.is_file():
        yield f"{name}: is not there"
        return
    found = re.findall(pattern, path.read_text("utf-8"))
    if found != [expected]:
        yield f"{name}: says {', '.join(found) or 'nothing'}, not {expected}"


def section(text: str, version: str) -> str:
    """What is said of a version."""
    found = re.search(rf"(?ms)^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", text)
    return found[1] if found else ""


def order(version: str) -> tuple[list[int], str, int]:
    """What versions are sorted by: alphas, betas and candidates come before what they lead to."""
    numbers, kind, n = re.fullmatch(r"([\d.]+?)(?:(a|b|rc)(\d+))?", version).groups()
    return [int(number) for number in numbers.split(".")], kind or "z", int(n or 0)
