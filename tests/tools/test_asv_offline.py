"""The tool that gives asv's pages the scripts they take from other sites."""

from __future__ import annotations

import pytest

from tools import asv_offline

PAGE = """\
<script src="https://a.example/1.0/jquery-3.3.1.min.js" integrity="sha256-x=" onerror="failed()"></script>
<link rel="stylesheet" href="https://b.example/npm/bootstrap@3.1.1/bootstrap.min.css" integrity="y">
<script src="asv.js"></script>
<a href="https://c.example/asv/">asv</a>
"""


def test_addresses_of_known_files_become_local():
    page = asv_offline.localise(PAGE, {"jquery-3.3.1.min.js", "bootstrap.min.css"})
    assert page.splitlines() == [
        '<script src="vendor/jquery-3.3.1.min.js"></script>',
        '<link rel="stylesheet" href="vendor/bootstrap.min.css">',
        '<script src="asv.js"></script>',
        '<a href="https://c.example/asv/">asv</a>',
    ]


def test_other_addresses_stay():
    assert asv_offline.localise(PAGE, set()) == PAGE


def test_a_script_that_is_not_known_is_told(tmp_path, monkeypatch):
    """Before anything is fetched: a page that lacks one script shows nothing."""
    (tmp_path / "index.html").write_text(PAGE.replace("jquery", "other"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["asv_offline.py", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"other-3\.3\.1\.min\.js"):
        asv_offline.main()
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_a_folder_without_pages(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["asv_offline.py", str(tmp_path)])
    with pytest.raises(SystemExit, match="usage"):
        asv_offline.main()
