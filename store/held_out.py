"""The questions that are kept for testing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
from sqlalchemy import Connection, select

from store.clusters import cluster_of
from store.database import Database
from store.linking import Marks, NearQuestions
from store.schema import cluster_questions, clusters
from store.shingles import WIDTH
from store.splitting import Split


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Questions by their ids, and by their marks those that have any: of an erased one nothing but the id is left."""

    ids: frozenset[str]
    near: NearQuestions

    def holds(self, question: str) -> bool:
        """Tell whether *question* is one of them, or near one."""
        return cluster_of(question) in self.ids or self.near.holds(question)


async def held_out(database: Database) -> HeldOut | None:
    """Return all questions that nobody may train on; None where there are none."""
    return await database.read(_held_out)


async def assigned_questions(database: Database) -> dict[Split, NearQuestions]:
    """Return the questions that the ledger has given each split, as far as their marks are known."""
    return {split: await database.read(partial(_near, split=split)) for split in get_args(Split)}


def _near(connection: Connection, *, split: Split) -> NearQuestions:
    return NearQuestions.marked(_marks([row for row in _questions(connection, split) if row.signature]))


def _held_out(connection: Connection) -> HeldOut | None:
    tested = select(clusters.c.cluster_id).where(clusters.c.split == "test")
    ids = frozenset(connection.scalars(tested))
    if not ids:
        return None
    rows = _questions(connection, "test")
    return HeldOut(ids | {row.question_id for row in rows}, NearQuestions.marked(_marks([row for row in rows if row.signature])))


def _questions(connection: Connection, split: Split) -> list[Any]:
    of_split = select(clusters.c.cluster_id).where(clusters.c.split == split)
    columns = (cluster_questions.c.question_id, cluster_questions.c.figures, cluster_questions.c.signature)
    return list(connection.execute(select(*columns).where(cluster_questions.c.cluster_id.in_(of_split))))


def _marks(rows: Sequence[Any]) -> Marks:
    signatures = np.frombuffer(b"".join(row.signature for row in rows), dtype="<u4").reshape(len(rows), WIDTH).astype(np.uint32)
    return Marks(signatures, tuple(row.figures for row in rows))
