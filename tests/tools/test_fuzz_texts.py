"""The fuzzer's generators: the same seed gives the same texts, and these are what they are said to be."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from shimmytok import Tokenizer
from shimmytok.unicode.categories import LETTER, flags_of
from tools.fuzz import texts
from tools.fuzz.material import Material, characters, fatal_for, material_of, words_of
from tools.fuzz.minimise import characters as characters_of

SMALL = Material((b"a", b" b", "é".encode(), b"\xe4\xb8"), (b"<s>", b"<|end|>"), (b"so", b" it", b" is"), 100, (7, 9))
ROUNDS = 40 * len(texts.GENERATORS)


def made(seed: int, material: Material) -> list[tuple[str, bytes]]:
    return [texts.text(seed, number, material) for number in range(ROUNDS)]


def digest_of(seed: int) -> str:
    digest = hashlib.sha256()
    for number in range(100):
        digest.update(repr((texts.text(seed, number, SMALL), texts.ids(seed, number, SMALL))).encode())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_texts_in_another_process():
    code = f"import sys; sys.path[:0] = {sys.path!r}\nfrom test_fuzz_texts import digest_of\nprint(digest_of(5))"
    environment = {"PYTHONHASHSEED": "12345"}
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == digest_of(5)


def test_other_seeds_give_other_texts():
    assert made(1, SMALL) != made(2, SMALL)
    assert texts.ids(1, 0, SMALL) != texts.ids(2, 0, SMALL)


def test_every_generator_makes_many_texts_of_bounded_length():
    for name in {generator.__name__ for generator in texts.GENERATORS}:
        own = [text for generator, text in made(3, SMALL) if generator == name]
        assert len(own) == 40
        assert len(set(own)) > 20, name
        assert max(map(len, own)) <= texts.LONGEST


def test_texts_hold_what_they_are_made_of(gpt2):
    material = material_of(gpt2, b"unlikelyword another")
    together = b"".join(text for _, text in made(4, material))
    for wanted in (b"<|endoftext|>", b"unlikelyword", b"<|endoftext|><|endoftext|>", b"\xff", b"'s", "中".encode()):
        assert wanted in together
    assert b"<|endoftext" in together.replace(b"<|endoftext|>", b""), "specials are cut, too"


def test_material_of_a_vocabulary(gpt2):
    material = material_of(gpt2)
    assert material.n_tokens == 50257
    assert material.specials == (b"<|endoftext|>",)
    assert material.special_ids == (50256,)
    assert b" the" in material.pieces
    assert b"<|endoftext|>" not in material.pieces
    assert " 你好世界".encode() in material.words


@pytest.mark.parametrize("given", [b"", b" \n "])
def test_without_words_the_built_in_ones_are_taken(given):
    assert len(words_of(given)) > 30


def test_characters_are_of_their_category():
    assert all(flags_of(ord(c)) & LETTER for c in characters()["letter"])
    assert not any(0xD800 <= ord(c) <= 0xDFFF for table in characters().values() for c in table)


def test_what_llama_cpp_aborts_on_is_left_out(gpt2):
    fatal = fatal_for(gpt2)
    assert fatal.search(b"a\xf4\x90\x80\x80") and fatal.search(b"\xf7\xbf\xbf\xbf")
    assert not fatal.search("\U0010ffff".encode()) and not fatal.search(b"\xc0\xa0")
    assert not any(fatal.search(text) for _, text in made(6, material_of(gpt2)))


def test_what_llama_cpp_aborts_on_where_spaces_are_escaped(gpt2):
    escaping = Tokenizer.from_gguf_file(gpt2.metadata.source, overrides={"tokenizer.ggml.pre": "gemma4"})
    fatal = fatal_for(escaping)
    assert fatal.search(b"a\xc0\xa0b") and fatal.search(b"\xe0\x80\xa0") and fatal.search(b"\xf4\x90\x80\x80")
    assert not fatal.search(b"a b")


def test_ids_are_in_the_vocabulary():
    sequences = [texts.ids(1, number, SMALL) for number in range(300)]
    assert all(0 <= token < SMALL.n_tokens for ids in sequences for token in ids)
    assert sum(ids.count(7) + ids.count(9) for ids in sequences) > 300, "special ids come more often"


def test_characters_of_a_broken_text_join_to_it():
    for _, text in made(8, SMALL):
        assert b"".join(characters_of(text)) == text
