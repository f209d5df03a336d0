"""The generators of texts and of id sequences: functions of a random.Random and a Material.

In the manner of llama.cpp's tests/test-tokenizer-random.py, and with knowledge of the vocabulary.  A text is bytes,
not always valid UTF-8, of fewer than LONGEST characters: on much longer ones the regexes of llama.cpp overflow the
stack.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .material import Material, characters

LONGEST = 4_800  # bytes, and so characters
SPACES = (b"", b"", b" ", b" ", b"  ", b"   ", b"\n", b"\n\n", b"\r\n", b"\t", b" \n ", b"\xc2\xa0", b"\xe3\x80\x80")
ENDINGS = ("s", "S", "t", "T", "re", "RE", "vE", "m", "M", "ll", "LL", "d", "D", "x", "é", "ſ", "中", "1", "'", "")
# Cut off, stray, overlong and too high sequences; surrogates; the last code points of two lengths.
BROKEN_HEX = (
    "80 bf c3 ff fe 00 e4b8 f09f f09f8e f888808080 c080 c0a0 c1bf e080a0 e09fbf f0808080 f08080a0 f08fbfbf f4908080 "
    "f7bfbfbf eda080 edb080 eda0bdedb880 efbfbe f48fbfbf"
)
BROKEN = tuple(map(bytes.fromhex, BROKEN_HEX.split()))
SHORT = ("", " ", "?", ",", ".", "a", "\n")

Generator = Callable[[Random, Material], bytes]


def length(rnd: Random, longest: int) -> int:
    """A number from 1 to `longest`, small ones more often."""
    return rnd.randint(1, rnd.choice((3, 8, 20, longest)))


def pieces_joined(rnd: Random, m: Material) -> bytes:
    separator = rnd.choice((b"", b"", b" ", b"\n"))
    return separator.join(rnd.choices(m.pieces, k=length(rnd, 300)))


def cut(rnd: Random, text: bytes) -> bytes:
    """A part of a text, which may end within a character."""
    start = rnd.randint(0, len(text))
    return rnd.choice((text[start:], text[:start], text[start : rnd.randint(start, len(text))]))


def pieces_cut(rnd: Random, m: Material) -> bytes:
    return b"".join(cut(rnd, piece) for piece in rnd.choices(m.pieces, k=length(rnd, 300)))


def characters_of_pieces(rnd: Random, m: Material) -> bytes:
    """Characters of some few tokens in any order: merges that nearly fit."""
    letters = b"".join(rnd.choices(m.pieces, k=rnd.randint(1, 5))).decode("utf-8", "replace")
    return "".join(rnd.choices(letters, k=length(rnd, 300))).encode()


def specials_among_text(rnd: Random, m: Material) -> bytes:
    parts = []
    for _ in range(length(rnd, 40)):
        special = rnd.choice(m.specials)
        special = rnd.choice((special, special, special * 2, cut(rnd, special), special + cut(rnd, special)))
        parts += [rnd.choice((b"", rnd.choice(m.words), rnd.choice(m.pieces))), rnd.choice(SPACES), special]
        parts.append(rnd.choice(SPACES))
    return b"".join(parts)


def specials_cut(rnd: Random, m: Material) -> bytes:
    """Parts of special tokens end to end: they overlap, and make each other."""
    chosen = rnd.choices(m.specials, k=rnd.randint(1, 3))
    return b"".join(rnd.choice((special, cut(rnd, special))) for special in rnd.choices(chosen, k=length(rnd, 30)))


def code_points(rnd: Random, m: Material) -> bytes:
    tables = rnd.choices(list(characters().values()), k=rnd.randint(1, 4))
    text = []
    for _ in range(length(rnd, 60)):
        text += rnd.choices(rnd.choice(tables), k=rnd.randint(1, 6))
    return "".join(text).encode()


def mixed_scripts(rnd: Random, m: Material) -> bytes:
    text = []
    for _ in range(length(rnd, 40)):
        letters = characters()["letter"]
        at = rnd.randrange(len(letters) - 30)
        text.append("".join(rnd.choices(letters[at : at + 30], k=rnd.randint(1, 8))))
        text.append(rnd.choice((" ", "", "", "\n", "'", "-", "1", "，", "\u0301")))
    return "".join(text).encode()


def white_space(rnd: Random, m: Material) -> bytes:
    table = rnd.choice((" ", " \n", " \t\r\n", characters()["white_space"]))
    text = []
    for _ in range(length(rnd, 60)):
        text.append("".join(rnd.choices(table, k=rnd.randint(1, rnd.choice((2, 5, 80))))))
        text.append(rnd.choice(("", "a", "B", "1", "!", "é", "中", "'s", "\u2581", "a\u0301")))
    return rnd.choice(("", "x")).join(text).encode()


def digits(rnd: Random, m: Material) -> bytes:
    table = rnd.choice(("0123456789", "0123456789", "12½²Ⅷ", characters()["number"]))
    text = []
    for _ in range(length(rnd, 40)):
        text.append("".join(rnd.choices(table, k=rnd.randint(1, 14))))
        text.append(rnd.choice(("", " ", ",", ".", "a", " -", "\n", "中", "  ")))
    return "".join(text).encode()


def contractions(rnd: Random, m: Material) -> bytes:
    text = []
    for _ in range(length(rnd, 80)):
        text += [rnd.choice(("I", "he", "", " ", "1", "É", "中", "\n")), rnd.choice(("", "", " "))]
        text += [rnd.choice("'''’"), rnd.choice(("", "", " ")), rnd.choice(ENDINGS), rnd.choice(SHORT)]
    return "".join(text).encode()


def ascii_only(rnd: Random, m: Material) -> bytes:
    table = rnd.choice((bytes(range(0x20, 0x7F)), bytes(range(0x80)), b"aB1 \n'_./"))
    return bytes(rnd.choices(table, k=length(rnd, 500)))


def words_mutated(rnd: Random, m: Material) -> bytes:
    start = rnd.randrange(len(m.words))
    words = list(m.words[start : start + length(rnd, 200)])
    for _ in range(rnd.randint(0, len(words) // 2 + 1)):
        i = rnd.randrange(len(words))
        word = words[i]
        at = rnd.randint(0, len(word))
        other = rnd.choice(m.words)
        words[i] = rnd.choice(
            (word * 2, word[:at], word[:at] + other + word[at:], word.upper(), word.title(), word[::-1], b" " + word)
        )
    return b"".join(words)


def broken_utf8(rnd: Random, m: Material) -> bytes:
    if rnd.random() < 0.2:
        return rnd.randbytes(length(rnd, 200))
    parts = []
    for _ in range(length(rnd, 30)):
        parts.append(rnd.choice(BROKEN) * rnd.choice((1, 1, 2)))
        parts.append(rnd.choice((rnd.choice(SHORT).encode(), rnd.choice(m.pieces))))
    return b"".join(parts)


def bytes_changed(rnd: Random, m: Material) -> bytes:
    """A text of another generator with some bytes changed, dropped or doubled."""
    text = bytearray(rnd.choice((pieces_joined, words_mutated, code_points, specials_among_text))(rnd, m)[:LONGEST])
    for _ in range(rnd.randint(1, 8)):
        if text:
            at = rnd.randrange(len(text))
            change = rnd.randrange(3)
            if change == 0:
                text[at] ^= 1 << rnd.randrange(8)
            elif change == 1:
                del text[at]
            else:
                text.insert(at, text[at])
    return bytes(text)


def repeated(rnd: Random, m: Material) -> bytes:
    units = (rnd.choice(m.pieces), cut(rnd, rnd.choice(m.specials)), rnd.choice(m.words), bytes([rnd.randrange(128)]))
    unit = rnd.choice(units)
    return rnd.choice((b"", b"a", b" ")) + unit * length(rnd, 200) + rnd.choice((b"", b"a", b" "))


def several(rnd: Random, m: Material) -> bytes:
    """Texts of some of the other generators one after the other."""
    return b"".join(generator(rnd, m)[: LONGEST // 4] for generator in rnd.choices(SIMPLE, k=rnd.randint(2, 4)))


SIMPLE: tuple[Generator, ...] = (
    pieces_joined,
    pieces_cut,
    characters_of_pieces,
    specials_among_text,
    specials_cut,
    code_points,
    mixed_scripts,
    white_space,
    digits,
    contractions,
    ascii_only,
    words_mutated,
    broken_utf8,
    bytes_changed,
    repeated,
)
GENERATORS: tuple[Generator, ...] = (*SIMPLE, several)


def text(seed: int, number: int, m: Material) -> tuple[str, bytes]:
    """Text `number` of a seed, and the name of its generator; the generators take turns."""
    generator = GENERATORS[number % len(GENERATORS)]
    made = generator(Random(f"{seed}/{number}"), m)[:LONGEST]
    return generator.__name__, made if m.fatal is None else m.fatal.sub(b"?", made)


def ids(seed: int, number: int, m: Material) -> list[int]:
    """Id sequence `number` of a seed: any ids, special ones among them more often."""
    rnd = Random(f"{seed}/ids/{number}")
    chosen = rnd.choices(range(m.n_tokens), k=length(rnd, 60))
    for _ in range(rnd.randint(0, 3)):
        chosen.insert(rnd.randint(0, len(chosen)), rnd.choice(m.special_ids))
    return chosen
