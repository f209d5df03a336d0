"""The pipe to llama.cpp, with a worker that is no llama.cpp: answers, refusals, deaths and new starts."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import pytest

from tools.fuzz import reference
from tools.fuzz.reference import Reference, ReferenceDied, ReferenceRefuses
from tools.fuzz.worker import LENGTH, MODES, answer, serve

# Answers with the bytes of a text as ids, and with ids as bytes; some texts make it misbehave.
WORKER = """
import os, struct, sys, time
if sys.argv[2] == "refused":
    sys.exit("llama.cpp refuses it")
def write(*parts):
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
write(b"ready")
while kind := sys.stdin.buffer.read(1):
    (size,) = struct.unpack("<I", sys.stdin.buffer.read(4))
    payload = sys.stdin.buffer.read(size)
    if payload == b"die":
        sys.stderr.write("some words\\nllama.cpp:1: GGML_ASSERT(planted) failed\\nmore words\\n")
        sys.stderr.flush()
        os.abort()
    if payload == b"hang":
        time.sleep(600)
    if payload == b"half":
        write(b"\\x08\\0\\0\\0" + b"abc")
        sys.exit(3)
    if payload == b"error":
        write(b"\\xff\\xff\\xff\\xff" * 4)
        continue
    for mode in range(4):
        if kind == b"E":
            last = -1 if payload == b"null" else mode
            write(struct.pack("<I", 4 * size + 4), struct.pack(f"<{size + 1}i", *payload, last))
        else:
            ids = struct.unpack(f"<{size // 4}i", payload)
            write(struct.pack("<I", len(ids)), bytes(ids))
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    worker = tmp_path / "worker.py"
    worker.write_text(WORKER)
    monkeypatch.setattr(reference, "WORKER", worker)
    with Reference(Path("lib"), Path("gguf"), timeout=30.0) as made:
        yield made


def ids_of(fake: Reference, text: bytes) -> list[tuple[int, ...] | None]:
    fake.send_text(text)
    return fake.collect_ids()


def test_answers_come_back_in_order(fake):
    for text in (b"ab", b"", b"\xff" * 5000):
        assert ids_of(fake, text) == [(*text, mode) for mode in range(4)]
    fake.send_ids([1, 2, 255])
    assert fake.collect_texts() == [b"\x01\x02\xff"] * 4


def test_an_error_code_is_no_answer(fake):
    assert ids_of(fake, b"error") == [None] * 4
    assert ids_of(fake, b"null") == [None] * 4


@pytest.mark.parametrize("text", [b"die", b"half"])
def test_a_death_is_told_and_the_next_request_answered(fake, text):
    for _ in range(2):
        with pytest.raises(ReferenceDied, match="planted" if text == b"die" else "exit status 3"):
            ids_of(fake, text)
        assert ids_of(fake, b"x") == [(ord("x"), mode) for mode in range(4)]


def test_an_endless_answer_is_a_death(fake, monkeypatch):
    monkeypatch.setattr(fake, "_timeout", 0.5)
    start = time.monotonic()
    with pytest.raises(ReferenceDied, match=r"no answer in 0\.5 s"):
        ids_of(fake, b"hang")
    assert time.monotonic() - start < 30
    monkeypatch.setattr(fake, "_timeout", 30.0)
    assert ids_of(fake, b"") == [(mode,) for mode in range(4)]


def test_a_refused_file(fake, tmp_path):
    with Reference(Path("lib"), Path("refused")) as refused, pytest.raises(ReferenceRefuses, match="refuses it"):
        refused.start()


class Echo:
    """Says what it was asked; no answer where both flags are set."""

    def tokenize(self, text: bytes, add_special: bool, parse_special: bool) -> bytes | None:
        return None if add_special and parse_special else b"T%d%d" % (add_special, parse_special) + text

    def detokenize(self, ids: bytes, remove_special: bool, unparse_special: bool) -> bytes | None:
        return b"D%d%d" % (remove_special, unparse_special) + ids


def test_the_worker_answers_in_every_mode():
    packed = answer(Echo(), b"E", b"x")
    assert packed == b"\4\0\0\0T00x" + b"\4\0\0\0T01x" + b"\4\0\0\0T10x" + b"\xff\xff\xff\xff"
    assert MODES == ((False, False), (False, True), (True, False), (True, True))


def test_the_worker_serves_until_the_requests_end():
    requests = b"".join(
        kind + LENGTH.pack(len(body)) + body for kind, body in ((b"E", b""), (b"D", struct.pack("<i", 7)))
    )
    answers = io.BytesIO()
    serve(Echo(), io.BytesIO(requests), answers)
    assert answers.getvalue() == b"ready" + answer(Echo(), b"E", b"") + answer(Echo(), b"D", b"\7\0\0\0")
