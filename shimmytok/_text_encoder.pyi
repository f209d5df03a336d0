from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from shimmytok._encoder import Encoder
from shimmytok._text_decoder import TextDecoder
from shimmytok.disallowed import Disallowed, DisallowedTokens
from shimmytok.vocab import Vocab

Text = str | Buffer

class TextEncoder(TextDecoder):
    _encoder: Encoder | None
    _disallowed: DisallowedTokens
    def __init__(self, vocab: Vocab, encoder: Encoder | None, disallowed: DisallowedTokens) -> None: ...
    def encode(
        self,
        text: Text,
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = 1,
    ) -> list[int]: ...
    def encode_to_numpy(
        self,
        text: Text,
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = 1,
    ) -> NDArray[np.uint32]: ...
    def encode_batch(
        self,
        texts: Iterable[Text],
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = None,
    ) -> list[list[int]]: ...
    def encode_batch_flat(
        self,
        texts: Iterable[Text],
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = None,
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]: ...
    def count(
        self,
        text: Text,
        add_special_tokens: bool = True,
        *,
        parse_special: bool = False,
        disallowed_special: Disallowed = (),
        num_threads: int | None = 1,
    ) -> int: ...
