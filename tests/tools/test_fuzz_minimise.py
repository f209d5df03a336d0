"""The fuzzer's minimiser: what it gives still fails, and nothing can be left out of it."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.fuzz import material
from tools.fuzz import minimise as module
from tools.fuzz.minimise import minimise


@given(st.lists(st.integers(0, 9), max_size=60), st.sets(st.integers(0, 9), max_size=4))
def test_all_that_is_needed_and_nothing_else(items, needed):
    needed &= set(items)
    assert sorted(minimise(items, lambda part: needed <= set(part))) == sorted(needed)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(0, 10_000))
def test_no_item_of_the_result_can_be_left_out(items, salt):
    def fails(part: list[int]) -> bool:
        # Erratic on purpose: whether a part fails tells nothing of its parts.
        return part == items or hash((salt, *part)) % 3 == 0

    small = minimise(items, fails)
    assert fails(small)
    assert not any(fails(small[:i] + small[i + 1 :]) for i in range(len(small)))


def test_order_is_kept():
    assert minimise("xxaxxbxxcxx", lambda part: "abc" in "".join(part).replace("x", "")) == ["a", "b", "c"]


def test_few_trials_for_one_culprit_among_many():
    trials = 0

    def fails(part: list[int]) -> bool:
        nonlocal trials
        trials += 1
        return 4321 in part

    assert minimise(range(10_000), fails) == [4321]
    assert trials < 200


def test_what_does_not_fail_cannot_be_minimised():
    with pytest.raises(ValueError, match="does not fail"):
        minimise("abc", lambda part: False)


@pytest.mark.parametrize("documented", [module, material])
def test_examples(documented):
    result = doctest.testmod(documented)
    assert result.attempted and not result.failed
