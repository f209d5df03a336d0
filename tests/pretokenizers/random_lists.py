"""Regexes that no vocabulary has."""

from __future__ import annotations

import random

from shimmytok.pretokenizers.compiling import compiled
from shimmytok.pretokenizers.tables import Restart


def table_of(patterns: tuple[str, ...]) -> Restart | None:
    return compiled(patterns)[4]


def random_regex(rng: random.Random, depth: int) -> str:
    """Over a few characters, with what a scan may have read in vain."""
    branches = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        parts = []
        for _ in range(rng.randint(1, 3)):
            atom = rng.choice(["a", "b", "[ab]", "1", "[a1]", "[^a]", "[^ b]", " ", r"\s", r"[^1\s]", "[b1]"])
            if depth and rng.random() < 0.3:
                atom = f"(?:{random_regex(rng, depth - 1)})"
            parts.append(atom + rng.choice(["", "", "", "*", "+", "?", "{2}", "{1,3}"]))
        branches.append("".join(parts) + (r"(?!\S)" if rng.random() < 0.2 else ""))
    return "|".join(branches)
