"""Vectors kept in memory: to look a few up by id there takes microseconds, in Chroma milliseconds."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FIRST: Final = 1024  # rows; untouched ones take no memory


class Vectors:
    """
    L2-normalised vectors by id, at most so many, each number in two bytes (a cosine is then wrong by 0.0001 at most).

    One thread at a time may use it. 100,000 vectors of 512 dimensions take 120 MB.
    """

    def __init__(self, dimension: int, *, most: int) -> None:
        self._most = most
        self._rows: dict[str, int] = {}
        self._free: list[int] = []
        self._absent: set[str] = set()
        self._matrix: NDArray[np.float16] = np.empty((min(_FIRST, most), dimension), dtype=np.float16)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def __contains__(self, entry_id: object) -> bool:
        """Tell whether there is one of that id."""
        return entry_id in self._rows

    @property
    def full(self) -> bool:
        """Whether a vector of a new id would not be kept."""
        return len(self._rows) >= self._most

    def put(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep *vectors* (a row for each of *ids*), also in place of others; where there is no room for a new one it is left out."""
        self._absent.difference_update(ids)
        for entry_id, vector in zip(ids, vectors, strict=True):
            row = self._rows.get(entry_id)
            if row is None:
                if self.full:
                    continue
                row = self._rows[entry_id] = self._free.pop() if self._free else len(self._rows)
                if row == len(self._matrix):
                    self._grow()
            self._matrix[row] = vector

    def remove(self, ids: Iterable[str]) -> None:
        """Forget those of *ids*, also that there is none; unknown ones are passed over."""
        for entry_id in ids:
            self._absent.discard(entry_id)
            row = self._rows.pop(entry_id, None)
            if row is not None:
                self._free.append(row)

    def note_absent(self, ids: Iterable[str]) -> None:
        """Note that there are none of *ids* anywhere: until they are `put` they need not be looked for again."""
        if len(self._absent) >= self._most:
            self._absent.clear()
        self._absent.update(ids)

    def unknown(self, ids: Iterable[str]) -> list[str]:
        """Return those of *ids* of which is not known whether there is one."""
        return [entry_id for entry_id in ids if entry_id not in self._rows and entry_id not in self._absent]

    def distances(self, vector: NDArray[np.float32], ids: Iterable[str]) -> dict[str, float]:
        """Return the cosine distances of those of *ids* that are kept from the normalised *vector*."""
        kept = [entry_id for entry_id in ids if entry_id in self._rows]
        found = self._matrix[[self._rows[entry_id] for entry_id in kept]].astype(np.float32)  # (kept, dimension)
        return dict(zip(kept, (1.0 - found @ vector).tolist(), strict=True))

    def _grow(self) -> None:
        larger = np.empty((min(2 * len(self._matrix), self._most), self._matrix.shape[1]), dtype=np.float16)
        larger[: len(self._matrix)] = self._matrix
        self._matrix = larger
