"""When each scheduled job last ran, and that it never runs twice at once, in this process or another."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.file_locks import file_locked
from store.schema import job_runs


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job ended: `done` or `failed`, and what it noted."""

    at: datetime
    outcome: str
    detail: str


class JobRuns:
    """The runs of scheduled jobs. On PostgreSQL an advisory lock excludes other machines, on SQLite a lock file other processes."""

    def __init__(self, database: AsyncEngine, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def last_run(self, name: str) -> datetime | None:
        """Return when the job last ended."""
        ended = await self.last(name)
        return ended.at if ended else None

    async def last(self, name: str) -> JobRun | None:
        """Return how the job last ended, None where it never did."""
        async with self._database.connect() as connection:
            row = (await connection.execute(select(job_runs).where(job_runs.c.name == name))).one_or_none()
        return JobRun(row.last_run, row.outcome, row.detail) if row else None

    async def note(self, name: str, at: datetime, *, outcome: str, detail: str = "") -> None:
        """Keep that the job ended `done` or `failed`."""
        async with self._database.begin() as connection:
            await connection.execute(delete(job_runs).where(job_runs.c.name == name))
            await connection.execute(insert(job_runs).values(name=name, last_run=at, outcome=outcome, detail=detail[:255]))

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Give True where nobody else runs the job, and keep it so until the end; give False at once where somebody does."""
        if self._database.dialect.name == "postgresql":
            async with self._advisory_lock(name) as locked:
                yield locked
        else:
            async with file_locked(self._folder / f"{name}.lock") as locked:
                yield locked

    @asynccontextmanager
    async def _advisory_lock(self, name: str) -> AsyncIterator[bool]:
        # A key of 64 bits, signed: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS
        key = int.from_bytes(hashlib.sha256(f"aprendiz:{name}".encode()).digest()[:8], signed=True)
        async with self._database.connect() as connection:
            locked = bool((await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})).scalar())
            try:
                yield locked
            finally:
                if locked:
                    await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
