"""The command line: build the distributions, check what is in them, install them on clean machines and test them there.

python -m tools.distributions --out dist                          # sdist and a wheel for this interpreter; quick tests
python -m tools.distributions --python python3.12 --tests all     # for others; all tests
python -m tools.distributions check dist/*                        # look into what something else built
python -m tools.distributions --python python3.12 try SDIST WHEEL # install and test what something else built
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import sdist, wheel
from .build import build_sdist, build_wheel
from .findings import Finding, report
from .trial import try_sdist, try_wheel


def main(arguments: list[str] | None = None) -> int:
    """Runs; the exit status is 1 when something is wrong."""
    options = parsed(arguments)
    if options.command == "check":
        n_faults = report(finding for path in options.files for finding in checked(path))
        print(f"{len(options.files)} distributions, {n_faults} faults")
        return 1 if n_faults else 0
    if options.command == "try":
        try_both(options, options.sdist, dict.fromkeys(options.python or [sys.executable], options.wheel))
        return 0
    if options.out:
        return made(options, options.out)
    with tempfile.TemporaryDirectory() as out:
        return made(options, Path(out))


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.distributions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="where the distributions are left; else they are thrown away")
    parser.add_argument(
        "--python", action="append", help="an interpreter to build a wheel for; more than once for more"
    )
    parser.add_argument("--tests", choices=("none", "quick", "all"), default="quick", help="run on what was installed")
    parser.add_argument(
        "--no-sdist-trial", action="store_true", help="do not install the sdist, only wheels made of it"
    )
    commands = parser.add_subparsers(dest="command")
    check = commands.add_parser("check", help="look into distributions, install nothing")
    check.add_argument("files", type=Path, nargs="+")
    tried = commands.add_parser("try", help="install and test, build nothing")
    tried.add_argument("sdist", type=Path)
    tried.add_argument("wheel", type=Path)
    return parser.parse_args(arguments)


def checked(path: Path) -> Iterator[Finding]:
    """What is wrong with a distribution of either kind."""
    if path.name.endswith(".tar.gz"):
        yield from sdist.findings(path)
    elif path.suffix == ".whl":
        yield from wheel.findings(path)
    else:
        yield Finding(path.name, "is neither a wheel nor an sdist")


def made(options: argparse.Namespace, out: Path) -> int:
    """Builds, checks and tries everything; the first thing that is wrong ends it."""
    source = build_sdist(out)
    pythons = options.python or [sys.executable]
    wheels = {python: build_wheel(source, python, out) for python in pythons}
    for path in (source, *wheels.values()):
        print(f"{path.name}: {path.stat().st_size:,} bytes", flush=True)
    if main(["check", *map(str, (source, *wheels.values()))]):
        return 1
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", source, *wheels.values()], check=True)
    try_both(options, source, wheels)
    return 0


def try_both(options: argparse.Namespace, source: Path, wheels: dict[str, Path]) -> None:
    """Installs and tests a wheel, and what pip makes of the sdist, for each interpreter.

    The wheel is made of that sdist too: all tests of one are worth more than some of both.
    """
    for python, path in wheels.items():
        try_wheel(path, source, python, options.tests)
        if not options.no_sdist_trial:
            try_sdist(source, python, "quick" if options.tests == "all" else "none")


if __name__ == "__main__":
    sys.exit(main())
