"""Jobs on a ledger of their own, with the real SDK, at a provider on loopback; time is told, not waited for."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from finetune.hosted.kinds import KINDS
from finetune.hosted.life import HostedJobs, LifeParts
from finetune.hosted.openai_format import OpenAIFormat
from finetune.hosted.order import Method, Order, rows_file
from finetune.hosted.provider import Abilities, Access, Provider
from store.database import Database
from store.hosted_jobs import HostedJob, SqlHostedJobs
from store.jobs import JobRuns
from tests.fakes.openai_server import KEY

MODEL = "gpt-4.1-mini-2025-04-14"
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def write_rows(path: Path, count: int = 12, *, method: Method = "supervised", word: str = "room") -> Path:
    """Write *count* rows in which nothing is wrong."""
    path.write_text("".join(json.dumps(_row(f"Is {word} {at} free?", f"It is, {at}.", method)) + "\n" for at in range(count)))
    return path


def remove(path: Path) -> None:
    """Remove a file, from a coroutine."""
    path.unlink()


def _row(question: str, answer: str, method: Method) -> dict[str, Any]:
    asked = [{"role": "user", "content": question}]
    if method == "supervised":
        return {"messages": [*asked, {"role": "assistant", "content": answer}]}
    outputs = {"preferred_output": answer, "non_preferred_output": "No."}
    return {"input": {"messages": asked}} | {key: [{"role": "assistant", "content": text}] for key, text in outputs.items()}


async def order_of(training: Path, validation: Path | None = None, **options: Any) -> Order:
    """Return an order of rows that were checked."""
    trained = await asyncio.to_thread(rows_file, training, rows=12, tokens=300)
    held = await asyncio.to_thread(rows_file, validation, rows=12, tokens=300) if validation else None
    chosen: dict[str, Any] = {"model": MODEL, "method": "supervised"} | options
    return Order(training=trained, validation=held, **chosen)


class Clock:
    """A clock that stands until somebody sleeps by it, or sets it."""

    def __init__(self) -> None:
        self.at = NOW
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


class World:
    """One process that works on jobs: another one on the same database is another process."""

    def __init__(self, database: Database, folder: Path, address: str, *, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.ledger = SqlHostedJobs(database)
        self.folder = folder
        self._database = database
        self._address = address
        self.key = KEY
        self.abilities = KINDS["openai"]
        # Reading certificates, which loopback needs none of, would take most of a test's time.
        self.transport: httpx2.AsyncBaseTransport = httpx2.AsyncHTTPTransport(verify=False)
        self._stack = AsyncExitStack()
        self._opened: Provider | None = None

    async def close(self) -> None:
        """Close the connection."""
        await self._stack.aclose()

    def can(self, abilities: Abilities) -> None:
        """Let the provider be one that can do that."""
        self.abilities = abilities

    def jobs(self) -> HostedJobs:
        """Return what works on them; the clock moves a minute between two looks, so that each look asks."""
        runs = JobRuns(self._database, self.folder)
        return HostedJobs(LifeParts(self.ledger, runs, self._provider, self.folder, self.clock.now, self.clock.sleep, fresh_s=1.0))

    async def to_the_end(self, job_id: str, *, looks: int = 20) -> HostedJob:
        """Look at a job until it has ended."""
        jobs = self.jobs()
        for _ in range(looks):
            self.clock.at += timedelta(minutes=1)
            job = await jobs.advance(job_id)
            if job.ended_at is not None:
                return job
        raise AssertionError(f"the job has not ended: {job}")

    async def states(self, job_id: str, looks: int) -> Sequence[str]:
        """Return the states that so many looks see."""
        seen = []
        for _ in range(looks):
            self.clock.at += timedelta(minutes=1)
            seen.append((await self.jobs().advance(job_id)).status)
        return seen

    async def _provider(self, name: str) -> Provider:
        if self._opened is None:
            access = Access("openai", self.key, self._address)
            provider = OpenAIFormat(name, access, self.abilities, now=self.clock.now, transport=self.transport)
            self._opened = await self._stack.enter_async_context(provider)
        return self._opened


@asynccontextmanager
async def world_on(database: Database, folder: Path, address: str, *, clock: Clock | None = None) -> AsyncIterator[World]:
    """Give a process that works on jobs, until its end."""
    world = World(database, folder, address, clock=clock)
    try:
        yield world
    finally:
        await world.close()
