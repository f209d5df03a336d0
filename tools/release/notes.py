"""What the changelog says of a version: the text of its GitHub release."""

from __future__ import annotations

from pathlib import Path

from .versions import section

__all__ = ["notes"]


def notes(root: Path, version: str) -> str:
    """The section of a version, without its heading."""
    text = section((root / "CHANGELOG.md").read_text("utf-8"), version).strip()
    if not text:
        raise SystemExit(f"CHANGELOG.md says nothing of {version}")
    return text + "\n"
