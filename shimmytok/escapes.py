"""The backslash escapes that llama.cpp's tools read in prompts.

Holds `process_escapes` and nothing of the command line around it. It must equal `string_process_escapes` of
llama.cpp's `common/common.cpp`, to the byte.
"""

from __future__ import annotations

import re

# C's strtol, which reads the two characters after \x, also takes a blank or a sign before one digit.
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2}|[ \t-\r+\-][0-9A-Fa-f])|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"'": b"'", b'"': b'"', b"\\": b"\\"}


def process_escapes(text: bytes) -> bytes:
    r"""Replace `\n \r \t \' \" \\ \xHH` in `text`; every other backslash stays.

    >>> process_escapes(rb"one\ttwo\x21 \d")
    b'one\ttwo! \\d'
    """
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[bytes]) -> bytes:
    if escape[1] is not None:
        return bytes([int(escape[1], 16) & 0xFF])
    return _ESCAPED.get(escape[2], escape[0])
