"""Recording golden files: with this library in place of llama.cpp, for nothing else is at hand everywhere."""

from __future__ import annotations

import dataclasses
import lzma
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

from golden import reader
from golden.compare import FLAGS, ID_PROPERTIES
from golden.reader import DETOKENIZE, Case, Detokenized, Died, Golden, LongBytes, LongIds
from shimmytok import Tokenizer
from tools.fuzz.material import fatal_for
from tools.fuzz.reference import ReferenceDied, ReferenceRefuses
from tools.fuzz.worker import MODES
from tools.golden import asking, lines, recording
from tools.golden.changes import changes
from tools.golden.recording import Recorder
from vocabularies.places import BUNDLED, COMMITTED_GOLDEN

HELLO = b'"inp/11"', b"Hello world"
EACH = 20  # of the lines of a golden file, one in so many is taken


class Ours:
    """Answers as a Reference does, and dies of what llama.cpp dies of; a text that is `changed` gets another answer."""

    changed: bytes | None = None

    def __init__(self, library: Path, gguf: Path, timeout: float = 0.0):
        self.path = gguf

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *exc_info: object) -> None: ...

    def start(self) -> None:
        try:
            self.tokenizer = Tokenizer.from_gguf_file(self.path)
        except Exception as error:
            raise ReferenceRefuses(str(error)) from None

    def ask_ids(self, text: bytes, mode: int) -> tuple[int, ...]:
        if fatal_for(self.tokenizer).search(text):
            raise ReferenceDied("planted", "SIGABRT")
        ids = self.tokenizer.encode(text, MODES[mode][0], parse_special=MODES[mode][1])
        return tuple(ids[::-1] if text == self.changed else ids)

    def send_ids(self, ids: Iterable[int]) -> None:
        self.ids = ids

    def collect_texts(self) -> list[bytes]:
        options = [{"remove_special": remove, "skip_special_tokens": not unparse} for remove, unparse in MODES]
        decoded = [self.tokenizer.decode(self.ids, **option, errors="surrogateescape") for option in options]
        return [text.encode("utf-8", "surrogateescape") for text in decoded]

    def ask_facts(self) -> dict:
        tokenizer = self.tokenizer
        ids = {name: getattr(tokenizer, f"{name}_token_id") for name in ID_PROPERTIES}
        return {
            "n_tokens": tokenizer.vocab_size,
            "type": 2,
            **{name: -1 if token is None else token for name, token in ids.items()},
            **{name: getattr(tokenizer, name) for name in FLAGS},
            "eog": sorted(tokenizer.eog_token_ids),
            "suppress": list(tokenizer.suppress_token_ids),
            "chat_template": None,
        }

    def ask_tokens(self, first: int, end: int) -> bytes:
        tokenizer, packed = self.tokenizer, []
        for token in range(first, end):
            packed.append(struct.pack("<If", tokenizer.token_attr(token), tokenizer.token_score(token)))
            pieces = [tokenizer.token_to_piece(token, special=s, lstrip=n) for n in (0, 1) for s in (False, True)]
            for raw in (tokenizer.id_to_token(token).encode(), *pieces):
                packed.append(struct.pack("<I", len(raw)) + raw)
        return b"".join(packed)


@pytest.fixture
def recorder(tmp_path, monkeypatch) -> Recorder:
    """A folder with part of the golden files, and this library behind the reference."""
    monkeypatch.setattr(recording, "Reference", Ours)
    models = tmp_path / "models"
    models.mkdir()
    (models / "ggml-vocab-gpt-2.gguf").write_bytes(BUNDLED["gpt-2"].read_bytes())
    for name in ("index.json", "variants.json", "texts.jsonl.xz", "var-bpe-nomerges.jsonl.xz"):
        (tmp_path / name).write_bytes((COMMITTED_GOLDEN / name).read_bytes())
    whole = lzma.decompress((COMMITTED_GOLDEN / "gpt-2.jsonl.xz").read_bytes()).splitlines(keepends=True)
    long = [line for line in whole[2:] if b'"sha"' in line and b"long-" not in line]
    some = [line for line in whole[2:] if b"over10ffff" in line or HELLO[0] in line]
    chosen = [*whole[:2], *some, *long[::EACH], *whole[2 : -2 * EACH : EACH], whole[-1]]
    (tmp_path / "gpt-2.jsonl.xz").write_bytes(lzma.compress(b"".join(chosen)))
    reader.read.cache_clear()
    yield Recorder(Path("libllama"), models, tmp_path)
    reader.read.cache_clear()


def test_nothing_changed(recorder, monkeypatch):
    before = {path: path.read_bytes() for path in recorder.folder.glob("*.*")}
    assert list(recorder.again(["gpt-2", "var-bpe-nomerges"], keep=False)) == [("gpt-2", []), ("var-bpe-nomerges", [])]
    assert {path: path.read_bytes() for path in recorder.folder.glob("*.*")} == before


def test_a_changed_answer_is_told_and_written(recorder, monkeypatch):
    monkeypatch.setattr(Ours, "changed", HELLO[1])
    before = reader.read(recorder.folder, "gpt-2")
    ((_, kept),) = recorder.again(["gpt-2"], keep=True)
    ((_, found),) = recorder.again(["gpt-2"], keep=False)
    assert kept == found
    assert {change.what.split(",")[0] for change in found} == {"text inp/11 b'Hello world'"}
    assert "t00" in str(found[0]) or "d00" in str(found[0])
    assert any(change.before == [15496, 995] and change.after == [995, 15496] for change in found)
    reader.read.cache_clear()
    after = reader.read(recorder.folder, "gpt-2")
    hashed = (LongIds, LongBytes)  # which do not equal one another
    assert [change for change in changes(before, after) if not isinstance(change.before, hashed)] == found
    assert list(recorder.again(["gpt-2"], keep=True)) == [("gpt-2", [])]


def test_a_refusal_is_a_change(recorder, monkeypatch):
    def refuse(self: Ours) -> None:
        raise ReferenceRefuses("planted")

    monkeypatch.setattr(Ours, "start", refuse)
    ((_, found),) = recorder.again(["gpt-2"], keep=False)
    assert any(change.what == "meta k" and change.after == "error" for change in found)
    assert reader.index(recorder.folder)["gpt-2"]["load_error"] == "planted"
    reader.read.cache_clear()
    assert reader.read(recorder.folder, "gpt-2").meta == {"k": "error", "msg": "planted"}


def test_a_new_pre_gets_a_file(recorder, monkeypatch):
    some = {key: data for key, data in reader.texts(COMMITTED_GOLDEN).items() if key.startswith("inp/")}
    monkeypatch.setattr(reader, "texts", lambda folder: some)
    assert recorder.added_pre("olmo") == "pre-gpt-2-olmo"
    entry = reader.index(recorder.folder)["pre-gpt-2-olmo"]
    assert (entry["base"], entry["variant"], entry["calls"]) == ("gpt-2", True, ["t00", "t11", "d00", "d01"])
    assert recorder.recipe("pre-gpt-2-olmo") == {"base": "gpt-2", "set": {"tokenizer.ggml.pre": "str:olmo"}}
    written = reader.read(recorder.folder, "pre-gpt-2-olmo")
    assert written.tokens is None and len(written.cases) == len(some) and len(written.detokenized) == asking.ID_LISTS
    assert list(recorder.again(["pre-gpt-2-olmo"], keep=True)) == [("pre-gpt-2-olmo", [])]
    with pytest.raises(ValueError, match="is in the index"):
        recorder.added_pre("olmo")


def test_the_index_is_written_as_it_was(recorder):
    for name in ("index.json", "variants.json"):
        entries = reader.read_json(recorder.folder / name)
        first = next(iter(entries))
        recording.enter(recorder.folder / name, first, entries[first])
        assert (recorder.folder / name).read_bytes() == (COMMITTED_GOLDEN / name).read_bytes()


def readable(case: Case) -> bool:
    """Whether all answers are there, not only their hashes."""
    return not any(isinstance(answer, (LongIds, LongBytes)) for answer in case.calls.values())


@pytest.mark.parametrize("name", ["gpt-2", "llama-spm", "bert-bge", "pre-gpt-2-whitespace", "var-bpe-bos-eos-sep"])
def test_lines_are_read_as_they_were_meant(name):
    golden = reader.read(COMMITTED_GOLDEN, name)
    calls = reader.index(COMMITTED_GOLDEN)[name]["calls"]
    cases = [case for case in golden.cases if readable(case)]
    assert len(cases) > 1000
    for case in cases:
        assert reader._case(lines.case_line(case, golden.meta), case.data, golden.meta, calls) == case
    for record in golden.detokenized:
        assert reader._detokenize_calls(lines.ids_line(record), b"") == record.calls


def test_long_answers_become_hashes():
    ids = list(range(2000))
    assert reader._ids(lines.ids_value(ids)) == ids
    assert reader._ids(lines.ids_value(ids)) != [1, *ids[1:]]
    assert reader._bytes(lines.text_value(b"x" * 5000), b"y") == b"x" * 5000
    assert lines.text_value(b"ab=c", b"=") == ["ab", "c"] and lines.text_value(b"=") == {"b": "PQ=="}
    assert lines.table_value(b"=") == "="


META = {"k": "meta", "prefix": [1], "suffix": []}


@pytest.mark.parametrize(
    "calls",
    [
        {"t00": [5], "t01": Died("SIGABRT"), "t10": [1, 5], "t11": [5]},
        {"t00": Died("SIGSEGV"), "t01": Died("SIGSEGV")},
        {"t00": [5], "t01": [6], "t10": [1, 5], "t11": [6], "d00": b"", "d01": b"\xff", "d10": b"=", "d11": b"a=b"},
        {"t00": [5], "t01": [5], "t10": [5], "t11": [1, 5], **dict.fromkeys(DETOKENIZE, Died("timeout"))},
    ],
)
def test_deaths_and_oddities(calls):
    case = Case("x/1", b"=", calls)
    assert reader._case(lines.case_line(case, META), b"=", META, tuple(calls)) == case


def test_a_death_after_a_death_is_no_change():
    def golden(answer: object) -> Golden:
        return Golden("x", META, None, [Case("x/1", b"a", {"t00": answer})], [Detokenized([1], {"d00": answer})])

    assert changes(golden(Died("timeout")), golden(Died("SIGSEGV"))) == []
    assert len(changes(golden([1]), golden(Died("timeout")))) == 2
    assert changes(golden(Died("timeout")), golden([1])) == []
    assert len(changes(golden(Died("SIGABRT")), golden([1]))) == 2
    assert len(changes(golden([1]), dataclasses.replace(golden([1]), cases=[], detokenized=[]))) == 2


def test_what_is_put_around_a_text():
    class Fake:
        def ask_ids(self, text: bytes, mode: int) -> tuple[int, ...]:
            return (101, 7, 102, 103) if mode == 2 else (7,)

    assert asking.around(Fake()) == ([101], [102, 103])
