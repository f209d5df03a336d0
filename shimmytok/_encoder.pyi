from collections.abc import Sequence
from typing import Any

from shimmytok._specials import SpecialMatcher
from shimmytok.models._model import Model

class Encoder:
    def __init__(
        self,
        model: Model,
        all_specials: SpecialMatcher,
        user_defined: SpecialMatcher,
        prefix: Sequence[int],
        suffix: Sequence[int],
    ) -> None: ...
    def encode_fragment(self, text: bytes) -> list[int]: ...

def find_special(matcher: SpecialMatcher, text: Any) -> tuple[int, int] | None: ...
