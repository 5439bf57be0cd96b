"""Locks on files, as coroutines take them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@asynccontextmanager
async def file_locked(path: Path) -> AsyncIterator[bool]:
    """
    Hold the lock of *path* until the end; give False where another holds it.

    One cancelled at any moment leaves nothing locked: a thread that takes the lock goes on when whoever waits for it is gone.
    """
    lock = FileLock(path, thread_local=False)
    taking = asyncio.create_task(asyncio.to_thread(_take, lock))
    try:
        yield await asyncio.shield(taking)
    finally:
        await asyncio.shield(asyncio.create_task(_let_go(taking, lock)))


def _take(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


async def _let_go(taking: asyncio.Task[bool], lock: FileLock) -> None:
    await asyncio.wait([taking])
    await asyncio.to_thread(lock.release)
