"""Lengths of any number of texts in a bounded memory: quantiles to a hundredth, and a histogram."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

_EXACT: Final = 100  # below, each length is counted by itself
_STEP: Final = math.log(1.01)
_BARS: Final = 24
_SHOWN: Final = 0.99  # of all: the rest is one last bar, or a single long text would leave nothing to see


@dataclass(frozen=True, slots=True)
class Bar:
    """How many lengths are from `low` on and below `high`; None: any from there on."""

    low: int
    high: int | None
    count: int


class Lengths:
    """Lengths from 0 on."""

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()
        self.count = 0
        self.total = 0
        self.least = 0
        self.most = 0

    def add(self, length: int) -> None:
        """Count a *length*."""
        self._bins[length if length < _EXACT else _EXACT + int(math.log(length / _EXACT) / _STEP)] += 1
        self.least = min(self.least, length) if self.count else length
        self.most = max(self.most, length)
        self.count += 1
        self.total += length

    @property
    def mean(self) -> float:
        """The mean; 0 where nothing was counted."""
        return self.total / self.count if self.count else 0.0

    def quantile(self, share: float) -> int:
        """Return the length that *share* of all do not exceed, within a hundredth; 0 where nothing was counted."""
        wanted, so_far = max(1, math.ceil(share * self.count)), 0
        for number in sorted(self._bins):
            so_far += self._bins[number]
            if so_far >= wanted:
                return self._length(number)
        return 0

    def histogram(self) -> list[Bar]:
        """Return bars of equal, round width, and a last one for the hundredth that is longest."""
        if not self.count:
            return []
        width = _round_up(max(1, self.quantile(_SHOWN) + 1) / _BARS)
        ends = self.quantile(_SHOWN) // width + 1
        counts: Counter[int] = Counter()
        for number, count in self._bins.items():
            counts[min(self._length(number) // width, ends)] += count
        bars = [Bar(at * width, (at + 1) * width, counts[at]) for at in range(ends)]
        return [*bars, Bar(ends * width, None, counts[ends])] if counts[ends] else bars

    def _length(self, number: int) -> int:
        if number < _EXACT:
            return number
        middle = round(_EXACT * math.exp((number - _EXACT + 0.5) * _STEP))
        return max(self.least, min(self.most, middle))


def _round_up(width: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50 and so on."""
    power = 10 ** max(0, math.floor(math.log10(width))) if width > 1 else 1
    return next(power * each for each in (1, 2, 5, 10) if power * each >= width)
