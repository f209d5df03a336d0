"""Where test data lies: in the tree, in the shared test data beside it, and in a cache of the user's.

The one file of the project that knows of the shared test data: a folder `shared` beside the checkout, or the
folder that SHIMMYTOK_TEST_DATA names (set to nothing: do not look for one).
"""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import shimmytok

ROOT = Path(__file__).resolve().parents[2]
COMMITTED_GOLDEN = ROOT / "tests" / "golden"
BUNDLED = {"gpt-2": Path(shimmytok.__file__).parent / "data" / "gpt2.gguf"}


@functools.cache
def shared_folder() -> Path | None:
    """The shared test data: a folder with `vocabs`, `golden` and `corpora`; None when there is none."""
    named = os.environ.get("SHIMMYTOK_TEST_DATA")
    if named == "":
        return None
    folder = ROOT.parent / "shared" if named is None else Path(named)
    if all((folder / inside).is_file() for inside in ("golden/index.json", "vocabs/variants.json")):
        return folder
    if named is not None:
        raise FileNotFoundError(f"SHIMMYTOK_TEST_DATA={named}: no golden/index.json and vocabs/variants.json in it")
    return None


def golden_folder() -> Path:
    """The golden files to check: the shared ones when they are there, else those of the tree."""
    shared = shared_folder()
    return COMMITTED_GOLDEN if shared is None else shared / "golden"


def cache_folder(kind: str) -> Path:
    """A folder of the user's cache for one kind of file, made when it is missing."""
    folder = _cache_root() / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@functools.cache
def _cache_root() -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shimmytok-tests"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if os.access(root, os.W_OK):
            return root
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="shimmytok-tests-"))


def write_once(target: Path, content: Callable[[], bytes]) -> Path:
    """Writes a file whose name tells its content, unless it is there; safe for several processes at once."""
    if not target.is_file():
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    return target
