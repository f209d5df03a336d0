"""The table in docs/exactness.md and the tests of its rows: one for each."""

from __future__ import annotations

import test_deaths_of_files
import test_deaths_of_texts
from rows import rows_of_the_table, tested


def test_each_row_of_the_table_has_its_test():
    assert test_deaths_of_files.row is test_deaths_of_texts.row
    assert sorted(rows_of_the_table()) == sorted(tested)
