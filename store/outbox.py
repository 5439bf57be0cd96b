"""From the ledger to the index: each change leaves an outbox row in its own transaction, and `drain` carries the current state over."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import TryAgainLater
from bot.index_ports import Encoder, Index, IndexEntry, IndexKind
from bot.messages import Reach
from store.database import Database
from store.embeddings import encode_meanings
from store.index_lock import IndexLock
from store.indexable import AUDIENCES, KINDS, homes_of, load_records, refs_of
from store.records import Record
from store.schema import outbox
from store.second_vectors import SecondVectors

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_Known = dict[tuple[Reach, str], IndexEntry]
_PAGE = 500  # entries compared at a time
_AT_ONCE = 250  # rows prepared while as many are written
_BUSY = "another process is writing to the index: try again in a minute"
_EMBEDDED = ("title", "heading")  # in the metadata, beside the document


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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """
    Refs of one kind, and the entries of those of them that belong into the index; `same` are known there by the same words already.

    `homes` are the reaches whose collections can hold them, None where any can: every direct message has a collection of its own.
    """

    kind: IndexKind
    refs: tuple[str, ...]
    entries: list[tuple[IndexEntry, Reach]]
    same: frozenset[str]
    homes: Collection[Reach] | None


class Outbox:
    """Keeps the index equal to the ledger. A crash at any point only leaves rows that are carried over again."""

    def __init__(
        self,
        database: Database,
        index: Index,
        encoder: Encoder,
        *,
        second: SecondVectors | None = None,
        page: int = _AT_ONCE,
        ahead: int = 1,
    ) -> None:
        """
        Carry *page* rows at a time, the next *ahead* pages prepared meanwhile, embedded by *encoder*.

        *second* is told of every entry whose words change, before they do.
        """
        self._at_once = page
        self._ahead = ahead
        self._database = database
        self._index = index
        self._encoder = encoder
        self._second = second
        self._lock = second.lock if second else IndexLock(database)
        self._loading = asyncio.Lock()

    async def drain(self, limit: int = 1000, *, told: Callable[[int], None] = lambda _rows: None) -> int:
        """
        Carry the oldest *limit* changes into the index; *told* hears, part by part, how many are there.

        Returns:
            The rows done; 0 where there are none, or where another process is at it.

        Raises:
            TryAgainLater: The index or the database does not respond; nothing is lost.
            Misconfigured: The index is damaged or in use.
        """
        async with self._lock.held() as mine:
            return await self._drain(limit, told) if mine else 0

    async def pending(self) -> int:
        """Return how many changes wait."""
        async with self._database.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()

    async def rebuild(self, progress: Progress) -> None:
        """
        Build the index afresh from the ledger; interrupted, the next drain goes on.

        Args:
            progress: Called with the rows done and those to be done in all.

        Raises:
            TryAgainLater: As `drain`; also where another process is draining.
            Misconfigured: As `drain`.
        """
        async with self._lock.held() as mine:
            if not mine:
                raise TryAgainLater(_BUSY)
            # The rows first: an index that is lost before they are written could not be told from an empty one.
            total = await self._note_everything()
            await self._index.reset()
            progress(0, total)
            done = 0
            while carried := await self._drain(1000, lambda _rows: None):
                done += carried
                progress(min(done, total), total)
            logger.info("index rebuilt", extra={"rows": done})

    async def compact(self) -> bool:
        """
        Carry over what waits, then leave nothing readable in the index of what was deleted.

        Returns:
            False where the index is a server's: its operator has to do it there.

        Raises:
            TryAgainLater, Misconfigured: As `rebuild`.
        """
        async with self._lock.held() as mine:
            if not mine:
                raise TryAgainLater(_BUSY)
            while await self._drain(1000, lambda _rows: None):
                pass
            return await self._index.compact()

    async def check(self) -> IndexReport:
        """Compare every entry of the index with the ledger."""
        pending = await self.pending()
        async with self._database.connect() as connection:
            reports = [await self._compare(connection, kind, reach) for kind in KINDS for reach in await self._reaches(connection, kind)]
        return IndexReport(tuple(reports), pending)

    async def _drain(self, limit: int, told: Callable[[int], None]) -> int:
        async with self._database.connect() as connection:
            rows = (await connection.execute(select(outbox).order_by(outbox.c.outbox_id).limit(limit))).all()
        pages = [rows[first : first + self._at_once] for first in range(0, len(rows), self._at_once)]
        preparing: deque[asyncio.Task[list[_Prepared]]] = deque()
        carrying: asyncio.Task[None] | None = None
        try:
            for at, page in enumerate(pages):
                preparing.extend(asyncio.create_task(self._prepare(each)) for each in pages[at + len(preparing) : at + self._ahead])
                prepared = await preparing[0]  # while the page before is written: that is Chroma's work, this the encoder's
                if carrying is not None:
                    await carrying
                    told(at * self._at_once)
                carrying = asyncio.create_task(self._carry_page(page, prepared))
                preparing.popleft()
        finally:
            await _given_up(preparing)
            if carrying is not None:
                await carrying
        return len(rows)

    async def _prepare(self, page: Sequence[Row[*tuple[Any, ...]]]) -> list[_Prepared]:
        """Return the present state of what *page* says has changed."""
        changed: defaultdict[IndexKind, dict[str, None]] = defaultdict(dict)
        for row in page:
            changed[row.kind][row.ref] = None
        async with self._loading:  # the first page comes to the encoder first
            async with self._database.connect() as connection:
                current = {kind: await load_records(connection, kind, tuple(refs)) for kind, refs in changed.items()}
                homes = {kind: await homes_of(connection, kind, tuple(refs)) for kind, refs in changed.items()}
            known = {kind: await self._known(kind, records) for kind, records in current.items()}
        return [
            _Prepared(kind, tuple(refs), *await self._entries(current[kind], known[kind]), homes[kind]) for kind, refs in changed.items()
        ]

    async def _carry_page(self, page: Sequence[Row[*tuple[Any, ...]]], prepared: Sequence[_Prepared]) -> None:
        for each in prepared:
            await self._carry(each)
        async with self._database.begin() as connection:
            await connection.execute(delete(outbox).where(outbox.c.outbox_id.in_([row.outbox_id for row in page])))

    async def _carry(self, change: _Prepared) -> None:
        """Make what changed in the index what the ledger says; what is no longer there, or is in a collection of others, goes."""
        kind, refs, homes = change.kind, change.refs, change.homes
        entries: defaultdict[Reach, list[IndexEntry]] = defaultdict(list)
        for entry, reach in change.entries:
            entries[reach].append(entry)
        if self._second:  # first: where the rest fails, none has the second vector of words that it no longer has
            same = {reach: {entry.entry_id for entry in each} & change.same for reach, each in entries.items()}
            await self._second.drop(kind, refs, same)
        # Everywhere deleted before anything is written: what moves to other people is for a moment found by nobody, never by both.
        for reach in await self._index.reaches(kind):
            if homes is not None and reach not in homes:
                continue
            staying = {entry.entry_id for entry in entries[reach]}
            await self._index.delete(kind, reach, [ref for ref in refs if ref not in staying])
        for reach, staying_here in entries.items():
            if self._second:
                self._second.note(kind, reach, [entry.entry_id for entry in staying_here if entry.entry_id not in change.same])
            await self._index.upsert(kind, reach, staying_here)

    async def _known(self, kind: IndexKind, records: Sequence[Record]) -> _Known:
        """Return the entries of *records* as the index has them."""
        known: _Known = {}
        for reach in {record.reach for record in records}:
            refs = [record.ref for record in records if record.reach == reach]
            known |= {(reach, entry.entry_id): entry for entry in await self._index.fetch(kind, reach, refs)}
        return known

    async def _entries(self, records: Sequence[Record], known: _Known) -> tuple[list[tuple[IndexEntry, Reach]], frozenset[str]]:
        """Return the entries of *records*, and which of them have the words they had: they keep the vectors that are *known*."""
        new = [record for record in records if not _means_the_same(record, known.get((record.reach, record.ref)))]
        encoded = await encode_meanings(self._encoder, [record.embedded for record in new])
        vectors = {(reach, entry_id): entry.vector for (reach, entry_id), entry in known.items()}
        vectors |= {(record.reach, record.ref): vector for record, vector in zip(new, encoded, strict=True)}
        entries = [(IndexEntry(each.ref, each.document, each.metadata, vectors[each.reach, each.ref]), each.reach) for each in records]
        return entries, frozenset(record.ref for record in records) - {record.ref for record in new}

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


async def _given_up(preparing: Collection[asyncio.Task[list[_Prepared]]]) -> None:
    for task in preparing:
        task.cancel()
    if preparing:
        await asyncio.wait(preparing)
    for task in preparing:
        if not task.cancelled():
            task.exception()  # the first is on its way already; of what asyncio would warn, the next drain tells


def _means_the_same(record: Record, entry: IndexEntry | None) -> bool:
    """Tell whether *entry* was embedded from the same words: they are its document, and of a passage its title and heading."""
    if entry is None or entry.document != record.document:
        return False
    return all(entry.metadata.get(name) == record.metadata.get(name) for name in _EMBEDDED)


def _differs(record: Record, entry: IndexEntry | None) -> bool:
    return entry is None or entry.document != record.document or dict(entry.metadata) != dict(record.metadata)
