"""Locks on files, as coroutines take them."""

import asyncio
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from store.file_locks import file_locked


async def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    """Whoever comes second is told, and may come again."""
    async with file_locked(tmp_path / "a.lock") as first, file_locked(tmp_path / "a.lock") as second:
        assert (first, second) == (True, False)
    async with file_locked(tmp_path / "a.lock") as again:
        assert again


async def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    """What was being done failed; the next one may try."""
    with pytest.raises(ValueError, match="inside"):
        async with file_locked(tmp_path / "a.lock"):
            raise ValueError("inside")
    async with file_locked(tmp_path / "a.lock") as again:
        assert again


async def test_cancelled_while_it_is_taken_leaves_nothing_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread takes the lock although nobody waits any more: kept, it would stop every later writer of the process."""
    begun, may_go_on = threading.Event(), threading.Event()
    acquire = FileLock.acquire
    kept: list[FileLock] = []  # as a collector of garbage that does not run keeps it

    def slowly(self: FileLock, timeout: float | None = None) -> object:
        kept.append(self)
        begun.set()
        may_go_on.wait(10)
        return acquire(self, timeout=timeout)

    async def hold() -> None:
        async with file_locked(tmp_path / "a.lock"):
            raise AssertionError("it was cancelled before")

    monkeypatch.setattr(FileLock, "acquire", slowly)
    task = asyncio.create_task(hold())
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()

    assert not kept[0].is_locked
    async with file_locked(tmp_path / "a.lock") as free:
        assert free
