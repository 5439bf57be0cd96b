"""Killed before or behind any call, and begun again: never uploaded twice, never created twice, never lost."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx2

from bot.errors import TryAgainLater
from store.database import Database
from tests.fakes.provider import ProviderServer
from tests.finetune.hosted.world import Clock, World, order_of, world_on, write_rows


class Killed(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Guillotine(httpx2.AsyncBaseTransport):
    """The network, until the process dies: before (even numbers) or behind (odd ones) one of its calls."""

    def __init__(self, number: int) -> None:
        self._wire = httpx2.AsyncHTTPTransport(verify=False)
        self._left, self._behind = divmod(number, 2)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        self._left -= 1
        if self._left < 0 and not self._behind:
            raise Killed
        response = await self._wire.handle_async_request(request)
        if self._left < 0:
            await response.aread()
            raise Killed
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


async def _until_killed(world: World, job_id: str) -> bool:
    """Tell whether the process died before the job had ended."""
    try:
        await world.to_the_end(job_id)
    except Killed:
        return True
    return False


async def test_a_kill_at_any_call_costs_nothing(database: Database, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """Every call of a job's life is cut off once, before it is sent and behind its answer."""
    held = write_rows(tmp_path / "held.jsonl", word="hall")
    clock, kills, number = Clock(), 0, 0
    server.life = ("running", "succeeded")
    while True:
        server.uploads = server.creations = len(server.jobs)
        order = await order_of(rows, held, seed=number)
        async with world_on(database, tmp_path, server.address, clock=clock) as doomed:
            doomed.transport = Guillotine(number)
            job = await doomed.jobs().begin("openai", order)
            killed = await _until_killed(doomed, job.job_id)
        async with world_on(database, tmp_path, server.address, clock=clock) as next_one:
            again = await next_one.jobs().begin("openai", order) if killed else job
            ended = await next_one.to_the_end(again.job_id)
            events = [each.message for each in await next_one.ledger.events(ended.job_id)]

        assert again.job_id == job.job_id
        assert (ended.status, len(ended.detail["checkpoints"])) == ("succeeded", 3), number
        assert (server.uploads, server.creations) == (number + 2, number + 1), number
        assert len(events) == len(set(events))
        if not killed:
            break
        kills, number = kills + 1, number + 1

    assert kills == 2 * 9  # two files, a job, two looks with events, checkpoints, results


async def test_killed_again_and_again_it_still_arrives(database: Database, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """A process that dies with its second call each time."""
    clock, order = Clock(), await order_of(rows)
    for _ in range(60):
        async with world_on(database, tmp_path, server.address, clock=clock) as world:
            world.transport = Guillotine(3)
            job = await world.jobs().begin("openai", order)
            clock.at += timedelta(minutes=1)
            try:
                job = await world.jobs().advance(job.job_id)
            except Killed:
                continue
            if job.ended_at:
                break

    assert (server.uploads, server.creations) == (1, 1)


async def test_a_kill_while_the_provider_takes_its_time(database: Database, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """The file is there, the answer never comes, and the list does not show it at once."""
    server.faults, server.hidden = [("POST /files", "silent")], 3
    clock, order = Clock(), await order_of(rows)
    async with world_on(database, tmp_path, server.address, clock=clock) as doomed:
        job = await doomed.jobs().begin("openai", order)
        task = asyncio.create_task(doomed.jobs().advance(job.job_id))
        await asyncio.to_thread(server.waiting.wait, 20)
        task.cancel()
        await asyncio.wait([task])
    async with world_on(database, tmp_path, server.address, clock=clock) as next_one:
        ended = await next_one.to_the_end(job.job_id)

    assert (ended.status, server.uploads, server.creations) == ("succeeded", 1, 1)


async def test_a_provider_that_is_down_for_good_keeps_the_job(world: World, server: ProviderServer, rows: Path) -> None:
    """Each try is bounded, and the next one goes on."""
    server.standing = {"POST /files": "500", "GET /files": "500"}
    job = await world.jobs().begin("openai", await order_of(rows))
    for _ in range(2):
        try:
            await world.jobs().advance(job.job_id)
        except TryAgainLater as error:
            assert "openai at http" in str(error)  # noqa: PT017  # each of the tries
    server.standing = {}

    assert (await world.to_the_end(job.job_id)).status == "succeeded"
    assert server.uploads == 1
