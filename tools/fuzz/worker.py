"""The process that holds llama.cpp: answers requests on standard input, so that its death is only its own.

Run as a script, `worker.py LIBLLAMA GGUF`, with nothing but the standard library.  A request is a kind, a length
(uint32) and so many bytes.  The answer is, for each part, a length and so many bytes; a length of REFUSED stands for
an error code of the library.

    kind   payload            answer
    E      a text             its ids (int32 each) in each of the four modes
    0..3   a text             its ids in the mode of this number
    D      ids                their text in each of the four modes
    M      nothing            JSON: size, special ids, flags, ... of the vocabulary
    T      first and end id   for each token: attribute (uint32), score (float), text and four pieces (each a length
                              and bytes), in one part
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from typing import BinaryIO

REFUSED = 0xFFFFFFFF
MODES = ((False, False), (False, True), (True, False), (True, True))
LENGTH = struct.Struct("<I")
IDS = (
    *("bos", "eos", "eot", "sep", "nl", "pad", "mask"),
    *("fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep", "fim_sep"),
)
FLAGS = ("add_bos", "add_eos", "add_sep")


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
    declare_loading(library)
    declare_facts(library)
    library.llama_log_set(SILENT, None)
    library.llama_backend_init()
    return library


def declare_loading(library: ctypes.CDLL) -> None:
    """Types of the functions that load, encode and decode."""
    pointer, number, flag_type = ctypes.c_void_p, ctypes.c_int32, ctypes.c_bool
    library.llama_log_set.argtypes = [LOG, pointer]
    library.llama_model_default_params.restype = ModelParams
    library.llama_model_load_from_file.argtypes = [ctypes.c_char_p, ModelParams]
    library.llama_model_load_from_file.restype = pointer
    library.llama_model_get_vocab.argtypes = [pointer]
    library.llama_model_get_vocab.restype = pointer
    library.llama_tokenize.argtypes = [pointer, ctypes.c_char_p, number, pointer, number, flag_type, flag_type]
    library.llama_detokenize.argtypes = [pointer, pointer, number, pointer, number, flag_type, flag_type]


def declare_facts(library: ctypes.CDLL) -> None:
    """Types of the functions that tell of a vocabulary and its tokens."""
    pointer, number, flag_type = ctypes.c_void_p, ctypes.c_int32, ctypes.c_bool
    for name in (*IDS, *(f"get_{flag}" for flag in FLAGS), "type", "n_tokens"):
        getattr(library, f"llama_vocab_{name}").argtypes = [pointer]
    for flag in FLAGS:
        getattr(library, f"llama_vocab_get_{flag}").restype = ctypes.c_bool
    for name, result in (("is_eog", flag_type), ("get_text", ctypes.c_char_p), ("get_score", ctypes.c_float)):
        getattr(library, f"llama_vocab_{name}").argtypes = [pointer, number]
        getattr(library, f"llama_vocab_{name}").restype = result
    library.llama_vocab_get_attr.argtypes = [pointer, number]
    library.llama_vocab_get_suppress_tokens.argtypes = [pointer, pointer]
    library.llama_vocab_get_suppress_tokens.restype = ctypes.POINTER(number)
    library.llama_model_chat_template.argtypes = [pointer, ctypes.c_char_p]
    library.llama_model_chat_template.restype = ctypes.c_char_p
    library.llama_token_to_piece.argtypes = [pointer, number, pointer, number, number, flag_type]


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

    def facts(self) -> bytes:
        """What llama.h tells of the vocabulary, as JSON; a chat template as Latin-1."""
        ask = {name: getattr(self._library, f"llama_vocab_{name}") for name in (*IDS, "type", "n_tokens", "is_eog")}
        n_tokens = ask["n_tokens"](self._vocab)
        n_suppressed = ctypes.c_int32()
        suppressed = self._library.llama_vocab_get_suppress_tokens(self._vocab, ctypes.byref(n_suppressed))
        template = self._library.llama_model_chat_template(self._model, None)
        facts = {"n_tokens": n_tokens, "type": ask["type"](self._vocab)}
        facts |= {name: ask[name](self._vocab) for name in IDS}
        facts |= {name: getattr(self._library, f"llama_vocab_get_{name}")(self._vocab) for name in FLAGS}
        facts["eog"] = [token for token in range(n_tokens) if ask["is_eog"](self._vocab, token)]
        facts["suppress"] = suppressed[: n_suppressed.value]
        facts["chat_template"] = None if template is None else template.decode("latin-1")
        return json.dumps(facts).encode()

    def tokens(self, ids: bytes) -> bytes:
        """Rows of the token table, as the hashes of the golden files take them."""
        rows = []
        for token in range(*struct.unpack("<2i", ids)):
            attribute = self._library.llama_vocab_get_attr(self._vocab, token)
            score = self._library.llama_vocab_get_score(self._vocab, token)
            rows.append(struct.pack("<If", attribute, score))
            pieces = [self._piece(token, lstrip, special) for lstrip in (0, 1) for special in (False, True)]
            for raw in (self._library.llama_vocab_get_text(self._vocab, token), *pieces):
                rows += [LENGTH.pack(len(raw)), raw]
        return b"".join(rows)

    def _piece(self, token: int, lstrip: int, special: bool) -> bytes:
        size = 64
        while True:
            room = ctypes.create_string_buffer(size)
            n = self._library.llama_token_to_piece(self._vocab, token, room, size, lstrip, special)
            if n >= 0:
                return room.raw[:n]
            size = -n


def parts_of(vocabulary: Vocabulary, kind: bytes, payload: bytes) -> list[bytes | None]:
    """The parts of an answer, as the head of this file lists them; None: refused."""
    if kind == b"M":
        return [vocabulary.facts()]
    if kind == b"T":
        return [vocabulary.tokens(payload)]
    if kind in (b"0", b"1", b"2", b"3"):
        return [vocabulary.tokenize(payload, *MODES[int(kind)])]
    call = vocabulary.tokenize if kind == b"E" else vocabulary.detokenize
    return [call(payload, *mode) for mode in MODES]


def answer(vocabulary: Vocabulary, kind: bytes, payload: bytes) -> bytes:
    parts = parts_of(vocabulary, kind, payload)
    return b"".join(LENGTH.pack(REFUSED) if part is None else LENGTH.pack(len(part)) + part for part in parts)


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
