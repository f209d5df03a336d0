from collections.abc import Iterable
from typing import SupportsIndex

from shimmytok._stream_decoder import StreamDecoder
from shimmytok.vocab import Vocab

class TextDecoder:
    def __init__(self, vocab: Vocab) -> None: ...
    def decode(
        self,
        ids: Iterable[SupportsIndex],
        skip_special_tokens: bool = False,
        *,
        remove_special: bool = False,
        errors: str = "replace",
    ) -> str: ...
    def decode_bytes(self, ids: Iterable[SupportsIndex], skip_special_tokens: bool = False) -> bytes: ...
    def decode_batch(
        self,
        sequences: Iterable[Iterable[SupportsIndex]],
        skip_special_tokens: bool = False,
        *,
        remove_special: bool = False,
        errors: str = "replace",
    ) -> list[str]: ...
    def decode_single(self, token: SupportsIndex, skip_special_tokens: bool = False) -> str: ...
    def stream_decoder(self, *, skip_special_tokens: bool = False) -> StreamDecoder: ...
