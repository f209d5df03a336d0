from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shimmytok._ids import IdBuffer
from shimmytok._specials import SpecialMatcher
from shimmytok.models._model import Model

def as_owner(text: Any) -> str | bytes: ...

class Texts:
    count: int
    def __init__(self, texts: Iterable[str | bytes]) -> None: ...
    def cuts(self, unit: int) -> list[int]: ...
    def owners(self) -> tuple[str | bytes, ...]: ...
    def total(self) -> int: ...

class Encoder:
    def __init__(
        self,
        model: Model,
        all_specials: SpecialMatcher,
        user_defined: SpecialMatcher,
        prefix: Sequence[int],
        suffix: Sequence[int],
    ) -> None: ...
    def encode(self, text: Any, add_special: bool, parse_special: bool) -> IdBuffer: ...
    def encode_range(
        self, texts: Texts, start: int, end: int, add_special: bool, parse_special: bool
    ) -> tuple[IdBuffer, NDArray[np.int64]]: ...
    def encode_fragment(self, text: bytes) -> IdBuffer: ...

def find_special(matcher: SpecialMatcher, text: Any) -> tuple[int, int] | None: ...
