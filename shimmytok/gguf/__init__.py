"""Reading the metadata of GGUF files: the key section, never the tensors."""

from shimmytok.errors import GGUFError, LimitError, ModelNotFoundError
from shimmytok.gguf.keys import ValueType
from shimmytok.gguf.limits import Limits
from shimmytok.gguf.metadata import Metadata

__all__ = ["GGUFError", "LimitError", "Limits", "Metadata", "ModelNotFoundError", "ValueType"]
