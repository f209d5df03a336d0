"""Excerpts in the manner of llama.cpp's sources, small enough to be doctored: DATA, VOCAB and UNICODE."""

from __future__ import annotations

DATA = """
const std::initializer_list<std::pair<uint32_t, uint16_t>> unicode_ranges_flags = {  // start, flags
{0x000000, 0x0001},
{0x000041, 0x0004},
{0x00005B, 0x0001},
{0x110000, 0x0000},
};
const std::unordered_set<uint32_t> unicode_set_whitespace = {
0x000020,
};
const std::initializer_list<std::pair<uint32_t, uint32_t>> unicode_map_lowercase = {
{0x000041, 0x000061},
};
const std::initializer_list<range_nfd> unicode_ranges_nfd = {  // start, last, nfd
{0x0000C0, 0x0000C5, 0x000041},
};
"""
VOCAB = r"""
struct llm_tokenizer_bpe : llm_tokenizer {
    llm_tokenizer_bpe(const llama_vocab & vocab) {
        switch (vocab.get_pre_type()) {
            case LLAMA_VOCAB_PRE_TYPE_ONE:
            case LLAMA_VOCAB_PRE_TYPE_TWO:
                regex_exprs = {
                    // "not this",
                    "[0-9]",
                };
                break;
            default:
                regex_exprs = { "\\p{L}+" };
                break;
        }
    }
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
                clean_spaces = false;
            } else {
                throw std::runtime_error(format("unknown pre-tokenizer type: '%s'", tokenizer_pre.c_str()));
            }
        if (tokenizer_model == "gpt2" || tokenizer_model == "newest") {
"""
UNICODE = """
static std::vector<size_t> unicode_regex_split_custom(const std::string & text, const std::string & regex_expr) {
}
bool unicode_cpt_is_han(uint32_t cpt) {
    if (cpt >= 0x4E00 && cpt <= 0x9FFF) return true;
    if (cpt >= 0x12340 && cpt <= 0x12350) return true;
    return false;
}
"""
