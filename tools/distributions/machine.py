"""A user's machine: an environment with what pip installs, and a PATH that has a C compiler or none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

__all__ = ["Machine"]

C_COMPILER = re.compile(r"cc|gcc(-[\d.]+)?|(x86_64|aarch64)-linux-gnu-gcc(-[\d.]+)?|clang(-[\d.]+)?|c[89]9(-gcc)?")
OTHER_TOOLS = re.compile(
    r"(.*-)?(g\+\+|c\+\+|clang\+\+|clang-cl|cpp|clang-cpp|tcc|icc|icx|nvcc|rustc|gfortran)(-[\d.]+)?"
    r"|(.*-)?(gcc|clang|cc)(-[\d.]+)?|cythonize|cython3?|cmake|ninja|meson|patchelf|auditwheel"
)


class Machine:
    """An environment of an interpreter in `folder`, and commands run in it."""

    def __init__(self, folder: Path, python: str, *, c_compiler: bool) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
        self._tools = folder / "tools"
        self._tools.mkdir()
        self._link_tools(c_compiler)
        self.environment = self._environment()
        found = any(map(self.which, ("cc", "gcc", "clang", "c99")))
        if found is not c_compiler or any(map(self.which, ("c++", "g++", "clang++", "cython"))):
            raise SystemExit(f"{folder}: the compilers on its PATH are not those it was to have")

    def which(self, program: str) -> str | None:
        """Where a program is found there."""
        return shutil.which(program, path=self.environment["PATH"])

    def run(self, *command: object, cwd: Path | None = None, **environment: str) -> None:
        """Runs a program of it, away from the tree; raises when that fails."""
        program, *arguments = map(str, command)
        path = self.which(program)
        if path is None:
            raise SystemExit(f"{program} is not on {self.environment['PATH']}")
        subprocess.run([path, *arguments], cwd=cwd or self.folder, env=self.environment | environment, check=True)

    def output(self, *command: object) -> str:
        """What a program of it prints."""
        program, *arguments = map(str, command)
        command = (str(self.bin / program), *arguments)
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def _environment(self) -> dict[str, str]:
        dropped = re.compile(r"CC|CXX|CPP|LD\w*|C\w*FLAGS|PYTHON\w*|SHIMMYTOK\w*|VIRTUAL_ENV|PYENV\w*")
        kept = {name: value for name, value in os.environ.items() if not dropped.fullmatch(name)}
        return kept | {"PATH": f"{self.bin}{os.pathsep}{self._tools}", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def _link_tools(self, c_compiler: bool) -> None:
        """All programs of the real PATH, by links, but no compiler beyond what the machine is to have."""
        for folder in os.get_exec_path():
            for program in sorted(Path(folder).glob("*")):
                name, link = program.name, self._tools / program.name
                wanted = c_compiler and C_COMPILER.fullmatch(name)
                if (
                    wanted or not (C_COMPILER.fullmatch(name) or OTHER_TOOLS.fullmatch(name))
                ) and not link.is_symlink():
                    link.symlink_to(program.resolve())
