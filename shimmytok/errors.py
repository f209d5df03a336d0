"""Every exception the library raises on purpose; all are children of `ShimmytokError`."""

from __future__ import annotations

__all__ = [
    "GGUFError",
    "InvalidTokenError",
    "LimitError",
    "ModelNotFoundError",
    "ShimmytokError",
    "SpecialTokenError",
    "UnknownPreTokenizerError",
    "UnsupportedModelError",
]


class ShimmytokError(Exception):
    """The base of all errors of this library."""


class GGUFError(ShimmytokError, ValueError):
    """A GGUF file that is damaged, or whose tokenizer metadata cannot be used.

    The message names what is known of the place: `path` (or "<bytes>", "<reader>"), `key` (a metadata key)
    and `offset` (in bytes from the start of the file).
    """

    def __init__(self, problem: str, *, path: str | None = None, key: str | None = None, offset: int | None = None):
        self.problem = problem
        self.path = path
        self.key = key
        self.offset = offset
        super().__init__(problem)

    def __str__(self) -> str:
        where = [] if self.path is None else [str(self.path)]
        if self.key is not None:
            where.append(f"key {self.key!r}")
        if self.offset is not None:
            where.append(f"byte {self.offset}")
        return f"{', '.join(where)}: {self.problem}" if where else self.problem

    def __reduce__(self) -> tuple[object, ...]:
        return _gguf_error, (self.problem, self.path, self.key, self.offset)


def _gguf_error(problem: str, path: str | None, key: str | None, offset: int | None) -> GGUFError:
    return GGUFError(problem, path=path, key=key, offset=offset)


class UnsupportedModelError(ShimmytokError):
    """A `tokenizer.ggml.model` that cannot do what was asked of it."""


class UnknownPreTokenizerError(ShimmytokError):
    """A `tokenizer.ggml.pre` that llama.cpp does not know either."""


class InvalidTokenError(ShimmytokError, IndexError):
    """A token id outside the vocabulary."""


class SpecialTokenError(ShimmytokError, ValueError):
    """A text holds a special token that the caller disallowed."""


class LimitError(ShimmytokError, ValueError):
    """An input is larger than a limit allows; the message names the limit."""


class ModelNotFoundError(ShimmytokError, FileNotFoundError):
    """No model of that name, or no file at that path."""
