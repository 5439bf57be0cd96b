"""Questions into an operator's categories, learnt from a few examples of each: the nearest category mean, or the nearest examples."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadRequest
from bot.texts import N_

_METHODS: Final = (0, 1, 3, 5)  # how many of a category's examples count; 0: the mean of all
# How steeply confidence follows similarity: within these, so that a few examples that happen to lie apart give no certainty.
_STEEPNESS: Final = (4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
# From which cosine a question is no longer far from a category: that which all but this share of its examples have, but not more than
# unrelated questions ever have, for examples in much the same words lie closer than what people will ask. On three sets of questions,
# 3 to 10 examples of each category, .82 to .96 of unrelated questions are left as unsure, and confidence is right within about .1.
_FAR: Final = 0.1
_UNRELATED: Final = 0.4
_STEP: Final = 512  # examples left out at a time

Scores = NDArray[np.float64]  # (questions, categories): cosines


@dataclass(frozen=True, slots=True)
class Sorted:
    """Where a question belongs: the likeliest category, how likely it is (0 to 1), and whether that is enough to say so."""

    category: str
    confidence: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Sorting:
    """Into which categories questions are sorted, and how: by so many nearest examples of each, or (0) by the mean of all of them."""

    names: tuple[str, ...]
    nearest: int
    steepness: float
    far: float
    minimum: float

    def decide(self, scores: Scores) -> list[Sorted]:
        """
        Turn cosines into categories with their confidence.

        It is a softmax over the categories and one more that is as near to every question as the farthest examples are to their own
        category: what is far from all belongs there.
        """
        evidence = np.exp(self.steepness * (scores - self.far))
        shares = evidence / (1.0 + evidence.sum(axis=1, keepdims=True))
        best = shares.argmax(axis=1)
        found = zip(best.tolist(), shares.max(axis=1).tolist(), strict=True)
        return [Sorted(self.names[each], confidence, confidence >= self.minimum) for each, confidence in found]


class Classifier:
    """Sorts as it was taught by examples; `left_out` is what each of them is taken for by the others."""

    def __init__(self, vectors: NDArray[np.float32], categories: Sequence[str], *, minimum: float) -> None:
        """
        Learn by the method that sorts most examples rightly, each left out in turn, all categories counting alike.

        Args:
            vectors: The examples' meanings, L2-normalised, shape (examples, dimension).
            categories: The category of each.
            minimum: The confidence from which a question is sorted, 0 to 1.

        Raises:
            BadRequest: There are fewer than two categories, or one has a single example.
        """
        refuse_too_few(categories)
        names = tuple(sorted({*categories}))
        self._vectors = vectors
        self._labels = np.array([names.index(each) for each in categories], dtype=np.int64)  # (examples,)
        tried = {nearest: self._without_themselves(nearest, len(names)) for nearest in _METHODS}
        nearest = max(_METHODS, key=lambda each: (_balanced(tried[each], self._labels), -each))  # the simplest of equals
        steepness, far = _calibrated(tried[nearest], self._labels)
        self.sorting = Sorting(names, nearest, steepness, far, minimum)
        self.left_out = self.sorting.decide(tried[nearest])

    def sort(self, vectors: NDArray[np.float32]) -> list[Sorted]:
        """Return where questions belong, in order; *vectors* are L2-normalised, shape (questions, dimension)."""
        count = len(self.sorting.names)
        found: list[Sorted] = []
        for begin in range(0, len(vectors), _STEP):
            part = vectors[begin : begin + _STEP]
            if self.sorting.nearest:
                scores = _nearest_scores(part @ self._vectors.T, self._labels, count, self.sorting.nearest)
            else:
                scores = (part @ _directions(_sums(self._vectors, self._labels, count)).T).astype(np.float64)
            found += self.sorting.decide(scores)
        return found

    def _without_themselves(self, nearest: int, count: int) -> Scores:
        """Return every example's cosine to each category, to its own as if the example were none."""
        if not nearest:
            return _mean_scores(self._vectors, self._labels, count)
        scores = np.empty((len(self._vectors), count))
        for begin in range(0, len(self._vectors), _STEP):
            cosines = self._vectors[begin : begin + _STEP] @ self._vectors.T  # (step, examples)
            own = np.arange(len(cosines))
            cosines[own, begin + own] = -np.inf
            scores[begin : begin + _STEP] = _nearest_scores(cosines, self._labels, count, nearest)
        return scores


def refuse_too_few(categories: Sequence[str], *, places: Sequence[tuple[Path, int]] = ()) -> None:
    """
    Look at the category of each example; *places* are the files and lines where they stand.

    Raises:
        BadRequest: There are fewer than two categories, or one has a single example.
    """
    names = {*categories}
    if len(names) < 2:
        one = N_("there is only the category {category!r} among the examples: give a few examples for each of two categories or more")
        none = N_("there is no category among the examples: give a few examples for each of two categories or more")
        raise BadRequest.told(one if names else none, category=next(iter(names), ""))
    single = next((name for name, count in Counter(categories).items() if count < 2), None)
    if single is not None:
        if not places:
            raise BadRequest.told(
                N_("the category {category!r} has one example only: give it another, better five, in other words"), category=single
            )
        path, line = places[list(categories).index(single)]
        text = N_("{path}, line {line}: the category {category!r} has one example only: give it another, better five, in other words")
        raise BadRequest.told(text, path=path, line=line, category=single)


def _sums(vectors: NDArray[np.float32], labels: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    sums = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, vectors)
    return sums


def _directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return result


def _mean_scores(vectors: NDArray[np.float32], labels: NDArray[np.int64], count: int) -> Scores:
    sums = _sums(vectors, labels, count)
    scores = (vectors @ _directions(sums).T).astype(np.float64)  # (examples, categories)
    others = _directions(sums[labels] - vectors)  # the mean of its category without it
    scores[np.arange(len(vectors)), labels] = np.einsum("ij,ij->i", vectors, others)
    return scores


def _nearest_scores(cosines: NDArray[np.float32], labels: NDArray[np.int64], count: int, nearest: int) -> Scores:
    """Return the mean cosine to the nearest examples of each category, or to all where it has fewer; -inf is no example."""
    scores = np.empty((len(cosines), count))
    for label in range(count):
        best = -np.sort(-cosines[:, labels == label], axis=1)[:, :nearest]
        there = np.isfinite(best)
        scores[:, label] = np.where(there, best, 0.0).sum(axis=1) / there.sum(axis=1)
    return scores


def _balanced(scores: Scores, labels: NDArray[np.int64]) -> float:
    """Return the share of examples sorted rightly, averaged over the categories."""
    right = scores.argmax(axis=1) == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def _calibrated(scores: Scores, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Return the steepness under which the left-out examples are likeliest, and the score below which one is far from its category."""
    rows = np.arange(len(labels))

    def surprise(steepness: float) -> float:
        evidence = steepness * scores
        total = np.log(np.exp(evidence - evidence.max(axis=1, keepdims=True)).sum(axis=1)) + evidence.max(axis=1)
        return float((total - evidence[rows, labels]).mean())

    return min(_STEEPNESS, key=surprise), min(float(np.quantile(scores[rows, labels], _FAR)), _UNRELATED)
