"""How well distances find what questions are about: measured on questions whose right passages are known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from store.candidates import Candidate
from store.distances import DistanceName, Embedded, distances
from store.lexical import fold, words_of

Progress = Callable[[int, int], None]

NAMES: Final[tuple[DistanceName, ...]] = get_args(DistanceName)
_STEP: Final = 32  # questions measured at a time: 8 MB of distances for 30,000 passages
_RESAMPLINGS: Final = 1000
_ALIKE: Final = 0.0005  # of AUC; what rounding makes of one order
_ONE_ORDER: Final[frozenset[DistanceName]] = frozenset({"cosine", "l2", "inner_product"})  # for vectors of length 1
_ENOUGH: Final = 20  # questions; of fewer, one more or less turns the order round
_CLEAR: Final = 0.95  # share of resamplings


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """
    What one distance makes of the questions.

    `hit1` and `hit5` are the shares of questions with a right passage first and among the first five. `auc` is the probability that
    the nearest right passage of some question is nearer than the nearest wrong one of some other: 1 where one limit for all questions
    parts right from wrong, .5 where the distance says nothing (https://doi.org/10.1148/radiology.143.1.7063747). `right` and `wrong` are
    those distances, question by question.
    """

    name: DistanceName
    hit1: float
    hit5: float
    auc: float
    right: NDArray[np.float64]
    wrong: NDArray[np.float64]


class Expectations:
    """Which passages are right, as people say it: by the name of a document, or by words that stand in it."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._names = [(each.passage.source.casefold(), fold(each.passage.title)) for each in candidates]
        self._words = [f" {' '.join(words_of(f'{each.question} {each.passage.text}'))} " for each in candidates]

    def rows(self, expected: str) -> NDArray[np.int64]:
        """
        Return the rows of the right passages, none where nothing is meant.

        *expected* is a document's source as people see it, its last parts or its title; or else words that stand in a row, case and
        accents apart.
        """
        source, title = expected.strip().casefold(), fold(expected.strip())
        named = [row for row, (each, called) in enumerate(self._names) if each == source or each.endswith(f"/{source}") or called == title]
        words = f" {' '.join(words_of(expected))} "
        return np.array(named or [row for row, text in enumerate(self._words) if words.strip() and words in text], dtype=np.int64)


def nearest_by(name: DistanceName, query: Embedded, passages: Embedded, *, limit: int) -> list[tuple[int, float]]:
    """Return the rows of *passages* nearest to the one text of *query*, with their distance, nearest first and at most *limit*."""
    (row,) = distances(name, query, passages)
    return [(int(each), float(row[each])) for each in np.argsort(row, kind="stable")[:limit]]


def compare(questions: Embedded, passages: Embedded, right: Sequence[NDArray[np.int64]], *, progress: Progress) -> list[Measured]:
    """
    Measure every distance; call it off the event loop.

    Args:
        questions: At least one.
        passages: All that may be found.
        right: For each question the rows of its right passages: at least one, and not all.
        progress: Called with the questions measured and those to be measured in all, each once for each distance.

    Returns:
        One for each distance, the one that separates best first.
    """
    measured = []
    for number, name in enumerate(NAMES):
        ranks, near, wrong = [], [], []
        for begin in range(0, len(right), _STEP):
            progress(number * len(right) + begin, len(NAMES) * len(right))
            part = Embedded(questions.texts[begin : begin + _STEP], questions.vectors[begin : begin + _STEP])
            for row, rows in zip(distances(name, part, passages), right[begin : begin + _STEP], strict=True):
                nearest = rows[row[rows].argmin()]
                others = np.delete(np.arange(len(row)), rows)
                ahead = (row[others] < row[nearest]) | ((row[others] == row[nearest]) & (others < nearest))
                ranks.append(int(ahead.sum()))
                near.append(float(row[nearest]))
                wrong.append(float(row[others].min()))
        first, five = (float(np.mean(np.array(ranks) < count)) for count in (1, 5))
        measured.append(Measured(name, first, five, area(near, wrong), np.array(near), np.array(wrong)))
    progress(len(NAMES) * len(right), len(NAMES) * len(right))
    return sorted(measured, key=lambda each: (-round(each.auc, 6), -each.hit5, -each.hit1))


def best_of(measured: Sequence[Measured]) -> tuple[DistanceName, ...]:
    """Return the distances that separate best: more than one where they order all alike, as three do for vectors of length 1."""
    best = max(each.auc for each in measured)
    return tuple(each.name for each in measured if each.auc >= best - _ALIKE)


def lead_of(measured: Sequence[Measured]) -> tuple[DistanceName, float] | None:
    """
    Return how sure it is that the best of *measured* (as `compare` gives them) separates better than the next that is not as good.

    Returns:
        The next one, and the share of 1,000 resamplings of the questions in which the best is ahead of it (the bootstrap of
        https://doi.org/10.1214/aos/1176344552); None where all are as good.
    """
    alike = best_of(measured)
    best, following = measured[0], next((each for each in measured if each.name not in alike), None)
    if following is None:
        return None
    drawn = np.random.default_rng(0).integers(len(best.right), size=(_RESAMPLINGS, len(best.right)))
    ahead = [area(best.right[rows], best.wrong[rows]) > area(following.right[rows], following.wrong[rows]) for rows in drawn]
    return following.name, float(np.mean(ahead))


def is_decided(measured: Sequence[Measured], lead: tuple[DistanceName, float] | None) -> bool:
    """Tell whether *measured*, whose `lead_of` is *lead*, is more than chance: one order, clearly ahead, on many questions."""
    one_order = len(best_of(measured)) == 1 or _ONE_ORDER.issuperset(best_of(measured))
    return len(measured[0].right) >= _ENOUGH and one_order and (lead is None or lead[1] >= _CLEAR)


def area(near: ArrayLike, far: ArrayLike) -> float:
    """Return the share of pairs in which the number from *near* is smaller than that from *far*; an equal pair counts half."""
    ordered = np.sort(np.asarray(far))
    above, below = (np.searchsorted(ordered, near, side=side) for side in ("right", "left"))
    return float((len(ordered) - (above + below) / 2).mean() / len(ordered))
