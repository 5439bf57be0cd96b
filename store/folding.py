"""
Near-duplicate rows folded into the first of them, with counts: any number of rows in a bounded memory.

What was kept lies in a file of its own, as hashes; nobody's words can be read from it. The order of rows decides which is kept, and so it
decides the whole result: read by any number of workers, rows are folded by one.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from bot.errors import Misconfigured
from store.shingles import ALIKE, BANDS, Pieces, Set, bands_of, figures_of, mixed, plain, similarity

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS kept (row INTEGER PRIMARY KEY, exact INTEGER, count INTEGER, pieces BLOB)",
    "CREATE INDEX IF NOT EXISTS kept_exact ON kept (exact)",
    "CREATE TABLE IF NOT EXISTS bands (key INTEGER, row INTEGER, PRIMARY KEY (key, row)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS progress (rows INTEGER)",
)
_CACHE_KB: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class Folded:
    """Where a row went: `row` is the number (from 0) of the one that is kept, which may be itself."""

    row: int
    new: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts as `Folding.fold` takes them, made in any process: what they are found by and compared by."""

    exact: tuple[int, ...]
    keys: tuple[tuple[int, ...], ...]
    pieces: tuple[Set, ...]


def prepare(texts: Sequence[str]) -> Prepared:
    """
    Return what *texts* are folded by.

    Two texts are near-duplicates where the sets of their pieces have a Jaccard similarity of `shingles.ALIKE` and both hold the same
    numbers and codes, and as many denials.
    """
    words = [plain(text) for text in texts]
    pieces = Pieces.of(words)
    figures = np.array([int(figures_of(each) or "0", 16) for each in words], dtype=np.uint64)
    sets = tuple(pieces.sets())
    keys = (bands_of(pieces.signatures()) ^ figures[:, None]).view(np.int64)
    exact = np.array([each.sum(dtype=np.uint64) for each in sets], dtype=np.uint64)
    return Prepared(tuple(mixed(exact ^ figures).view(np.int64).tolist()), tuple(map(tuple, keys.tolist())), sets)


_SHARING: Final = " UNION ALL ".join(["SELECT row FROM (SELECT row FROM bands WHERE key = ? LIMIT 64)"] * BANDS)
_COMPARED: Final = 24  # kept rows that are compared with one: in rows made from a template thousands share a key


class Folding:
    """
    The rows that are kept, in the file at *path*; a context manager.

    What a call of `fold` did is kept whole or not at all, so that an import that was killed goes on behind `rows`.

    Raises:
        Misconfigured: The file cannot be made or written, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        """Open *path*, which is made where it is missing."""
        self._path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
            # The file is worth no more than the import: whoever pulls the plug begins anew, whoever kills the program does not.
            for pragma in ("journal_mode=WAL", "synchronous=OFF", f"cache_size=-{_CACHE_KB}"):
                self._connection.execute(f"PRAGMA {pragma}")
            for table in _TABLES:
                self._connection.execute(table)
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        self._rows = int(self._connection.execute("SELECT coalesce(max(rows), 0) FROM progress").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    @property
    def rows(self) -> int:
        """How many rows were folded in all calls."""
        return self._rows

    def fold(self, prepared: Prepared) -> tuple[Folded, ...]:
        """Fold the next rows; return where each went, in their order."""
        try:
            self._connection.execute("BEGIN")
            found = tuple(self._one(prepared, at) for at in range(len(prepared.exact)))
            self._connection.execute("DELETE FROM progress")
            self._connection.execute("INSERT INTO progress VALUES (?)", (self._rows + len(found),))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise self._unusable(error) from error
        self._rows += len(found)
        return found

    def counts(self) -> Iterator[tuple[int, int]]:
        """Yield each row that is kept with how many were folded into it, itself among them."""
        yield from self._connection.execute("SELECT row, count FROM kept ORDER BY row")

    def _one(self, prepared: Prepared, at: int) -> Folded:
        kept = self._alike(prepared.exact[at], prepared.keys[at], prepared.pieces[at])
        if kept is not None:
            self._connection.execute("UPDATE kept SET count = count + 1 WHERE row = ?", (kept,))
            return Folded(kept, new=False)
        row = self._rows + at
        self._connection.execute(
            "INSERT INTO kept VALUES (?, ?, 1, ?)", (row, prepared.exact[at], prepared.pieces[at].astype("<u4").tobytes())
        )
        self._connection.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, row) for key in prepared.keys[at]])
        return Folded(row, new=True)

    def _alike(self, exact: int, keys: Sequence[int], pieces: Set) -> int | None:
        """Return the first kept row that is a near-duplicate; None where there is none."""
        same = self._connection.execute("SELECT min(row) FROM kept WHERE exact = ?", (exact,)).fetchone()[0]
        if same is not None:
            return int(same)
        near = (row for row in sorted(self._candidates(keys)) if similarity(pieces, self._pieces(row)) >= ALIKE)
        return next(near, None)

    def _candidates(self, keys: Sequence[int]) -> list[int]:
        """Return the kept rows that share the most keys."""
        shared = Counter(row for (row,) in self._connection.execute(_SHARING, keys))
        ranked = sorted(shared.items(), key=lambda found: (-found[1], found[0]))
        return [row for row, _ in ranked[:_COMPARED]]

    def _pieces(self, row: int) -> Set:
        (found,) = self._connection.execute("SELECT pieces FROM kept WHERE row = ?", (row,)).fetchone()
        return np.frombuffer(found, dtype=np.uint32)

    def _unusable(self, error: sqlite3.Error) -> Misconfigured:
        return Misconfigured(f"{self._path} cannot be used ({error}): free space there or correct its rights, then run it again")
