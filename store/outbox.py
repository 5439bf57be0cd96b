"""From the ledger to the index: each change leaves an outbox row in its own transaction, and `drain` carries the current state over."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from filelock import FileLock, Timeout
from sqlalchemy import delete, func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import TryAgainLater
from bot.messages import Reach
from bot.ports import Encoder, Index, IndexEntry, IndexKind
from store.database import Database
from store.embeddings import encode_meanings
from store.indexable import AUDIENCES, KINDS, load_records, refs_of
from store.records import Record
from store.schema import outbox

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_DRAIN_LOCK = 0x6170_7266  # any number that no other program locks on that PostgreSQL server
_PAGE = 500  # entries compared at a time


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """How a collection of the index differs from the ledger: ids missing from it, surplus in it, and of other content."""

    kind: IndexKind
    reach: Reach
    entries: int
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """Every collection against the ledger; `pending` outbox rows are still to be carried over."""

    collections: tuple[CollectionReport, ...]
    pending: int

    @property
    def equal(self) -> bool:
        """Whether the index holds exactly what the ledger says."""
        return not self.pending and not any(each.missing or each.surplus or each.differing for each in self.collections)


class Outbox:
    """Keeps the index equal to the ledger. A crash at any point only leaves rows that are carried over again."""

    def __init__(self, database: Database, index: Index, encoder: Encoder) -> None:
        self._database = database
        self._index = index
        self._encoder = encoder
        self._draining = asyncio.Lock()

    async def drain(self, limit: int = 1000) -> int:
        """
        Carry the oldest *limit* changes into the index.

        Returns:
            The rows done; 0 where there are none, or where another process is at it.

        Raises:
            TryAgainLater: The index or the database does not respond; nothing is lost.
            Misconfigured: The index is damaged or in use.
        """
        async with self._alone() as mine:
            return await self._drain(limit) if mine else 0

    async def rebuild(self, progress: Progress) -> None:
        """
        Build the index afresh from the ledger; interrupted, the next drain goes on.

        Args:
            progress: Called with the rows done and those to be done in all.

        Raises:
            TryAgainLater: As `drain`; also where another process is draining.
            Misconfigured: As `drain`.
        """
        async with self._alone() as mine:
            if not mine:
                raise TryAgainLater("another process is writing to the index: try again in a minute")
            # The rows first: an index that is lost before they are written could not be told from an empty one.
            total = await self._note_everything()
            await self._index.reset()
            progress(0, total)
            done = 0
            while carried := await self._drain(1000):
                done += carried
                progress(min(done, total), total)
            logger.info("index rebuilt", extra={"rows": done})

    async def check(self) -> IndexReport:
        """Compare every entry of the index with the ledger."""
        async with self._database.connect() as connection:
            pending = (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()
            reports = [await self._compare(connection, kind, reach) for kind in KINDS for reach in await self._reaches(connection, kind)]
        return IndexReport(tuple(reports), pending)

    async def _drain(self, limit: int) -> int:
        async with self._database.connect() as connection:
            rows = (await connection.execute(select(outbox).order_by(outbox.c.outbox_id).limit(limit))).all()
            changed: defaultdict[IndexKind, dict[str, None]] = defaultdict(dict)
            for row in rows:
                changed[row.kind][row.ref] = None
            current = {kind: await load_records(connection, kind, tuple(refs)) for kind, refs in changed.items()}
        for kind, refs in changed.items():
            await self._carry(kind, tuple(refs), current[kind])
        if rows:
            async with self._database.begin() as connection:
                await connection.execute(delete(outbox).where(outbox.c.outbox_id.in_([row.outbox_id for row in rows])))
        return len(rows)

    async def _carry(self, kind: IndexKind, refs: Sequence[str], records: Sequence[Record]) -> None:
        """Make *refs* in the index what *records* say; one without a record, or in a collection of others, goes."""
        vectors = await encode_meanings(self._encoder, [record.embedded for record in records])
        entries: defaultdict[Reach, list[IndexEntry]] = defaultdict(list)
        for record, vector in zip(records, vectors, strict=True):
            entries[record.reach].append(IndexEntry(record.ref, record.document, record.metadata, vector))
        # Everywhere deleted before anything is written: what moves to other people is for a moment found by nobody, never by both.
        for reach in await self._index.reaches(kind):
            staying = {entry.entry_id for entry in entries[reach]}
            await self._index.delete(kind, reach, [ref for ref in refs if ref not in staying])
        for reach, staying_here in entries.items():
            await self._index.upsert(kind, reach, staying_here)

    async def _reaches(self, connection: AsyncConnection, kind: IndexKind) -> list[Reach]:
        """Return those that either side has something for, and every audience's own."""
        everything = refs_of(kind).order_by(None).subquery()
        known = await connection.execute(select(everything.c.audience, everything.c.scope).distinct())
        return sorted({*map(Reach, AUDIENCES), *(Reach(*row) for row in known), *await self._index.reaches(kind)})

    async def _note_everything(self) -> int:
        async with self._database.begin() as connection:
            for kind in KINDS:
                everything = refs_of(kind).order_by(None).subquery()
                rows = select(literal(kind), everything.c.audience, everything.c.ref, literal(value=False), func.now())
                await connection.execute(
                    insert(outbox).from_select(["kind", "audience", "ref", "deleted", "written_at"], rows.order_by(everything.c.ref))
                )
            return (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()

    async def _compare(self, connection: AsyncConnection, kind: IndexKind, reach: Reach) -> CollectionReport:
        expected = [row.ref for row in await connection.execute(refs_of(kind)) if Reach(row.audience, row.scope) == reach]
        indexed = await self._index.ids(kind, reach)
        common = sorted({*expected} & {*indexed})
        differing: list[str] = []
        for first in range(0, len(common), _PAGE):
            page = common[first : first + _PAGE]
            entries = {entry.entry_id: entry for entry in await self._index.fetch(kind, reach, page)}
            differing += [record.ref for record in await load_records(connection, kind, page) if _differs(record, entries.get(record.ref))]
        return CollectionReport(
            kind=kind,
            reach=reach,
            entries=len(indexed),
            missing=tuple(sorted({*expected} - {*indexed})),
            surplus=tuple(sorted({*indexed} - {*expected})),
            differing=tuple(sorted(differing)),
        )

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """Keep other drains out, of this process and of others: an older state must never overwrite a newer one."""
        async with self._draining, AsyncExitStack() as stack:
            yield await self._lock_database(stack)

    async def _lock_database(self, stack: AsyncExitStack) -> bool:
        if self._database.dialect.name == "postgresql":
            connection = await stack.enter_async_context(self._database.connect())
            await connection.execution_options(isolation_level="AUTOCOMMIT")  # no transaction stays open meanwhile
            locked = await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _DRAIN_LOCK})
            if not locked.scalar_one():
                return False
            stack.push_async_callback(connection.execute, text("SELECT pg_advisory_unlock(:lock)"), {"lock": _DRAIN_LOCK})
            return True
        lock = FileLock(f"{self._database.url.database}.draining", thread_local=False)
        try:
            await asyncio.to_thread(lock.acquire, timeout=0)
        except Timeout:
            return False
        stack.push_async_callback(asyncio.to_thread, lock.release)
        return True


def _differs(record: Record, entry: IndexEntry | None) -> bool:
    return entry is None or entry.document != record.document or dict(entry.metadata) != dict(record.metadata)
