"""Clusters and splits on both databases: assigned at first sight, once, for everybody."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from store.clusters import Clusters, cluster_of
from store.database import Database
from store.rounds import SqlRounds
from store.schema import cluster_questions, clusters
from store.splitting import Wanted
from tests.contracts.ledgers import NOW
from tests.store.asked_alike import families


@pytest.fixture
def splits(database: Database) -> Clusters:
    return Clusters(database)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Qual é o horário?", "qual e o HORARIO", True),
        ("Troque o FH-300!", "troque o fh-300", True),
        ("Is it E101?", "Is it E102?", False),
        ("???", "!!!", False),
        ("", " ", True),
    ],
)
def test_a_cluster_is_the_words(one: str, other: str, *, same: bool) -> None:
    """Case, accents and punctuation make no other question; a code does."""
    assert (cluster_of(one) == cluster_of(other)) is same


def test_a_cluster_of_what_no_database_holds() -> None:
    """A lone surrogate comes from a broken client, and is kept as U+FFFD."""
    assert cluster_of("a\ud800b") == cluster_of("a\ufffdb")


async def test_answers_come_in_the_order_of_the_questions(splits: Clusters) -> None:
    """Also where a question stands twice, and beyond one batch."""
    questions = [f"Question {number % 600}?" for number in range(1300)]
    assigned = await splits.assign(questions, at=NOW)

    assert [each.cluster for each in assigned] == [cluster_of(question) for question in questions]
    assert await splits.assign(questions, at=NOW) == assigned
    assert await splits.assign([], at=NOW) == ()


async def test_shares_are_as_designed(splits: Clusters) -> None:
    """Two thirds train, a quarter tests."""
    counted = Counter(each.split for each in await splits.assign([f"Question {number}?" for number in range(3000)], at=NOW))

    assert 0.62 < counted["train"] / 3000 < 0.68
    assert 0.08 < counted["validation"] / 3000 < 0.12
    assert 0.22 < counted["test"] / 3000 < 0.28


async def test_what_was_assigned_stays(splits: Clusters, database: Database) -> None:
    """Were the shares ever changed, a question that was trained on must not become a test."""
    (before,) = await splits.assign(["Where?"], at=NOW)
    other = "train" if before.split == "test" else "test"
    async with database.begin() as connection:
        await connection.execute(update(clusters).values(split=other))
    (after,) = await splits.assign(["where"], at=NOW + timedelta(days=1))
    async with database.connect() as connection:
        first_seen = (await connection.execute(select(clusters.c.first_seen_at))).scalar_one()

    assert (after.cluster, after.split, first_seen) == (before.cluster, other, NOW)


async def test_two_processes_that_assign_at_once_agree(processes: tuple[Database, Database]) -> None:
    """A round beside another's evaluation: neither fails, and each cluster stands once."""
    questions = [f"Question {number}?" for number in range(1200)]
    async with asyncio.TaskGroup() as group:
        runs = [
            group.create_task(Clusters(each).assign(asked, at=NOW))
            for each, asked in zip(processes * 2, [questions, questions[::-1]] * 2, strict=True)
        ]
    forward, backward = runs[0].result(), runs[1].result()
    async with processes[0].connect() as connection:
        kept = (await connection.execute(select(func.count()).select_from(clusters))).scalar_one()

    assert forward == backward[::-1]
    assert kept == 1200


async def test_processes_that_assign_near_duplicates_at_once_agree(processes: tuple[Database, Database]) -> None:
    """What links two clusters may come from either, and nobody may be left with a cluster that is no more."""
    every = families(20, length=5)
    parts = [[question for family in every for question in family[at:]] for at in range(2)]
    async with asyncio.TaskGroup() as group:
        for each, asked in zip(processes * 2, [*parts, *parts], strict=True):
            group.create_task(Clusters(each).assign(asked, at=NOW))
    found = [await Clusters(each).assign(parts[0], at=NOW) for each in processes]

    assert found[0] == found[1]
    assert len({each.cluster for each in found[0]}) == 20


@pytest.mark.parametrize("moment", range(6))
async def test_what_was_assigned_while_another_reads_is_read_again(
    processes: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """What is new, the clusters and their questions are read one after the other; a merger may come between any two."""
    family, other = families(2, length=7)
    ours, theirs = (Clusters(each) for each in processes)
    await ours.assign([family[0], family[6]], at=NOW)
    read, reads = processes[0].read, count()

    async def read_late(work: Callable[[Connection], Any]) -> Any:
        if next(reads) == moment:
            await theirs.assign([*family, *other[::2]], at=NOW + timedelta(days=1))
        return await read(work)

    monkeypatch.setattr(processes[0], "read", read_late)
    asked = [*family, *other]
    found = await ours.assign(asked, at=NOW + timedelta(days=2))

    assert [len({each.cluster for each in found[:7]}), len({each.cluster for each in found[7:]})] == [1, 1]
    assert found == await theirs.assign(asked, at=NOW + timedelta(days=3))


async def test_a_question_that_links_clusters_makes_them_one(splits: Clusters, database: Database) -> None:
    """Test wins over validation, and that over training; the cluster seen first gives its id."""
    family = families(1, length=7)[0]
    ends = [
        (await splits.assign([question], at=NOW + timedelta(days=day)))[0] for day, question in enumerate((family[0], family[6], family[3]))
    ]
    wanted = dict(zip((each.cluster for each in ends), ("train", "test", "validation"), strict=True))
    async with database.begin() as connection:
        for cluster, split in wanted.items():
            await connection.execute(update(clusters).where(clusters.c.cluster_id == cluster).values(split=split))
    found = await splits.assign(family, at=NOW + timedelta(days=9))
    async with database.connect() as connection:
        kept = (await connection.execute(select(clusters.c.cluster_id, clusters.c.split))).all()

    assert len(wanted) == 3
    assert {(each.cluster, each.split) for each in found} == {(ends[0].cluster, "test")} == {tuple(row) for row in kept}


async def test_a_forgotten_question_keeps_its_split_and_nothing_else(splits: Clusters, database: Database) -> None:
    """Whoever asked it is erased; asked again, it must not be trained on where it was a test."""
    family = families(1, length=2)[0]
    before = await splits.assign(family, at=NOW)
    await splits.forget(family)
    after = await splits.assign(family, at=NOW + timedelta(days=1))
    async with database.connect() as connection:
        kept = (await connection.execute(select(cluster_questions.c.signature, cluster_questions.c.figures))).all()

    assert after == before
    assert {tuple(row) for row in kept} == {(b"", "")}


async def test_a_split_given_elsewhere_counts_at_first_sight(splits: Clusters) -> None:
    """An import was divided before the ledger saw it; near-duplicates that come along follow, the strongest split wins."""
    (family,) = families(1, length=3)
    alone = [f"Question {number}?" for number in range(40)]
    wanted: list[Wanted] = ["test" if number < 20 else "validation" for number in range(40)]
    found = await splits.assign([*alone, *family], at=NOW, wanted=[*wanted, "", "train", "test"])
    later = await splits.learnt(alone, round_id="unknown")

    assert [each.split for each in found] == ["test"] * 20 + ["validation"] * 20 + ["test"] * 3
    assert later == frozenset()  # nobody ever trained on them


async def test_a_split_given_elsewhere_makes_a_known_question_a_test(splits: Clusters, database: Database) -> None:
    """What an import keeps for testing is not trained on any more, and versions that were are not judged by it; never the reverse."""
    rounds = SqlRounds(database)
    await rounds.begin("before", "employees", at=NOW)
    family, other = families(2, length=2)
    await splits.assign([family[0], other[0]], at=NOW, wanted=["train", "test"])
    (found,) = await splits.assign([family[0]], at=NOW + timedelta(days=1), wanted=["test"])
    near = await splits.assign([family[1], other[1]], at=NOW + timedelta(days=2), wanted=["train", "train"])

    assert found.split == "test"
    assert [each.split for each in near] == ["test", "test"]
    assert await splits.learnt([family[0], other[0]], round_id="before") == {cluster_of(family[0])}


async def test_a_near_duplicate_that_is_a_test_elsewhere_turns_the_cluster(splits: Clusters, database: Database) -> None:
    """The import's own words are new; those that were trained on are as good as known."""
    await SqlRounds(database).begin("before", "employees", at=NOW)
    (family,) = families(1, length=2)
    await splits.assign([family[0]], at=NOW, wanted=["train"])
    found = await splits.assign([family[1], family[0]], at=NOW + timedelta(days=1), wanted=["test", ""])

    assert [each.split for each in found] == ["test", "test"]
    assert await splits.learnt([family[0]], round_id="before") == {cluster_of(family[0])}
