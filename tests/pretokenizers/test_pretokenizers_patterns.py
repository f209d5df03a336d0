"""The data: names, flags, and the tool that compares them with llama.cpp's source."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from shimmytok.errors import UnknownPreTokenizerError
from shimmytok.pretokenizers.pattern_lists import REPLACED, RUN_AS
from shimmytok.pretokenizers.patterns import DEFAULT, PRE
from shimmytok.pretokenizers.splitters import splitter

CHECKER = Path(__file__).parents[2] / "tools" / "check_patterns.py"

SOURCE = r"""
struct llm_tokenizer_bpe : llm_tokenizer {
            case LLAMA_VOCAB_PRE_TYPE_ONE:
            case LLAMA_VOCAB_PRE_TYPE_TWO:
                regex_exprs = {
                    // "not this"
                    "\\p{N}", "[\r\n\"\x41]", // nor "this"
                };
                break;
            case LLAMA_VOCAB_PRE_TYPE_GEMMA4:
                regex_exprs = { "[^\\n]+" };
                byte_encode = false;
                break;
            default:
                regex_exprs = { "x" };
                break;
    std::vector<std::string> regex_exprs;
};
            if (tokenizer_pre.empty()) {
                pre_type = LLAMA_VOCAB_PRE_TYPE_DEFAULT;
            } else if (tokenizer_pre == "default") {
                pre_type = LLAMA_VOCAB_PRE_TYPE_DEFAULT;
            } else if (
                tokenizer_pre == "one" ||
                tokenizer_pre == "uno") {
                pre_type = LLAMA_VOCAB_PRE_TYPE_ONE;
                ignore_merges = true;
                clean_spaces = false;
            } else if (tokenizer_pre == "gemma4") {
                pre_type = LLAMA_VOCAB_PRE_TYPE_GEMMA4;
                escape_whitespaces = true;
            } else {
                throw std::runtime_error(format("unknown pre-tokenizer type: '%s'", tokenizer_pre.c_str()));
"""


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    if not CHECKER.exists():
        pytest.skip("the tool is in the source tree only")
    spec = importlib.util.spec_from_file_location("check_patterns", CHECKER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_patterns"] = module
    spec.loader.exec_module(module)
    return module


def test_as_many_as_the_reference_has() -> None:
    assert len(PRE) == 91
    assert len({pre.patterns for pre in PRE.values()}) == 31
    assert len({pattern for pre in PRE.values() for pattern in pre.patterns}) == 45
    assert PRE["default"] is DEFAULT


def test_replacements_are_used() -> None:
    assert RUN_AS.keys() <= {pre.patterns for pre in PRE.values()}
    assert REPLACED.keys() <= {pattern for pre in PRE.values() for pattern in pre.patterns}


def test_flags() -> None:
    assert {name for name, pre in PRE.items() if not pre.byte_encode} == {
        "gemma4", "granite-embed-multi-311m", "sarvam-moe", "whitespace",
    }  # fmt: skip
    assert {name for name, pre in PRE.items() if pre.force_add_bos} == {"gemma4", "granite-embed-multi-311m"}
    assert {name for name, pre in PRE.items() if not pre.default_bos} == {"chatglm-bpe", "glm4", "glm5"}
    assert {name for name, pre in PRE.items() if pre.add_sep} == {"jina-v1-en", "jina-v2-code", "roberta-bpe"}
    assert all(pre.whole_newline_runs == pre.force_add_bos for pre in PRE.values())


def test_names_with_the_same_regexes_share_a_splitter() -> None:
    assert splitter("llama3") is splitter("smaug-bpe")
    assert splitter("llama3") is not splitter("qwen2")


@pytest.mark.parametrize("name", ["", "gpt2", "llama-bpe ", "LLAMA3"])
def test_unknown_name(name: str) -> None:
    with pytest.raises(UnknownPreTokenizerError, match=r"known are a\.x-4\.0, afmoe"):
        splitter(name)


def test_checker_reads_the_source(checker: ModuleType) -> None:
    found = checker.reference(checker.without_comments(SOURCE))
    one = checker.Pre((r"\p{N}", '[\r\n"A]'), ignore_merges=True, clean_spaces=False)
    gemma4 = checker.Pre(
        (r"[^\n]+",), byte_encode=False, escape_whitespaces=True, force_add_bos=True, whole_newline_runs=True
    )
    assert found == {"default": checker.Pre(("x",)), "one": one, "uno": one, "gemma4": gemma4}


def test_checker_tells_differences(checker: ModuleType) -> None:
    unicode_source = (
        'static x unicode_regex_split_custom(a) { if (regex_expr == "\\\\p{Han}+" || regex_expr == "new") }'
    )
    found = checker.differences(SOURCE, unicode_source)
    assert "pre 'one' is missing" in found
    assert "pre 'llama3' is not in llama.cpp" in found
    assert "pre 'default': patterns is" in "".join(found)
    assert not any("gemma4': flags" in line for line in found)
    assert not any("Han" in line for line in found if "no splitter" in line)
    assert any(r"has no splitter for '[^\\n]+|[\\n]+'" in line for line in found)
