"""Every recorded answer of llama.cpp against ours: ids, decoded bytes, token tables and metadata.

Runs on the shared golden files when they are there, else on the committed ones.  What a vocabulary's file has is
read by golden/reader.py and compared by golden/compare.py.  The last tests hold docs/models.md to it.
"""

from __future__ import annotations

import dataclasses

import pytest

import shimmytok
from golden import compare, reader, table
from vocabularies import golden_folder, model_of, origin, recipes, shared_folder, vocabulary, vocabulary_bytes
from vocabularies.places import ROOT

FOLDER = golden_folder()
INDEX = reader.index(FOLDER)
# By base, so that a base is read once for all its variants.
NAMES = sorted(INDEX, key=lambda name: (INDEX[name]["base"], INDEX[name]["variant"], name))
REFUSED = [name for name in NAMES if INDEX[name].get("load_error")]
LOADED = [name for name in NAMES if name not in REFUSED]

# Where a vocabulary has several texts for one special id, llama.cpp takes the first that its unordered map gives, so
# the answer depends on the C++ library that made the golden files. We take the first in the order of its source list:
# base -> meta fields -> our answer. split-probe has <|im_end|> and <|endoftext|>.
DEPENDS_ON_MAP_ORDER: dict[str, dict[str, int]] = {"split-probe": {"eot": 65794}}


DOCUMENT = ROOT / "docs" / "models.md"
ROWS: dict[str, table.Row] = {}
RAN: set[tuple[str, str]] = set()


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A tokenizer beside what is recorded for it."""

    name: str
    model: str
    tokenizer: shimmytok.Tokenizer
    golden: reader.Golden


def load(name: str) -> shimmytok.Tokenizer:
    """A base from its file, a variant from memory: nothing but the bases is written to disk."""
    if name in recipes():
        return shimmytok.Tokenizer.from_bytes(vocabulary_bytes(name))
    return shimmytok.Tokenizer.from_gguf_file(vocabulary(name))


@pytest.fixture(scope="module", params=LOADED)
def loaded(request: pytest.FixtureRequest) -> Loaded:
    name, base = request.param, INDEX[request.param]["base"]
    model = model_of(vocabulary_bytes(name))
    tokenizer, golden = load(name), reader.read(FOLDER, name)
    row = table.Row(name, base, model, tokenizer.pre_type, len(tokenizer), origin(base), texts=len(golden.cases))
    ROWS.setdefault(name, row)
    return Loaded(name, model, tokenizer, golden)


@pytest.fixture(autouse=True)
def ran(request: pytest.FixtureRequest) -> None:
    if hasattr(request.node, "callspec"):
        RAN.add((request.node.callspec.id, request.node.originalname))


def verdict(record_property, loaded: Loaded, tally: compare.Tally) -> None:
    """Fails on the first differences; the numbers go to the run's summary."""
    record_property("golden", (loaded.name, len(loaded.golden.cases), tally.compared))
    ROWS[loaded.name].compared += tally.compared
    ROWS[loaded.name].differing += len(tally.differences)
    assert not tally.differences, f"{loaded.name}: {tally.report()}"
    assert tally.compared


def is_without_vocabulary(loaded: Loaded) -> bool:
    return loaded.golden.meta["type_name"] == "NONE"


def test_meta(loaded: Loaded, record_property) -> None:
    meta, tokenizer = loaded.golden.meta, loaded.tokenizer
    if not is_without_vocabulary(loaded):
        meta = meta | DEPENDS_ON_MAP_ORDER.get(INDEX[loaded.name]["base"], {})
        verdict(record_property, loaded, compare.compare_meta(tokenizer, meta, loaded.model))
        return
    assert (tokenizer.model_type, tokenizer.vocab_size) == (loaded.model, meta["n_tokens"])
    for call in (lambda: tokenizer.encode("a"), lambda: tokenizer.decode([0])):
        with pytest.raises(shimmytok.UnsupportedModelError):
            call()


def test_encode(loaded: Loaded, record_property) -> None:
    if is_without_vocabulary(loaded):
        assert not loaded.golden.cases
        return
    verdict(record_property, loaded, compare.compare_encoding(loaded.tokenizer, loaded.golden.cases))


def test_encode_batch(loaded: Loaded) -> None:
    if not is_without_vocabulary(loaded):
        tally = compare.compare_batches(loaded.tokenizer, loaded.golden.cases)
        assert not tally.differences, f"{loaded.name}: {tally.report()}"


def test_decode(loaded: Loaded, record_property) -> None:
    golden = loaded.golden
    if is_without_vocabulary(loaded):
        assert not golden.detokenized
        return
    verdict(record_property, loaded, compare.compare_decoding(loaded.tokenizer, golden.cases, golden.detokenized))


def test_tokens(loaded: Loaded, record_property) -> None:
    if loaded.golden.tokens is None:
        assert is_without_vocabulary(loaded) or loaded.name.startswith("pre-")
        return
    verdict(record_property, loaded, compare.compare_tokens(loaded.tokenizer, loaded.golden.tokens))


@pytest.mark.parametrize("name", REFUSED)
def test_refused_vocabulary(name: str) -> None:
    with pytest.raises(shimmytok.ShimmytokError):
        load(name)
    base = INDEX[name]["base"]
    pre = recipes()[name].get("set", {}).get("tokenizer.ggml.pre", "").removeprefix("str:") if name in recipes() else ""
    model = model_of(vocabulary_bytes(name))
    ROWS[name] = table.Row(name, base, model, pre or None, 0, origin(base), refused=True)


def test_documented(loaded: Loaded, pytestconfig: pytest.Config) -> None:
    row = ROWS[loaded.name]
    if row.name == row.base and not pytestconfig.getoption("models_table"):
        assert table.documented(DOCUMENT.read_text(encoding="utf-8"))[row.name] == row.key


def test_the_tables_are_of_this_run(pytestconfig: pytest.Config) -> None:
    if shared_folder() is None:
        pytest.skip("the tables are those of the whole collection of vocabularies")
    tests = {"test_meta", "test_encode", "test_decode", "test_tokens"}
    wanted = {(name, test) for name in LOADED for test in tests}
    if not wanted | {(name, "test_refused_vocabulary") for name in REFUSED} <= RAN:
        pytest.skip("only a run of all vocabularies can tell")
    document = DOCUMENT.read_text(encoding="utf-8")
    new = table.document_with(table.tables(ROWS.values(), shimmytok.LLAMA_CPP_REF), document)
    if pytestconfig.getoption("models_table"):
        pytestconfig.getoption("models_table").write_text(new, encoding="utf-8")
    else:
        assert document == new, "write it again with --models-table docs/models.md"
