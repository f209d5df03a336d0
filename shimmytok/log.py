"""Warnings about a file that loads all the same, through the logger "shimmytok"."""

from __future__ import annotations


def warn(message: str, *args: object) -> None:
    """Log a warning; `args` fill in the message as they do for `logging`."""
    import logging  # slow to import, and most files give no cause

    logging.getLogger("shimmytok").warning(message, *args)
