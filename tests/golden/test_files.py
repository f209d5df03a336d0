"""The committed golden files are whole, and the same as the shared ones they were taken from."""

from __future__ import annotations

import pytest

from vocabularies import llama_cpp_sdist, shared_folder
from vocabularies.places import COMMITTED_GOLDEN

from . import reader

INDEX = reader.index(COMMITTED_GOLDEN)


def test_every_file_is_named_and_every_named_file_is_there():
    named = {entry["file"] for entry in INDEX.values()} | {"texts.jsonl.xz"}
    assert named == {path.name for path in COMMITTED_GOLDEN.glob("*.xz")}


def test_every_vocabulary_can_be_fetched_and_every_variant_made():
    recipes = reader.read_json(COMMITTED_GOLDEN / "variants.json")
    assert {entry["base"] for entry in INDEX.values()} <= set(llama_cpp_sdist.FILES)
    assert set(recipes) == {name for name, entry in INDEX.items() if entry["variant"]}
    assert {name: recipe["base"] for name, recipe in recipes.items()} == {name: INDEX[name]["base"] for name in recipes}


def test_they_equal_the_shared_ones():
    shared = shared_folder()
    if shared is None:
        pytest.skip("the shared test data is not there")
    shared_index = reader.index(shared / "golden")
    assert {name: shared_index[name] for name in INDEX} == INDEX
    for path in COMMITTED_GOLDEN.glob("*.xz"):
        assert path.read_bytes() == (shared / "golden" / path.name).read_bytes(), path.name
    shared_recipes = reader.read_json(shared / "vocabs" / "variants.json")
    recipes = reader.read_json(COMMITTED_GOLDEN / "variants.json")
    assert {name: shared_recipes[name] for name in recipes} == recipes
