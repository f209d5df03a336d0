"""The piece of one token: the bytes its text stands for, by the rule of its model.

Equal to llama_vocab::impl::token_to_piece of llama.cpp, for tokens that are written out.
"""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.string cimport memcpy

from shimmytok.models._alphabet cimport BYTE_OF_CHARACTER
from shimmytok.models._rwkv_escapes cimport unescape
from shimmytok.unicode._utf8 cimport decode_clean, is_clean, repair

from shimmytok.errors import LimitError
from shimmytok.piece_rules import PieceRule

cdef enum:                         # llama_token_attr
    UNKNOWN = 1
    NORMAL = 4
    CONTROL = 8
    USER_DEFINED = 16
    BYTE = 32


cdef size_t unescape_spaces(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """Write a space for each U+2581."""
    cdef size_t i = 0, m = 0
    while i < n:
        if p[i] == 0xE2 and n - i >= 3 and p[i + 1] == 0x96 and p[i + 2] == 0x81:
            out[m] = 32
            i += 3
        else:
            out[m] = p[i]
            i += 1
        m += 1
    return m


cdef uint8_t hexadecimal(const uint8_t* p, size_t n) noexcept nogil:
    """What strtol makes of the two digits of `<0xNN>`; white space and a sign may come first."""
    cdef uint32_t value = 0, c
    cdef size_t i = 3, end = 5 if n > 5 else n
    cdef bint negative = False
    while i < end and (p[i] == 32 or 9 <= p[i] <= 13):
        i += 1
    if i < end and (p[i] == 43 or p[i] == 45):
        negative = p[i] == 45
        i += 1
    while i < end:
        c = p[i] | 32
        if 48 <= p[i] <= 57:
            value = value * 16 + p[i] - 48
        elif 97 <= c <= 102:
            value = value * 16 + c - 87
        else:
            break
        i += 1
    return <uint8_t>(-value if negative else value)


cdef bint in_alphabet(const uint8_t* p, size_t n, uint8_t* out, size_t* size) noexcept nogil:
    """Write the bytes that a text of the byte-level alphabet stands for; False when it holds anything else."""
    cdef size_t at = 0, m = 0
    cdef uint32_t cp
    if not is_clean(p, n):
        return False
    while at < n:
        at += decode_clean(p + at, &cp)
        if cp >= 0x144 or BYTE_OF_CHARACTER[cp] < 0:
            return False
        out[m] = <uint8_t>BYTE_OF_CHARACTER[cp]
        m += 1
    size[0] = m
    return True


cdef bytes with_unknown_bytes(bytes text, size_t most):
    """The piece llama.cpp gives a text with characters that stand for no byte: they are named in it, and the whole
    text after each of them.  LimitError when it is longer than `most` bytes."""
    cdef size_t at = 0, n, size
    cdef size_t total = 0
    cdef uint32_t cp
    cdef bytearray room = bytearray(3 * len(text) + 1)
    n = repair(text, len(text), room)
    clean = bytes(room[:n])
    parts = []
    while at < n:
        size = decode_clean(<const uint8_t*>PyBytes_AS_STRING(clean) + at, &cp)
        if cp < 0x144 and BYTE_OF_CHARACTER[cp] >= 0:
            part = bytes([BYTE_OF_CHARACTER[cp]])
        else:
            part = b"[UNK_BYTE_0x" + clean[at : at + size].hex().encode() + text + b"]"
        parts.append(part)
        total += len(part)
        if total > most:
            raise LimitError(f"the piece of token text {text[:40]!r}... has more than {most} bytes")
        at += size
    return b"".join(parts)


cdef bint is_byte_text(const uint8_t* p, size_t n) noexcept nogil:
    """Is it `<0xNN>`?"""
    cdef size_t i
    cdef uint32_t c
    if n != 6 or p[0] != 60 or p[1] != 48 or p[2] != 120 or p[5] != 62:
        return False
    for i in range(3, 5):
        c = p[i] | 32
        if not (48 <= p[i] <= 57 or 97 <= c <= 102):
            return False
    return True


cdef inline bint copy(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    memcpy(out, token.text, token.n)
    size[0] = token.n
    return True


cdef inline bint write_byte(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    out[0] = hexadecimal(token.text, token.n)
    size[0] = 1
    return True


cdef bint spaces_escaped(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    size[0] = 0
    if token.attr & (UNKNOWN | CONTROL | USER_DEFINED):
        return copy(token, out, size)
    if token.attr & NORMAL:
        size[0] = unescape_spaces(token.text, token.n, out)
    elif token.attr & BYTE:
        return write_byte(token, out, size)
    return True


cdef bint byte_level(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    if token.attr & NORMAL and not token.attr & (UNKNOWN | CONTROL | USER_DEFINED):
        size[0] = 0
        return in_alphabet(token.text, token.n, out, size)
    return spaces_escaped(token, out, size)


cdef bint rwkv_escaped(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    size[0] = unescape(token.text, token.n, out)
    return True


cdef bint plain(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    if token.attr & BYTE and is_byte_text(token.text, token.n):
        return write_byte(token, out, size)
    return copy(token, out, size)


cdef bint hexadecimal_id(const Token* token, uint8_t* out, size_t* size) noexcept nogil:
    cdef uint32_t digit
    cdef int shift = 28
    cdef size_t m = 0
    while shift > 0 and token.id >> shift == 0:
        shift -= 4
    while shift >= 0:
        digit = token.id >> shift & 15
        out[m] = <uint8_t>(digit + 48 if digit < 10 else digit + 87)
        m += 1
        shift -= 4
    size[0] = m
    return True


cdef WritePiece piece_writer(object rule) except NULL:
    """The function for a PieceRule."""
    if rule == PieceRule.SPACES_ESCAPED:
        return spaces_escaped
    if rule == PieceRule.BYTE_LEVEL:
        return byte_level
    if rule == PieceRule.RWKV_ESCAPED:
        return rwkv_escaped
    if rule == PieceRule.PLAIN:
        return plain
    if rule == PieceRule.HEXADECIMAL_ID:
        return hexadecimal_id
    raise ValueError(f"no such piece rule: {rule!r}")
