from collections.abc import Sequence

from typing_extensions import Buffer

from .tables import Restart

Stage = tuple[int, int, Buffer, Buffer, Buffer]

class Splitter:
    def __init__(
        self, ascii: Buffer, page_of: Buffer, pages: Buffer, stages: Sequence[Stage], restart: Restart | None = None
    ) -> None: ...
    def split(self, text: bytes, plain: bool = False) -> list[int]: ...
    def count(self, text: bytes, plain: bool = False) -> int: ...
    def seam(self, stretch: bytes, escapes: bool = False) -> int: ...
