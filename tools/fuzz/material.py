"""What texts are made of: a vocabulary's pieces and special tokens, words, code points by category.

Holds no generator (texts.py) and compares nothing.  Code points come from the library's own tables, which are
llama.cpp's, so that a seed gives the same texts under every version of Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from shimmytok import Tokenizer
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.token_info import TokenAttr
from shimmytok.unicode.categories import (
    ACCENT_MARK,
    CONTROL,
    HAN_RANGES,
    LETTER,
    NUMBER,
    PUNCTUATION,
    SEPARATOR,
    SYMBOL,
    UNDEFINED,
    WHITESPACE,
    flags_of,
)

LONGEST_PIECE = 64  # bytes; longer tokens would fill a text
ABOVE_UNICODE = re.compile(rb"\xf4[\x90-\xbf][\x80-\xbf]{2}|[\xf5-\xf7][\x80-\xbf]{3}")
ABOVE_UNICODE_OR_SPACE = re.compile(ABOVE_UNICODE.pattern + rb"|\xc0\xa0|\xe0\x80\xa0|\xf0\x80\x80\xa0")
SPECIAL = TokenAttr.CONTROL | TokenAttr.USER_DEFINED | TokenAttr.UNKNOWN

WORDS = (
    "the quick brown Fox JUMPS over lazyDog I'll don't We've naïve façade Straße ŁÓDŹ Ελλάδα привет Ёж שלום עולם "
    "مرحبا العالم नमस्ते दुनिया สวัสดี 你好世界 日本語テスト 한국어 ქართული հայերեն አማርኛ "
    "🦙🎉 👩\u200d👩\u200d👧 e\u0301a\u0308 x86_64 3.14159 1,000,000 "
    "foo(bar) http://a.b/c?d=e&f #include <stdio.h> </div> \\n {}[] == != ... -- Ⅷ ½ ²³ ١٢٣ １２３ ﬁ ǅ İı"
)


@dataclass(frozen=True)
class Material:
    """What the generators draw from; all texts are bytes and none is empty.

    `fatal`: what llama.cpp is known to abort on, and what therefore is not in the texts.
    """

    pieces: tuple[bytes, ...]
    specials: tuple[bytes, ...]
    words: tuple[bytes, ...]
    n_tokens: int
    special_ids: tuple[int, ...] = ()
    fatal: re.Pattern[bytes] | None = None


def words_of(text: bytes) -> tuple[bytes, ...]:
    """The words of a text, each with the white space before it; the built-in ones when there are none.

    >>> words_of(b"so  it\\nis")
    (b'so', b'  it', b'\\nis')
    """
    return tuple(re.findall(rb"\s*\S{1,64}", text)) or words_of(WORDS.encode())


def material_of(tokenizer: Tokenizer, words: bytes = b"") -> Material:
    """The material that goes with a vocabulary; `words`: a text to take words from."""
    pieces, specials, special_ids = [], [], []
    for token in range(len(tokenizer)):
        if tokenizer.token_attr(token) & SPECIAL:
            specials.append(tokenizer.token_to_piece(token))
            special_ids.append(token)
        else:
            piece = tokenizer.token_to_piece(token)
            if 0 < len(piece) <= LONGEST_PIECE:
                pieces.append(piece)
    return Material(
        tuple(pieces) or (b"a",),
        tuple(filter(None, specials)) or (b"<s>",),
        words_of(words),
        len(tokenizer),
        tuple(special_ids) or (0,),
        fatal_for(tokenizer),
    )


def fatal_for(tokenizer: Tokenizer) -> re.Pattern[bytes] | None:
    """What llama.cpp aborts on: too high code points, and where spaces are escaped, spaces that are not.

    Models that never decode a text abort on neither.
    """
    if tokenizer.model_type in ("llama", "t5", "rwkv"):
        return None
    rules = PRE.get("gemma4" if tokenizer.model_type == "gemma4" else tokenizer.pre_type or "default")
    escaped = tokenizer.model_type in ("gpt2", "gemma4") and rules is not None and rules.escape_whitespaces
    return ABOVE_UNICODE_OR_SPACE if escaped else ABOVE_UNICODE


@cache
def characters() -> dict[str, tuple[str, ...]]:
    """Characters by category, surrogates left out; "han" are those of llama.cpp's blocks, some of them."""
    names = {
        LETTER: "letter",
        NUMBER: "number",
        PUNCTUATION: "punctuation",
        SYMBOL: "symbol",
        ACCENT_MARK: "mark",
        SEPARATOR: "separator",
        CONTROL: "control",
        UNDEFINED: "undefined",
    }
    found: dict[str, list[str]] = {name: [] for name in (*names.values(), "white_space", "han", "ascii", "edge")}
    for code_point in range(0x30000):  # above are undefined, tags and private use
        if 0xD800 <= code_point < 0xE000:
            continue
        flags = flags_of(code_point)
        character = chr(code_point)
        for flag, name in names.items():
            if flags & flag:
                found[name].append(character)
        if flags & WHITESPACE:
            found["white_space"].append(character)
        if code_point < 0x80:
            found["ascii"].append(character)
    for first, last in HAN_RANGES:
        found["han"] += [chr(c) for c in (first, (first + last) // 2, last)]
        found["edge"] += [chr(c) for c in (first - 1, last + 1)]
    found["edge"] += [chr(c) for c in (0x7F, 0x80, 0xFF, 0x7FF, 0x800, 0xFFFD, 0xFFFF, 0x10000, 0xE0001, 0x10FFFF)]
    found["letter"] = found["letter"][:2000] * 4 + found["letter"]  # scripts with case, digits and marks, not only Han
    return {name: tuple(items) for name, items in found.items()}
