"""Packing and order: nothing is lost, nothing is computed twice, and every process does the same."""

from dataclasses import replace

import numpy as np
import pytest

from finetune.batching import learning_rate, pack, packs, row_order, steps_of
from finetune.encoding import Row
from finetune.recipe import Schedule, read_recipe


def row(*tokens: int, learnt: int) -> Row:
    """Return a row of which the last *learnt* tokens count."""
    return Row(np.array(tokens, dtype=np.int32), np.arange(len(tokens) - learnt, len(tokens), dtype=np.int32))


def test_what_all_begin_with_stands_once() -> None:
    """The system text is a third of a served prompt."""
    packed = pack([row(1, 2, 3, 4, learnt=1), row(1, 2, 5, 6, 7, learnt=2)])

    assert packed.prefix == 2
    assert packed.lengths == (2, 3)
    assert packed.tokens.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert packed.positions.tolist() == [0, 1, 2, 3, 2, 3, 4]
    assert packed.places.tolist() == [2, 4, 5]
    assert packed.targets.tolist() == [4, 6, 7]


def test_equal_rows_keep_the_place_that_predicts() -> None:
    """Each row's own tokens begin with the one that predicts its first learnt token."""
    packed = pack([row(1, 2, 3, learnt=1), row(1, 2, 3, learnt=1)])

    assert packed.prefix == 1
    assert packed.places.tolist() == [1, 3]
    assert packed.targets.tolist() == [3, 3]


def test_text_shares_nothing() -> None:
    """Every token of it counts, in every row."""
    assert pack([row(1, 2, learnt=1), row(1, 2, learnt=1)]).prefix == 0
    assert pack([row(1, 2, 3, learnt=1)]).prefix == 0


def test_packs_stay_within_memory() -> None:
    """A batch too large is computed in parts."""
    rows = [row(*range(10), learnt=1) for _ in range(5)]
    learnt = [row(*range(10), learnt=9) for _ in range(2)]

    assert [len(each.lengths) for each in packs(rows, most_tokens=25)] == [2, 2, 1]
    assert [len(each.lengths) for each in packs(learnt, most_tokens=25)] == [1, 1]
    assert [len(each.lengths) for each in packs(rows[:1], most_tokens=5)] == [1]


def test_the_order_follows_from_seed_and_epoch() -> None:
    """A resumed training must meet the rows that are still to come."""
    assert row_order(50, seed=1, epoch=2) == row_order(50, seed=1, epoch=2)
    assert row_order(50, seed=1, epoch=2) != row_order(50, seed=1, epoch=3)
    assert sorted(row_order(50, seed=2, epoch=1)) == list(range(50))
    assert steps_of(9, replace(read_recipe(), batch_rows=4)) == 3


def test_some_rows_go_first() -> None:
    """Practice comes before what people rated, each shuffled among themselves."""
    order = row_order(20, seed=1, epoch=1, first=range(5, 12))

    assert set(order[:7]) == set(range(5, 12))
    assert order[:7] != sorted(order[:7])
    assert sorted(order) == list(range(20))


@pytest.mark.parametrize(("schedule", "middle", "end"), [("cosine", 0.6, 0.2), ("linear", 0.6, 0.2), ("constant", 1.0, 1.0)])
def test_the_learning_rate_rises_and_falls(schedule: Schedule, middle: float, end: float) -> None:
    """Rising from nothing, since the first gradients are the wildest; falling to the floor, where the last rows still teach."""
    recipe = replace(read_recipe(), learning_rate=1.0, warm_up=0.2, floor=0.2, schedule=schedule)
    rates = [learning_rate(step, steps=100, recipe=recipe) for step in range(101)]

    assert rates[:2] == pytest.approx([0.05, 0.1])
    assert rates[19] == 1.0
    assert rates[60] == pytest.approx(middle)
    assert rates[100] == pytest.approx(end)
