"""The reader against the gguf package: same names, same numbers, same values, in both byte orders."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gguf
from shimmytok.gguf import Metadata, ValueType, keys

SCALARS = {
    ValueType.UINT8: [0, 200],
    ValueType.INT8: [-128, 127],
    ValueType.UINT16: [0, 60_000],
    ValueType.INT16: [-30_000, 1],
    ValueType.UINT32: [0, 4_000_000_000],
    ValueType.INT32: [-2_000_000_000, 5],
    ValueType.FLOAT32: [1.5, -0.25],
    ValueType.BOOL: [True, False],
    ValueType.STRING: ["naïve", ""],
    ValueType.UINT64: [1 << 63, 3],
    ValueType.INT64: [-(1 << 62), 3],
    ValueType.FLOAT64: [0.1, -1e300],
}


def write(path: Path, endianess: gguf.GGUFEndian, *, tensor: bool = False) -> None:
    writer = gguf.GGUFWriter(path, "llama", endianess=endianess)
    for value_type, values in SCALARS.items():
        for i, value in enumerate(values):
            writer.add_key_value(f"scalar.{value_type.name}.{i}", value, gguf.GGUFValueType(value_type))
        writer.add_key_value(
            f"array.{value_type.name}", values, gguf.GGUFValueType.ARRAY, sub_type=gguf.GGUFValueType(value_type)
        )
    if tensor:
        writer.add_tensor("weight", np.arange(64, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="module", params=["LITTLE", "BIG"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    write(path, gguf.GGUFEndian[request.param], tensor=True)
    return path, request.param.lower()


def test_value_types_have_the_numbers_of_the_format() -> None:
    assert {value_type.name: int(value_type) for value_type in ValueType} == {
        value_type.name: int(value_type) for value_type in gguf.GGUFValueType
    }


def test_key_names_are_those_of_the_format() -> None:
    known = {value for value in vars(gguf.Keys.Tokenizer).values() if isinstance(value, str)}
    known |= {gguf.Keys.General.ARCHITECTURE, gguf.Keys.General.NAME, gguf.Keys.General.ALIGNMENT}
    known |= {gguf.Keys.Split.LLM_KV_SPLIT_NO, gguf.Keys.Split.LLM_KV_SPLIT_COUNT}
    ours = {value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
    # llama.cpp reads these; the gguf package has no constant for them.
    unknown_to_gguf = {
        "tokenizer.ggml.cls_token_id",
        "tokenizer.ggml.normalizer.lowercase",
        "tokenizer.ggml.normalizer.strip_accents",
        "tokenizer.ggml.remove_extra_whitespaces",
        "tokenizer.ggml.suppress_tokens",
    }
    assert ours - known <= unknown_to_gguf
    ids = {value for value in known if value.startswith("tokenizer.ggml.") and value.endswith("_id")}
    assert ids <= ours
    assert keys.vocab_size("llama") == gguf.Keys.LLM.VOCAB_SIZE.format(arch="llama")
    assert keys.context_length("llama") == gguf.Keys.LLM.CONTEXT_LENGTH.format(arch="llama")
    assert keys.chat_template("rag") == gguf.Keys.Tokenizer.CHAT_TEMPLATE_N.format(name="rag")
    assert keys.chat_template() == gguf.Keys.Tokenizer.CHAT_TEMPLATE


def test_every_type_in_both_byte_orders(written: tuple[Path, str]) -> None:
    path, byte_order = written
    metadata = Metadata.from_file(path)
    assert (metadata.version, metadata.byte_order, metadata.source) == (3, byte_order, str(path))
    expected: dict[str, object] = {"general.architecture": "llama"}
    for value_type, values in SCALARS.items():
        expected |= {f"scalar.{value_type.name}.{i}": value for i, value in enumerate(values)}
        expected[f"array.{value_type.name}"] = values
    for _ in range(2):  # before and after the file is let go of
        assert dict(metadata) == expected
        for key, value in expected.items():
            assert type(metadata[key]) is type(value)
        metadata.close()


def test_numbers_are_native_and_read_only(written: tuple[Path, str]) -> None:
    metadata = Metadata.from_file(written[0])
    for value_type, values in SCALARS.items():
        if value_type is ValueType.STRING:
            continue
        array = metadata.numbers(f"array.{value_type.name}", value_type)
        assert array is not None
        assert array.tolist() == values
        assert array.dtype == (np.bool_ if value_type is ValueType.BOOL else value_type.name.lower())
        assert not array.flags.writeable


def test_version_2_is_read_alike(written: tuple[Path, str]) -> None:
    data = bytearray(written[0].read_bytes())
    data[4:8] = (2).to_bytes(4, "little" if written[1] == "little" else "big")
    metadata = Metadata.from_bytes(data)
    assert metadata.version == 2
    assert dict(metadata) == dict(Metadata.from_file(written[0]))


def plain_reader(data: bytes) -> dict[str, object]:
    """A slow twin for sound little-endian files (gguf.GGUFReader takes seconds for 100,000 strings)."""
    position = 24

    def scalar(code: str) -> Any:
        nonlocal position
        position += struct.calcsize("<" + code)
        return struct.unpack_from("<" + code, data, position - struct.calcsize("<" + code))[0]

    def string() -> str:
        nonlocal position
        length = scalar("Q")
        position += length
        return data[position - length : position].decode()

    def value(value_type: int) -> object:
        if value_type == ValueType.STRING:
            return string()
        if value_type == ValueType.ARRAY:
            element, length = scalar("I"), scalar("Q")
            return [value(element) for _ in range(length)]
        return scalar("BbHhIif?__Qqd"[value_type])

    return {string(): value(scalar("I")) for _ in range(struct.unpack_from("<Q", data, 16)[0])}


def test_the_twin_reads_what_gguf_reads(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    write(path, gguf.GGUFEndian.LITTLE)
    fields = {key: field for key, field in gguf.GGUFReader(path).fields.items() if not key.startswith("GGUF.")}
    assert plain_reader(path.read_bytes()) == {key: field.contents() for key, field in fields.items()}
    metadata = Metadata.from_file(path)
    assert list(metadata) == list(fields)
    for key, field in fields.items():
        found = metadata.value_type(key)
        assert found is not None
        assert [int(part) for part in found if part is not None] == [int(part) for part in field.types]


def test_the_bundled_vocabulary_equals_what_the_twin_reads(gpt2_path: Path) -> None:
    expected = plain_reader(gpt2_path.read_bytes())
    metadata = Metadata.from_file(gpt2_path)
    assert dict(metadata) == expected
    assert list(metadata) == list(expected)
