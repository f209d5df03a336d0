"""The order of special tokens against libstdc++'s std::sort, and that it is an order of all of them together.

ANSWERS were made with g++ 12: indices sorted by falling length, and of the indices the 32-bit FNV-1a, word by word.
"""

from __future__ import annotations

import pytest

from shimmytok import Tokenizer
from shimmytok._introsort import longest_first
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

RANGES = (1, 2, 3, 7, 40, 1000)
ANSWERS = {
    1: (84696351, 84696351, 84696351, 84696351, 84696351, 84696351),
    2: (276207162, 3950255460, 3950255460, 3950255460, 3950255460, 3950255460),
    15: (2366711480, 2902822550, 2054517020, 2840289032, 4027263904, 744297062),
    16: (3372216853, 286083615, 2220003961, 3949670615, 3792833777, 1691714331),
    17: (3632916783, 122911373, 3080748781, 2414035633, 3381094705, 4139189151),
    18: (2767885508, 4070623506, 1943420684, 370447154, 1855115032, 562994112),
    33: (1151594317, 686915421, 4243577703, 2026133525, 2979196553, 746507933),
    64: (2438493509, 2435379619, 1298456417, 4217247763, 1558939459, 2501006943),
    100: (154239229, 3851907643, 2342320099, 761783327, 1128815183, 4086338319),
    500: (2179903353, 1983992397, 1581034923, 982356571, 3246183403, 1493037053),
    1000: (3192446469, 1611383875, 3888105497, 3911772279, 2339887439, 1328317761),
    6400: (3164308421, 3094200589, 3881902477, 1756642241, 107803503, 602519527),
    50000: (250379109, 2060429111, 2082533817, 889879783, 715514231, 1261028957),
}
DEEP = {1: 840043321, 2: 589676329, 3: 336643019, 10: 1307418145}


def fnv(numbers) -> int:
    value = 2166136261
    for number in numbers.tolist():
        value = (value ^ number) * 16777619 & 0xFFFFFFFF
    return value


def pseudo_random(n: int, limit: int) -> list[int]:
    numbers, state = [], n * 31 + limit
    for _ in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        numbers.append((state >> 16) % limit)
    return numbers


def median_of_three_killer(n: int, divisor: int) -> list[int]:
    """A sequence that quicksort parts badly, so that heapsort has to take over."""
    numbers, half = [0] * n, n // 2
    for i in range(1, half + 1):
        if i % 2:
            numbers[i - 1] = i
            if i < half:
                numbers[i] = half + i
        numbers[half + i - 1] = 2 * i
    return [(n - number) // divisor for number in numbers]


@pytest.mark.parametrize("n", ANSWERS)
def test_same_order_as_libstdcxx(n):
    assert tuple(fnv(longest_first(pseudo_random(n, limit))) for limit in RANGES) == ANSWERS[n]


@pytest.mark.parametrize("divisor", DEEP)
def test_same_order_where_heapsort_takes_over(divisor):
    assert fnv(longest_first(median_of_three_killer(3000, divisor))) == DEEP[divisor]


def test_nothing_to_sort():
    assert longest_first([]).tolist() == []


def test_tokens_are_ordered_before_some_are_left_out():
    """Control tokens move the user-defined ones about, also where they are not looked for."""
    control, user_defined = 3, 4
    texts = [b"<unk>", *(b"%c%c" % (97 + i % 26, 97 + (i * 7 + i // 26) % 26) for i in range(60))]
    types = [2, *(user_defined if i % 3 else control for i in range(60))]
    metadata = [
        ("tokenizer.ggml.model", ValueType.STRING, "gpt2"),
        ("tokenizer.ggml.pre", ValueType.STRING, "gpt-2"),
        ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, texts)),
        ("tokenizer.ggml.merges", ValueType.ARRAY, (ValueType.STRING, [])),
        ("tokenizer.ggml.token_type", ValueType.ARRAY, (ValueType.INT32, types)),
    ]
    tok = Tokenizer.from_bytes(dumps(metadata))
    vocab = tok._parts.vocab
    order = longest_first([len(text) for text in texts]).tolist()
    assert [row[1] for row in vocab.specials(True)] == order
    wanted = [i for i in order if types[i] == user_defined]
    assert [row[1] for row in vocab.specials(False)] == wanted != sorted(wanted)
