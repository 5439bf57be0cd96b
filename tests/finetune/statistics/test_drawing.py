"""Samples of a stream."""

from hypothesis import given
from hypothesis import strategies as st

from finetune.statistics.drawing import Drawn, DrawnByStratum


@given(keys=st.lists(st.text(max_size=3)), size=st.integers(1, 5))
def test_order_and_repetition_do_not_matter(keys: list[str], size: int) -> None:
    """The same rows give the same sample."""
    other = sorted(keys, reverse=True) + keys[:1]
    one, two = Drawn[str](size, seed=1), Drawn[str](size, seed=1)
    for key in keys:
        one.add(key, key)
    for key in other:
        two.add(key, key)

    assert [*one] == [*two]
    assert len({*one}) == len(one) == min(size, len({*keys}))


def test_another_seed_draws_others() -> None:
    """Whoever has read one sample gets another."""
    samples = []
    for seed in (0, 1):
        drawn = Drawn[int](5, seed=seed)
        for number in range(200):
            drawn.add(str(number), number)
        samples.append([*drawn])

    assert samples[0] != samples[1]


def test_small_strata_are_read_whole() -> None:
    """Three rows of a rare category stand beside as many of a common one."""
    drawn = DrawnByStratum[str](6, seed=0)
    for number in range(100):
        drawn.add(("common",), f"c{number}", "common")
    for number in range(3):
        drawn.add(("rare",), f"r{number}", "rare")

    assert sorted(drawn.dealt()) == ["common"] * 3 + ["rare"] * 3


def test_strata_are_bounded() -> None:
    """A file in which each row has a source of its own costs no more memory than others."""
    drawn = DrawnByStratum[int](2, seed=0)
    for number in range(1000):
        drawn.add((str(number),), str(number), number)

    assert len(drawn.dealt()) == 2
    assert len(drawn._strata) <= 201
