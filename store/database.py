"""The ledger's database: SQLite in the home by default, PostgreSQL by setting, and the migrations of either."""

import asyncio
import importlib
import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import Misconfigured, TryAgainLater
from bot.settings import Settings
from store.database_faults import fault_of
from store.lane import KeptConnection, Lane
from store.schema import FIRST_REVISIONS, REVISION, revisions, revisions_made
from store.tables import metadata
from store.text import clean_text

if TYPE_CHECKING:
    import asyncpg  # type: ignore[import-untyped]

_T = TypeVar("_T")

FILE_NAME = "ledger.db"
_WAIT_S = 30  # for another writer
_CONNECT_S = 10
_LOG_S = 10  # for readers to let go of the log
_LOG_AGAIN_S = 0.05
_WRITES = "aprendiz_writes"
_MIGRATION_LOCK = 0x6170_7265  # any number that no other program locks: "apre"


class Database(AsyncEngine):
    """
    An engine that keeps writers apart: short work goes to `write()`, `read()` and `look()`, long work under `begin()` and `connect()`.

    On SQLite writers take the write lock before they read, so that a read-modify-write never fails half way, and those of this
    process queue fairly instead of polling for the lock; readers see a snapshot and wait for no writer. A driver's errors arrive as
    `TryAgainLater` or `Misconfigured` where people can act on them. Text that UTF-8 cannot hold never reaches SQL: lone
    surrogates and NULs become U+FFFD. `place` is how the operator knows the database.

    Inside `begin()`, another `begin()` or `write()` of the same task would wait for itself, until it is refused after 30 seconds;
    reading is free anywhere, and sees what is committed.
    """

    def __init__(self, sync_engine: Engine, *, place: str, threaded: Engine | None = None) -> None:
        """Open by *sync_engine*; short work uses *threaded*, an engine without asyncio, where there is one."""
        super().__init__(sync_engine)
        self.place = place
        self._writing = asyncio.Lock() if sync_engine.dialect.name == "sqlite" else None
        self._writer = self._reader = None
        self._here: KeptConnection | None = None
        self._looking = threading.Lock()
        if threaded is not None:
            writing = threaded.execution_options(**{_WRITES: True})
            self._writer = Lane(writing, name="ledger writer", place=place, turn=self._turn)
            self._reader = Lane(threaded, name="ledger reader", place=place)
            self._here = KeptConnection(threaded, place=place)

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        """
        Return what *work* returns, once what it wrote is committed; nothing of it is where it raises.

        *work* runs in another thread, perhaps twice, perhaps in a transaction with others' work that neither fails for it nor undoes
        it; it must do nothing but use its connection.

        Raises:
            TryAgainLater, Misconfigured: As `begin()`.
        """
        if self._writer is not None:
            return await self._writer.run(work)
        async with self.begin() as connection:
            return await connection.run_sync(work)

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Return what *work*, as in `write()` but only reading, returns; keep it short, for others wait for it."""
        if self._reader is not None:
            return await self._reader.run(work)
        async with self.connect() as connection:
            return await connection.run_sync(work)

    @property
    def can_look(self) -> bool:
        """Whether `look()` can be used: on SQLite until it is closed."""
        return self._here is not None

    def look(self, work: Callable[[Connection], _T]) -> _T:
        """
        Return what *work* returns, as `read()` does, but at once and in the calling thread, which must not be the event loop's.

        For what is in such a thread anyway: to go to another and back costs more than a short statement.
        """
        with self._looking:
            if self._here is None:
                raise RuntimeError(f"the database {self.place} is closed, or can only be awaited")
            (found,) = self._here.commit([work])
        return cast("_T", found)

    async def compact(self) -> bool:
        """
        Leave nothing readable in SQLite's files of what was deleted: written anew, the log emptied.

        Writers wait meanwhile, some seconds for a gigabyte.

        Returns:
            False where it could not be done: PostgreSQL is its operator's, and a reader may hold on to the log for long.

        Raises:
            TryAgainLater: Another process kept writing.
            Misconfigured: The disk is full; nothing is lost.
        """
        if self._writer is None:
            return False
        async with self._turn():
            return await asyncio.to_thread(_compact_sqlite, Path(self.place))

    async def close(self) -> None:
        """Do what waits to be done, then close every connection."""
        for lane in (self._writer, self._reader):
            if lane is not None:
                await lane.close()
        await asyncio.to_thread(self._look_no_more)
        await self.dispose()

    def _look_no_more(self) -> None:
        with self._looking:  # whoever asked and left may still be read for
            if self._here is not None:
                self._here.close()
                self._here = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """
        Open a writing transaction, committed at the end and rolled back on any error.

        Raises:
            TryAgainLater: Another writer held the database for 30 seconds, or the server is gone.
            Misconfigured: The disk is full or failing, or the file damaged or read-only.
        """
        async with self._turn(), self.connect() as connection:
            await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._writing is None:
            yield
            return
        try:
            async with asyncio.timeout(_WAIT_S):
                await self._writing.acquire()
        except TimeoutError as error:
            raise TryAgainLater(f"The database {self.place} has been written for {_WAIT_S} seconds; try again.") from error
        try:
            yield
        finally:
            self._writing.release()


def database_url(settings: Settings) -> str:
    """Return the setting's address, or that of the SQLite file in the home."""
    embedded = URL.create("sqlite", database=str(settings.home.absolute() / FILE_NAME))
    return settings.store.database_url.get_secret_value() or embedded.render_as_string()


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """
    Open the database at *url*, `sqlite:///FILE` or `postgresql://…` with libpq's parameters; connections are made when needed.

    Raises:
        Misconfigured: *url* is neither, or the file's folder cannot be made.
    """
    database = await asyncio.to_thread(_open_sqlite if url.startswith("sqlite") else _open_postgres, url)
    try:
        yield database
    finally:
        await database.close()


async def migrate(database: Database) -> None:
    """
    Bring the tables up to this program's version; a second process waits for the first and finds nothing to do.

    Raises:
        Misconfigured: The database cannot be reached, opened or written, is newer than the program, or holds foreign tables.
    """
    try:
        async with database.begin() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's writers exclude each other anyway
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            if not await connection.run_sync(_is_ready):
                migrating = await asyncio.to_thread(importlib.import_module, "store.migrating")
                scripts = await asyncio.to_thread(migrating.read_scripts)
                await connection.run_sync(partial(migrating.upgrade, scripts=scripts, place=database.place))
    except TryAgainLater as error:
        raise Misconfigured(str(error)) from error


def _is_ready(connection: Connection) -> bool:
    """Tell whether the tables are this program's; in a new SQLite file they are made here, in a tenth of the time of all migrations."""
    tables = inspect(connection).get_table_names()
    if not tables and connection.dialect.name == "sqlite":
        make_tables(connection)
        return True
    return revisions_made.name in tables and connection.execute(select(revisions_made)).scalars().all() == [REVISION]


def make_tables(connection: Connection) -> None:
    """Make what all migrations together make of an empty database."""
    metadata.create_all(connection)
    connection.execute(revisions.insert(), list(FIRST_REVISIONS))
    revisions_made.metadata.create_all(connection)
    connection.execute(revisions_made.insert().values(version_num=REVISION))


def _open_sqlite(url: str) -> Database:
    try:
        address = make_url(url).set(drivername="sqlite+aiosqlite")
        path = Path(address.database or "")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)  # people's conversations; SQLite gives its side files the same mode
    except (OSError, ArgumentError) as error:
        raise Misconfigured(f"The database {url} cannot be made: {error}; correct APRENDIZ_HOME.") from error
    # No implicit transactions: the listeners below begin them.
    arguments = {"timeout": _WAIT_S, "isolation_level": None}
    engine = create_async_engine(address, connect_args=arguments, json_serializer=_json).sync_engine
    threaded = create_engine(address.set(drivername="sqlite"), connect_args=arguments, json_serializer=_json)
    for each, begin in ((engine, _begin_sqlite), (threaded, _begin_threaded)):
        event.listen(each, "connect", _prepare_sqlite)
        event.listen(each, "begin", begin)
        _attach(each, str(path))
    return Database(engine, place=str(path), threaded=threaded)


def _compact_sqlite(path: Path) -> bool:
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    try:
        connection.execute("VACUUM")
        until = time.monotonic() + _LOG_S
        # Its first column tells that somebody still reads the log.
        while (busy := connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) and time.monotonic() < until:
            time.sleep(_LOG_AGAIN_S)
    except sqlite3.Error as error:
        if fault := fault_of(error, str(path)):
            raise fault from error
        raise
    finally:
        connection.close()
    return not busy


def _open_postgres(url: str) -> Database:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise Misconfigured(f"store.database_url begins with {scheme!r}; it must be postgresql://… (or empty for SQLite in the home).")
    try:
        place = make_url(f"postgresql://{rest}").set(password=None, query={}).render_as_string()
    except (ArgumentError, ValueError) as error:
        raise Misconfigured("store.database_url cannot be read; it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE.") from error
    # asyncpg reads libpq's parameters (sslmode, host=/socket) itself; SQLAlchemy would not.
    connect = partial(_connect_postgres, f"postgresql://{rest}", place=place)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_pre_ping=True, json_serializer=_json).sync_engine
    _attach(engine, place)
    return Database(engine, place=place)


async def _connect_postgres(dsn: str, *, place: str) -> "asyncpg.Connection":
    import asyncpg  # loaded when the engine was made

    try:
        return await asyncpg.connect(dsn=dsn, timeout=_CONNECT_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        unusable = Misconfigured(f"store.database_url cannot be used: {error}.")
        configured = isinstance(error, asyncpg.ClientConfigurationError)
        raise (None if configured else fault_of(error, place)) or unusable from error


_json = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` would make one for each value


def _attach(engine: Engine, place: str) -> None:
    event.listen(engine, "before_cursor_execute", _clean_parameters, retval=True)
    event.listen(engine, "handle_error", partial(_raise_fault, place=place))


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    try:
        # FULL: an acknowledged vote survives a power cut. https://www.sqlite.org/pragma.html#pragma_synchronous
        # secure_delete: what is taken away is overwritten. https://www.sqlite.org/pragma.html#pragma_secure_delete
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()  # the pool forgets a connection that fails here, and its thread would stay
        raise
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(_beginning(connection))


def _begin_threaded(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection  # at once: SQLAlchemy's way would take longer than the transaction
    driver.execute(_beginning(connection))


def _beginning(connection: Connection) -> str:
    return "BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN"


def _clean_parameters(
    _connection: Connection, _cursor: object, statement: str, parameters: Any, _context: object, executemany: bool
) -> tuple[str, Any]:
    if executemany:
        return statement, [tuple(map(_clean_value, row)) for row in parameters]
    return statement, tuple(map(_clean_value, parameters))


def _clean_value(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


def _raise_fault(context: ExceptionContext, *, place: str) -> None:
    original = context.original_exception
    fault = fault_of(original.__cause__ if original.__cause__ is not None else original, place)
    if fault is not None:
        raise fault from original
