from collections.abc import Sequence

from typing_extensions import Buffer

Stage = tuple[int, int, Buffer, Buffer, Buffer]

class Splitter:
    def __init__(self, ascii: Buffer, page_of: Buffer, pages: Buffer, stages: Sequence[Stage]) -> None: ...
    def split(self, text: bytes) -> list[int]: ...
