"""What the row `folding` measures by: both ways of finding near-duplicates, on few rows."""

from tests.benchmarks.data_folding import compared_pairs, found_pairs, made_rows


def test_both_ways_find_the_same_on_few_rows() -> None:
    """A comparison with itself, or with nothing, would measure nothing."""
    rows = made_rows(300, seed=1)
    exact = compared_pairs(rows)

    assert 50 < len(exact) < 1000
    assert len(found_pairs(rows) ^ exact) <= 2
