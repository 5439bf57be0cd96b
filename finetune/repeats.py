"""The same rows again, in twelve bytes a row."""

import hashlib
from array import array
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from finetune.formats.records import Record, Thumb, messages_of

_LAST: Final = 2**32 - 1  # further down all are said to stand in that line


class _Said(Protocol):
    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...


def digest_of(messages: Sequence[_Said]) -> bytes:
    """Return 16 bytes that only the same conversation has."""
    return hashlib.sha256(repr([(message.role, message.content) for message in messages]).encode()).digest()[:16]


def _short_digest(record: Record) -> int:
    """Return 8 bytes: of a million rows two different ones share them once in thirty million files."""
    said = [type(record).__name__, record.good if isinstance(record, Thumb) else None]
    for turn in messages_of(record):
        said += (turn.role, turn.content)
    return hash(tuple(said))


class Repeats:
    """Which rows say what an earlier one said, metadata and weights apart; `lines` are those of all rows."""

    def __init__(self) -> None:
        self._digests = array("q")
        self.lines = array("I")

    def add(self, record: Record, line: int) -> None:
        """Note the row in *line*; lines come in ascending order."""
        self._digests.append(_short_digest(record))
        self.lines.append(min(line, _LAST))

    def found(self, *, limit: int) -> tuple[int, list[tuple[int, int]]]:
        """Return how many rows are repeated, and of the first *limit* of them the line with that of the first such row, ascending."""
        digests, lines = np.frombuffer(self._digests, dtype=np.int64), self.lines
        order = np.argsort(digests, kind="stable")
        ordered = digests[order]
        again = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1  # places in order that repeat the one before
        if not len(again):
            return 0, []
        firsts = np.setdiff1d(np.arange(len(order)), again, assume_unique=True)
        repeated = again[np.argsort(order[again])][:limit]
        first = firsts[np.searchsorted(firsts, repeated, side="right") - 1]
        return len(again), [(lines[order[at]], lines[order[begin]]) for at, begin in zip(repeated, first, strict=True)]
