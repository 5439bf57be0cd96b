"""Whose turn it is to write to the index: one at a time, in this process and in others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from store.database import Database
from store.file_locks import file_locked

_NUMBER = 0x6170_7266  # any that no other program locks on that PostgreSQL server


class IndexLock:
    """Keeps other writers out: an older state of the ledger must never overwrite a newer one."""

    def __init__(self, database: Database) -> None:
        """Lock the index of *database*; what shares it in this process shares one of these."""
        self._database = database
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[bool]:
        """Wait for others of this process, and give False where another process is at it."""
        async with self._here, AsyncExitStack() as stack:
            yield await self._lock_database(stack)

    async def _lock_database(self, stack: AsyncExitStack) -> bool:
        if self._database.dialect.name == "postgresql":
            connection = await stack.enter_async_context(self._database.connect())
            await connection.execution_options(isolation_level="AUTOCOMMIT")  # no transaction stays open meanwhile
            locked = await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _NUMBER})
            if not locked.scalar_one():
                return False
            stack.push_async_callback(connection.execute, text("SELECT pg_advisory_unlock(:lock)"), {"lock": _NUMBER})
            return True
        return await stack.enter_async_context(file_locked(Path(f"{self._database.url.database}.draining")))
