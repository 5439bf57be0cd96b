"""Which rows ask nearly the same: as `store.linking` tells it, for any number of rows in some bytes a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from finetune.importing.spool import ENTRY
from store.shingles import ALIKE, BANDS, bands_of

_AT_ONCE: Final = 4096  # entries read at a time, 2 MB
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Groups:
    """`first[row]` is the first row of each row's group; `later` are (row, group) where a later question of a row is one of that group."""

    first: Numbers
    later: frozenset[tuple[int, int]]


def group(entries: Path, keys: Path, kept: NDArray[np.bool_]) -> Groups:
    """
    Return the groups of the rows that are *kept*.

    Args:
        entries: The file of their questions.
        keys: A file to be written: eight bytes an entry and band.
        kept: A truth a row.
    """
    with entries.open("rb") as file:
        rows, firsts = _write_keys(file, keys)
        grouping = _Grouping(file, rows, firsts, len(kept))
        with keys.open("rb") as sorted_keys:
            for band in range(BANDS):
                sorted_keys.seek(band * len(rows) * 8)
                grouping.link(np.fromfile(sorted_keys, dtype=np.uint64, count=len(rows)), kept)
    first = np.array([grouping.root(row) for row in range(len(kept))], dtype=np.int64)
    later = frozenset((row, int(first[group])) for row, group in grouping.later)
    return Groups(first, later)


def _write_keys(file: BinaryIO, keys: Path) -> tuple[Numbers, NDArray[np.bool_]]:
    """Write the keys, band by band; return each entry's row, and whether it is that row's first question."""
    count = file.seek(0, 2) // ENTRY.itemsize
    file.seek(0)
    rows, firsts = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    with keys.open("wb") as target:
        for start in range(0, count, _AT_ONCE):
            chunk = np.frombuffer(file.read(_AT_ONCE * ENTRY.itemsize), dtype=ENTRY)
            end = start + len(chunk)
            rows[start:end], firsts[start:end] = chunk["row"], chunk["first"] != 0
            bands = bands_of(chunk["signature"].astype(np.uint32)) ^ chunk["figures"][:, None]
            for band in range(BANDS):
                target.seek((band * count + start) * 8)
                target.write(np.ascontiguousarray(bands[:, band]).tobytes())
    return rows, firsts


class _Grouping:
    def __init__(self, file: BinaryIO, rows: Numbers, firsts: NDArray[np.bool_], count: int) -> None:
        self._file = file
        self._rows = rows
        self._firsts = firsts
        self._above = np.arange(count, dtype=np.int64)
        self.later: set[tuple[int, int]] = set()

    def root(self, row: int) -> int:
        """Return the first row of a row's group."""
        above = self._above
        top = row
        while above[top] != top:
            top = int(above[top])
        while above[row] != top:
            above[row], row = top, int(above[row])
        return top

    def link(self, keys: NDArray[np.uint64], kept: NDArray[np.bool_]) -> None:
        """Link the rows whose questions share a key in a band and are alike."""
        for places in _sharing(keys):
            told = places[kept[self._rows[places]]]
            if len(told) > 1 and self._firsts[told].any():
                self._link(told)

    def _link(self, places: Numbers) -> None:
        firsts = self._firsts[places]
        labels = np.array([self.root(int(row)) for row in self._rows[places]], dtype=np.int64)
        if firsts.all() and (labels == labels[0]).all():
            return
        signatures = self._signatures(places)
        for at in np.flatnonzero(firsts).tolist():
            after = np.arange(len(places)) > at
            others = np.flatnonzero((labels != labels[at]) & (after | ~firsts))
            if not len(others):
                continue
            alike = others[(signatures[others] == signatures[at]).mean(axis=1) >= ALIKE]
            for other in alike[~firsts[alike]].tolist():
                self.later.add((int(self._rows[places[other]]), int(self._rows[places[at]])))
            for other in alike[firsts[alike]].tolist():
                top = self._join(int(labels[at]), int(labels[other]))
                labels[(labels == labels[at]) | (labels == labels[other])] = top

    def _join(self, one: int, other: int) -> int:
        mine, theirs = self.root(one), self.root(other)
        top = min(mine, theirs)
        self._above[max(mine, theirs)] = top
        return top

    def _signatures(self, places: Numbers) -> Any:
        found = np.empty((len(places), ENTRY["signature"].shape[0]), dtype=np.uint32)
        for at, place in enumerate(places.tolist()):
            self._file.seek(place * ENTRY.itemsize)
            found[at] = np.frombuffer(self._file.read(ENTRY.itemsize), dtype=ENTRY)["signature"][0]
        return found


def _sharing(keys: NDArray[np.uint64]) -> Iterator[Numbers]:
    """Give the places of equal keys, ascending, where there are several."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.append(starts[1:], len(keys))
    for start, end in zip(starts[ends - starts > 1].tolist(), ends[ends - starts > 1].tolist(), strict=True):
        yield order[start:end]
