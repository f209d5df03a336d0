"""The command line: is everything ready for a release?

python -m tools.release check --pre          # between releases: text under [Unreleased] is fine
python -m tools.release check --dist dist    # before one; dist: what was built, with --complete all wheels
python -m tools.release version              # the version, for scripts
python -m tools.release notes                # what the changelog says of it
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from . import contents, versions
from .notes import notes
from .stubs import stub_faults

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Runs; the exit status is 1 when something is not ready."""
    options = parsed(arguments)
    if options.command == "version":
        print(versions.version_of(options.root))
        return 0
    if options.command == "notes":
        print(notes(options.root, versions.version_of(options.root)), end="")
        return 0
    found = list(faults(options))
    for fault in found:
        print(fault)
    print(f"shimmytok {versions.version_of(options.root)}: {len(found)} faults")
    return 1 if found else 0


def faults(options: argparse.Namespace) -> Iterator[str]:
    """All that is not ready."""
    yield from versions.version_faults(options.root, options.pre)
    yield from versions.changelog_faults(options.root, options.pre)
    yield from contents.group_faults(options.root)
    yield from contents.golden_faults(options.root)
    if not options.no_stubs:
        yield from stub_faults(options.root)
    if options.dist:
        yield from contents.distribution_faults(options.root, options.dist, options.complete)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="tell what is not ready")
    check.add_argument("--pre", action="store_true", help="no release yet: [Unreleased] may have text")
    check.add_argument("--dist", type=Path, help="a folder with what was built, and nothing else")
    check.add_argument("--complete", action="store_true", help="with --dist: all wheels have to be there")
    check.add_argument("--no-stubs", action="store_true", help="do not compare stubs: the modules are not built here")
    commands.add_parser("version", help="print the version")
    commands.add_parser("notes", help="print what the changelog says of the version")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
