"""Tokenizers straight out of GGUF files, with llama.cpp's ids.

>>> import shimmytok
>>> shimmytok.Tokenizer.from_pretrained("gpt2").encode("Hello world")
[15496, 995]
"""

# First: as deep as our own modules would import it, CPython 3.11 maps and unmaps memory at every other call.
import numpy as _numpy  # noqa: F401

try:
    from shimmytok._stream_decoder import StreamDecoder
except ModuleNotFoundError as error:
    if not (error.name or "").startswith("shimmytok."):
        raise
    raise ImportError(
        f"{__path__[0]} is shimmytok's source, and not compiled: run `pip install -e .` there, or leave the folder if "
        "shimmytok is installed"
    ) from error
from shimmytok.errors import (
    GGUFError,
    InvalidTokenError,
    LimitError,
    ModelNotFoundError,
    ShimmytokError,
    SpecialTokenError,
    UnknownPreTokenizerError,
    UnsupportedModelError,
)
from shimmytok.gguf import Limits, Metadata
from shimmytok.token_info import TokenAttr, TokenType
from shimmytok.tokenizer import Tokenizer
from shimmytok.version import LLAMA_CPP_REF, __version__

__all__ = [
    "LLAMA_CPP_REF",
    "GGUFError",
    "InvalidTokenError",
    "LimitError",
    "Limits",
    "Metadata",
    "ModelNotFoundError",
    "ShimmytokError",
    "SpecialTokenError",
    "StreamDecoder",
    "TokenAttr",
    "TokenType",
    "Tokenizer",
    "UnknownPreTokenizerError",
    "UnsupportedModelError",
    "__version__",
]
