"""The process that asks llama.cpp, through llama-cpp-python's low-level functions.

`python -m shimmytok.verify.answering PATH` is how it is started.  It may die, since llama.cpp aborts on some texts;
`reference.py` notices.  A line of JSON in, a line of JSON out; bytes travel as Latin-1.  The first line out tells the
number of tokens, or why there is no answer at all.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from ctypes import Array, c_char
from importlib import import_module
from typing import Any

Request = dict[str, Any]
Answer = dict[str, Any]

BOTH = (False, True)


class LlamaCpp:
    """The vocabulary of one GGUF file, as llama.cpp loads it."""

    def __init__(self, llama_cpp: Any, path: str):
        self._lib = llama_cpp
        self._quiet = llama_cpp.llama_log_callback(lambda *_: None)  # must live as long as it is set
        llama_cpp.llama_log_set(self._quiet, None)
        llama_cpp.llama_backend_init()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        model = llama_cpp.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            raise ValueError(f"llama.cpp does not load {path}")
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self.n_tokens = int(llama_cpp.llama_vocab_n_tokens(self._vocab))

    def tokenize(self, text: bytes, add_special: bool, parse_special: bool) -> list[int]:
        """llama_tokenize."""
        capacity = len(text) + 16
        while True:
            ids = (self._lib.llama_token * capacity)()
            n = self._lib.llama_tokenize(self._vocab, text, len(text), ids, capacity, add_special, parse_special)
            if n >= 0:
                return list(ids[:n])
            capacity = -n

    def piece(self, token: int, special: bool) -> bytes:
        """llama_token_to_piece, without lstrip."""
        return _filled(
            lambda room, size: self._lib.llama_token_to_piece(self._vocab, token, room, size, 0, special), 64
        )

    def detokenize(self, ids: list[int], remove_special: bool, unparse_special: bool) -> bytes:
        """llama_detokenize."""
        tokens = (self._lib.llama_token * max(len(ids), 1))(*ids)

        def fill(room: Array[c_char], size: int) -> int:
            return int(
                self._lib.llama_detokenize(self._vocab, tokens, len(ids), room, size, remove_special, unparse_special)
            )

        return _filled(fill, 16 * len(ids) + 64)


def _filled(fill: Callable[[Array[c_char], int], int], size: int) -> bytes:
    """The bytes that a function writes; it gives their number, or minus the size it needs."""
    while True:
        room = (c_char * size)()
        n = fill(room, size)
        if n >= 0:
            return bytes(room.raw[:n])
        size = -n


def answer(model: LlamaCpp, request: Request) -> Answer:
    """{"text"}: ids by (add_special, parse_special), texts by (remove_special, unparse_special); {"tokens"}: pieces."""
    if "tokens" in request:
        first, last = request["tokens"]
        return {"pieces": [[_sent(model.piece(i, special)) for special in BOTH] for i in range(first, last)]}
    text = request["text"].encode("latin-1")
    encoded = [model.tokenize(text, add, parse) for add in BOTH for parse in BOTH]
    decoded = [
        [_sent(model.detokenize(ids, remove, unparse)) for remove in BOTH for unparse in BOTH] for ids in encoded
    ]
    return {"ids": encoded, "texts": decoded}


def _sent(data: bytes) -> str:
    return data.decode("latin-1")


def serve(path: str) -> None:
    """Answer requests until there are no more."""
    # What libraries print must not get between the answers.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def send(value: Answer) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    try:
        llama_cpp = import_module("llama_cpp")  # an optional extra
    except ImportError as error:
        send({"missing": str(error)})
        return
    except (OSError, RuntimeError) as error:  # its libraries are not where it looks for them
        send({"error": str(error)})
        return
    try:
        model = LlamaCpp(llama_cpp, path)
    except (ValueError, AttributeError) as error:
        send({"error": str(error)})
        return
    send({"n_tokens": model.n_tokens, "version": str(getattr(llama_cpp, "__version__", "unknown"))})
    for line in sys.stdin:
        send(answer(model, json.loads(line)))


if __name__ == "__main__":
    serve(sys.argv[1])
