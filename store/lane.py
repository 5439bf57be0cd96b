"""Work on SQLite in a thread of its own: what waits together shares a transaction, and so one flush to the disk."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from bot.errors import TryAgainLater
from store.database_faults import fault_of

_T = TypeVar("_T")

_TOGETHER: Final = 100  # jobs a transaction; a turn then ends soon enough for other writers


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    work: Callable[[Connection], Any]
    done: asyncio.Future[Any]

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class KeptConnection:
    """
    A connection that is kept for as long as nothing fails: to take one from a pool and to give it back costs more than a statement.

    One thread at a time may use it.
    """

    def __init__(self, engine: Engine, *, place: str) -> None:
        """Open one of *engine* when it is needed; *place* is how the operator knows the database."""
        self._engine = engine
        self._place = place
        self._connection: Connection | None = None

    def commit(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        """Return what *works* return, once all that they did in one transaction is committed."""
        whole = False
        try:
            connection = self._connection = self._connection or self._engine.connect()
            with connection.begin():
                results = [work(connection) for work in works]
            whole = True
        except sqlite3.Error as error:
            if fault := fault_of(error, self._place):
                raise fault from error
            raise
        finally:
            if not whole:
                self._release()
        return results

    def close(self) -> None:
        """Close it, and those that wait in the engine's pool."""
        self._release()
        self._engine.dispose()

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class Lane:
    """
    Runs jobs in the order in which they came; a caller goes on only when its job is committed.

    Jobs that wait together run in one transaction. Where one of them fails, all is rolled back and each runs again in a transaction of
    its own, so that none undoes another: a job may therefore run twice, and must do nothing but read and write the database.

    Driving a statement through an asyncio driver costs several switches of thread; here a whole transaction costs two.
    """

    def __init__(
        self, engine: Engine, *, name: str, place: str, turn: Callable[[], AbstractAsyncContextManager[object]] = nullcontext
    ) -> None:
        """
        Run jobs on *engine*, in a thread called *name*.

        Args:
            engine: A connection of it is opened when needed.
            name: For debuggers.
            place: How the operator knows the database, for the errors of work that uses the driver itself.
            turn: Entered around each transaction; a `TryAgainLater` from it goes to everybody who waits.
        """
        self._kept = KeptConnection(engine, place=place)
        self._turn = turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: deque[_Job] = deque()
        self._draining: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[Connection], _T]) -> _T:
        """
        Return what *work* returns, once it is committed.

        A caller that is cancelled while it waits for its turn leaves nothing behind; later, its job is committed all the same.
        """
        done: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Job(work, done))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain(), name="lane")
        return await done

    async def close(self) -> None:
        """Run what still waits, then close the connections."""
        if self._draining is not None:
            await asyncio.wait([self._draining])
        await asyncio.get_running_loop().run_in_executor(self._thread, self._kept.close)
        self._thread.shutdown(wait=False)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # whoever can go on now may bring more
                try:
                    async with self._turn():
                        await self._run(self._take())
                except TryAgainLater as error:
                    for job in self._take():
                        job.fail(error)
        finally:
            self._draining = None

    def _take(self) -> list[_Job]:
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _TOGETHER))]
        return [job for job in taken if not job.done.cancelled()]

    async def _run(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        committed = self._thread.submit(self._kept.commit, [job.work for job in jobs])
        await _ended(committed)
        error = committed.exception()
        if error is None:
            for job, result in zip(jobs, committed.result(), strict=True):
                if not job.done.cancelled():
                    job.done.set_result(result)
        elif len(jobs) == 1 or isinstance(error, TryAgainLater):  # a database that is busy for one is busy for all
            for job in jobs:
                job.fail(error)
        else:
            for job in jobs:
                await self._run([job] if not job.done.cancelled() else [])


async def _ended(work: Future[Any]) -> None:
    """Wait without asyncio's copy of *work*, which wakes the loop for each step of telling its outcome."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    work.add_done_callback(partial(_wake, loop, ended))
    await ended


def _wake(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None], _work: Future[Any]) -> None:
    with suppress(RuntimeError):  # of a closed loop: nobody waits any more
        loop.call_soon_threadsafe(_settle, ended)


def _settle(ended: asyncio.Future[None]) -> None:
    if not ended.done():  # whoever waited may have been cancelled
        ended.set_result(None)
