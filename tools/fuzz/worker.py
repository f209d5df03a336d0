"""The process that holds llama.cpp: answers requests on standard input, so that its death is only its own.

Run as a script, `worker.py LIBLLAMA GGUF`, with nothing but the standard library.  A request is a kind (b"E": a text,
b"D": ids, int32 each), a length (uint32) and so many bytes.  The answer is, for each of the four modes, a length and
so many bytes: the ids, or the text.  A length of REFUSED stands for an error code of the library.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import BinaryIO

REFUSED = 0xFFFFFFFF
MODES = ((False, False), (False, True), (True, False), (True, True))
LENGTH = struct.Struct("<I")


class ModelParams(ctypes.Structure):
    """llama_model_params of include/llama.h, with room for what other versions put behind it."""

    _fields_ = (
        ("devices", ctypes.c_void_p),
        ("tensor_buft_overrides", ctypes.c_void_p),
        ("n_gpu_layers", ctypes.c_int32),
        ("split_mode", ctypes.c_int),
        ("load_mode", ctypes.c_int),
        ("lazy_mode", ctypes.c_int),
        ("main_gpu", ctypes.c_int32),
        ("tensor_split", ctypes.c_void_p),
        ("progress_callback", ctypes.c_void_p),
        ("progress_callback_user_data", ctypes.c_void_p),
        ("kv_overrides", ctypes.c_void_p),
        ("vocab_only", ctypes.c_bool),
        ("check_tensors", ctypes.c_bool),
        ("use_extra_bufts", ctypes.c_bool),
        ("no_host", ctypes.c_bool),
        ("no_alloc", ctypes.c_bool),
        ("load_mtp", ctypes.c_bool),
        ("room", ctypes.c_byte * 256),
    )


LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
SILENT = LOG(lambda level, message, user_data: None)  # an abort's message does not come this way


def opened(path: str) -> ctypes.CDLL:
    """libllama, with the libraries beside it that it needs."""
    folder = os.path.dirname(os.path.abspath(path))
    for name in ("ggml-base", "ggml-cpu", "ggml"):
        for beside in (f"lib{name}.so", f"lib{name}.dylib"):
            if os.path.exists(os.path.join(folder, beside)):
                ctypes.CDLL(os.path.join(folder, beside), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(path)
    pointer, number, flag = ctypes.c_void_p, ctypes.c_int32, ctypes.c_bool
    library.llama_log_set.argtypes = [LOG, pointer]
    library.llama_model_default_params.restype = ModelParams
    library.llama_model_load_from_file.argtypes = [ctypes.c_char_p, ModelParams]
    library.llama_model_load_from_file.restype = pointer
    library.llama_model_get_vocab.argtypes = [pointer]
    library.llama_model_get_vocab.restype = pointer
    library.llama_tokenize.argtypes = [pointer, ctypes.c_char_p, number, pointer, number, flag, flag]
    library.llama_detokenize.argtypes = [pointer, pointer, number, pointer, number, flag, flag]
    library.llama_log_set(SILENT, None)
    library.llama_backend_init()
    return library


class Vocabulary:
    """A vocabulary in llama.cpp; SystemExit where it refuses the file."""

    def __init__(self, library: ctypes.CDLL, path: str):
        params = library.llama_model_default_params()
        params.vocab_only = True
        self._library = library
        self._model = library.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise SystemExit(f"llama.cpp refuses {path}")
        self._vocab = library.llama_model_get_vocab(self._model)

    def tokenize(self, text: bytes, add_special: bool, parse_special: bool) -> bytes | None:
        room = (ctypes.c_int32 * (len(text) + 16))()
        n = self._library.llama_tokenize(self._vocab, text, len(text), room, len(room), add_special, parse_special)
        if -(1 << 31) < n < 0:
            room = (ctypes.c_int32 * -n)()
            n = self._library.llama_tokenize(self._vocab, text, len(text), room, len(room), add_special, parse_special)
        return bytes(room)[: 4 * n] if n >= 0 else None

    def detokenize(self, ids: bytes, remove_special: bool, unparse_special: bool) -> bytes | None:
        n_ids = len(ids) // 4
        given = (ctypes.c_int32 * n_ids).from_buffer_copy(ids)
        size = 16 * n_ids + 64
        for _ in range(2):
            room = ctypes.create_string_buffer(size)
            n = self._library.llama_detokenize(self._vocab, given, n_ids, room, size, remove_special, unparse_special)
            if n >= 0:
                return room.raw[:n]
            size = -n + 8
        return None


def answer(vocabulary: Vocabulary, kind: bytes, payload: bytes) -> bytes:
    call = vocabulary.tokenize if kind == b"E" else vocabulary.detokenize
    parts = []
    for first, second in MODES:
        result = call(payload, first, second)
        parts += [LENGTH.pack(REFUSED)] if result is None else [LENGTH.pack(len(result)), result]
    return b"".join(parts)


def serve(vocabulary: Vocabulary, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end."""
    answers.write(b"ready")
    answers.flush()
    while kind := requests.read(1):
        (size,) = LENGTH.unpack(requests.read(LENGTH.size))
        answers.write(answer(vocabulary, kind, requests.read(size)))
        answers.flush()


if __name__ == "__main__":
    # Whatever the library prints must not come between the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(Vocabulary(opened(sys.argv[1]), sys.argv[2]), sys.stdin.buffer, out)
