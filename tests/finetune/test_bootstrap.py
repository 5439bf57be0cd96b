"""Intervals: known cases, coverage, and the same seed giving the same ends."""

import numpy as np
import pytest

from finetune.bootstrap import Interval, paired_difference, percentile, wilson


def test_no_pairs_give_an_empty_interval() -> None:
    """Nothing was measured, and nothing breaks."""
    assert paired_difference([], [], seed=0) == Interval(0.0, 0.0, 0.0, 0)


def test_equal_differences_leave_no_doubt() -> None:
    """There is nothing to draw by chance."""
    assert paired_difference([0, 0, 0], [1, 1, 1], seed=0) == Interval(1.0, 1.0, 1.0, 3)


def test_it_is_paired() -> None:
    """Questions differ far more than contenders: their own difficulty must cancel."""
    hard = np.random.default_rng(1).normal(size=50)
    found = paired_difference(list(hard), list(hard + 0.1), seed=0)

    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.1)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """95 of 100, give or take: judged on 200 draws of 60 questions."""
    rng = np.random.default_rng(2)
    hits = 0
    for draw in range(200):
        before, after = rng.random(60) < 0.4, rng.random(60) < 0.6
        found = paired_difference(list(before), list(after), seed=draw, resamples=1000)
        hits += found.low <= 0.2 <= found.high

    assert 180 <= hits <= 200


def test_the_same_seed_gives_the_same_interval() -> None:
    """A decision must be reproducible; another seed moves its ends a little."""
    before, after = [0, 1, 0, 0, 1, 0, 1], [1, 1, 0, 1, 1, 1, 0]

    assert paired_difference(before, after, seed=5) == paired_difference(before, after, seed=5)


def test_many_questions_are_drawn_in_parts() -> None:
    """10,000 resamples of 100,000 pairs would take gigabytes at once."""
    count = 30_000
    found = paired_difference([0.0] * count, [1.0, 0.0] * (count // 2), seed=0, resamples=200)

    assert found.value == 0.5
    assert 0.49 < found.low < 0.5 < found.high < 0.51


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 0.0)]
)
def test_wilson_knows_that_few_prove_little(hits: int, count: int, low: float, high: float) -> None:
    """Values of the formula in its paper's form."""
    found = wilson(hits, count)

    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)


def test_percentiles() -> None:
    """The median of nothing is nothing."""
    assert percentile([], 0.5) == 0.0
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0
