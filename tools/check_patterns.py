"""Checks shimmytok/pretokenizers/patterns.py against llama.cpp's source.

    python tools/check_patterns.py PATH/llama-vocab.cpp PATH/unicode.cpp

Compares the accepted `pre` names, each name's regexes and flags (llm_tokenizer_bpe and llama_vocab::impl::load), and
the regexes that have a splitter of their own (unicode_regex_split_custom). Prints every difference; the exit status
is 1 when there is one.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import types
from pathlib import Path

# The two data files alone, as a package of their own, so that nothing has to be built.
PACKAGE = types.ModuleType("pretokenizers_data")
PACKAGE.__path__ = [str(Path(__file__).parents[1] / "shimmytok" / "pretokenizers")]
sys.modules[PACKAGE.__name__] = PACKAGE
LISTS = importlib.import_module("pretokenizers_data.pattern_lists")
PATTERNS = importlib.import_module("pretokenizers_data.patterns")
PRE, Pre, REPLACED = PATTERNS.PRE, PATTERNS.Pre, LISTS.REPLACED

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
CONSTRUCTOR = "struct llm_tokenizer_bpe : llm_tokenizer {"
CHAIN = re.compile(r"tokenizer_pre\.empty\(\)\) \{.*?unknown pre-tokenizer type", re.DOTALL)
PRE_TYPE = re.compile(r"LLAMA_VOCAB_PRE_TYPE_(\w+)")
# What the branches of the chain may set, and the field of Pre it is.
FLAGS = {
    "ignore_merges = true": ("ignore_merges", True),
    "add_bos = true": ("add_bos", True),
    "add_sep = true": ("add_sep", True),
    "clean_spaces = false": ("clean_spaces", False),
    "escape_whitespaces = true": ("escape_whitespaces", True),
    "special_bos_id = LLAMA_TOKEN_NULL": ("default_bos", False),
    "normalizer_opts.lowercase = false": ("lowercase", False),
}

# Regexes with a splitter of their own in llama.cpp that does what they say, and the reverse: without one, but replaced.
LIKE_THEIR_REGEXES = {*LISTS.LLAMA3, *LISTS.QWEN2, *LISTS.QWEN35, *LISTS.NEWLINES}
REPLACED_WITHOUT_SPLITTER = {r"(?=(\d{3})+(?!\d))", r"\s+$"}


def without_comments(source: str) -> str:
    """The C++ source without // comments; string literals stay whole."""
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*', lambda found: found[1] or "", source)


def unescaped(literal: str) -> str:
    """The text of a C++ string literal."""

    def one(found: re.Match[str]) -> str:
        name = found[1]
        return chr(int(name[1:], 16)) if len(name) == 3 else ESCAPES.get(name, name)

    return ESCAPE.sub(one, literal)


def literals(source: str) -> tuple[str, ...]:
    """All string literals in `source`, unescaped."""
    return tuple(unescaped(found) for found in LITERAL.findall(source))


def regexes_by_type(source: str) -> dict[str, tuple[tuple[str, ...], bool]]:
    """pre type -> (regexes, byte_encode), from the switch in llm_tokenizer_bpe."""
    body = source[source.index(CONSTRUCTOR) :]
    body = body[: body.index("std::vector<std::string> regex_exprs;")]
    result = {}
    for labels, code in re.findall(r"((?:(?:case LLAMA_VOCAB_PRE_TYPE_\w+|default):\s*)+)(.*?)break;", body, re.DOTALL):
        regexes = literals(code[code.index("regex_exprs = {") :])
        for name in PRE_TYPE.findall(labels) or ["DEFAULT"]:
            result[name] = regexes, "byte_encode = false" not in code
    return result


def branches(source: str) -> list[tuple[tuple[str, ...], str, list[str]]]:
    """(names, pre type, other assignments) of each branch of the chain over tokenizer_pre."""
    found = CHAIN.search(source)
    if found is None:
        raise SystemExit("the chain over tokenizer_pre is not in the source")
    result = []
    for condition, code in re.findall(r"else if \(([^{]*?)\) \{(.*?)\}", found[0], re.DOTALL):
        statements = [" ".join(statement.split()) for statement in code.split(";") if statement.strip()]
        types = [PRE_TYPE.findall(statement)[0] for statement in statements if statement.startswith("pre_type = ")]
        rest = [statement for statement in statements if not statement.startswith("pre_type = ")]
        result.append((literals(condition), types[0], rest))
    return result


def reference(source: str) -> dict[str, Pre]:
    """What patterns.PRE has to be."""
    regexes = regexes_by_type(source)
    result = {}
    for names, pre_type, statements in branches(source):
        patterns, byte_encode = regexes.get(pre_type, regexes["DEFAULT"])
        gemma4 = pre_type == "GEMMA4"
        flags: dict[str, bool] = {"byte_encode": byte_encode, "force_add_bos": gemma4, "whole_newline_runs": gemma4}
        for statement in statements:
            if statement not in FLAGS:
                raise SystemExit(f"pre {names[0]!r}: unknown statement {statement!r}")
            known = FLAGS[statement]
            if known is not None:
                flags[known[0]] = known[1]
        result.update(dict.fromkeys(names, Pre(patterns, **flags)))
    return result


def differences(vocab_source: str, unicode_source: str) -> list[str]:
    """One line a difference."""
    expected = reference(without_comments(vocab_source))
    lines = [f"pre {name!r} is missing" for name in expected.keys() - PRE.keys()]
    lines += [f"pre {name!r} is not in llama.cpp" for name in PRE.keys() - expected.keys()]
    for name in sorted(expected.keys() & PRE.keys()):
        for field in Pre._fields:
            have, want = getattr(PRE[name], field), getattr(expected[name], field)
            if have != want:
                lines.append(f"pre {name!r}: {field} is {have!r}, llama.cpp has {want!r}")
    return sorted(lines + splitter_differences(without_comments(unicode_source)))


def splitter_differences(source: str) -> list[str]:
    """Regexes that get a splitter of their own in unicode_regex_split_custom and not here, or here and not there."""
    body = source[source.index("unicode_regex_split_custom(") :]
    own = {unescaped(regex) for regex in re.findall(r'regex_expr == "((?:[^"\\]|\\.)*)"', body)}
    used = {regex for pre in PRE.values() for regex in pre.patterns}
    here = (REPLACED.keys() | LIKE_THEIR_REGEXES) - REPLACED_WITHOUT_SPLITTER
    lines = [f"llama.cpp has a splitter for {regex!r}" for regex in (own & used) - here]
    return lines + [f"llama.cpp has no splitter for {regex!r}" for regex in here - own]


def main() -> int:
    """Compares, prints, returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vocab", type=Path, help="llama.cpp's src/llama-vocab.cpp")
    parser.add_argument("unicode", type=Path, help="llama.cpp's src/unicode.cpp")
    paths = parser.parse_args()
    found = differences(paths.vocab.read_text("utf-8"), paths.unicode.read_text("utf-8"))
    lists = len({pre.patterns for pre in PRE.values()})
    print("\n".join(found) if found else f"{len(PRE)} names, {lists} lists of regexes: no difference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
