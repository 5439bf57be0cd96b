"""SQLite in a thread of its own: shared commits that share no mistakes, whoever leaves, fails or fills the disk."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text

from bot.errors import Misconfigured, TryAgainLater
from store.database import Database, open_database
from store.lane import Lane

Keep = Callable[[Connection], None]


def keep(name: str) -> Keep:
    """Return work that keeps a name, again and again if it must."""
    return sql("INSERT INTO names VALUES (:name)", name=name)


def sql(statement: str, **values: str) -> Keep:
    """Return work that executes one statement."""

    def work(connection: Connection) -> None:
        connection.execute(text(statement), values)

    return work


def names(connection: Connection) -> list[str]:
    """Read what was kept, in order."""
    return list(connection.execute(text("SELECT name FROM names ORDER BY rowid")).scalars())


def on_disk(path: Path) -> list[str]:
    """Read what was kept through a connection of its own, as after a crash."""
    return [name for (name,) in sqlite3.connect(path).execute("SELECT name FROM names ORDER BY rowid")]


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """Open a file with one table; whoever waits for the lock gives up soon."""
    monkeypatch.setattr("store.database._WAIT_S", 0.3)
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await opened.write(sql("CREATE TABLE names (name TEXT UNIQUE)"))
        yield opened


async def test_what_waits_together_is_committed_together(tmp_path: Path) -> None:
    """A flush to the disk takes longer than everything else: thirty people must not wait for ninety of them."""
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    lane = Lane(engine, name="test", place="here")
    await lane.run(sql("CREATE TABLE names (name TEXT)"))
    commits.clear()
    async with asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(lane.run(keep(f"{number:02}")))
    count = len(commits)
    kept = await lane.run(names)
    await lane.close()

    assert kept == [f"{number:02}" for number in range(30)]
    assert count == 1


async def test_what_is_acknowledged_is_committed(database: Database, tmp_path: Path) -> None:
    """A caller that goes on before the commit would tell people of a vote that a crash then takes."""
    seen: list[list[str]] = []

    async def write(name: str) -> None:
        await database.write(keep(name))
        seen.append([name, *await asyncio.to_thread(on_disk, tmp_path / "ledger.db")])

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(write(str(number)))

    assert all(name in kept for name, *kept in seen)


async def test_one_that_fills_the_disk_undoes_no_other(database: Database) -> None:
    """SQLite rolls a transaction back when the disk is full, with whoever else is in it: they are tried again alone."""
    await database.write(sql("PRAGMA max_page_count = 60"))
    tasks = [asyncio.create_task(database.write(keep(name))) for name in ("a", "x" * 500_000, "b")]
    await asyncio.wait(tasks)

    assert await database.read(names) == ["a", "b"]
    with pytest.raises(Misconfigured, match="disk is full"):
        await tasks[1]


async def test_a_driver_s_own_error_is_told_like_any_other(database: Database) -> None:
    """Work that goes to the driver itself meets the same full disk, and a mistake of ours must stay one."""

    def fill(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA max_page_count = 60")
        driver.execute("INSERT INTO names VALUES (?)", ["x" * 500_000])

    def mistake(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("SELECT 1 FROM nowhere")

    with pytest.raises(Misconfigured, match="disk is full"):
        await database.write(fill)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.read(mistake)


async def test_a_busy_database_keeps_nobody_waiting_twice(database: Database, tmp_path: Path) -> None:
    """Those who share a transaction share its wait: one after the other they would wait for minutes."""
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    loop = asyncio.get_running_loop()
    began = loop.time()
    tasks = [asyncio.create_task(database.write(keep(str(number)))) for number in range(5)]
    await asyncio.wait(tasks)
    waited_s = loop.time() - began
    other.close()

    assert all(isinstance(task.exception(), TryAgainLater) for task in tasks)
    assert waited_s < 1
    await database.write(keep("after"))
    assert await database.read(names) == ["after"]


async def test_a_caller_that_leaves_the_queue_leaves_nothing(database: Database) -> None:
    """An answer that was cancelled before its turn was never said."""
    async with database.begin():
        left, stays = (asyncio.create_task(database.write(keep(name))) for name in ("left", "stays"))
        await asyncio.sleep(0.01)
        left.cancel()
    await asyncio.wait([left, stays])

    assert left.cancelled()
    assert await database.read(names) == ["stays"]


async def test_a_caller_that_leaves_late_harms_nobody(database: Database) -> None:
    """A transaction under way is committed, also for those who share it with somebody who has gone."""
    for number in range(20):
        tasks = [asyncio.create_task(database.write(keep(f"{number} {each}"))) for each in range(3)]
        await asyncio.sleep(0.0003 * number)
        tasks[1].cancel()
        await asyncio.wait(tasks)

        assert {f"{number} 0", f"{number} 2"} <= set(await database.read(names))


async def test_writers_of_both_kinds_take_turns(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long import under `begin()` and people's votes exclude each other without polling, and nobody starves."""
    monkeypatch.setattr("store.database._WAIT_S", 30)  # for twenty commits in a row, on whatever disk

    async def imports(number: int) -> None:
        async with database.begin() as connection:
            await connection.execute(text("INSERT INTO names VALUES (:name)"), {"name": f"import {number}"})
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(imports(number))
            group.create_task(database.write(keep(f"vote {number}")))

    assert len(await database.read(names)) == 40


async def test_a_writer_inside_a_transaction_is_refused(database: Database) -> None:
    """It waits for itself; that must end in a sentence, not in a process that hangs."""
    async with database.begin():
        with pytest.raises(TryAgainLater, match="try again"):
            await database.write(keep("never"))

    assert await database.read(names) == []


async def test_reading_waits_for_no_writer(database: Database) -> None:
    """People ask while an import runs: they see what is committed, at once."""
    await database.write(keep("before"))
    async with database.begin() as connection:
        await connection.execute(text("INSERT INTO names VALUES ('during')"))
        async with asyncio.timeout(10):
            assert await database.read(names) == ["before"]


async def test_closing_waits_for_what_was_queued(tmp_path: Path) -> None:
    """What somebody still waits for when the process ends in good order is written."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await database.write(sql("CREATE TABLE names (name TEXT)"))
        tasks = [asyncio.create_task(database.write(keep(f"{number:03}"))) for number in range(250)]
        await asyncio.sleep(0)
    await asyncio.wait(tasks)

    assert await asyncio.to_thread(on_disk, tmp_path / "ledger.db") == [f"{number:03}" for number in range(250)]


async def test_threads_end_with_the_database(tmp_path: Path) -> None:
    """A process that opens databases one after another must not collect threads."""
    for number in range(3):
        async with open_database(f"sqlite:///{tmp_path / f'{number}.db'}") as database:
            await database.read(sql("SELECT 1"))
            await database.write(sql("SELECT 1"))
    await asyncio.sleep(0.05)

    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("ledger")] == []


def test_a_loop_that_ends_early_is_told_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A process that stops in the middle of a commit says so in no stack trace: the transaction ends by itself."""
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    begun, free = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        sql("CREATE TABLE names (name TEXT)")(connection)
        begun.set()
        free.wait(5)

    async def leave() -> None:
        lane = Lane(engine, name="left", place="here")
        leaver = asyncio.create_task(lane.run(work))
        await asyncio.to_thread(begun.wait, 5)
        leaver.cancel()

    asyncio.run(leave())
    free.set()
    for thread in threading.enumerate():
        if thread.name.startswith("left"):
            thread.join(5)

    assert on_disk(tmp_path / "ledger.db") == []
    assert caplog.records == []
