"""What the move to another llama.cpp reports, on excerpts that are doctored."""

from __future__ import annotations

import doctest
from functools import cache, partial

import pytest
from llama_cpp_excerpts import DATA, UNICODE, VOCAB

from shimmytok.unicode.categories import HAN_RANGES
from tools import check_patterns, gen_unicode
from tools.exhaustive import hashes as stored_hashes
from tools.exhaustive import texts
from tools.exhaustive.hashes import Hashes, Stored, list_id
from tools.follow import golden, hashes, names, tables


@cache
def tables_of(data: str) -> str:
    return gen_unicode.module_text(data.encode())


def test_the_same_tables_do_not_differ():
    assert tables.differences(tables_of(DATA), tables_of(DATA)) == []


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "{0x000041, 0x0004},\n",
            "{0x000041, 0x0004},\n{0x000043, 0x0040},\n{0x000044, 0x0004},\n",
            ["U+0043: LETTER -> SYMBOL"],
        ),
        ("{0x00005B, 0x0001}", "{0x00005D, 0x0001}", ["U+005B..U+005C: UNDEFINED -> LETTER"]),
        ("0x000020,\n", "0x000020,\n0x0000A0,\n", ["U+00A0: UNDEFINED -> UNDEFINED|WHITESPACE"]),
        ("{0x000041, 0x000061}", "{0x000041, 0x000062}", ["U+0041: lower case U+0061 -> U+0062"]),
        ("{0x0000C0, 0x0000C5", "{0x0000C0, 0x0000C4", ["U+00C5: decomposition U+0041 -> U+00C5"]),
    ],
)
def test_a_code_point_that_changed(old, new, lines):
    assert old in DATA
    assert tables.differences(tables_of(DATA), tables_of(DATA.replace(old, new))) == lines


def test_the_committed_tables_are_read_whole():
    whole = tables._evaluated(gen_unicode.OUTPUT.read_text("utf-8"))
    assert len(tables.flags(whole)) == len(tables.lowercase(whole)) == 0x110000
    assert tables.flags(whole)[ord("A")] & 4 and tables.lowercase(whole)[ord("A")] == ord("a")
    assert tables.decomposition(whole)[0xC0] == ord("A")


def test_han_blocks():
    lines = tables.han_differences(UNICODE)
    assert lines[0] == "U+12340..U+12350: llama.cpp has it as Han"
    assert len(lines) == len(HAN_RANGES)
    assert "U+4E00" not in " ".join(lines)


@pytest.fixture
def known(monkeypatch):
    """The excerpt's pre-tokenizers as if they were ours."""
    pres = check_patterns.reference(check_patterns.without_comments(VOCAB))
    monkeypatch.setattr(check_patterns, "PRE", pres)
    monkeypatch.setattr(check_patterns, "REPLACED", {})
    monkeypatch.setattr(check_patterns, "LIKE_THEIR_REGEXES", set())
    monkeypatch.setattr(check_patterns, "REPLACED_WITHOUT_SPLITTER", set())
    return pres


def test_the_excerpt_is_understood(known):
    assert {name: pre.patterns for name, pre in known.items()} == {
        "default": (r"\p{L}+",),
        "one": ("[0-9]",),
        "uno": ("[0-9]",),
    }
    assert check_patterns.differences(VOCAB, UNICODE) == []


REGEX = "pre {!r}: patterns is ('[0-9]',), llama.cpp has ('[0-8]',)"
FLAG = "pre {!r}: clean_spaces is False, llama.cpp has True"


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ('"[0-9]"', '"[0-8]"', [REGEX.format("one"), REGEX.format("uno")]),
        ('tokenizer_pre == "uno"', 'tokenizer_pre == "un"', ["pre 'un' is missing", "pre 'uno' is not in llama.cpp"]),
        ("clean_spaces = false;", "", [FLAG.format("one"), FLAG.format("uno")]),
    ],
)
def test_a_pre_that_changed(known, old, new, lines):
    assert check_patterns.differences(VOCAB.replace(old, new), UNICODE) == lines


def test_a_new_splitter(known):
    doctored = UNICODE.replace("{\n}", '{\n    if (regex_expr == "[0-9]") {}\n}', 1)
    assert check_patterns.differences(VOCAB, doctored) == ["llama.cpp has a splitter for '[0-9]'"]


def test_models():
    lines = names.model_differences(VOCAB)
    assert lines[0] == "model 'newest' is missing"
    assert "model 'rwkv' is not in llama.cpp" in lines and "gpt2" not in " ".join(lines)


def test_vocabulary_files(tmp_path):
    for name in ("same", "other", "new", "aquila"):
        (tmp_path / f"ggml-vocab-{name}.gguf").write_bytes(name.encode())
    known = {"same": "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5", "other": "00", "gone": "00"}
    assert names.vocabulary_differences(tmp_path, known) == [
        "gone: the vocabulary file is gone",
        "new: a vocabulary file that is new",
        "other: another vocabulary file",
    ]


def test_every_kind_of_pre_has_a_golden_file(monkeypatch):
    assert golden.uncovered() == []
    pre = golden.PRE["gpt-2"]
    monkeypatch.setitem(golden.PRE, "newest", type(pre)(pre.patterns, add_bos=True, add_sep=True))
    assert golden.uncovered() == ["newest"]


def test_answers_to_the_texts(monkeypatch, tmp_path):
    class Fake:
        """Cuts behind each digit, as the excerpt's regex does."""

        def __init__(self, program: object, patterns: tuple[str, ...]):
            self.digits = patterns[0]

        def __enter__(self) -> Fake:
            return self

        def __exit__(self, *exc_info: object) -> None: ...

        def ends(self, given) -> bytes:
            return stored_hashes.answered(lambda text: sorted({*self.cuts(text), len(text)} - {0}), given)

        def cuts(self, text: bytes) -> set[int]:
            digits = [at for at, byte in enumerate(text) if chr(byte) in "0123456789"[: int(self.digits[3]) + 1]]
            return {place for at in digits for place in (at, at + 1)}

    monkeypatch.setattr(texts, "CONTEXTS", texts.CONTEXTS[:1])
    monkeypatch.setattr(stored_hashes, "SAMPLED_CODE_POINTS", 1)
    alphabets = {"classes": "9a", "symbols": "9a"}
    groups: dict[str, list[str]] = {}
    for block in texts.blocks(alphabets):
        ends = (
            Fake(None, ("[0-9]",)).ends(block.texts()) if block in set(stored_hashes.sampled(alphabets, "0")) else b""
        )
        groups.setdefault(block.group, []).append(stored_hashes.digest(ends))
    stored = Stored("", [Hashes(["one", "uno"], list_id(("[0-9]",)), alphabets, groups)])
    digits = golden.PRE["gpt-2"].__class__(("[0-9]",))
    monkeypatch.setitem(hashes.PRE, "one", digits)
    monkeypatch.setattr(hashes, "Reference", Fake)
    monkeypatch.setattr("tools.exhaustive.recording.Reference", Fake)
    monkeypatch.setattr(hashes, "compiled", lambda tree, folder: tree)
    (tmp_path / "src").mkdir()
    vocab = tmp_path / "src" / "llama-vocab.cpp"
    vocab.write_text(VOCAB)
    said = partial(hashes.differing_answers, tmp_path, stored, False)
    assert list(said()) == ["pre 'default': a new list"]
    vocab.write_text(VOCAB.replace('"[0-9]"', '"[0-8]"'))
    lines = list(said())
    assert lines[0] == "pre 'default': a new list"
    assert "pre 'one'" in lines[1] and "answered otherwise" in lines[1]
    assert any("b'99' is cut here at [1, 2], there at [2]" in line for line in lines)


def test_examples():
    result = doctest.testmod(tables)
    assert result.attempted and not result.failed
