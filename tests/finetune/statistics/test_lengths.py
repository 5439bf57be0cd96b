"""Lengths in a bounded memory."""

import math

from hypothesis import given
from hypothesis import strategies as st

from finetune.statistics.lengths import Lengths


def of(values: list[int]) -> Lengths:
    lengths = Lengths()
    for value in values:
        lengths.add(value)
    return lengths


@given(values=st.lists(st.integers(0, 10**7), min_size=1), share=st.floats(0.01, 1))
def test_quantiles_are_right_within_a_hundredth(values: list[int], share: float) -> None:
    """As sorting would find them."""
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]

    assert abs(of(values).quantile(share) - exact) <= 1 + exact / 100


@given(values=st.lists(st.integers(0, 10**5), min_size=1))
def test_a_histogram_holds_every_length_once(values: list[int]) -> None:
    """In bars side by side."""
    bars = of(values).histogram()

    assert sum(bar.count for bar in bars) == len(values)
    assert [bar.high for bar in bars[:-1]] == [bar.low for bar in bars[1:]]
    assert len(bars) <= 60


def test_nothing_has_no_length() -> None:
    """A file may hold no question."""
    assert (Lengths().quantile(0.5), Lengths().mean, Lengths().histogram()) == (0, 0.0, [])
