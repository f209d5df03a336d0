"""Sphinx: how the documentation is built. `sphinx-build -nW --keep-going docs build/docs` from the root of the tree."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from sphinx.application import Sphinx

from shimmytok import __version__

project = "shimmytok"
author = "the shimmytok developers"
project_copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings", "completeness"]
exclude_patterns = ["extensions"]

myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

# Names of Python and numpy that signatures hold: there is no inventory to look them up in while offline.
EXTERNAL = (
    "Any Buffer Collection Iterable NDArray SupportsIndex collections.abc.Mapping np.int64 np.integer np.uint32 "
    "numpy.dtype numpy.ndarray collections.abc.Iterable mmap.mmap os.PathLike"
)
# Types of the package that are not public: they are shown, and lead nowhere.
INTERNAL = "Override shimmytok.gguf.source.Reader shimmytok.gguf._strings.StringArray shimmytok.gguf.keys.ValueType"
nitpick_ignore = [("py:class", name) for name in f"{EXTERNAL} {INTERNAL}".split()]

html_theme = "furo"
html_title = f"shimmytok {release}"
html_static_path = ["static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "source_repository": "https://github.com/shimmytok/shimmytok/",
    "source_branch": "main",
    "source_directory": "docs/",
}

CHART = "peers.svg"  # drawn by benchmarks/peers/chart.py, where it was measured


def setup(app: Sphinx) -> None:
    app.connect("source-read", show_chart)


def show_chart(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the chart in the place that a comment keeps for it, if there is one."""
    if page == "performance" and (Path(app.srcdir) / CHART).exists():
        source[0] = source[0].replace(f"<!-- {CHART} -->", f"![Text to token ids, MB/s, by library]({CHART})")
