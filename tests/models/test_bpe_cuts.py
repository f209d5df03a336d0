"""Cuts of pieces for BPE: never where a merge can join, and never to be seen in the ids."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levels import LEVELS, at_level
from oracle.models import ALPHABET, bpe_piece, ranks
from shimmytok.gguf import ValueType
from shimmytok.models._bpe_cuts import BpeCuts
from tiny import integers, last_ids, strings, tokenizer


def written(text):
    """Bytes in GPT-2's alphabet."""
    return "".join(ALPHABET[b] for b in text).encode()


@given(st.lists(st.tuples(st.text(st.sampled_from("語文é😀a"), min_size=2, max_size=4), st.integers(1, 9)), max_size=8))
def test_merges_join_whatever_they_can_mean(symbols):
    """Of each symbol that a merge makes: not between the characters around its middle."""
    vocabulary, merges = {ALPHABET[b].encode() for b in range(256)}, []
    for text, at in symbols:
        text = text.encode()
        left, right = text[: at % len(text)], text[at % len(text) :]
        if left:
            merges.append(written(left) + b" " + written(right))
            vocabulary |= {written(left), written(right), written(left + right)}
    tok = tokenizer("gpt2", sorted(vocabulary), pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
    cuts = tok._parts.merges.cuts
    for text, at in symbols:
        places, middle = cuts.cuts(text.encode()), at % len(text.encode())
        assert middle == 0 or middle not in places
        # The symbol may begin and end inside of characters: any that fit may stand there.
        part = ("文" + text + "語").encode()
        assert middle == 0 or len("文".encode()) + middle not in cuts.cuts(part)


def test_a_symbol_that_begins_inside_a_character():
    """Its last byte alone joins every character that ends with it; a lead byte alone all that begin with it."""
    cuts = {}
    for left, right in [
        (b"\x9e", "文".encode()),
        (b"\xaa\x9e", b"\xe6"),
        (b"\x9e", b"\xe6\x96"),
        ("é".encode(), b"\xc3"),
    ]:
        texts = sorted(
            {written(text) for text in (left, right, left + right)} | {ALPHABET[b].encode() for b in range(256)}
        )
        merges = [written(left) + b" " + written(right)]
        tok = tokenizer("gpt2", texts, pre=(ValueType.STRING, "gpt-2"), merges=strings(merges))
        cuts[left, right] = tok._parts.merges.cuts
    assert "語".encode()[2:] == b"\x9e"
    alone, lead, both, of_two = cuts.values()
    assert alone.cuts("語文".encode()) == []
    assert alone.cuts("Ş語文字".encode()) == [2, 8]
    assert lead.cuts("語文".encode()) == []
    assert both.cuts("Ş語文字語語".encode()) == [2, 8, 11, 14]  # many it could be: all with these two bytes
    assert of_two.cuts("ééÿé".encode()) == [6]


def test_too_much_that_is_unknown_cuts_nothing():
    cuts = BpeCuts(10)
    assert cuts.cuts("語文字".encode()) == [3, 6]
    assert cuts.size() <= 9 << 10
    lines = [
        written(bytes([b])) + b" " + written(chr(character).encode())
        for b in range(0x80, 0xC0)
        for character in range(0x3041, 0x3041 + 40)
    ]
    tokens = sorted({ALPHABET[b].encode() for b in range(256)} | {line.replace(b" ", b"") for line in lines})
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(lines))
    assert tok._parts.merges.cuts.cuts("語文字".encode()) == []


def chinese_and_more(rng):
    """A vocabulary, its merges, and letters: of two, three and four bytes, some that merges know well."""
    letters = [chr(0x4E00 + 7 * i) for i in range(60)] + [chr(0x400 + i) for i in range(12)] + list("éß😀😁")
    merges = [tuple(x.encode() for x in rng.sample(letters, 2)) for _ in range(150)]
    merges += [(rng.choice(letters).encode(), chr(0x400 + i).encode()) for i in range(100)]
    known = {bytes([b]) for b in range(256)} | {letter.encode() for letter in letters}
    for left, right in {(letter.encode()[:i], letter.encode()[i : i + 1]) for letter in letters for i in (1, 2, 3)}:
        if left and right:
            merges.insert(0, (left, right))
    known |= {side for merge in merges for side in (*merge, merge[0] + merge[1])}
    return letters, [written(text) for text in sorted(known)], merges


def test_cuts_of_long_texts_at_all_levels(level):
    rng = random.Random(11)
    letters, tokens, merges = chinese_and_more(rng)
    lines = [written(left) + b" " + written(right) for left, right in merges]
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(lines))
    cuts, rank_of, ids = tok._parts.merges.cuts, ranks(lines), last_ids(tokens)
    starts = {(left[-2:], right[:3]) for left, right in merges}
    n_cuts = 0
    for size in [*range(1, 60), 300, 1000]:
        text = "".join(rng.choices(letters, k=size)).encode()
        places = cuts.cuts(text)
        n_cuts += len(places)
        for at in places:
            assert text[at] & 0xC0 == 0xC0
            assert not any(left.endswith(text[at - 2 : at]) and text[at:].startswith(right) for left, right in starts)
        words = [word for word in re.split("([😀😁]+)", text.decode()) if word]
        expected = [i for w in words for i in bpe_piece(w.encode(), ids, rank_of, byte_level=True, ignore_merges=False)]
        assert tok.encode(text, add_special_tokens=False) == expected
    assert n_cuts > 2000


def test_all_levels_find_the_same_cuts():
    rng = random.Random(12)
    letters, tokens, merges = chinese_and_more(rng)
    lines = [written(left) + b" " + written(right) for left, right in merges]
    cuts = tokenizer("gpt2", tokens, pre=(ValueType.STRING, "gpt-2"), merges=strings(lines))._parts.merges.cuts
    for _ in range(300):
        text = "".join(rng.choices([*letters, "a"], k=rng.randrange(1, 200))).encode()
        found = []
        for level in LEVELS:
            with at_level(level):
                found.append(cuts.cuts(text))
        assert found[0] == found[1] == found[2]


def words_and_spaces(rng, n_merges):
    """Letters beside which spaces stand, merges of which few join a space with what is before it, and tokens."""
    letters = list("abZ>(1é語“” ")
    marked = [letter.replace(" ", "\u2581") for letter in letters]
    known, merges = {*marked}, []
    while len(merges) < n_merges:
        left, right = rng.choice(sorted(known)), rng.choice(sorted(known))
        inside = right.startswith("\u2581") and not left.endswith("\u2581")
        if len(left + right) < 9 and (left, right) not in merges and (not inside or rng.random() < 0.05):
            merges.append((left, right))
            known.add(left + right)
    tokens = [*(f"<0x{b:02X}>" for b in range(256)), *sorted(known)]
    return letters, [text.encode() for text in tokens], [f"{left} {right}".encode() for left, right in merges]


@pytest.mark.parametrize("seed", range(12))
def test_lines_whose_spaces_became_characters(seed, level):
    """Lines of a vocabulary over raw UTF-8 are cut into words, but for places where a merge joins."""
    rng = random.Random(seed)
    letters, tokens, lines = words_and_spaces(rng, [0, 5, 20, 60][seed % 4])
    types = integers([1] * len(tokens) + [3])
    tok = tokenizer("gemma4", [*tokens, "<x>"], token_type=types, merges=strings(lines))
    cuts, rank_of, ids = tok._parts.merges.cuts, ranks(lines), last_ids(tokens)
    ends = {(left[-1:], right[:3]) for left, right in (line.split(b" ") for line in lines)}
    of_ascii = {(left, right[:1]) for left, right in ends}
    n_cuts = 0
    for size in [*range(1, 80), 300, 1000]:
        text = "".join(rng.choices(letters, [3] * (len(letters) - 1) + [9], k=size))
        piece = text.replace(" ", "\u2581").encode()
        places = cuts.cuts(piece)
        n_cuts += sum(piece[at - 1] < 0x80 for at in places)
        for at in range(1, len(piece)):
            around = piece[at - 1 : at + 1]
            if max(around) < 0x80 and not around.isalpha():
                assert (at in places) == ((around[:1], around[1:]) not in of_ascii)
        assert not any(piece[at - 1] < 0x80 and (piece[at - 1 : at], piece[at : at + 3]) in ends for at in places)
        for _ in range(2):
            expected = bpe_piece(piece, ids, rank_of, byte_level=False, ignore_merges=False)
            assert tok.encode(text, add_special_tokens=False) == expected
        assert tok.encode_batch([text, "a", text], add_special_tokens=False)[::2] == [expected] * 2
        parsed = tok.encode(text + "<x>" + text, add_special_tokens=False, parse_special=True)
        assert parsed == [*expected, len(tokens), *expected]
    assert n_cuts > 100


def test_lines_are_cut_into_words():
    """Else a line would be merged as a whole, which nobody would see but by its speed."""
    cuts = BpeCuts(10, lines=True)
    assert cuts.cuts("It\u2581was\u2581a\u2581\u2581bright”\u2581cold".encode()) == [2, 8, 12, 15, 24, 27]
    assert cuts.cuts(b"f(abc[1]);" + b"word" * 20 + b"0x") == [1, 2, 5, 6, 7, 8, 9, 10, 90, 91]
    assert BpeCuts(10).cuts("It\u2581was\u2581a(1)".encode()) == []


def test_newlines_that_stay_whole():
    tokens = [*(f"<0x{b:02X}>" for b in range(256)), "a", "b", "\n", "\n\n", "\n\n\n"]
    tok = tokenizer("gemma4", tokens, merges=strings([]))
    assert tok.encode("a\n\nb\n\n\na\n", add_special_tokens=False) == [256, 259, 257, 260, 256, 258]
    assert tok.encode("a\n\n\n\nb", add_special_tokens=False) == [256, *[258] * 4, 257]


@st.composite
def bpe_vocabularies(draw):
    """Words of wide characters, merges that make stretches of them, and tokens that no merge makes."""
    words = draw(st.lists(st.text(st.sampled_from("語文é😀я"), min_size=1, max_size=12), min_size=1, max_size=4))
    merges, known = [], {bytes([b]) for b in range(256)}
    for _ in range(draw(st.integers(0, 25))):
        text = draw(st.sampled_from(words)).encode()
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, min(len(text), start + 7)))
        at = draw(st.integers(start, end))
        known.add(text[start:end])
        if start < at < end:
            merges.append((text[start:at], text[at:end]))
            known |= {text[start:at], text[at:end]} if draw(st.booleans()) else set()
    tokens = [written(text) for text in draw(st.permutations(sorted(known)))]
    return words, tokens, [written(left) + b" " + written(right) for left, right in merges]


@settings(max_examples=400, deadline=None)
@given(bpe_vocabularies(), st.sampled_from([("gpt-2", False), ("llama-bpe", True)]), st.data())
def test_bpe_pieces_and_their_parts(vocabulary, pre, data):
    """Many pieces by one tokenizer: a part may be a piece elsewhere, and a token that merging does not make."""
    words, tokens, merges = vocabulary
    tok = tokenizer("gpt2", tokens, pre=(ValueType.STRING, pre[0]), merges=strings(merges))
    rank_of, ids = ranks(merges), last_ids(tokens)
    letters = [word.replace("😀", "") for word in words] + [word for word in words if set(word) == {"😀"}]
    pieces = [word for word in letters if word] or ["語"]
    for _ in range(4):
        word = "".join(data.draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=5)))
        if "😀" in word and set(word) != {"😀"}:
            continue
        expected = bpe_piece(word.encode(), ids, rank_of, byte_level=True, ignore_merges=pre[1])
        assert tok.encode(word, add_special_tokens=False) == expected


def test_a_part_that_is_a_token_by_name_only():
    """The cache must not give the ids of a piece to a part with the same bytes, nor the other way round."""
    texts = [ALPHABET[b].encode() for b in range(256)]
    texts += [written("語文".encode()), written("字".encode()), written(b"\xe5\xad")]
    tok = tokenizer(
        "gpt2",
        texts,
        pre=(ValueType.STRING, "llama-bpe"),
        merges=strings([written(b"\xe5") + b" " + written(b"\xad"), written(b"\xad") + b" " + written(b"\x97")]),
    )
    piece = "語文".encode()
    whole, parts = [256], [texts.index(ALPHABET[b].encode()) for b in piece]
    assert len(parts) == 6
    character = [258, texts.index(ALPHABET[0x97].encode())]
    for _ in range(3):
        assert tok.encode("字", add_special_tokens=False) == [257]
        assert tok.encode("字字字字", add_special_tokens=False) == 4 * character
        assert tok.encode("語文", add_special_tokens=False) == whole
        assert tok.encode("語文字字", add_special_tokens=False) == parts + 2 * character
        assert tok.encode("字 語文", add_special_tokens=False)[0] == 257


@pytest.mark.parametrize("lines", ["字\n字字字字", "字字字字\n字", "字\n字字字字\n字\n字字字字"])
def test_pieces_and_parts_with_the_same_bytes_in_one_text(lines):
    """They wait together to be encoded, and what waits twice is encoded once, unless its ids depend on more."""
    texts = [ALPHABET[b].encode() for b in range(256)] + [written("字".encode()), written(b"\xe5\xad")]
    merges = strings([written(b"\xe5") + b" " + written(b"\xad"), written(b"\xad") + b" " + written(b"\x97")])
    tok = tokenizer("gpt2", texts, pre=(ValueType.STRING, "llama-bpe"), merges=merges)
    character = [257, texts.index(ALPHABET[0x97].encode())]
    newline = [texts.index(ALPHABET[10].encode())]
    expected = []
    for line in lines.split("\n"):
        expected += [*newline, *([256] if line == "字" else 4 * character)]
    for _ in range(2):
        assert tok.encode(lines, add_special_tokens=False) == expected[1:]


def test_parts_without_ids_beside_tokens_by_name_only(level):
    """A part may be a token by name whose bytes are none: merging leaves nothing of it, and nothing is merged again."""
    ascii_only = [ALPHABET[b].encode() for b in range(128)]
    texts = [*ascii_only, written("語".encode())]
    tok = tokenizer("gpt2", texts, pre=(ValueType.STRING, "llama-bpe"), merges=strings([]))
    for _ in range(2):
        assert tok.encode("語語語", add_special_tokens=False) == []
        assert tok.encode("語\n語語語語\na", add_special_tokens=False) == [128, 10, 10, 97]
