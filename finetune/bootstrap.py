"""How sure a figure is: intervals by the paired bootstrap and Wilson's formula, and percentiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

RESAMPLES: Final = 10_000
_Z: Final = 1.959964  # 95 % of a normal distribution lie within
_AT_ONCE: Final = 2_000_000  # numbers drawn at once: 16 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the ends of its 95% interval, from *count* observations (0: the figure means nothing)."""

    value: float
    low: float
    high: float
    count: int


def paired_difference(before: Sequence[float], after: Sequence[float], *, seed: int, resamples: int = RESAMPLES) -> Interval:
    """
    Return the mean of *after* less *before*, pair by pair, with its percentile bootstrap interval.

    Questions are drawn with replacement, each with both its figures (Koehn 2004, https://aclanthology.org/W04-3250).
    """
    differences = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)  # (N,)
    count = len(differences)
    if not count:
        return Interval(0.0, 0.0, 0.0, 0)
    rng = np.random.default_rng(seed)
    means = np.empty(resamples)
    step = max(1, _AT_ONCE // count)
    for start in range(0, resamples, step):
        drawn = rng.integers(count, size=(min(step, resamples - start), count))  # (R, N)
        means[start : start + len(drawn)] = differences[drawn].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(float(differences.mean()), float(low), float(high), count)


def wilson(hits: int, count: int) -> Interval:
    """Return the share of *hits* with Wilson's interval (https://doi.org/10.1080/01621459.1927.10502953): sound for few and for none."""
    if not count:
        return Interval(0.0, 0.0, 0.0, 0)
    share, weight = hits / count, _Z**2 / count
    middle = (share + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * sqrt(share * (1 - share) / count + weight / (4 * count))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half), count)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which *share* (0 to 1) of *values* lie; 0 where there are none."""
    return float(np.percentile(values, 100 * share)) if values else 0.0
