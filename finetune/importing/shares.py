"""Which rows train, validate or test: a group of near-duplicate questions as a whole."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from finetune.importing.grouping import Groups
from finetune.importing.spool import ENTRY, Rows
from store.linking import Marks, NearQuestions
from store.splitting import Shares, Split

SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")  # the later one wins
_AT_ONCE: Final = 4096
_UNDRAWN: Final = 255
_BEGUN: Final = datetime.min.replace(tzinfo=UTC)  # of no meaning: clusters are only counted

Drawn = NDArray[np.uint8]  # a place in SPLITS for each row


def draw(rows: Rows, groups: Groups, *, kept: NDArray[np.bool_], named: tuple[str, ...], known: Drawn) -> Drawn:
    """
    Return the splits of the rows that are *kept*; others have that of their own group.

    A group goes where the ledger has one of its questions (*known*, as `known_splits` gives it); else one with a category where that
    category lacks most, one without by the hash of its questions, as the ledger does it.

    Args:
        rows: All rows.
        groups: Theirs.
        kept: A truth a row.
        named: The categories by number; the first row of a group tells the group's.
        known: A split a row, 255 where the ledger knows none.
    """
    count = len(rows)
    lowest = np.full(count, np.iinfo(np.uint32).max, dtype=np.uint32)
    told = np.zeros(count, dtype=np.int16)  # 1 + a place in SPLITS; 0 for none
    places = np.flatnonzero(kept)
    np.minimum.at(lowest, groups.first[places], rows.question_ids[places])
    np.maximum.at(told, groups.first[places], np.where(known[places] == _UNDRAWN, 0, known[places].astype(np.int16) + 1))
    shares = Shares((), _BEGUN)
    drawn = np.zeros(count, dtype=np.uint8)
    for place in np.unique(groups.first[places]).tolist():
        if told[place]:
            drawn[place] = told[place] - 1
        else:
            cluster = shares.begun(f"{int(lowest[place]):08x}", named[int(rows.categories[place])])
            drawn[place] = SPLITS.index(cluster.split)
    return drawn[groups.first]


def known_splits(entries: Path, count: int, assigned: Mapping[Split, NearQuestions]) -> Drawn:
    """Return for each of *count* rows the split that the ledger has *assigned* to near-duplicates of its question, or 255."""
    found = np.full(count, _UNDRAWN, dtype=np.uint8)
    if not assigned:
        return found
    with entries.open("rb") as file:
        while data := file.read(_AT_ONCE * ENTRY.itemsize):
            chunk = np.frombuffer(data, dtype=ENTRY)
            chunk = chunk[chunk["first"] != 0]
            marks = Marks(chunk["signature"].astype(np.uint32), tuple(f"{int(each):016x}" if each else "" for each in chunk["figures"]))
            for split in SPLITS:
                if split in assigned:
                    found[chunk["row"][assigned[split].near(marks)]] = SPLITS.index(split)
    return found
