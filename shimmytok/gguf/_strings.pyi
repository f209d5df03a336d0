from collections.abc import Iterator, Sequence
from typing import final

def pack_strings(strings: Sequence[bytes]) -> bytes: ...

@final
class StringArray:
    @staticmethod
    def index(
        payload: memoryview | bytes,
        count: int,
        *,
        big_endian: bool = False,
        path: str | None = None,
        key: str | None = None,
        offset: int = 0,
    ) -> StringArray: ...
    @staticmethod
    def index_first(
        data: memoryview | bytes, position: int, count: int, *, big_endian: bool, max_string_bytes: int
    ) -> tuple[StringArray, int] | None: ...
    @staticmethod
    def from_list(strings: Sequence[bytes]) -> StringArray: ...
    def __len__(self) -> int: ...
    def __getitem__(self, i: int) -> bytes: ...
    def __iter__(self) -> Iterator[bytes]: ...
