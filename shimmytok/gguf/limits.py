"""How large a key section, and what a tokenizer builds of it, may be before it is refused.

llama.cpp has fixed limits of 2^30 bytes a string and 2^30 items an array (`GGUF_MAX_STRING_LENGTH` and
`GGUF_MAX_ARRAY_ELEMENTS` in ggml/src/gguf.cpp). These are tighter, and can be changed for each load.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shimmytok.arguments import wrong_type


@dataclass(frozen=True)
class Limits:
    """What one file may hold; one that has more raises `LimitError`. ValueError for a limit that is none.

    The largest known vocabularies stay a factor of ten or more below each default.

    >>> Limits(max_keys=100).max_keys
    100
    """

    max_keys: int = 65_536
    """Keys in the file."""

    max_header_bytes: int = 1 << 30
    """Bytes from the start of the file to the end of the last key (1 GiB)."""

    max_array_items: int = 16 << 20
    """Items of one array, those of the arrays inside it included (16 Mi)."""

    max_string_bytes: int = 64 << 20
    """Bytes of one string, be it a key, a value or an item of an array (64 MiB)."""

    max_special_bytes: int = 4 << 20
    """Bytes of the texts of all special tokens (4 MiB); what finds them takes about fifty times that in memory."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, int) or not 0 <= value < 1 << 63:
                raise ValueError(f"{name} = {value!r} is not an int from 0 to 2**63 - 1")


_DEFAULT = Limits()


def checked(limits: Limits | None) -> Limits:
    """The limits to load with; None stands for the default ones."""
    if limits is None:
        return _DEFAULT
    if not isinstance(limits, Limits):
        raise wrong_type(limits, "Limits or None", "limits")
    return limits
