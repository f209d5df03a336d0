"""The tables that come with the library: those that compiling gives, for every list of regexes."""

from __future__ import annotations

from pathlib import Path
from zlib import decompress

import pytest

from shimmytok.pretokenizers import prepared
from shimmytok.pretokenizers.compiling import compiled
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.splitters import compile_patterns, splitter
from shimmytok.pretokenizers.tables import packed, unpacked

LISTS = dict.fromkeys(pre.patterns for pre in PRE.values())
STALE = "run python tools/gen_pretokenizers.py"


@pytest.mark.parametrize("patterns", LISTS)
def test_each_list_has_the_tables_that_compiling_gives(patterns):
    found = prepared.find(patterns)
    assert found is not None, STALE
    assert packed(found) == packed(compiled(patterns)), STALE


def test_there_are_no_other_lists():
    names = [name for name, _ in prepared.records(Path(prepared.PATH).read_bytes())]
    assert names == ["\0".join(patterns).encode() for patterns in LISTS], STALE


def test_tables_as_bytes_come_back():
    for _, content in prepared.records(Path(prepared.PATH).read_bytes()):
        data = decompress(content)
        assert packed(unpacked(data)) == data


def test_what_is_not_in_the_file_is_compiled(monkeypatch, tmp_path):
    monkeypatch.setattr(prepared, "PATH", tmp_path / "tables.bin")
    lists = [("[0-9]",), ("b+", "c")]
    prepared.PATH.write_bytes(prepared.dumps((patterns, compiled(patterns)) for patterns in lists))
    assert prepared.find(("[0-9]",)) is not None
    assert prepared.find(("b+", "c")) is not None
    assert prepared.find(("b+",)) is None
    monkeypatch.setitem(PRE, "new", PRE["default"]._replace(patterns=("b+",)))
    assert splitter("new").split(b"abbc") == compile_patterns(("b+",)).split(b"abbc") == [1, 3, 4]
