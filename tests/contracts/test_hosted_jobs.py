"""Training jobs on both databases: one open job for an order, one row for a job of the provider's, events once and in order."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import Refused
from store.database import Database
from store.hosted_jobs import NewEvent, NewJob, SqlHostedJobs
from tests.contracts.ledgers import NOW


@pytest.fixture
def jobs(database: Database) -> SqlHostedJobs:
    return SqlHostedJobs(database)


def new(number: int, **fields: Any) -> NewJob:
    """Return a new job; of one order, unless another fingerprint is given."""
    common = {"provider": "openai", "model": "gpt", "terms": {"method": "dpo"}, "fingerprint": "f", "created_at": NOW}
    return NewJob(**{"job_id": f"J{number}", **common, **fields})


def event(number: int) -> NewEvent:
    return NewEvent(remote_id=f"e{number}", at=NOW, level="info", message=f"Event {number}")


async def test_of_an_order_one_job_is_open(jobs: SqlHostedJobs) -> None:
    """Whoever orders the same while it runs gets it; once it has ended, a new one."""
    first = await jobs.begin(new(1))
    second = await jobs.begin(new(2))
    await jobs.note("J1", {"ended_at": NOW, "trained_model": "ft:gpt"})
    third = await jobs.begin(new(3))
    done = await jobs.succeeded("f")

    assert (first.job_id, second.job_id, third.job_id) == ("J1", "J1", "J3")
    assert (first.status, first.remote_id, first.intent, first.detail, first.ended_at) == ("", "", "", {}, None)
    assert done is not None
    assert done.job_id == "J1"
    assert await jobs.succeeded("g") is None
    assert [each.job_id for each in await jobs.unended()] == ["J3"]
    assert [each.job_id for each in await jobs.list(1)] == ["J3"]


async def test_a_job_of_the_providers_is_one_row(jobs: SqlHostedJobs) -> None:
    """Adopted twice, and under its two names; others without a name there do not get into each other's way."""
    first = await jobs.begin(new(1, fingerprint="a", remote_id="ftjob-1"))
    second = await jobs.begin(new(2, fingerprint="b", remote_id="ftjob-1"))
    other = await jobs.begin(new(3, fingerprint="c", remote_id="ftjob-1", provider="azure"))
    await jobs.begin(new(4, fingerprint="d"))
    await jobs.begin(new(5, fingerprint="e"))

    assert (first.job_id, second.job_id, other.job_id) == ("J1", "J1", "J3")
    assert (await jobs.require("J1")).remote_id == "ftjob-1"
    assert (await jobs.require("ftjob-1")).job_id == "J3"
    assert len(await jobs.unended()) == 4
    assert await jobs.show("") is None
    for name in ("J9", ""):
        with pytest.raises(Refused, match="There is no job"):
            await jobs.require(name)


async def test_an_intent_is_kept_until_it_is_answered(jobs: SqlHostedJobs) -> None:
    """A killed process leaves what it was about to do."""
    await jobs.begin(new(1))
    await jobs.intend("J1", "create", at=NOW)
    before = await jobs.require("J1")
    after = await jobs.note("J1", {"remote_id": "ftjob-1", "intent": "", "detail": {"step": 3}})

    assert (before.intent, before.intent_at) == ("create", NOW)
    assert (after.remote_id, after.intent, after.detail) == ("ftjob-1", "", {"step": 3})


async def test_events_are_kept_once_and_in_order(jobs: SqlHostedJobs) -> None:
    """Two processes read the same ones."""
    await jobs.begin(new(1))
    await jobs.begin(new(2, fingerprint="g"))
    await jobs.note("J1", {}, [event(1), event(2)])
    await jobs.note("J1", {"asked_at": NOW + timedelta(seconds=1)}, [event(2), event(3)])
    await jobs.note("J2", {}, [event(1)])
    told = await jobs.events("J1")

    assert [each.message for each in told] == ["Event 1", "Event 2", "Event 3"]
    assert [each.message for each in await jobs.events("J1", after=told[1].event_id)] == ["Event 3"]
    assert len(await jobs.events("J2")) == 1


async def test_two_processes_begin_one_job(processes: tuple[Database, Database]) -> None:
    """At the same moment, from two terminals."""
    one, two = (SqlHostedJobs(database) for database in processes)
    for number in range(5):
        async with asyncio.TaskGroup() as group:
            begun = [group.create_task(each.begin(new(number * 2 + at, fingerprint=f"f{number}"))) for at, each in enumerate((one, two))]
        assert begun[0].result().job_id == begun[1].result().job_id

    assert len(await one.unended()) == 5
