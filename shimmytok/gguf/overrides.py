"""Values that a caller puts in place of a file's, read as the typed getters of `Metadata` read the file's.

Does not look anything up. A value serves a getter if its Python type fits: int for integers (range-checked), bool for
flags, str for text, lists for arrays. llama.cpp's `try_override` (src/llama-model-loader.cpp) ignores a value of the
wrong type; here it is an error, for a caller who overrides means it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np

from shimmytok.arguments import full_name, wrong_type
from shimmytok.errors import GGUFError
from shimmytok.gguf import keys
from shimmytok.gguf._strings import StringArray
from shimmytok.gguf.header import c_string
from shimmytok.gguf.keys import ValueType
from shimmytok.gguf.values import DTYPES
from shimmytok.log import warn

if TYPE_CHECKING:
    import numpy.typing as npt

    from shimmytok.gguf.metadata import Metadata

Override: TypeAlias = "str | int | float | bool | list[int] | list[float] | list[str]"

PATH = "<overrides>"

_NAMED_TEMPLATE = keys.chat_template("")


def check(overrides: Mapping[str, Override | None]) -> dict[str, Override | None]:
    """A copy of the overrides, lists copied too; TypeError for what is no override."""
    checked: dict[str, Override | None] = {}
    if not hasattr(overrides, "items"):
        raise wrong_type(overrides, "a mapping of keys to values", "overrides")
    for key, value in overrides.items():
        if not isinstance(key, str):
            raise TypeError(f"a key is a str, not {type(key).__name__}")
        copied = value.copy() if isinstance(value, list) else value
        kinds = {type(item) for item in copied} if isinstance(copied, list) else {type(copied)}
        if isinstance(copied, list) and not (kinds <= {int, float} or kinds == {str}):
            found = ", ".join(sorted({full_name(item) for item in copied}))
            raise TypeError(f"key {key!r}: the items of a list are all str, or all int or float; found {found}")
        if not kinds <= {str, int, float, bool, type(None)}:
            raise TypeError(f"key {key!r}: an override cannot be a {full_name(value)}")
        for item in copied if isinstance(copied, list) else [copied]:
            _check_encodable(key, item)
        checked[key] = copied
    return checked


def warn_of_unread(metadata: Metadata, overrides: Iterable[str]) -> None:
    """Warn of keys of a tokenizer, or without a dot, which all have, that are neither in the file nor read by any: most
    often they are misspelt."""
    known = keys.tokenizer_keys()
    for key in overrides:
        if key in metadata or key in known or key.startswith(_NAMED_TEMPLATE):
            continue
        if "." in key and not key.startswith("tokenizer."):
            continue
        import difflib  # slow to import, for what hardly anybody needs

        ends = {_end(name): f"; did you mean {name!r}?" for name in known}
        meant = "".join(ends[end] for end in difflib.get_close_matches(_end(key), ends, 1))
        warn("override of %r: no tokenizer reads this key, and it is not in %s%s", key, metadata.source, meant)


def _end(key: str) -> str:
    return key.removeprefix("tokenizer.").removeprefix("ggml.")


def _check_encodable(key: str, item: object) -> None:
    if isinstance(item, str):
        try:
            encoded(item)
        except UnicodeEncodeError as error:
            raise GGUFError(f"this str has no UTF-8: {error}", path=PATH, key=key) from None


def _refuse(key: str, expected: str, value: Override) -> NoReturn:
    raise GGUFError(f"expected {expected}, found {type(value).__name__} {str(value)[:80]!r}", path=PATH, key=key)


def encoded(value: str) -> bytes:
    """The C string of a str."""
    return c_string(value.encode("utf-8", "surrogateescape"))


def text(key: str, value: Override) -> bytes:
    if not isinstance(value, str):
        _refuse(key, "str", value)
    return encoded(value)


def integer(key: str, value: Override, value_type: ValueType) -> int:
    bounds = np.iinfo(DTYPES[value_type])
    if not isinstance(value, int) or isinstance(value, bool) or not bounds.min <= value <= bounds.max:
        _refuse(key, f"an int from {bounds.min} to {bounds.max}", value)
    return value


def flag(key: str, value: Override) -> bool:
    if not isinstance(value, bool):
        _refuse(key, "bool", value)
    return value


def strings(key: str, value: Override) -> StringArray:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _refuse(key, "a list of str", value)
    return StringArray.from_list([encoded(str(item)) for item in value])


def numbers(key: str, value: Override, types: Sequence[ValueType]) -> npt.NDArray[Any]:
    """An array of the first of `types` that holds every item."""
    for value_type in types:
        dtype = DTYPES[value_type]
        if isinstance(value, list) and _fits(value, dtype):
            with np.errstate(over="ignore"):  # what a float32 cannot hold becomes infinite
                array = np.array(value, dtype)
            array.flags.writeable = False
            return array
    _refuse(key, "a list of " + " or ".join(value_type.name for value_type in types), value)


def _fits(value: list[Any], dtype: np.dtype[Any]) -> bool:
    if dtype.kind == "f":
        return all(isinstance(item, float) or (isinstance(item, int) and abs(item) < 1 << 64) for item in value)
    if dtype.kind not in "iu":
        return False
    bounds = np.iinfo(dtype)
    return all(isinstance(item, int) and bounds.min <= item <= bounds.max for item in value)


def raw_bytes(key: str, value: Override) -> bytes:
    return numbers(key, value, (ValueType.UINT8, ValueType.INT8)).tobytes()


def mapped(value: Override) -> Any:
    """The value as `Metadata[key]` gives it."""
    if isinstance(value, list):
        return [mapped(item) for item in value]
    return encoded(value).decode("utf-8", "surrogateescape") if isinstance(value, str) else value
