"""Do the stubs say what the built modules have? mypy's stubtest compares them, for every module with a public name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["stub_faults"]

ALLOWED = Path(__file__).with_name("stubs_allowed.txt")
# The modules of all public names, and of the classes that they inherit from.
MODULES = """
import shimmytok
public = [getattr(shimmytok, name) for name in shimmytok.__all__]
modules = {base.__module__ for found in public if isinstance(found, type) for base in found.__mro__}
print(*sorted(name for name in modules if name.partition(".")[0] == "shimmytok"))
"""


def stub_faults(root: Path) -> Iterator[str]:
    """What stubs say otherwise, or not at all; the modules have to be built in the tree."""
    names = subprocess.run([sys.executable, "-c", MODULES], cwd=root, capture_output=True, text=True)
    if names.returncode:
        yield f"shimmytok cannot be imported: {names.stderr.strip()}"
        return
    command = [sys.executable, "-m", "mypy.stubtest", "--concise", "--allowlist", str(ALLOWED)]
    flags = ["--ignore-unused-allowlist", "--ignore-disjoint-bases"]
    done = subprocess.run([*command, *flags, *names.stdout.split()], cwd=root, capture_output=True, text=True)
    if done.returncode:
        yield from (done.stdout + done.stderr).splitlines()
