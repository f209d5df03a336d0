"""`python -m shimmytok` is the `shimmytok` command; everything it does is in `shimmytok.cli`."""

from __future__ import annotations

import sys

from shimmytok.cli import main

if __name__ == "__main__":
    sys.exit(main())
