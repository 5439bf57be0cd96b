"""Rows whose questions are one and whose answers cannot both be right."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from finetune.importing.batches import batches
from finetune.importing.grouping import Groups
from finetune.importing.spool import Rows
from finetune.importing.workers import Group, Workers

_COMPARED: Final = 16  # rows of a group at a time: each is compared with each
_AT_ONCE: Final = 16  # groups


def disagreeing(rows: Rows, groups: Groups, kept: NDArray[np.bool_], pool: Workers) -> Iterator[tuple[int, ...]]:
    """Give the numbers of rows that contradict each other, each set of them once; of a large group sixteen rows are compared at a time."""
    waiting: deque[Sequence[tuple[int, ...]]] = deque()

    def asked() -> Iterator[list[Group]]:
        with rows.by_number() as row:
            for batch in batches(_parts(groups, kept), _AT_ONCE):
                loaded = [(numbers, [_said(row(number)) for number in numbers]) for numbers in batch]
                compared = [[(n, said) for n, said in zip(numbers, each, strict=True) if said] for numbers, each in loaded]
                waiting.append([tuple(number for number, _ in each) for each in compared])
                yield [tuple(said for _, said in each) for each in compared]

    for found in pool.contradicting(asked()):
        for numbers, places in zip(waiting.popleft(), found, strict=True):
            if places:
                yield tuple(numbers[place] for place in places)


def _parts(groups: Groups, kept: NDArray[np.bool_]) -> Iterator[tuple[int, ...]]:
    places = np.flatnonzero(kept)
    order = places[np.argsort(groups.first[places], kind="stable")]
    firsts = groups.first[order]
    edges = np.flatnonzero(firsts[1:] != firsts[:-1]) + 1
    for start, end in pairwise([0, *edges.tolist(), len(order)]):
        if end - start > 1:
            yield from batches(order[start:end].tolist(), _COMPARED)


def _said(row: dict[str, Any]) -> tuple[str, str] | None:
    """Return question and answer of a row that holds one of each."""
    said = [message["content"] for message in row.get("messages", ()) if message["role"] != "system"]
    return (said[0], said[1]) if len(said) == 2 else None
