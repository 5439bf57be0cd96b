"""Both databases: opened, migrated, shared by writers, and honest about what is wrong with them."""

import asyncio
import re
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import JSON, Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.errors import Misconfigured, TryAgainLater
from bot.settings import Settings, StoreSettings
from store.changes import raise_revision
from store.database import Database, database_url, migrate, open_database
from store.schema import people, revisions
from store.tables import metadata
from tests.postgres import new_database


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    return await new_database(request.getfixturevalue("postgres"))


def _differences(connection: Connection) -> list[object]:
    # None leaves the comparison to Alembic; PostgreSQL cannot compare JSON, and SQLite reports every default as changed.
    def differ(*arguments: Any) -> bool | None:
        return False if connection.dialect.name == "sqlite" or isinstance(arguments[2].type, JSON) else None

    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_server_default": differ}), metadata))


async def test_migrations_make_the_schema(url: str) -> None:
    """A column that the code names but no migration creates would break every existing installation."""
    async with open_database(url) as database:
        await migrate(database)
        async with database.connect() as connection:
            differences = await connection.run_sync(_differences)

    assert differences == []


async def test_migrating_again_changes_nothing(url: str) -> None:
    """Every start migrates, so a second run must find its work done and keep the rows."""
    async with open_database(url) as database:
        await migrate(database)
        async with database.begin() as connection:
            await connection.execute(insert(people).values(person="p", platform="cli", consent="granted"))
        await migrate(database)
        async with database.connect() as connection:
            kept = (await connection.execute(select(people.c.person))).scalars().all()

    assert kept == ["p"]


async def test_two_processes_may_start_at_once(url: str) -> None:
    """Replicas start together; whoever comes second must wait, not fail half way."""
    code = (
        "import asyncio, sys\nfrom store.database import *\n"
        "async def main():\n async with open_database(sys.argv[1]) as database:\n  await migrate(database)\nasyncio.run(main())"
    )
    starts = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, stderr=asyncio.subprocess.PIPE) for _ in range(2)]
    ends = [(await start.communicate())[1].decode() for start in starts]

    assert [start.returncode for start in starts] == [0, 0], ends


async def test_a_newer_database_is_refused(url: str) -> None:
    """An old program that writes into newer tables would lose what it does not know."""
    async with open_database(url) as database:
        await migrate(database)
        async with database.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(Misconfigured, match=r"newer version \(revision 9999\)"):
            await migrate(database)


async def test_tables_of_another_program_are_refused(url: str) -> None:
    """A wrong address must not end in a mixture of two programs' tables."""
    async with open_database(url) as database:
        async with database.begin() as connection:
            await connection.execute(text("CREATE TABLE exchanges (id INTEGER)"))
        with pytest.raises(Misconfigured, match="another program"):
            await migrate(database)


async def test_read_modify_write_by_many_writers_keeps_all(url: str) -> None:
    """Four writers that each add 50 must end at 200: the case that a store without transactions loses."""
    async with open_database(url) as database:
        await migrate(database)

        async def add() -> None:
            for _ in range(50):
                async with database.begin() as connection:
                    wanted = select(revisions.c.revision).where(revisions.c.kind == "verified").with_for_update()
                    now = (await connection.execute(wanted)).scalar_one()
                    await connection.execute(update(revisions).where(revisions.c.kind == "verified").values(revision=now + 1))

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(add())
        async with database.connect() as connection:
            total = (await connection.execute(select(revisions.c.revision).where(revisions.c.kind == "verified"))).scalar_one()

    assert total == 200


async def test_a_failed_transaction_leaves_nothing(url: str) -> None:
    """Half a change (a vote without its outbox row) must never be seen."""
    async with open_database(url) as database:
        await migrate(database)
        with pytest.raises(IntegrityError):
            await _insert_twice(database)
        async with database.connect() as connection:
            count = (await connection.execute(select(func.count()).select_from(people))).scalar_one()

    assert count == 0


async def _insert_twice(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(insert(people).values(person="p", platform="cli", consent="granted"))
        await connection.execute(insert(people).values(person="p", platform="cli", consent="refused"))


async def test_one_failing_among_many_undoes_no_other(url: str) -> None:
    """People who press a button at the same moment share a commit, but not each other's mistakes."""

    def keep(person: str, connection: Connection) -> str:
        connection.execute(insert(people).values(person=person, platform="cli", consent="granted"))
        if person == "fails":
            raise LookupError(person)
        return person

    async with open_database(url) as database:
        await migrate(database)
        names = ["a", "b", "fails", "c", "a", "d"]  # the second "a" breaks the primary key
        tasks = [asyncio.create_task(database.write(partial(keep, name))) for name in names]
        await asyncio.wait(tasks)
        kept = await database.read(lambda connection: connection.execute(select(people.c.person).order_by(people.c.person)).scalars().all())
        errors = [type(error) for task in tasks if (error := task.exception())]

    assert kept == ["a", "b", "c", "d"]
    assert sorted(task.result() for task in tasks if not task.exception()) == kept
    assert set(errors) == {LookupError, IntegrityError}


async def test_a_thread_looks_at_what_is_committed_while_it_can(url: str) -> None:
    """What is in a thread anyway need not wait for another, on SQLite; it holds nothing open once the database is closed."""

    def written(connection: Connection) -> int:
        return int(connection.execute(select(revisions.c.revision).where(revisions.c.kind == "passages")).scalar_one())

    async with open_database(url) as database, open_database(url) as elsewhere:
        await migrate(database)
        if not database.can_look:
            with pytest.raises(RuntimeError, match="awaited"):
                database.look(written)
            return
        before = await asyncio.to_thread(database.look, written)
        async with elsewhere.begin() as connection:
            await connection.run_sync(raise_revision, "passages")
            assert await asyncio.to_thread(database.look, written) == before
        assert await asyncio.to_thread(database.look, written) == before + 1
    with pytest.raises(RuntimeError, match="closed"):
        database.look(written)


async def test_a_cancelled_writer_frees_the_database(url: str) -> None:
    """An adapter that stops mid-write must not leave the lock behind for everybody else."""
    async with open_database(url) as database:
        await migrate(database)

        async def write(number: int) -> None:
            async with database.begin() as connection:
                await connection.execute(insert(people).values(person=str(number), platform="cli", consent="granted"))
                await asyncio.sleep(0.002)

        for number in range(20):
            task = asyncio.create_task(write(number))
            await asyncio.sleep(0.0004 * number)
            task.cancel()
            await asyncio.wait([task])
        async with asyncio.timeout(10):
            await write(100)
            async with database.connect() as connection:
                kept = (await connection.execute(select(people.c.person))).scalars().all()

    assert "100" in kept


async def test_unstorable_characters_are_replaced(url: str) -> None:
    """A lone surrogate or NUL in one message must cost neither the message nor the database."""
    async with open_database(url) as database:
        await migrate(database)
        async with database.begin() as connection:
            rows = [
                {"person": "a\ud800b\0c", "platform": "cli", "consent": "x"},
                {"person": "\ud83d\ude00é", "platform": "cli", "consent": "y"},
            ]
            await connection.execute(insert(people), rows)
            await connection.execute(insert(people).values(person="\udc00", platform="cli", consent="z"))
        async with database.connect() as connection:
            kept = (await connection.execute(select(people.c.person).order_by(people.c.consent))).scalars().all()

    assert kept == ["a\ufffdb\ufffdc", "😀é", "\ufffd"]


async def test_a_server_that_is_not_there(postgres: str, tmp_path: Path) -> None:
    """The operator reads one sentence that names the server, and never the password."""
    for address in ("postgresql://aprendiz:hunter2@127.0.0.1:9/ledger", f"postgresql://u:hunter2@/x?host={tmp_path}"):
        async with open_database(address) as database:
            with pytest.raises(Misconfigured, match="does not respond") as raised:
                await migrate(database)

            assert "hunter2" not in str(raised.value)


async def test_a_database_that_is_not_there(postgres: str) -> None:
    """A server without the database is another mistake than no server."""
    async with open_database(postgres.format("nowhere")) as database:
        with pytest.raises(Misconfigured, match=r"no database .*nowhere"):
            await migrate(database)


async def test_a_read_only_server(postgres: str) -> None:
    """A standby accepts logins but no writes; the sentence says so instead of a stack trace."""
    address = await new_database(postgres)
    async with open_database(f"{address}&default_transaction_read_only=on") as database:
        with pytest.raises(Misconfigured, match="cannot be written"):
            await migrate(database)


async def test_connections_lost_at_run_time_come_back(postgres: str) -> None:
    """A restart of the server costs at most the running call, not the process."""
    async with open_database(await new_database(postgres)) as database:
        await migrate(database)
        with pytest.raises(TryAgainLater, match="does not respond"):
            async with database.begin() as connection:
                await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        async with database.connect() as connection:
            assert (await connection.execute(select(func.count()).select_from(people))).scalar_one() == 0


@pytest.mark.parametrize("url", ["mysql://host/ledger", "postgresql://host:port/x", "ledger.db"])
async def test_an_address_of_no_use(url: str) -> None:
    """A wrong scheme or a malformed address is told from an absent server."""
    with pytest.raises(Misconfigured, match="must be postgresql://"):
        async with open_database(url):
            pass


async def test_libpq_parameters_are_understood(postgres: str) -> None:
    """Providers hand out addresses with sslmode; a nonsense value or name is the operator's mistake."""
    async with open_database(f"{await new_database(postgres)}&sslmode=disable") as database:
        await migrate(database)
    for parameter in ("sslmode=perhaps", "no_such_setting=1"):
        async with open_database(f"{postgres.format('postgres')}&{parameter}") as database:
            with pytest.raises(Misconfigured, match=r"store.database_url cannot be used: .*(sslmode|no_such_setting)"):
                await migrate(database)


def test_the_address_follows_the_settings(tmp_path: Path) -> None:
    """Without a setting everything stays in the home, and the path does not depend on where the program was started."""
    assert database_url(Settings(home=tmp_path)) == f"sqlite:///{tmp_path}/ledger.db"
    assert database_url(Settings(home=Path("data"))) == f"sqlite:///{Path.cwd()}/data/ledger.db"
    assert database_url(Settings(store=StoreSettings(database_url=SecretStr("postgresql://h/d")))) == "postgresql://h/d"


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"not a database at all " * 100, "damaged or not a database"), (None, "cannot be opened")]
)
async def test_a_file_of_no_use(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """A damaged file, or a folder in its place, is told in one sentence that names the path."""
    path = tmp_path / "ledger.db"
    if content is None:
        await asyncio.to_thread(path.mkdir)
    else:
        await asyncio.to_thread(path.write_bytes, content)
    async with open_database(f"sqlite:///{path}") as database:
        with pytest.raises(Misconfigured, match=sentence) as raised:
            await migrate(database)

    assert str(path) in str(raised.value)


async def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    """Damage inside a file that still opens is reported when its page is read, not answered with wrong rows."""
    path = tmp_path / "ledger.db"
    async with open_database(f"sqlite:///{path}") as database:
        await migrate(database)
    await asyncio.to_thread(lambda: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 60_000))
    async with open_database(f"sqlite:///{path}") as database:
        with pytest.raises(Misconfigured, match="damaged"):
            await migrate(database)


async def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    """Wrong ownership is the most common mistake after a restore as root."""
    path = tmp_path / "ledger.db"
    async with open_database(f"sqlite:///{path}") as database:
        await migrate(database)
    async with open_database(f"sqlite:///{path}") as database:
        with pytest.raises(Misconfigured, match="cannot be written"):
            await _write_where_forbidden(database)


async def _write_where_forbidden(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("PRAGMA query_only = ON"))  # file modes do not hold back a test that runs as root
        await connection.execute(insert(people).values(person="p", platform="cli", consent="granted"))


async def test_others_cannot_read_the_file(tmp_path: Path) -> None:
    """The ledger holds what people said; other users of the machine have no business there."""
    async with open_database(f"sqlite:///{tmp_path / 'home' / 'ledger.db'}") as database:
        await migrate(database)
        async with database.connect() as connection:
            await connection.execute(select(people))
            modes = await asyncio.to_thread(lambda: {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").iterdir()})

    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}


async def test_a_home_with_an_odd_name(tmp_path: Path) -> None:
    """Spaces, question marks and accents in a path are no part of an address."""
    home = tmp_path / "São ?x=1 #2 %20"
    url = await asyncio.to_thread(lambda: database_url(Settings(home=home)))  # settings are read from files
    async with open_database(url) as database:
        await migrate(database)

    assert await asyncio.to_thread((home / "ledger.db").exists)


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A home below a file can never be made; the sentence says what to correct."""
    await asyncio.to_thread((tmp_path / "file").write_text, "")
    with pytest.raises(Misconfigured, match="correct APRENDIZ_HOME"):
        async with open_database(f"sqlite:///{tmp_path / 'file' / 'home' / 'ledger.db'}"):
            pass


async def test_a_full_disk(tmp_path: Path) -> None:
    """A full disk refuses the write in one sentence and keeps what was there."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        with pytest.raises(Misconfigured, match="disk is full"):
            await _fill(database)
        async with database.connect() as connection:
            count = (await connection.execute(select(func.count()).select_from(people))).scalar_one()

    assert count == 0


async def _fill(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("PRAGMA max_page_count = 60"))  # SQLite's own way to play a full disk
        await connection.execute(insert(people).values(person="p" * 500_000, platform="cli", consent="granted"))


async def test_another_process_that_never_stops_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten shell that holds the lock ends in a sentence, not in a hanging assistant."""
    monkeypatch.setattr("store.database._WAIT_S", 0.2)
    path = tmp_path / "ledger.db"
    async with open_database(f"sqlite:///{path}") as database:
        await migrate(database)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TryAgainLater, match="busy"):
            async with database.begin():
                pass
        other.close()


async def test_a_writer_of_this_process_that_never_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue of writers is bounded in time as the lock is."""
    monkeypatch.setattr("store.database._WAIT_S", 0.2)
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        async with database.begin():
            with pytest.raises(TryAgainLater, match=re.escape("try again")):
                async with database.begin():
                    pass


async def test_a_reader_waits_for_no_writer(tmp_path: Path) -> None:
    """An export that reads for a minute and a writer never meet: readers see a snapshot."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        async with database.connect() as reader:
            before = (await reader.execute(select(func.count()).select_from(people))).scalar_one()
            async with database.begin() as writer:
                await writer.execute(insert(people).values(person="p", platform="cli", consent="granted"))
            after = (await reader.execute(select(func.count()).select_from(people))).scalar_one()

    assert (before, after) == (0, 0)
