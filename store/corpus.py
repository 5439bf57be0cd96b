"""What can be found, for each audience: the company's passages, and experts' approved answers beside them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    JSON,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    select,
)

from bot.messages import Viewer
from store.candidates import APPROVED, KINDS, PASSAGES, Candidate, Kind, approved_of, in_force, passage_of, visible_to
from store.changes import read_revisions
from store.database import Database
from store.prepared import Prepared
from store.schema import approved, passages, sources
from store.shelves import Shelves, Words

T = TypeVar("T")

_BATCH = 500  # sources, or passages, read at a time
_read_revisions = partial(read_revisions, kinds=KINDS)


class Corpus(Protocol):
    """Where candidates come from."""

    async def look(self, viewer: Viewer, work: Callable[[Words], T]) -> T:
        """Return what *work*, off the event loop, makes of what *viewer* sees."""

    async def load(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate]:
        """Return the candidates of *ids* that *viewer* may see, by id within their kind."""

    def load_here(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate] | None:
        """Return what `load` does, in the calling thread, which is not the event loop's; None where it has to be awaited."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a source or an approved answer: its row, by which a change shows (None while it is being read), and the ids."""

    row: tuple[object, ...] | None
    ids: tuple[str, ...]


class LedgerCorpus(Corpus):
    """
    The ledger as it is at every question: whatever is imported, removed, approved, revoked or has run out counts at once.

    Only what changed since the last question is read again. Which sources did is told by their own rows: whoever writes passages dates
    their source. The first question of a process reads everything, in about 10 s for 100,000 passages; `serve` asks one as it starts.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Follow *database*; what ran out before *now* (aware) is left out."""
        self._database = database
        self._now = now
        self._shelves = Shelves()
        self._known: dict[Kind, dict[str, _Known]] = {kind: {} for kind in KINDS}
        self._revisions: Mapping[str, int] = {}
        self._runs_out: datetime | None = None  # the first of the approved answers that will
        self._following = asyncio.Lock()

    async def look(self, viewer: Viewer, work: Callable[[Words], T]) -> T:
        """See the port."""

        def at_once() -> tuple[T] | None:
            return (work(self._shelves.seen_by(viewer)),) if self._is_up_to_date(self._database.look(_read_revisions)) else None

        if self._database.can_look:
            done = await asyncio.to_thread(at_once)
            if done:
                return done[0]
        if not self._is_up_to_date(await self._database.read(_read_revisions)):
            async with self._following:
                # Before anything else, so that what comes meanwhile is looked for once more.
                revisions = await self._database.read(_read_revisions)
                if not self._is_up_to_date(revisions):
                    await self._follow(revisions)
        return await asyncio.to_thread(lambda: work(self._shelves.seen_by(viewer)))

    def revision(self, kind: Kind) -> int:
        """Return the ledger's revision of *kind* that the last `look` followed."""
        return self._revisions[kind]

    async def load(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate]:
        """See the port; the ledger decides once more who may see them."""
        return await self._database.read(self._loading(ids, viewer)) if ids else []

    def load_here(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate] | None:
        """See the port."""
        if not self._database.can_look:
            return None
        return self._database.look(self._loading(ids, viewer)) if ids else []

    def _loading(self, ids: Sequence[str], viewer: Viewer) -> Callable[[Connection], list[Candidate]]:
        visible, now = visible_to(viewer), self._now()

        def read(connection: Connection) -> list[Candidate]:
            found = [*map(passage_of, _THESE_PASSAGES.rows(connection, {"ids": json.dumps(ids)}))]
            if len(found) < len(ids):
                found += map(approved_of, connection.execute(_THESE_APPROVED, {"ids": ids, "now": now}))
            return [each for each in found if each.reach in visible]

        return read

    def _is_up_to_date(self, revisions: Mapping[str, int]) -> bool:
        return self._revisions == revisions and (self._runs_out is None or self._now() < self._runs_out)

    async def _follow(self, revisions: Mapping[str, int]) -> None:
        async with self._database.connect() as connection:
            of_approved = (await connection.execute(_APPROVED_ROWS.where(in_force(self._now())))).all()
            read_before = self._revisions.get("passages") == revisions["passages"]
            of_sources = () if read_before else (await connection.execute(_SOURCE_ROWS)).all()
        if not read_before:
            await self._take_over("passages", {row.source_id: tuple(row) for row in of_sources})
        await self._take_over("verified", {row.approved_id: tuple(row) for row in of_approved})
        self._runs_out = min((row.expires_at for row in of_approved if row.expires_at is not None), default=None)
        self._revisions = revisions

    async def _take_over(self, kind: Kind, rows: Mapping[str, tuple[object, ...]]) -> None:
        """Make the shelves hold of *kind* what these *rows* of sources, or of approved answers, stand for, and nothing else."""
        known = self._known[kind]
        for ref in [ref for ref, each in known.items() if each.row != rows.get(ref)]:
            await asyncio.to_thread(self._shelves.remove, kind, known[ref].ids)
            del known[ref]
        new = [ref for ref in rows if ref not in known]
        for first in range(0, len(new), _BATCH):
            refs = new[first : first + _BATCH]
            known.update((ref, _Known(None, ())) for ref in refs)
            await self._read(kind, refs)
            known.update((ref, replace(known[ref], row=rows[ref])) for ref in refs)

    async def _read(self, kind: Kind, refs: Sequence[str]) -> None:
        known = self._known[kind]
        of_refs = PASSAGES.where(sources.c.source_id.in_(refs)) if kind == "passages" else APPROVED.where(approved.c.approved_id.in_(refs))
        async with self._database.connect() as connection:
            found = await connection.stream(of_refs.execution_options(yield_per=_BATCH))
            async for some in found.partitions():
                ids: defaultdict[str, list[str]] = defaultdict(list)
                for row in some:
                    ids[row.source_id if kind == "passages" else row.approved_id].append(row[0])
                known.update((ref, _Known(None, (*known[ref].ids, *more))) for ref, more in ids.items())
                await asyncio.to_thread(self._shelve, kind, some)

    def _shelve(self, kind: Kind, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
        self._shelves.put(map(passage_of if kind == "passages" else approved_of, rows))


def _these_passages(dialect: str) -> Select[Any]:
    """Return the statement for the passages of `ids`, a JSON array: the same for however many."""
    given = bindparam("ids", type_=String)
    each = func.json_each(given) if dialect == "sqlite" else func.json_array_elements_text(cast(given, JSON))
    return PASSAGES.where(passages.c.passage_id.in_(select(each.table_valued("value").c.value)))


_THESE_PASSAGES = Prepared(_these_passages)
# Built once: SQLAlchemy takes longer over a statement than SQLite over its rows.
_THESE_APPROVED: Select[Any] = APPROVED.where(approved.c.approved_id.in_(bindparam("ids", expanding=True)), in_force(bindparam("now")))
# What shows that a source's passages, or an approved answer, are others than before.
_SOURCE_ROWS: Select[Any] = select(
    *(sources.c[name] for name in ("source_id", "imported_at", "sha256", "audience", "scope", "title", "passages"))
)
_APPROVED_ROWS: Select[Any] = select(
    *(approved.c.approved_id, approved.c.approved_at, approved.c.audience, approved.c.scope, approved.c.expires_at)
).where(approved.c.revoked_at.is_(None))
