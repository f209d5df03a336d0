"""Generates shimmytok/data/pretokenizers.bin from shimmytok/pretokenizers/patterns.py.

    python tools/gen_pretokenizers.py

To be run after a change of the regexes or of what makes tables of them; a test says so. Without it, new regexes are
compiled at each load.
"""

from __future__ import annotations

from pathlib import Path

from shimmytok.pretokenizers.compiling import compiled
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.prepared import PATH, dumps


def main() -> None:
    lists = dict.fromkeys(pre.patterns for pre in PRE.values())
    data = dumps((patterns, compiled(patterns)) for patterns in lists)
    Path(PATH).write_bytes(data)
    print(f"{PATH}: {len(lists)} lists, {len(data)} bytes")


if __name__ == "__main__":
    main()
