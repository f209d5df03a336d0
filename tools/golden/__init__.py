"""Makes the golden files of tests/golden anew with a built llama.cpp, and tells what changed."""

import sys
from pathlib import Path

# The format's reader and the maker of variants are the tests' own; they are not installed.
TESTS = Path(__file__).resolve().parents[2] / "tests"
if str(TESTS) not in sys.path:
    sys.path.append(str(TESTS))
