"""
Which questions are near-duplicates, and whether they train, validate or test: decided at first sight, kept in the ledger.

A cluster shares its split and nothing else: near-duplicates often ask two things (import, export), each with an answer of its own.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, get_args

import numpy as np
from sqlalchemy import Connection, Select, Update, delete, insert, select, update

from store.changes import read_revisions
from store.database import Database
from store.lexical import words_of
from store.linking import Marks, marks_of
from store.schema import cluster_questions, clusters, revisions, rounds
from store.shingles import WIDTH
from store.splitting import Cluster, Known, Plan, Seen, Split, Wanted, is_stronger, plan_of, strongest
from store.text import clean_text

_BATCH: Final = 500  # ids a statement
_FORGOTTEN: Final = b""
_PAGE: Final = 5000  # questions read at a time, 3 MB


@dataclass(frozen=True, slots=True)
class Assigned:
    """The cluster of a question, and the split of all that is in it."""

    cluster: str
    split: Split


def cluster_of(question: str) -> str:
    """Return the id (64 hex digits) of a question: those share it that differ in case, accents and punctuation alone."""
    cleaned = clean_text(question)
    return hashlib.sha256(" ".join(words_of(cleaned) or [cleaned.strip()]).encode()).hexdigest()


class Clusters:
    """The clusters in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def assign(
        self, questions: Sequence[str], *, at: datetime, categories: Sequence[str] = (), wanted: Sequence[Wanted] = ()
    ) -> tuple[Assigned, ...]:
        """
        Return each question's cluster and split, in the order of *questions*.

        A question not seen before is kept as first seen *at* that moment: it joins the cluster of those it is a near-duplicate of, or
        begins one. What one call brings is taken together, in whatever order it comes; between calls the earlier one decides. A new
        cluster is given its split by its hash (about 65 % train, 10 % validate, 25 % test); where the question has a category, by what
        that category lacks most, so that each is tested. A question that joins several clusters makes them one, whose split is the
        strongest of theirs: test, then validation. A split that was given elsewhere counts like that of a cluster. Whoever else assigns at
        the same time gets the same answer.

        Args:
            questions: Any number of them.
            at: Now.
            categories: One a question, empty where it has none; nothing at all where none has.
            wanted: The split that each question was given elsewhere (an import's), empty where none was; nothing at all where none was.
        """
        asked = {cluster_of(question): (question, category) for question, category in _paired(questions, categories)}
        given = _given(questions, wanted)
        revision = await self._revision()
        while new := sorted(asked.keys() - (await self._assigned([*asked])).keys()):
            if (known := await self._known(revision)) is not None:
                marks = await asyncio.to_thread(marks_of, [asked[each][0] for each in new])
                seen = Seen(tuple(new), marks, tuple(asked[each][1] for each in new), tuple(given.get(each, "") for each in new))
                plan = await asyncio.to_thread(plan_of, known, seen, at=at)
                if await self._database.write(partial(_keep, plan=plan, revision=revision, at=at)):
                    break
            revision = await self._revision()
        found = await self._assigned([*asked])
        while weaker := _weaker(found, given):
            await self._database.write(partial(_strengthen, splits=weaker, at=at))
            found = await self._assigned([*asked])
        return tuple(found[cluster_of(question)] for question in questions)

    async def learnt(self, questions: Sequence[str], *, round_id: str) -> frozenset[str]:
        """
        Return the ids (`cluster_of`) of those *questions*, now for testing, that a round may have trained on by a near-duplicate.

        They are those whose cluster held questions that were for training, or validating, when the round began and that have become
        tests since, by a merger. Of an unknown round they are all that ever did.
        """
        since = await self.began(round_id)
        turned = select(cluster_questions.c.cluster_id).where(cluster_questions.c.turned_at.is_not(None))
        if since is not None:
            turned = turned.where(cluster_questions.c.turned_at > since)
        wanted = select(cluster_questions.c.question_id).where(cluster_questions.c.cluster_id.in_(turned))
        ids = sorted({cluster_of(question) for question in questions})
        found: set[str] = set()
        for start in range(0, len(ids), _BATCH):
            batch = wanted.where(cluster_questions.c.question_id.in_(ids[start : start + _BATCH]))
            found |= await self._database.read(partial(_ids, wanted=batch))
        return frozenset(found)

    async def began(self, round_id: str) -> datetime | None:
        """Return when that round began: what it assigns is assigned at that moment, so that what turned before it is told from later."""
        wanted = select(rounds.c.started_at).where(rounds.c.round_id == round_id)
        return await self._database.read(lambda connection: connection.execute(wanted).scalar_one_or_none())

    async def forget(self, questions: Sequence[str]) -> None:
        """Forget what these questions are like, from which words might be guessed; their splits stay, for they may be asked again."""
        ids = sorted({cluster_of(question) for question in questions})
        for start in range(0, len(ids), _BATCH):
            forgetting = update(cluster_questions).where(cluster_questions.c.question_id.in_(ids[start : start + _BATCH]))
            await self._database.write(partial(_execute, changing=forgetting.values(signature=_FORGOTTEN, figures="")))

    async def _assigned(self, ids: Sequence[str]) -> dict[str, Assigned]:
        joined = cluster_questions.join(clusters, clusters.c.cluster_id == cluster_questions.c.cluster_id)
        wanted = select(cluster_questions.c.question_id, clusters.c.cluster_id, clusters.c.split).select_from(joined)
        found: dict[str, Assigned] = {}
        for start in range(0, len(ids), _BATCH):
            batch = wanted.where(cluster_questions.c.question_id.in_(ids[start : start + _BATCH]))
            found |= await self._database.read(partial(_splits, wanted=batch))
        return found

    async def _revision(self) -> int:
        return (await self._database.read(partial(read_revisions, kinds=("clusters",))))["clusters"]

    async def _known(self, revision: int) -> Known | None:
        """Return everything assigned by *revision*; None where somebody else assigned since, for then its parts would not fit together."""
        every = select(clusters).order_by(clusters.c.cluster_id)
        known = await self._database.read(
            lambda connection: {
                row.cluster_id: Cluster(row.cluster_id, row.split, row.first_seen_at, row.category) for row in connection.execute(every)
            }
        )
        columns = (cluster_questions.c.question_id, cluster_questions.c.cluster_id, cluster_questions.c.figures)
        whole = select(*columns, cluster_questions.c.signature).where(cluster_questions.c.signature != _FORGOTTEN)
        wanted = whole.order_by(cluster_questions.c.question_id).limit(_PAGE)
        rows: list[Any] = []
        while page := await self._database.read(partial(_rows, wanted=_after(wanted, rows))):
            rows += page
        signatures = np.frombuffer(b"".join(row.signature for row in rows), dtype="<u4").reshape(len(rows), WIDTH).astype(np.uint32)
        marks = Marks(signatures, tuple(row.figures for row in rows))
        if revision != await self._revision():
            return None
        return Known(known, {row.question_id: row.cluster_id for row in rows}, marks)


def _paired(questions: Sequence[str], categories: Sequence[str]) -> list[tuple[str, str]]:
    """Return each question with its category, in an order of their own, so that of two categories of one question one always counts."""
    return sorted(zip(questions, categories or [""] * len(questions), strict=True))


def _given(questions: Sequence[str], wanted: Sequence[Wanted]) -> dict[str, Wanted]:
    """Return the strongest split that each question (by its id) was given."""
    given: dict[str, Wanted] = {}
    for question, split in zip(questions, wanted, strict=True) if wanted else ():
        question_id = cluster_of(question)
        given[question_id] = strongest((split, given.get(question_id, "")))
    return given


def _weaker(found: Mapping[str, Assigned], given: Mapping[str, Wanted]) -> dict[str, Wanted]:
    """Return the clusters of less than one of their questions was given, with what that is."""
    weaker: dict[str, Wanted] = {}
    for question_id, split in given.items():
        assigned = found[question_id]
        if is_stronger(split, assigned.split):
            weaker[assigned.cluster] = strongest((split, weaker.get(assigned.cluster, "")))
    return weaker


def _after(wanted: Select[Any], rows: Sequence[Any]) -> Select[Any]:
    return wanted.where(cluster_questions.c.question_id > rows[-1].question_id) if rows else wanted


def _rows(connection: Connection, *, wanted: Select[Any]) -> list[Any]:
    return list(connection.execute(wanted))


def _execute(connection: Connection, *, changing: Update) -> None:
    connection.execute(changing)


def _ids(connection: Connection, *, wanted: Select[Any]) -> set[str]:
    return set(connection.execute(wanted).scalars())


def _splits(connection: Connection, *, wanted: Select[Any]) -> dict[str, Assigned]:
    return {row.question_id: Assigned(row.cluster_id, row.split) for row in connection.execute(wanted)}


def _keep(connection: Connection, *, plan: Plan, revision: int, at: datetime) -> bool:
    """Keep what was planned, unless somebody else assigned since *revision*."""
    raising = update(revisions).where(revisions.c.kind == "clusters", revisions.c.revision == revision)
    if connection.execute(raising.values(revision=revision + 1)).rowcount == 0:
        return False
    rows = [
        {"cluster_id": each.cluster_id, "split": each.split, "category": each.category, "first_seen_at": each.first_seen_at}
        for each in plan.begun
    ]
    if rows:
        connection.execute(insert(clusters), rows)
    for change in plan.merged:
        _merge(connection, change.into, change.absorbed, at=at, turned=change.turned)
    columns = ("question_id", "cluster_id", "figures", "signature")
    questions = [{name: getattr(each, name) for name in columns} | {"turned_at": at if each.turned else None} for each in plan.questions]
    connection.execute(insert(cluster_questions), questions)
    return True


def _strengthen(connection: Connection, *, splits: Mapping[str, Wanted], at: datetime) -> None:
    """Give clusters a stronger split; the questions of those that become tests are turned. One that was taken up is passed over."""
    connection.execute(update(revisions).where(revisions.c.kind == "clusters").values(revision=revisions.c.revision + 1))
    for cluster_id, split in sorted(splits.items()):
        weaker = [each for each in get_args(Split) if is_stronger(split, each)]
        changing = update(clusters).where(clusters.c.cluster_id == cluster_id, clusters.c.split.in_(weaker))
        if connection.execute(changing.values(split=split)).rowcount and split == "test":
            connection.execute(update(cluster_questions).where(cluster_questions.c.cluster_id == cluster_id).values(turned_at=at))


def _merge(connection: Connection, into: Cluster, absorbed: Sequence[str], *, at: datetime, turned: Sequence[str]) -> None:
    """Make one cluster of several; the questions of those *turned* become tests, which they were not."""
    for start in range(0, len(turned), _BATCH):
        of_turned = cluster_questions.c.cluster_id.in_(turned[start : start + _BATCH])
        connection.execute(update(cluster_questions).where(of_turned).values(turned_at=at))
    connection.execute(update(clusters).where(clusters.c.cluster_id == into.cluster_id).values(split=into.split))
    for start in range(0, len(absorbed), _BATCH):
        batch = absorbed[start : start + _BATCH]
        moving = update(cluster_questions).where(cluster_questions.c.cluster_id.in_(batch))
        connection.execute(moving.values(cluster_id=into.cluster_id))
        connection.execute(delete(clusters).where(clusters.c.cluster_id.in_(batch)))
