"""Plain twin of the model "bert": slow, obvious, on Python strings; shares only the generated tables with the package.

It follows the words of llm_tokenizer_wpm_session.
"""

from __future__ import annotations

from collections.abc import Mapping

from oracle.utf8 import code_points
from shimmytok.unicode import mappings
from shimmytok.unicode.categories import ACCENT_MARK, CONTROL, PUNCTUATION, SYMBOL, WHITESPACE, flags_of

LOWER = dict(zip(*(column.tolist() for column in mappings.lowercase()), strict=True))
NFD = dict(zip(*(column.tolist() for column in mappings.decomposed()), strict=True))


def is_chinese(cp: int) -> bool:
    return (
        0x4E00 <= cp <= 0x9FFF
        or 0x3400 <= cp <= 0x4DBF
        or 0x20000 <= cp <= 0x2A6DF
        or 0x2A700 <= cp <= 0x2B73F
        or 0x2B740 <= cp <= 0x2B81F
        or 0x2B920 <= cp <= 0x2CEAF
        or 0xF900 <= cp <= 0xFAFF
        or 0x2F800 <= cp <= 0x2FA1F
    )


def words(text: bytes, *, lowercase: bool, strip_accents: bool) -> list[bytes]:
    """The words of a text: any bytes."""
    parts = [""]
    for cp in code_points(text):
        if strip_accents:
            cp = NFD.get(cp, cp)
        flags = flags_of(cp)
        if flags & WHITESPACE:
            parts.append("")
        elif cp in (0, 0xFFFD) or flags & CONTROL or (strip_accents and flags & ACCENT_MARK):
            pass
        else:
            character = chr(LOWER.get(cp, cp) if lowercase else cp)
            if flags & PUNCTUATION or (cp < 0x7F and flags & SYMBOL) or is_chinese(cp):
                parts += [character, ""]
            else:
                parts[-1] += character
    return [part.encode("utf-8", "surrogatepass") for part in parts if part]


def word_ids(word: bytes, token_to_id: Mapping[bytes, int], unknown: int) -> list[int]:
    """The longest token at each place; one unknown token where there is none."""
    word = "▁".encode() + word
    ids = []
    while word:
        size = next((size for size in range(len(word), 0, -1) if word[:size] in token_to_id), 0)
        if not size:
            return [unknown]
        ids.append(token_to_id[word[:size]])
        word = word[size:]
    return ids


def wordpiece_fragment(
    text: bytes, token_to_id: Mapping[bytes, int], *, unknown: int, lowercase: bool, strip_accents: bool
) -> list[int]:
    """The ids of one fragment: any bytes."""
    found = words(text, lowercase=lowercase, strip_accents=strip_accents)
    return [token for word in found for token in word_ids(word, token_to_id, unknown)]
