"""Which rows meet in a step, in what order, and how they are laid side by side without a single padded place."""

import math
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from finetune.encoding import Row
from finetune.recipe import Recipe, Schedule


@dataclass(frozen=True, slots=True)
class Pack:
    """
    Rows laid one behind the other; what all begin with stands once, before them.

    Causal attention sees no token after itself, so a shared beginning has the same states in every row: computed once, and attended to by
    each row, it gives the same loss and gradients as computed in each.

    `tokens` and `positions` are (T,); `prefix` tokens are shared, then come `lengths` of each row's own. The states at `places` (A,)
    predict `targets` (A,).
    """

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    prefix: int
    lengths: tuple[int, ...]
    places: NDArray[np.int64]
    targets: NDArray[np.int64]


def row_order(rows: int, *, seed: int, epoch: int, first: Collection[int] = ()) -> list[int]:
    """Return the order in which *epoch* (from 1) goes through the rows, those of *first* before all others; the same in every process."""
    order = list(range(rows))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return sorted(order, key=lambda at: at not in first)


def steps_of(rows: int, recipe: Recipe) -> int:
    """Return the steps of one epoch."""
    return math.ceil(rows / recipe.batch_rows)


def packs(rows: Sequence[Row], *, most_tokens: int) -> Iterator[Pack]:
    """
    Yield *rows*, the longest first, in packs of at most *most_tokens*, of which half may be learnt.

    A row that has more stands alone. What memory training takes follows from both: states are kept for every token, and for each learnt
    one as many numbers as the vocabulary has words.
    """
    waiting: list[Row] = []
    tokens = learnt = 0
    for row in sorted(rows, key=lambda each: -len(each.tokens)):
        tokens += len(row.tokens)
        learnt += len(row.learnt)
        if waiting and (tokens > most_tokens or learnt > most_tokens // 2):
            yield pack(waiting)
            waiting, tokens, learnt = [], len(row.tokens), len(row.learnt)
        waiting.append(row)
    if waiting:
        yield pack(waiting)


def pack(rows: Sequence[Row]) -> Pack:
    """Lay *rows* side by side."""
    prefix = _shared(rows)
    own = [row.tokens[prefix:] for row in rows]
    lengths = tuple(len(tokens) for tokens in own)
    starts = list(accumulate(lengths, initial=prefix))[:-1]
    positions = [np.arange(prefix), *(np.arange(prefix, prefix + length) for length in lengths)]
    places = [row.learnt - 1 - prefix + start for row, start in zip(rows, starts, strict=True)]
    return Pack(
        tokens=np.concatenate([rows[0].tokens[:prefix], *own]).astype(np.int64),
        positions=np.concatenate(positions),
        prefix=prefix,
        lengths=lengths,
        places=np.concatenate(places).astype(np.int64),
        targets=np.concatenate([row.tokens[row.learnt] for row in rows]).astype(np.int64),
    )


def learning_rate(step: int, *, steps: int, recipe: Recipe) -> float:
    """Return the learning rate of *step* (from 0) of *steps*."""
    rising = round(recipe.warm_up * steps)
    if step < rising:
        return recipe.learning_rate * (step + 1) / rising
    gone = (step - rising) / max(1, steps - rising)
    return recipe.learning_rate * (recipe.floor + (1 - recipe.floor) * _left(recipe.schedule, gone))


def _left(schedule: Schedule, gone: float) -> float:
    """Return the share of what may fall that has not fallen, once the share *gone* of the falling steps is over."""
    match schedule:
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * gone))
        case "linear":
            return 1 - gone
        case "constant":
            return 1.0


def _shared(rows: Sequence[Row]) -> int:
    """Return how many tokens all of several *rows* begin with, ending before the first place that predicts anything learnt."""
    if len(rows) < 2:
        return 0
    most = min(int(row.learnt[0]) - 1 for row in rows)
    alike = np.all([row.tokens[:most] == rows[0].tokens[:most] for row in rows], axis=0)
    return int(most if alike.all() else alike.argmin())
