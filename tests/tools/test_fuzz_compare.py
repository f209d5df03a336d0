"""The fuzzer as a whole, with references that are no llama.cpp: differences are found, made small and reported."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from shimmytok import Tokenizer
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from tools.fuzz.__main__ import main
from tools.fuzz.compare import Comparison, run
from tools.fuzz.material import material_of
from tools.fuzz.reference import ReferenceDied, ReferenceRefuses, find_library
from tools.fuzz.report import as_test, details, summary
from tools.fuzz.worker import MODES

Ids = tuple[int, ...]


class Fake:
    """The library itself as the reference, with something changed about its ids or its texts."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        ids: Callable[[bytes, tuple[bool, bool], Ids], Ids | None] = lambda text, mode, ids: ids,
        text: Callable[[Ids, tuple[bool, bool], bytes], bytes] = lambda ids, mode, text: text,
    ):
        self.tokenizer = tokenizer
        self.change_ids = ids
        self.change_text = text

    def send_text(self, text: bytes) -> None:
        self.sent = text

    def send_ids(self, ids: Sequence[int]) -> None:
        self.sent_ids = tuple(ids)

    def collect_ids(self) -> list[Ids | None]:
        return [
            self.change_ids(self.sent, mode, tuple(self.tokenizer.encode(self.sent, mode[0], parse_special=mode[1])))
            for mode in MODES
        ]

    def collect_texts(self) -> list[bytes | None]:
        decode = self.tokenizer.decode
        return [
            self.change_text(
                self.sent_ids,
                mode,
                decode(self.sent_ids, not mode[1], remove_special=mode[0], errors="surrogateescape").encode(
                    "utf-8", "surrogateescape"
                ),
            )
            for mode in MODES
        ]


@pytest.fixture(scope="module")
def material(gpt2):
    return material_of(gpt2)


def test_no_difference_where_there_is_none(gpt2, material):
    tally = run(gpt2, Fake(gpt2), material, seed=1, budget=100_000)
    assert tally.differences == tally.deaths == []
    assert tally.text_bytes >= 100_000
    assert tally.texts > 300 < tally.id_sequences


def test_a_planted_difference_in_ids_is_found_and_made_small(gpt2, material):
    def drop_last(text: bytes, mode: tuple[bool, bool], ids: Ids) -> Ids:
        return ids[:-1] if b"\n  " in text and mode == (False, True) else ids

    tally = run(gpt2, Fake(gpt2, ids=drop_last), material, seed=1, budget=1_000_000, most_differences=1)
    (found,) = tally.differences
    assert (found.call, found.mode, found.given) == ("encode", (False, True), b"\n  ")
    assert found.expected == found.got[:-1] == tuple(gpt2.encode("\n  ")[:-1])
    assert found.generator.split()[1].isdigit()


def test_a_planted_difference_in_texts_is_found_and_made_small(gpt2, material):
    def shout(ids: Ids, mode: tuple[bool, bool], text: bytes) -> bytes:
        return text.upper() if 50256 in ids and len(ids) > 1 and mode[0] else text

    tally = run(gpt2, Fake(gpt2, text=shout), material, seed=2, budget=1_000_000, most_differences=2)
    assert {found.mode for found in tally.differences} <= {(True, False), (True, True)}
    for found in tally.differences:
        assert found.call == "decode"
        assert len(found.given) == 2 and 50256 in found.given


def test_the_same_difference_is_told_once(gpt2, material):
    def drop_last(text: bytes, mode: tuple[bool, bool], ids: Ids) -> Ids:
        return ids[:-1] if b"'" in text else ids

    tally = run(gpt2, Fake(gpt2, ids=drop_last), material, seed=1, budget=20_000, most_differences=100)
    assert sorted(found.mode for found in tally.differences) == list(MODES)
    assert {found.given for found in tally.differences} == {b"'"}


def test_an_exception_of_ours_is_a_difference(gpt2):
    class Broken(Fake):
        def encode(self, text: bytes, *args: object, **options: object) -> list[int]:
            raise RuntimeError("planted")

    found, _ = Comparison(Broken(gpt2), Fake(gpt2)).text(b"a")
    assert [difference.mode for difference in found] == list(MODES)
    assert "planted" in as_test(found[0], Path("gpt-2.gguf"), 1)


def test_no_answer_is_no_difference(gpt2):
    found, theirs = Comparison(gpt2, Fake(gpt2, ids=lambda text, mode, ids: None)).text(b"a")
    assert found == []
    assert theirs == [None] * 4


def test_deaths_are_counted_and_end_the_run(gpt2, material):
    def die(text: bytes, mode: tuple[bool, bool], ids: Ids) -> Ids:
        if len(text) > 3:
            raise ReferenceDied("planted")
        return ids

    tally = run(gpt2, Fake(gpt2, ids=die), material, seed=1, budget=1_000_000, most_deaths=7)
    assert len(tally.deaths) == 7
    assert tally.differences == []
    assert "planted" in details(tally, Path("gpt-2.gguf"))
    assert "reference died 7 times" in summary(tally, Path("gpt-2.gguf"), 1, 0.0)


def test_a_difference_beside_a_death_is_still_made_small(gpt2):
    def die_or_drop(text: bytes, mode: tuple[bool, bool], ids: Ids) -> Ids:
        if text in (b"xz", b"z"):
            raise ReferenceDied("planted")
        return ids[:-1] if b"z" in text else ids

    comparison = Comparison(gpt2, Fake(gpt2, ids=die_or_drop))
    small = comparison.minimised(comparison.text(b"some text, xyz")[0][0])
    assert small.given == b"yz"


def test_the_printed_test_is_the_difference(gpt2, material):
    def drop_last(text: bytes, mode: tuple[bool, bool], ids: Ids) -> Ids:
        return ids[:-1] if b"12" in text else ids

    tally = run(gpt2, Fake(gpt2, ids=drop_last), material, seed=3, budget=1_000_000, most_differences=1)
    source = details(tally, Path("gpt-2.gguf"))
    ast.parse(source)
    names = {"vocabulary": lambda name: gpt2.metadata.source, "Tokenizer": Tokenizer}
    exec(source.split("import Tokenizer\n")[1], names)
    (printed,) = [value for name, value in names.items() if name.startswith("test_")]
    with pytest.raises(AssertionError):
        printed()


def test_the_command_with_llama_cpp(gpt2, capsys):
    try:
        library = find_library()
    except ReferenceRefuses as refusal:
        pytest.skip(str(refusal))
    path = gpt2.metadata.source
    assert main(["--gguf", path, "--seed", "9", "--bytes", "20000", "--lib", str(library)]) == 0
    assert "0 differences" in capsys.readouterr().out


class Loads:
    """A reference that loads every file."""

    def __init__(self, library: Path, gguf: Path, timeout: float):
        self.refuses = "refused" in gguf.name

    def __enter__(self) -> Loads:
        return self

    def __exit__(self, *exc_info: object) -> None: ...

    def start(self) -> None:
        if self.refuses:
            raise ReferenceRefuses("planted")


@pytest.mark.parametrize(
    ("name", "model", "status", "said"),
    [
        ("empty.gguf", "none", 0, "no tokenizer in it"),
        ("odd.gguf", "no such model", 1, "only the reference loads it"),
        ("refused.gguf", "no such model", 0, "so do we"),
        ("refused.gguf", "none", 0, "we load it"),
    ],
)
def test_files_that_cannot_be_compared(tmp_path, monkeypatch, capsys, name, model, status, said):
    monkeypatch.setattr("tools.fuzz.__main__.Reference", Loads)
    path = tmp_path / name
    path.write_bytes(dumps([("tokenizer.ggml.model", ValueType.STRING, model)]))
    assert main(["--gguf", str(path), "--lib", "libllama.so"]) == status
    assert said in capsys.readouterr().out


def test_without_a_library_the_command_says_so(gpt2, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["--gguf", gpt2.metadata.source]) == 2
    assert "--lib" in capsys.readouterr().err
