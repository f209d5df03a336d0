"""Builds a recipe with rattler-build, and installs what comes out."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import rattler
from rattler_build import JinjaConfig, RattlerBuildError, Stage0Recipe, ToolConfiguration, VariantConfig
from rattler_build.progress import LogEvent, ProgressCallback

from .channel import SUBDIR

__all__ = ["BuildFails", "build", "install"]


class BuildFails(Exception):
    """A build or a test that failed; the text is all that was said."""


class _Log(ProgressCallback):
    """Keeps what rattler-build, the build and the tests say."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_log(self, event: LogEvent) -> None:
        self.lines.append(event.message)


def build(recipe: Path, channel: Path, out: Path) -> Path:
    """Builds and tests a package for the running Python; raises when the build or a test fails."""
    variants = VariantConfig.from_file_with_context(recipe.with_name("variants.yaml"), JinjaConfig()).to_dict()
    # Of the pins, the Python that the channel has, and its stand-in for the C library.
    pins = {"python": [f"{sys.version_info.major}.{sys.version_info.minor}.*"], "c_stdlib_version": ["1.0"]}
    log = _Log()
    try:
        (result,) = Stage0Recipe.from_file(recipe).run_build(
            variant_config=VariantConfig(variants | pins),
            tool_config=ToolConfiguration(test_strategy="native"),
            output_dir=out,
            channels=[channel.as_uri()],
            progress_callback=log,
        )
    except RattlerBuildError as error:
        raise BuildFails("\n".join([*log.lines, str(error)])) from error
    (package,) = result.packages
    return Path(package)


def install(channels: list[Path], prefix: Path) -> None:
    """Installs shimmytok and what it needs into an empty prefix, and asks it for a first text."""
    asyncio.run(_install([channel.as_uri() for channel in channels], prefix))
    command = [prefix / "bin" / "shimmytok", "encode", "-m", "gpt2", "-p", "Hello world", "--ids"]
    environment = {"PATH": f"{prefix / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    if said != "[15496, 995]\n":
        raise SystemExit(f"what was installed in {prefix} says {said!r}")


async def _install(channels: list[str], prefix: Path) -> None:
    records = await rattler.solve(
        [rattler.Channel(channel) for channel in channels],
        ["shimmytok"],
        platforms=[SUBDIR, "noarch"],
        virtual_packages=rattler.VirtualPackage.detect(),
    )
    await rattler.install(records, target_prefix=prefix, show_progress=False)
