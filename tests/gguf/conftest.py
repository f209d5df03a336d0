"""Makes GGUF files byte by byte, sound or not: what gguf.GGUFWriter would refuse to write."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import shimmytok.gguf
from shimmytok.gguf import Metadata, ValueType


class RawGGUF:
    """Builds the parts of a GGUF file in one byte order ("<" or ">")."""

    def __init__(self, order: str = "<"):
        self.order = order

    def number(self, code: str, value: float) -> bytes:
        return struct.pack(self.order + code, value)

    def string(self, raw: bytes) -> bytes:
        return self.number("Q", len(raw)) + raw

    def strings(self, *raws: bytes) -> bytes:
        return b"".join(map(self.string, raws))

    def array(self, element: int, count: int, items: bytes) -> bytes:
        return self.number("I", element) + self.number("Q", count) + items

    def entry(self, key: bytes, value_type: int, payload: bytes) -> bytes:
        return self.string(key) + self.number("I", value_type) + payload

    def text(self, key: bytes, raw: bytes) -> bytes:
        return self.entry(key, ValueType.STRING, self.string(raw))

    def u32(self, key: bytes, value: int) -> bytes:
        return self.entry(key, ValueType.UINT32, self.number("I", value))

    def list_of(self, key: bytes, element: int, count: int, items: bytes) -> bytes:
        return self.entry(key, ValueType.ARRAY, self.array(element, count, items))

    def file(self, *entries: bytes, count: int | None = None, version: int = 3, tensors: int = 0) -> bytes:
        keys = len(entries) if count is None else count
        start = self.number("I", version) + self.number("q", tensors) + self.number("q", keys)
        return b"GGUF" + start + b"".join(entries)


def small_file(order: str) -> bytes:
    raw = RawGGUF(order)
    inner = raw.array(ValueType.UINT8, 2, b"\1\2") + raw.array(ValueType.STRING, 1, raw.strings(b"x"))
    return raw.file(
        raw.text(b"general.architecture", b"llama"),
        raw.u32(b"tokenizer.ggml.bos_token_id", 7),
        raw.entry(b"flag", ValueType.BOOL, b"\2"),
        raw.entry(b"float", ValueType.FLOAT64, raw.number("d", 0.5)),
        raw.list_of(b"tokens", ValueType.STRING, 3, raw.strings(b"a", b"", b"cut\0here")),
        raw.list_of(b"scores", ValueType.FLOAT32, 2, raw.number("f", 1.5) + raw.number("f", -2)),
        raw.list_of(b"nested", ValueType.ARRAY, 2, inner),
        raw.list_of(b"none", ValueType.INT32, 0, b""),
        raw.text(b"last", b"end"),
    )


SMALL_VALUES = {
    "general.architecture": "llama",
    "tokenizer.ggml.bos_token_id": 7,
    "flag": True,
    "float": 0.5,
    "tokens": ["a", "", "cut"],
    "scores": [1.5, -2.0],
    "nested": [[1, 2], ["x"]],
    "none": [],
    "last": "end",
}


@pytest.fixture(scope="session")
def raw() -> RawGGUF:
    return RawGGUF()


@pytest.fixture(scope="session", params=["<", ">"], ids=["little", "big"])
def either_raw(request: pytest.FixtureRequest) -> RawGGUF:
    return RawGGUF(request.param)


@pytest.fixture(scope="session")
def small(either_raw: RawGGUF) -> bytes:
    """A file with a bit of everything, in both byte orders."""
    return small_file(either_raw.order)


@pytest.fixture(scope="session")
def small_values() -> dict[str, object]:
    return SMALL_VALUES


@pytest.fixture(scope="session")
def gpt2_path() -> Path:
    """The vocabulary that the package brings."""
    return Path(shimmytok.gguf.__file__).parents[1] / "data" / "gpt2.gguf"


LARGE = 20_000  # items; as INT32 more than is kept in memory


@pytest.fixture
def large(either_raw: RawGGUF) -> bytes:
    """A file with two arrays that are not kept in memory."""
    numbers = b"".join(either_raw.number("i", i) for i in range(LARGE))
    words = either_raw.strings(*(b"w%d" % i for i in range(LARGE)))
    inner = either_raw.array(ValueType.INT32, LARGE, numbers)
    return bytes(
        either_raw.file(
            either_raw.list_of(b"numbers", ValueType.INT32, LARGE, numbers),
            either_raw.list_of(b"words", ValueType.STRING, LARGE, words),
            either_raw.list_of(b"nested", ValueType.ARRAY, 1, inner),
            either_raw.text(b"template", b"t" * 100_000),
            either_raw.list_of(b"few", ValueType.UINT8, 3, b"abc"),
            tensors=1,
        )
    )


def _check_large(metadata: Metadata) -> None:
    assert metadata["numbers"] == list(range(LARGE))
    numbers = metadata.numbers("numbers", ValueType.INT32)
    assert numbers is not None
    assert numbers.tolist() == list(range(LARGE))
    words = metadata.strings("words")
    assert words is not None
    assert list(words) == [b"w%d" % i for i in range(LARGE)]
    assert metadata["nested"] == [list(range(LARGE))]
    assert metadata["template"] == "t" * 100_000
    assert metadata.raw_bytes("few") == b"abc"


@pytest.fixture(scope="session")
def check_large() -> Callable[[Metadata], None]:
    """Checks every value of `large`."""
    return _check_large
