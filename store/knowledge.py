"""The company's knowledge: which files were imported for whom, and their passages, always the newest reading of each."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.identifiers import new_id
from bot.messages import Audience, Reach
from bot.texts import N_, translate
from store.changes import note_changes, raise_revision
from store.finding_files import Located, find_files, is_folder, is_gone, location_of
from store.readers.document import Document, Excerpt, Note, Unreadable
from store.readers.read import load, read_document
from store.schema import passages, sources

Progress = Callable[[int, int, str], None]
_ATTEMPTS = 5
_BATCH = 500  # rows a statement


@dataclass(frozen=True, slots=True)
class AddReport:
    """
    What an import did: files by outcome, and passages written.

    `skipped` are (name, translated problem) of each file left out, `notes` (name, translated sentence) of what else an operator should
    know of the files that were read now, such as what was left out of them; an unchanged file is not read.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class KnownSource:
    """An imported file; `location` is its absolute path, `shown` what people see, `scope` what it is limited to (nothing: empty)."""

    source_id: str
    location: str
    shown: str
    title: str
    format: str
    audience: Audience
    scope: str
    passages: int
    size_bytes: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class KnowledgeCount:
    """How much one audience's own material is (that for `all` counts apart)."""

    audience: Audience
    sources: int
    passages: int


@dataclass(frozen=True, slots=True)
class _File:
    located: Located
    sha256: str
    size_bytes: int
    document: Document


_Outcome = Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class _Import:
    outcome: _Outcome
    passages: int = 0
    notes: tuple[Note, ...] = ()


class Knowledge:
    """Imports documents into the ledger; the outbox carries their passages to the index."""

    def __init__(self, database: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        """Keep knowledge in *database*, dated by *now* (aware)."""
        self._database = database
        self._now = now

    async def add(
        self,
        paths: Sequence[Path],
        *,
        audience: Audience,
        max_file_mb: int,
        scope: str = "",
        progress: Progress | None = None,
        locale: str = "en",
    ) -> AddReport:
        """
        Import the files and folders at *paths* for *audience*, each file in a transaction of its own.

        What did not change since the last import is left as it is; a file imported for another audience or scope moves to this one; of a
        folder, files that vanished from it leave. A file that cannot be read is skipped, and its earlier reading stays.

        Args:
            paths: Files, or folders that are walked without hidden files; people see names relative to the folder.
            audience: Who may see them.
            max_file_mb: Larger files are skipped, in MiB.
            scope: What they are limited to within the audience (bot/scopes.py); empty: to nothing.
            progress: Called before each file with how many are done, how many there are, and its name.
            locale: Language of the problems in the report.
        """
        located, unreadable = await asyncio.to_thread(find_files, paths)
        imports: list[_Import] = []
        written: list[Located] = []
        notes: list[tuple[str, Note]] = []
        for done, file in enumerate(located):
            if progress:
                progress(done, len(located), file.shown)
            try:
                imports.append(await self._add_file(file, Reach(audience, scope), max_file_mb * 2**20))
                notes += ((file.shown, note) for note in imports[-1].notes)
            except Unreadable as error:
                unreadable.append(error)
                notes += ((file.shown, note) for note in error.notes)
            else:
                written += [] if imports[-1].outcome == "unchanged" else [file]
        removed = await self._remove_vanished(paths)
        count = {outcome: sum(each.outcome == outcome for each in imports) for outcome in ("added", "changed", "unchanged")}
        return AddReport(
            **count,
            removed=removed,
            passages=sum(each.passages for each in imports),
            skipped=tuple((error.name, translate(locale, error.problem, **error.values)) for error in unreadable),
            notes=(
                *((name, translate(locale, note.reason, count=note.count, where=note.where)) for name, note in notes),
                *await self._same_titles(written, locale),
            ),
        )

    async def list(self) -> tuple[KnownSource, ...]:
        """Return every source, by audience and name."""
        columns = [sources.c[name] for name in KnownSource.__dataclass_fields__]
        async with self._database.connect() as connection:
            rows = await connection.execute(select(*columns).order_by(sources.c.audience, sources.c.shown, sources.c.source_id))
            return tuple(KnownSource(**row) for row in rows.mappings())

    async def scopes_in(self, paths: Sequence[Path]) -> tuple[str, ...]:
        """Return the scopes that the sources at *paths*, or in the folders there, are limited to, in order."""
        locations = await asyncio.to_thread(lambda: [location_of(path) for path in paths])
        there = or_(*(or_(sources.c.location == location, _inside(location)) for location in locations))
        async with self._database.connect() as connection:
            found = await connection.execute(select(sources.c.scope).where(there, sources.c.scope != "").distinct())
            return tuple(sorted(found.scalars()))

    async def counts(self) -> tuple[KnowledgeCount, ...]:
        """Return the counts of every audience that has sources, by name."""
        columns = (sources.c.audience, func.count(), func.sum(sources.c.passages))
        async with self._database.connect() as connection:
            rows = await connection.execute(select(*columns).group_by(sources.c.audience).order_by(sources.c.audience))
            return tuple(KnowledgeCount(audience, files, int(total)) for audience, files, total in rows)

    async def remove(self, name: str) -> int:
        """
        Remove the sources that *name* stands for: a name as people see it, the path of a file, or the path of a folder.

        Returns:
            How many were removed; their passages leave the index with them.
        """
        location = await asyncio.to_thread(location_of, Path(name))
        return await self._remove(or_(sources.c.shown == name, sources.c.location == location, _inside(location)))

    async def _same_titles(self, written: Sequence[Located], locale: str) -> tuple[tuple[str, str], ...]:
        """Name the files just written whose title another document bears, each pair once: people read the title beneath an answer."""
        columns = (sources.c.location, sources.c.shown, sources.c.title)
        async with self._database.connect() as connection:
            rows = (await connection.execute(select(*columns).order_by(sources.c.shown, sources.c.source_id))).all() if written else ()
        titles = {row.location: row.title for row in rows}
        new = {file.location for file in written}
        bearers = {row.title.casefold(): row.shown for row in reversed(rows) if row.location not in new}
        notes: list[tuple[str, str]] = []
        for file in written:
            title = titles.get(file.location, "")  # gone again if another process has removed it
            other = bearers.setdefault(title.casefold(), file.shown)
            if title and other != file.shown:
                notes.append((file.shown, translate(locale, N_("it has the same title as {other}: {title}"), other=other, title=title)))
        return tuple(notes)

    async def _add_file(self, located: Located, reach: Reach, max_bytes: int) -> _Import:
        data = await asyncio.to_thread(load, located.path, located.shown, max_bytes=max_bytes)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        async with self._database.connect() as connection:
            known = await _known(connection, located.location)
        if _same(known, sha256, reach):
            return _Import("unchanged")
        document = await asyncio.to_thread(read_document, data, located.shown)
        file = _File(located, sha256, len(data), document)
        moved_from = await self._moved_from(file) if known is None else None
        for attempt in range(_ATTEMPTS):
            try:
                return await self._write(file, reach, moved_from)
            except IntegrityError:  # another process added this file, or the first revision, between our look and our insert
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    async def _moved_from(self, file: _File) -> str | None:
        """Return where the same content was imported from under the same name, if that file is gone: the folder was moved."""
        async with self._database.connect() as connection:
            same = select(sources.c.location).where(sources.c.shown == file.located.shown, sources.c.sha256 == file.sha256)
            locations = (await connection.execute(same.order_by(sources.c.source_id))).scalars().all()
        gone = await asyncio.to_thread(lambda: [location for location in locations if is_gone(location)])
        return gone[0] if gone else None

    async def _write(self, file: _File, reach: Reach, moved_from: str | None) -> _Import:
        async with self._database.begin() as connection:
            # First, because it makes processes that import at the same time wait for each other.
            await connection.run_sync(raise_revision, "passages")
            known = await _known(connection, file.located.location)
            if known is None and moved_from:
                known = await _known(connection, moved_from)
            if _same(known, file.sha256, reach) and known is not None and known.location == file.located.location:
                return _Import("unchanged")
            source_id = known.source_id if known else new_id(self._now())
            await self._write_source(connection, file, reach, source_id=source_id, is_new=known is None)
            await self._write_passages(connection, source_id, reach, file.document.excerpts)
            return _Import("changed" if known else "added", len(file.document.excerpts), file.document.notes)

    async def _write_source(self, connection: AsyncConnection, file: _File, reach: Reach, *, source_id: str, is_new: bool) -> None:
        values = {
            "location": file.located.location,
            "shown": file.located.shown,
            "title": file.document.title,
            "format": file.document.format,
            "audience": reach.audience,
            "scope": reach.scope,
            "sha256": file.sha256,
            "size_bytes": file.size_bytes,
            "passages": len(file.document.excerpts),
            "imported_at": self._now(),
        }
        if is_new:
            await connection.execute(insert(sources).values(source_id=source_id, **values))
        else:
            await connection.execute(update(sources).where(sources.c.source_id == source_id).values(**values))

    async def _write_passages(self, connection: AsyncConnection, source_id: str, reach: Reach, excerpts: Sequence[Excerpt]) -> None:
        ids = [f"{source_id}-{ordinal}" for ordinal in range(len(excerpts))]
        await self._drop_passages(connection, source_id, kept={(reach.audience, passage_id) for passage_id in ids})
        rows = [
            {
                "passage_id": passage_id,
                "source_id": source_id,
                "ordinal": ordinal,
                "audience": reach.audience,
                "scope": reach.scope,
                **{name: getattr(excerpt, name) for name in Excerpt.__dataclass_fields__},
            }
            for ordinal, (passage_id, excerpt) in enumerate(zip(ids, excerpts, strict=True))
        ]
        for start in range(0, len(rows), _BATCH):
            await connection.execute(insert(passages), rows[start : start + _BATCH])
        await connection.run_sync(note_changes, "passages", ids, audience=reach.audience, at=self._now())

    async def _drop_passages(
        self, connection: AsyncConnection, source_id: str, *, kept: AbstractSet[tuple[Audience, str]] = frozenset()
    ) -> None:
        """Delete the source's passages; those that do not come back for the same audience (*kept*) leave the index too."""
        rows = await connection.execute(
            select(passages.c.audience, passages.c.passage_id).where(passages.c.source_id == source_id).order_by(passages.c.ordinal)
        )
        for audience, group in groupby((row for row in rows.all() if tuple(row) not in kept), key=attrgetter("audience")):
            ids = [row.passage_id for row in group]
            await connection.run_sync(note_changes, "passages", ids, audience=audience, at=self._now(), deleted=True)
        await connection.execute(delete(passages).where(passages.c.source_id == source_id))

    async def _remove_vanished(self, folders: Sequence[Path]) -> int:
        roots = await asyncio.to_thread(lambda: [location_of(folder) for folder in folders if is_folder(folder)])
        if not roots:
            return 0
        async with self._database.connect() as connection:
            inside = select(sources.c.location).where(or_(*(_inside(root) for root in roots)))
            locations = (await connection.execute(inside)).scalars().all()
        gone = await asyncio.to_thread(lambda: [location for location in locations if is_gone(location)])
        return sum([await self._remove(sources.c.location == location) for location in gone])

    async def _remove(self, which: ColumnElement[bool]) -> int:
        async with self._database.begin() as connection:
            source_ids = (await connection.execute(select(sources.c.source_id).where(which))).scalars().all()
            if source_ids:
                await connection.run_sync(raise_revision, "passages")
            for source_id in source_ids:
                await self._drop_passages(connection, source_id)
                await connection.execute(delete(sources).where(sources.c.source_id == source_id))
        return len(source_ids)


def _inside(folder: str) -> ColumnElement[bool]:
    return sources.c.location.startswith(folder.rstrip("/") + "/", autoescape=True)


async def _known(connection: AsyncConnection, location: str) -> Row[str, str, str, str, str] | None:
    columns = (sources.c.source_id, sources.c.location, sources.c.sha256, sources.c.audience, sources.c.scope)
    return (await connection.execute(select(*columns).where(sources.c.location == location))).one_or_none()


def _same(known: Row[str, str, str, str, str] | None, sha256: str, reach: Reach) -> bool:
    return known is not None and known.sha256 == sha256 and Reach(known.audience, known.scope) == reach
