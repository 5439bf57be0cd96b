"""Jobs that several have to do with: two processes, two terminals, an installation whose ledger is lost, the clock."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Misconfigured, Refused, TryAgainLater
from store.database import Database, migrate, open_database
from store.jobs import JobRuns
from tests.fakes.provider import ProviderServer
from tests.fakes.provider_jobs import LIFE
from tests.finetune.hosted.world import World, order_of, remove, world_on, write_rows


async def test_two_processes_watch_one_job(world: World, server: ProviderServer, rows: Path, database: Database, tmp_path: Path) -> None:
    """Whoever comes second sees what the first wrote, and asks nothing that was asked just now."""
    job = await world.jobs().begin("openai", await order_of(rows))
    async with world_on(database, tmp_path, server.address, clock=world.clock) as other:
        first = await world.jobs().advance(job.job_id)
        asked = len(server.requests)
        second = await other.jobs().advance(job.job_id)
        none = len(server.requests) - asked
        ended = await other.to_the_end(job.job_id)

    assert first == second
    assert none == 0
    assert (ended.status, server.uploads, server.creations) == ("succeeded", 1, 1)


async def test_two_processes_begin_to_work_at_once(
    world: World, server: ProviderServer, rows: Path, database: Database, tmp_path: Path
) -> None:
    """One uploads, the other leaves it alone."""
    server.faults = [("POST /files", "slow")]
    job = await world.jobs().begin("openai", await order_of(rows))
    async with world_on(database, tmp_path, server.address, clock=world.clock) as other:
        async with asyncio.TaskGroup() as both:
            tasks = [both.create_task(each.jobs().advance(job.job_id)) for each in (world, other)]
        left = sorted(task.result().remote_id for task in tasks)

    assert left == ["", "ftjob-0001"]
    assert (server.uploads, server.creations) == (1, 1)


async def test_whoever_commands_waits_for_the_other_process(world: World, server: ProviderServer, rows: Path, database: Database) -> None:
    """A little; then it says so."""
    job = await world.jobs().begin("openai", await order_of(rows))
    async with JobRuns(database, world.folder).alone(f"job-{job.job_id}") as alone:
        with pytest.raises(TryAgainLater, match="another process works on job"):
            await world.jobs().command(job.job_id, "cancel")
    cancelled = await world.jobs().command(job.job_id, "cancel")

    assert alone
    assert sum(world.clock.slept) == pytest.approx(10)
    assert cancelled.status == "cancelled"


async def test_the_same_order_is_one_job(world: World, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """Given twice while it runs, or from a copy of the file; once it has a model, it is trained anew only on demand."""
    copy = write_rows(tmp_path / "copy.jsonl")
    first = await world.jobs().begin("openai", await order_of(rows))
    second = await world.jobs().begin("openai", await order_of(copy))
    remove(rows)
    await world.to_the_end(first.job_id)

    assert second.job_id == first.job_id
    with pytest.raises(Refused, match=f"job {first.job_id} trained ft:"):
        await world.jobs().begin("openai", await order_of(copy))
    again = await world.jobs().begin("openai", await order_of(copy), again=True)
    assert again.job_id != first.job_id


async def test_rows_that_were_changed_are_not_sent(world: World, server: ProviderServer, rows: Path) -> None:
    """What was checked is what is trained on."""
    job = await world.jobs().begin("openai", await order_of(rows))
    write_rows(rows, 13)

    with pytest.raises(Refused, match="was changed since"):
        await world.jobs().advance(job.job_id)
    assert server.uploads == 0
    assert (await world.ledger.require(job.job_id)).ended_at is None
    remove(rows)
    with pytest.raises(Refused, match="cannot be read"):
        await world.jobs().advance(job.job_id)


async def test_a_job_from_elsewhere_is_taken_over(world: World, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """Begun in a browser, or by an installation whose ledger is lost; twice is once."""
    begun = await world.jobs().begin("openai", await order_of(rows))
    await world.jobs().advance(begun.job_id)
    async with open_database(f"sqlite:///{tmp_path / 'other.db'}") as fresh:
        await migrate(fresh)
        async with world_on(fresh, tmp_path, server.address) as other:
            adopted = await other.jobs().adopt("openai", "ftjob-0001")
            again = await other.jobs().adopt("openai", "ftjob-0001")
            ended = await other.to_the_end(adopted.job_id)
            with pytest.raises(Misconfigured, match="knows nothing of that name"):
                await other.jobs().adopt("openai", "ftjob-9999")

    assert adopted.job_id == again.job_id
    assert (adopted.model, adopted.terms["method"]) == ("gpt-4.1-mini-2025-04-14", "supervised")
    assert (ended.status, len(ended.detail["checkpoints"])) == ("succeeded", 3)
    assert (await world.jobs().adopt("openai", "ftjob-0001")).job_id == begun.job_id


async def test_our_own_job_is_known_again_by_its_mark(world: World, server: ProviderServer, rows: Path) -> None:
    """A creation whose answer was lost, adopted by hand, is not a second job."""
    job = await world.jobs().begin("openai", await order_of(rows))
    server.standing = {"GET /fine_tuning/jobs": "500"}
    server.faults = [("POST /fine_tuning", "lost")]
    with pytest.raises(TryAgainLater):
        await world.jobs().advance(job.job_id)
    server.standing = {}
    adopted = await world.jobs().adopt("openai", "ftjob-0001")

    assert (adopted.job_id, server.creations) == (job.job_id, 1)


@pytest.mark.parametrize("marks", [{}, {"aprendiz_job": ""}, {"aprendiz_job": "nobody's"}])
async def test_a_job_from_elsewhere_is_none_of_ours(
    world: World, server: ProviderServer, rows: Path, tmp_path: Path, marks: dict[str, str]
) -> None:
    """One that bears no mark of ours is another than that which we are about to create."""
    await world.jobs().advance((await world.jobs().begin("openai", await order_of(rows))).job_id)
    server.jobs["ftjob-0001"].body["metadata"] = marks
    async with open_database(f"sqlite:///{tmp_path / 'other.db'}") as fresh:
        await migrate(fresh)
        async with world_on(fresh, tmp_path, server.address) as other:
            waiting = await other.jobs().begin("openai", await order_of(write_rows(tmp_path / "desks.jsonl", word="desk")))
            adopted = await other.jobs().adopt("openai", "ftjob-0001")
            created = await other.jobs().advance(waiting.job_id)

    assert adopted.job_id != waiting.job_id
    assert (adopted.remote_id, created.remote_id) == ("ftjob-0001", "ftjob-0002")


async def test_our_own_job_that_has_ended_stays_as_it_is(world: World, server: ProviderServer, rows: Path) -> None:
    """Cancelled here while it was nowhere to be found: adopted, it is a job of its own, that is followed."""
    job = await world.jobs().begin("openai", await order_of(rows))
    await world.jobs().advance(job.job_id)
    await world.ledger.note(job.job_id, {"remote_id": "", "status": "cancelled", "ended_at": world.clock.now()})
    adopted = await world.jobs().adopt("openai", "ftjob-0001")

    assert adopted.job_id != job.job_id
    assert (adopted.remote_id, adopted.ended_at) == ("ftjob-0001", None)
    assert (await world.ledger.require(job.job_id)).status == "cancelled"


async def test_every_open_job_has_its_turn(world: World, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """One that fails does not keep the others from theirs; the clock hears of it."""
    broken = await world.jobs().begin("openai", await order_of(write_rows(tmp_path / "gone.jsonl", word="desk")))
    remove(tmp_path / "gone.jsonl")
    good = await world.jobs().begin("openai", await order_of(rows))
    for _ in range(len(LIFE) + 1):
        world.clock.at += timedelta(minutes=1)
        with pytest.raises(Refused, match="cannot be read"):
            await world.jobs().advance_all()

    assert (await world.ledger.require(good.job_id)).status == "succeeded"
    assert (await world.ledger.require(broken.job_id)).status == ""
    assert [each.job_id for each in await world.ledger.unended()] == [broken.job_id]


async def test_converted_rows_go_once_they_are_sent(world: World, server: ProviderServer, tmp_path: Path) -> None:
    """Those of a job that waits for the provider stay; those that another one has yet to send, and the user's own, too."""
    (tmp_path / "rows").mkdir()
    sent, kept = write_rows(tmp_path / "rows" / "sent.jsonl"), write_rows(tmp_path / "own.jsonl", word="desk")
    first = await world.jobs().begin("openai", await order_of(sent, kept))
    second = await world.jobs().begin("openai", await order_of(sent, n_epochs=2))
    await world.jobs().advance(first.job_id)
    waits = sent.is_file()
    await world.jobs().advance(second.job_id)

    assert waits
    assert (sent.is_file(), kept.is_file(), server.creations) == (False, True, 2)


async def test_converted_rows_go_with_a_job_that_ends_unsent(world: World, server: ProviderServer, tmp_path: Path) -> None:
    """Cancelled before anything was uploaded."""
    (tmp_path / "rows").mkdir()
    rows = write_rows(tmp_path / "rows" / "sent.jsonl")
    job = await world.jobs().begin("openai", await order_of(rows))
    await world.jobs().command(job.job_id, "cancel")

    assert not rows.is_file()
