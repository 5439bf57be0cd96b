"""Which questions ask the same, and whether they train, validate or test: decided at first sight, kept for ever."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal

from sqlalchemy import Connection, select

from store.database import Database
from store.lexical import words_of
from store.schema import clusters
from store.text import clean_text
from store.upserts import insertion

Split = Literal["train", "validation", "test"]

_BATCH: Final = 500  # clusters a statement
_UPPER: Final[tuple[tuple[float, Split], ...]] = ((0.65, "train"), (0.75, "validation"), (1.0, "test"))


@dataclass(frozen=True, slots=True)
class Assigned:
    """The cluster of a question, and the split of all that is in it."""

    cluster: str
    split: Split


def cluster_of(question: str) -> str:
    """Return the id (64 hex digits) that questions share which differ in case, accents and punctuation alone."""
    cleaned = clean_text(question)
    return hashlib.sha256(" ".join(words_of(cleaned) or [cleaned.strip()]).encode()).hexdigest()


class Clusters:
    """The splits in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def assign(self, questions: Sequence[str], *, at: datetime) -> tuple[Assigned, ...]:
        """
        Return each question's cluster and split, in the order of *questions*.

        A cluster not seen before is kept as first seen *at* that moment: about 65 % of them train, 10 % validate and 25 % test, by
        their hash; one that is known stays what it is. Whoever else assigns at the same time gets the same answer.
        """
        ids = [cluster_of(question) for question in questions]
        wanted = sorted(set(ids))  # in one order, so that two processes never wait for each other
        splits: dict[str, Split] = {}
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            known = await self._database.read(partial(_known, ids=batch))
            if len(known) < len(batch):
                known = await self._database.write(partial(_keep, ids=[each for each in batch if each not in known], at=at)) | known
            splits |= known
        return tuple(Assigned(cluster, splits[cluster]) for cluster in ids)


def _known(connection: Connection, *, ids: Sequence[str]) -> dict[str, Split]:
    found = connection.execute(select(clusters.c.cluster_id, clusters.c.split).where(clusters.c.cluster_id.in_(ids)))
    return {row.cluster_id: row.split for row in found}


def _keep(connection: Connection, *, ids: Sequence[str], at: datetime) -> dict[str, Split]:
    rows = [{"cluster_id": each, "split": _split_of(each), "first_seen_at": at} for each in ids]
    connection.execute(insertion(connection.dialect.name, clusters).on_conflict_do_nothing(), rows)
    return _known(connection, ids=ids)


def _split_of(cluster: str) -> Split:
    share = int(cluster[:8], 16) / 2**32
    return next(split for upper, split in _UPPER if share < upper)
