// The process that answers how llama.cpp's unicode_regex_split cuts texts; reference.py compiles it and is its client.
//
// Once on standard input: the number of regexes, then each.  Then requests, until the end of the input: a byte, 'T' for
// together or 'A' for alone, and texts, each followed by the byte FF but for the last.  The answer is, for each text,
// the ends of its pieces, a byte each; the last is the text's length.  Lengths are 32 bits, in the machine's order.
// Empty pieces, which come of matches of no length, are left out: they have no ids.
//
// Together: a regex costs more to compile than a short text to split, and unicode_regex_split compiles its regexes at
// each call.  So the texts are joined by a separator, and a regex is put before the list that makes a piece of each
// text.  Each regex is applied to the pieces of the one before it and sees nothing around them.

#include "unicode.h"

#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr char BETWEEN_TEXTS = '\xFF';

void read_exactly(char * to, size_t n) {
    if (std::fread(to, 1, n, stdin) != n) {
        throw std::runtime_error("the input ends within a message");
    }
}

uint32_t read_number() {
    uint32_t number;
    read_exactly(reinterpret_cast<char *>(&number), sizeof number);
    return number;
}

std::string read_string() {
    std::string string(read_number(), '\0');
    read_exactly(string.data(), string.size());
    return string;
}

std::vector<std::string> split_at(const std::string & joined, char separator) {
    std::vector<std::string> parts(1);
    for (char byte : joined) {
        if (byte == separator) {
            parts.emplace_back();
        } else {
            parts.back() += byte;
        }
    }
    return parts;
}

// A character that no text holds.
std::string separator_for(const std::string & joined) {
    for (const char * candidate : { "\xF4\x8F\xBF\xBF", "\xEE\x80\x80", "\xF0\xA0\x80\x80" }) {
        if (joined.find(candidate) == std::string::npos) {
            return candidate;
        }
    }
    throw std::runtime_error("the texts hold all separators");
}

void add_end(std::string & ends, size_t & end, const std::string & word) {
    end += word.size();
    if (!word.empty()) {
        ends += static_cast<char>(end);
    }
}

std::string ends_alone(const std::string & joined, const std::vector<std::string> & regexes) {
    std::string ends;
    for (const auto & text : split_at(joined, BETWEEN_TEXTS)) {
        size_t end = 0;
        for (const auto & word : unicode_regex_split(text, regexes, false)) {
            add_end(ends, end, word);
        }
        if (end != text.size()) {
            throw std::runtime_error("the pieces do not make up the text");
        }
    }
    return ends;
}

std::string ends_together(const std::string & joined, std::vector<std::string> regexes) {
    const std::string separator = separator_for(joined);
    std::string text;
    for (char byte : joined) {
        if (byte == BETWEEN_TEXTS) {
            text += separator;
        } else {
            text += byte;
        }
    }
    regexes.insert(regexes.begin(), "[^" + separator + "]+");
    std::string ends;
    size_t end = 0;
    for (const auto & word : unicode_regex_split(text, regexes, false)) {
        if (word == separator) {
            end = 0;
        } else if (word.find(separator) != std::string::npos) {
            throw std::runtime_error("a piece reaches over the end of its text");
        } else {
            add_end(ends, end, word);
        }
    }
    return ends;
}

void serve() {
    std::vector<std::string> regexes(read_number());
    for (auto & regex : regexes) {
        regex = read_string();
    }
    for (int mode = std::getchar(); mode != EOF; mode = std::getchar()) {
        const std::string joined = read_string();
        const std::string ends = mode == 'T' ? ends_together(joined, regexes) : ends_alone(joined, regexes);
        const uint32_t n = ends.size();
        std::fwrite(&n, sizeof n, 1, stdout);
        std::fwrite(ends.data(), 1, n, stdout);
        std::fflush(stdout);
    }
}

} // namespace

int main() {
    try {
        serve();
    } catch (const std::exception & problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 1;
    }
    return 0;
}
