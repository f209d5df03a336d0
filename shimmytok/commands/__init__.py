"""The sub-commands that judge model files: each module has `register`, which `shimmytok.cli` calls.

Holds what these commands share: their arguments and how they write.  Their exit status is 0 if all is well, else 1.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any


def add(commands: Any, name: str, run: Callable[[Namespace], int], does: str, *models: str) -> ArgumentParser:
    """Add a sub-command that takes these models as arguments to the sub-parsers `commands`."""
    # No abbreviations: a later release may add a switch that shares a prefix.
    sub: ArgumentParser = commands.add_parser(name, help=does, description=does, allow_abbrev=False)
    sub.set_defaults(run=run)
    for model in models:
        sub.add_argument(model, metavar=f"{model.upper()}.gguf", help="GGUF file, or a name such as gpt2")
    sub.add_argument("--log-disable", action="store_true", help="print no warnings")
    return sub


def write(text: str) -> None:
    """Write to the standard output, as UTF-8 whatever the locale is."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


def write_json(value: object) -> None:
    """Write one JSON value, in ASCII."""
    write(json.dumps(value, indent=2) + "\n")
