"""The exhaustive checks' own parts: texts, alphabets, hashes, and the process that asks, with a llama.cpp made up."""

from __future__ import annotations

import doctest
import shutil
from functools import partial
from itertools import islice

import pytest

from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.splitters import compile_patterns
from shimmytok.unicode.categories import ACCENT_MARK, LETTER, NUMBER, PUNCTUATION, SYMBOL, WHITESPACE, flags_of
from tools.exhaustive import alphabets, hashes, texts
from tools.exhaustive.__main__ import main
from tools.exhaustive.recording import differences, record
from tools.exhaustive.reference import Reference, ReferenceFails, compiled

GPT2 = PRE["gpt-2"].patterns
SMALL = {"classes": "a1", "symbols": "a 1"}

# A unicode_regex_split without categories, each piece cut anew by each regex as in llama.cpp; "throw" makes it throw.
HEADER = """
#include <cstdint>
#include <string>
#include <vector>
std::vector<std::string> unicode_regex_split(const std::string &, const std::vector<std::string> &, bool = true);
"""
SOURCE = r"""
#include "unicode.h"
#include <regex>
#include <stdexcept>
static std::wstring wide(const std::string & utf8) {
    std::wstring result;
    for (unsigned char byte : utf8) {
        if (byte < 0x80) result += byte;
        else if (byte >= 0xC0) result += byte & (byte < 0xE0 ? 31 : byte < 0xF0 ? 15 : 7);
        else result.back() = result.back() << 6 | (byte & 63);
    }
    return result;
}
static size_t bytes(const std::wstring & piece) {
    size_t n = 0;
    for (uint32_t c : piece) n += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    return n;
}
std::vector<std::string> unicode_regex_split(const std::string & text, const std::vector<std::string> & regexes, bool) {
    if (text.find("throw") != std::string::npos) throw std::runtime_error("planted");
    std::vector<std::wstring> pieces = { wide(text) };
    for (const auto & regex : regexes) {
        const std::wregex compiled(wide(regex));
        std::vector<std::wstring> finer;
        for (const auto & piece : pieces) {
            auto last = piece.begin();
            for (std::wsregex_iterator it(piece.begin(), piece.end(), compiled), end; it != end; ++it) {
                finer.emplace_back(last, piece.begin() + it->position());
                finer.push_back(it->str());
                last = piece.begin() + it->position() + it->length();
            }
            finer.emplace_back(last, piece.end());
        }
        pieces = finer;
    }
    std::vector<std::string> result;
    size_t start = 0;
    for (const auto & piece : pieces) {
        result.push_back(text.substr(start, bytes(piece)));
        start += bytes(piece);
    }
    return result;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if shutil.which("c++") is None:
        pytest.skip("no C++ compiler")
    folder = tmp_path_factory.mktemp("tree")
    (folder / "src").mkdir()
    for name, content in (("unicode.h", HEADER), ("unicode.cpp", SOURCE), ("unicode-data.cpp", "")):
        (folder / "src" / name).write_text(content)
    return compiled(folder, folder)


def test_the_process_answers_together_as_alone(program):
    given = [b"ab12", b" ", "é1".encode(), "\uffff\U0010ffff0".encode()]
    expected = b"\2\4" + b"\1" + b"\2\3" + b"\7\x08"
    with Reference(program, ["[0-9]+"]) as reference:
        assert reference.ends(given) == reference.ends(given, alone=True) == expected
        assert reference.ends(given[:1]) == b"\2\4"
    with Reference(program, ["[0-9]+", "[0-1]"]) as reference:
        assert reference.ends([b"a102"]) == b"\1\2\3\4"


def test_a_throw_is_told(program):
    with Reference(program, ["a"]) as reference, pytest.raises(ReferenceFails, match="planted"):
        reference.ends([b"a", b"throw"])


def test_no_tree(tmp_path):
    with pytest.raises(ReferenceFails, match=r"unicode\.cpp"):
        compiled(tmp_path, tmp_path)


@pytest.fixture
def few_texts(monkeypatch):
    """One context, and strings of two."""
    monkeypatch.setattr(texts, "CONTEXTS", texts.CONTEXTS[:1])
    monkeypatch.setattr(texts, "LENGTH", {"classes": 2, "symbols": 2})
    monkeypatch.setattr(texts, "FEW", 0)


def test_recording_and_differences(program, few_texts):
    patterns = ("[0-9]",)
    recorded = record(program, ["made-up"], patterns)
    assert recorded.regexes == hashes.list_id(patterns)
    ours = partial(hashes.answered, compile_patterns(patterns).split)
    assert hashes.differing(recorded, ours, texts.blocks(recorded.alphabets)) == []
    assert set(recorded.groups) == {
        "code points in context 0",
        *(f"strings of {n} {kind}" for n in (1, 2) for kind in ("classes", "symbols")),
    }
    blocks = [block for block in texts.blocks(recorded.alphabets) if not block.group.startswith("code")]
    assert list(differences(program, patterns, patterns, blocks)) == []
    other = [found for found in differences(program, ("[0-9]+",), patterns, blocks) if found[0].length == 2]
    assert (b"00", [2], [1, 2]) in [found[1:] for found in other]


def test_blocks_hold_all_texts_once():
    blocks = list(texts.blocks(SMALL))
    assert len({(block.group, block.number) for block in blocks}) == len(blocks)
    for context in range(4):
        group = [block for block in blocks if block.group == f"code points in context {context}"]
        assert sum(block.size() for block in group) == 0x110000
    strings = [text for block in blocks if block.group == "strings of 4 symbols" for text in block.texts()]
    assert sorted(set(strings)) == sorted(strings) and len(strings) == 3**4


def test_code_points_in_their_contexts():
    blocks = [block for block in texts.blocks(SMALL) if block.group.startswith("code") and block.number == 0xD]
    surrogates = [next(islice(block.texts(), 0x801, None)) for block in blocks]
    c = b"\xed\xa0\x81"
    assert surrogates == [c, b"A" + c + b"b", b" " + c + c + b"1", b"!" + c + b"\n" + c]
    assert "U+D000 to U+DFFF" in str(blocks[0])


def test_small_alphabets_get_longer_strings():
    assert list(texts.lengths("classes", 20))[-1] == 5
    assert list(texts.lengths("classes", 3))[-1] == 12
    assert list(texts.lengths("symbols", 3))[-1] == 4


def test_a_block_with_one_other_answer_differs():
    split = compile_patterns(GPT2).split

    def planted(text: bytes) -> list[int]:
        return [1, 2] if text == b"a1" else [len(text)] if text == b"1a" else split(text)

    groups: dict[str, list[str]] = {}
    chosen = [block for block in texts.blocks(SMALL) if block.group == "strings of 2 classes"]
    for block in chosen:
        groups.setdefault(block.group, []).append(hashes.digest(hashes.answered(split, block.texts())))
    stored = hashes.Hashes(["gpt-2"], "", SMALL, groups)
    assert hashes.differing(stored, partial(hashes.answered, split), chosen) == []
    (found,) = hashes.differing(stored, partial(hashes.answered, planted), chosen)
    assert "b'1'" in str(found)
    ours, theirs = (hashes.answered(one, found.texts()) for one in (planted, split))
    assert hashes.first_difference(found, ours, theirs) == (b"1a", [2], [1, 2])


def test_a_sample_is_of_all_blocks_and_small():
    given = {"classes": "abcdefghijklmno", "symbols": "abcdefghijklmnopqrstuvwxyz0123456789"}
    chosen = list(hashes.sampled(given, "seed"))
    assert set(chosen) <= set(texts.blocks(given))
    assert len(set(chosen)) == len(chosen)
    assert chosen == list(hashes.sampled(given, "seed")) != list(hashes.sampled(given, "other"))
    groups = {block.group for block in chosen}
    assert groups == {block.group for block in texts.blocks(given)}
    assert sum(block.size() for block in chosen) < 500_000


def test_hashes_are_read_as_written(tmp_path):
    stored = hashes.Stored("abc", [hashes.Hashes(["a", "b"], "id", SMALL, {"group": ["01234567", "89abcdef"]})])
    hashes.write(stored, tmp_path / "file")
    assert hashes.read(tmp_path / "file") == stored
    assert stored.of("b") is stored.lists[0] and stored.of("c") is None


def test_symbols_are_those_that_are_folded_to():
    kinds = [flags_of(ord(character)) for character in alphabets.FOLDED]
    wanted = [NUMBER, LETTER, PUNCTUATION, ACCENT_MARK, SYMBOL, WHITESPACE]
    assert all(kind & flag for kind, flag in zip(kinds, wanted, strict=False))
    assert not any(kinds[-1] & flag for flag in wanted)


@pytest.mark.parametrize(
    ("regex", "named"),
    [
        (r"(?:'[sS]|'t)x{2,3}", "'Sstx"),
        (r"[^\r\n\p{L}/]?\s+(?!\S)|\.", "\n\r./"),
        (r"[$+<=>^~|`]a|b", "$+<=>^`ab|~"),
        ("[\u4e00-\u9fa5,]+", ","),
    ],
)
def test_named_characters(regex, named):
    found = alphabets.of_symbols((regex,))
    plain = set(alphabets.PLAIN + alphabets.FOLDED)
    assert set(found) - plain == set(named) - plain
    assert len(set(found)) == len(found)


def test_the_check_command(capsys):
    assert main(["check", "--pre", "gemma4"]) == 0
    assert "0 differ" in capsys.readouterr().out


def test_the_check_command_tells_a_difference(tmp_path, capsys):
    stored = hashes.read()
    one = stored.of("gemma4")
    one.groups["strings of 1 classes"][0] = "0" * hashes.DIGITS
    hashes.write(hashes.Stored(stored.llama_cpp, [one]), tmp_path / "file")
    assert main(["check", "--file", str(tmp_path / "file")]) == 1
    assert "strings of 1 classes, those that begin with" in capsys.readouterr().out


def test_examples():
    result = doctest.testmod(alphabets)
    assert result.attempted and not result.failed
