"""Samples of a stream in a bounded memory: which rows are drawn depends on what they say and the seed, not on their order."""

import hashlib
from collections.abc import Iterator
from heapq import heappush, heappushpop
from typing import Final, Generic, TypeVar

_Value = TypeVar("_Value")

_STRATA: Final = 200  # further ones are drawn from together


class Drawn(Generic[_Value]):
    """At most *size* values; each key once, and each with the same chance."""

    def __init__(self, size: int, *, seed: int = 0) -> None:
        """Draw nothing yet."""
        self._size = size
        self._seed = seed
        self._heap: list[tuple[int, str, _Value]] = []  # by descending luck: the unluckiest first
        self._keys: set[str] = set()

    def add(self, key: str, value: _Value) -> None:
        """Draw *value*, or not."""
        if key in self._keys:
            return
        luck = int.from_bytes(hashlib.sha256(f"{self._seed}:{key}".encode()).digest()[:8])
        entry = (-luck, key, value)
        if len(self._heap) < self._size:
            heappush(self._heap, entry)
            self._keys.add(key)
        elif entry[:2] > self._heap[0][:2]:
            self._keys.add(key)
            self._keys.remove(heappushpop(self._heap, entry)[1])

    def __len__(self) -> int:
        """Return how many were drawn."""
        return len(self._heap)

    def __iter__(self) -> Iterator[_Value]:
        """Give the values, those drawn first before others."""
        return (value for _, _, value in sorted(self._heap, key=lambda entry: entry[:2], reverse=True))


class DrawnByStratum(Generic[_Value]):
    """At most *size* values of each stratum."""

    def __init__(self, size: int, *, seed: int) -> None:
        """Draw nothing yet."""
        self._size = size
        self._seed = seed
        self._strata: dict[tuple[str, ...], Drawn[_Value]] = {}

    def add(self, stratum: tuple[str, ...], key: str, value: _Value) -> None:
        """Draw *value* for its *stratum*, or not."""
        if stratum not in self._strata and len(self._strata) >= _STRATA:
            stratum = ()
        self._strata.setdefault(stratum, Drawn(self._size, seed=self._seed)).add(key, value)

    def dealt(self) -> list[_Value]:
        """Return *size* values, from each stratum in turn as long as it has some: small ones are read whole, large ones in part."""
        hands = [iter(self._strata[name]) for name in sorted(self._strata)]
        dealt: list[_Value] = []
        while hands and len(dealt) < self._size:
            left = []
            for hand in hands:
                value = next(hand, None)
                if value is not None:
                    dealt.append(value)
                    left.append(hand)
            hands = left
        return dealt[: self._size]
