"""The company's knowledge: which files were imported for whom, and their passages, always the newest reading of each."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, Connection, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.errors import Refused
from bot.identifiers import new_id
from bot.messages import Audience
from bot.texts import N_, translate
from store.changes import raise_revision
from store.database import Database
from store.finding_files import Located, find_files, location_of
from store.import_wishes import OF_KNOWN, Wish, known_at
from store.readers.document import Document, Note, Unreadable
from store.readers.omissions import is_withdrawn
from store.reading_files import Begun, File, FileReader, Read, Reader, given_up, read_here
from store.schema import sources
from store.seen_files import SeenFiles, signature_of
from store.vanishing import Vanished, kept_link, moved_from, newly_reached, vanished_in
from store.writing_documents import drop_source, write_source

Progress = Callable[[int, int, str], None]
_ATTEMPTS = 5
_SHORT = 500  # passages, written within some 30 ms: others' writes wait for no more


@dataclass(frozen=True, slots=True)
class AddReport:
    """
    What an import did: files by outcome, and passages written. Of those changed, `moved` are now for another audience or scope.

    `skipped` are (name, translated problem) of each file left out, `notes` (name, translated sentence) of what else an operator should
    know of the files that were read now, such as what was left out of them; an unchanged file is not read.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    moved: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


Leaving = Callable[[Vanished], Collection[str]]


def all_of(vanished: Vanished) -> Collection[str]:
    """Let all that vanished leave the knowledge."""
    return vanished.gone


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


class Ambiguous(Refused):
    """A name as people see it that several sources bear, those at `locations`."""

    def __init__(self, name: str, locations: Sequence[str]) -> None:
        """Keep *locations*, in order, of the sources of that *name*."""
        super().__init__(f"{len(locations)} documents are called {name}; give the path of one")
        self.locations = tuple(locations)


@dataclass(frozen=True, slots=True)
class KnowledgeCount:
    """How much one audience's own material is (that for `all` counts apart)."""

    audience: Audience
    sources: int
    passages: int


_Outcome = Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class _Import:
    outcome: _Outcome
    passages: int = 0
    notes: tuple[Note, ...] = ()
    moved: bool = False


@dataclass(slots=True)
class _Tally:
    """What an import has come to so far."""

    unchanged: int = 0
    withdrawn: int = 0
    imports: list[_Import] = field(default_factory=list)
    written: list[Located] = field(default_factory=list)
    problems: list[Unreadable] = field(default_factory=list)
    notes: list[tuple[str, Note]] = field(default_factory=list)

    def count(self, outcome: _Outcome) -> int:
        """Return how many files came to *outcome*."""
        return sum(each.outcome == outcome for each in self.imports)


class Knowledge:
    """Imports documents into the ledger; the outbox carries their passages to the index."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        memory: Path | None = None,
        reader: Reader | None = None,
        watched: Sequence[Path] = (),
    ) -> None:
        """
        Keep knowledge in *database*, dated by *now* (aware), and which files need not be read again in *memory* (None: nowhere).

        *reader* makes documents of bytes and a name, `read_document` where there is none; it may block. What is new in the *watched*
        folders is imported from there, for whom each of them is, and never through a link.
        """
        self._database = database
        self._now = now
        self._seen = SeenFiles(memory)
        self._reader = reader or read_here
        self._watched = tuple(watched)

    async def add(
        self,
        paths: Sequence[Path],
        *,
        audience: Audience | None,
        max_file_mb: int,
        scope: str | None = "",
        leaving: Leaving = all_of,
        progress: Progress | None = None,
        locale: str = "en",
    ) -> AddReport:
        """
        Import the files and folders at *paths* for *audience*, each file in a transaction of its own: interrupted, it goes on next time.

        What did not change since the last import is left as it is; a file imported for another audience or scope moves to this one, but
        for one that lies elsewhere and is reached through a link, which is skipped; of a folder, files that vanished from it leave. A file
        that cannot be read is skipped, and its earlier reading stays, but of one in which nothing is published for everybody any more.

        Args:
            paths: Files, or folders that are walked without hidden files; people see names relative to the folder.
            audience: Who may see them; None: not said, so that those known stay for whom they are, and new ones are for employees.
            max_file_mb: Larger files are skipped, in MiB.
            scope: What they are limited to within the audience (bot/scopes.py); empty: to nothing; None: not said, so that what is limited
                stays so.
            leaving: Chooses which of a folder's vanished documents leave.
            progress: Called before each file that has to be read with how many are done, how many there are, and its name.
            locale: Language of the problems in the report.
        """
        located, problems = await asyncio.to_thread(find_files, paths)
        wish = await self._wish(audience, scope, max_file_mb * 2**20)
        await self._note_links(await asyncio.to_thread(newly_reached, located, wish))
        tally = _Tally(problems=problems)
        waiting = await asyncio.to_thread(self._waiting, located, wish, tally)
        turns = zip(waiting, [*waiting[1:], None] if waiting else [], strict=True)
        ahead: Begun = None
        files = FileReader(self._seen, self._reader, self._now, wish.holds, wish.max_bytes)
        try:
            for done, (file, following) in enumerate(turns, len(located) - len(waiting)):
                if progress:
                    progress(done, len(located), file.shown)
                begun, ahead = ahead, files.begin(following)
                await self._try_file(file, files.finish(file, begun), wish, tally)
            found = tally.unchanged + len(tally.imports)
            removed = await self._remove_vanished(paths, wish, located, found=found, leaving=leaving)
        finally:
            await given_up(ahead)
            await asyncio.to_thread(self._seen.save)
        return AddReport(
            added=tally.count("added"),
            changed=tally.count("changed"),
            unchanged=tally.count("unchanged") + tally.unchanged,
            removed=removed + tally.withdrawn,
            passages=sum(each.passages for each in tally.imports),
            moved=sum(each.moved for each in tally.imports),
            skipped=tuple((error.name, translate(locale, error.problem, **error.values)) for error in tally.problems),
            notes=(
                *((name, translate(locale, note.reason, count=note.count, where=note.where)) for name, note in tally.notes),
                *await self._same_titles(tally.written, locale),
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
        Remove the sources that *name* stands for: the path of a file or of a folder, or else a name as people see it.

        Returns:
            How many were removed; their passages leave the index with them.

        Raises:
            Ambiguous: Several sources are shown by that name, and none is at such a path; nothing was removed.
        """
        if not name:  # which would be the path of the current folder
            return 0
        location = await asyncio.to_thread(location_of, Path(name))
        at_path = or_(sources.c.location.in_((name, location)), _inside(location), _inside(location, sources.c.link))
        if removed := await self._remove(at_path):
            return removed
        async with self._database.connect() as connection:
            rows = await connection.execute(select(sources.c.location).where(sources.c.shown == name).order_by(sources.c.location))
            bearers = rows.scalars().all()
        if len(bearers) > 1:
            raise Ambiguous(name, bearers)
        return await self._remove(sources.c.location.in_(bearers)) if bearers else 0

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

    async def _wish(self, audience: Audience | None, scope: str | None, max_bytes: int) -> Wish:
        async with self._database.connect() as connection:
            rows = (await connection.execute(select(*OF_KNOWN).order_by(sources.c.source_id))).all()
        places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for row in rows:
            places[row.shown, row.sha256].append(row.location)
        watched = await asyncio.to_thread(lambda: tuple(map(location_of, self._watched)))
        return Wish(audience, scope, max_bytes, {row.location: row for row in rows}, places, watched)

    async def _note_links(self, located: Sequence[Located]) -> None:
        if located:
            async with self._database.begin() as connection:
                for file in located:
                    await connection.execute(update(sources).where(sources.c.location == file.location).values(link=kept_link(file)))

    def _waiting(self, located: Sequence[Located], wish: Wish, tally: _Tally) -> Sequence[Located]:
        """Return the files that have to be read; the others look as they did when they were read, or could not be."""
        waiting: list[Located] = []
        for file in located:
            signature = signature_of(file.path)
            sha256 = self._seen.sha256(file.location, signature)
            if left := wish.may_not_move(file, wish.known.get(file.location)):
                tally.problems.append(left)
            elif error := self._seen.problem(file.location, signature, max_bytes=wish.max_bytes):
                tally.problems.append(error)
                tally.notes += ((file.shown, note) for note in error.notes)
            elif sha256 is not None and wish.holds(file.location, sha256):
                tally.unchanged += 1
            else:
                waiting.append(file)
        return waiting

    async def _try_file(self, file: Located, reading: Awaitable[Read], wish: Wish, tally: _Tally) -> None:
        try:
            done = await self._add_file(await reading, wish)
        except Unreadable as error:
            tally.problems.append(error)
            tally.notes += ((file.shown, note) for note in error.notes)
            tally.withdrawn += await self._remove(sources.c.location == file.location) if is_withdrawn(error) else 0
            return
        tally.imports.append(done)
        tally.notes += ((file.shown, note) for note in done.notes)
        tally.written += [] if done.outcome == "unchanged" else [file]

    async def _add_file(self, read: Read, wish: Wish) -> _Import:
        file, signature = read
        done = _Import("unchanged")
        if file.document is not None:
            former = await asyncio.to_thread(moved_from, file, wish)
            done = await self._write_file(file, file.document, wish, former=former)
        # Once it is in the ledger: what a crash leaves unwritten is read again.
        self._seen.note(file.located.location, signature, file.sha256)
        return done

    async def _write_file(self, file: File, document: Document, wish: Wish, *, former: str | None) -> _Import:
        for attempt in range(_ATTEMPTS):
            try:
                write = partial(self._write, file=file, document=document, wish=wish, former=former)
                if len(document.excerpts) <= _SHORT:
                    return await self._database.write(write)
                async with self._database.begin() as connection:
                    return await connection.run_sync(write)
            except IntegrityError:  # another process added this file, or the first revision, between our look and our insert
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _write(self, connection: Connection, *, file: File, document: Document, wish: Wish, former: str | None) -> _Import:
        # First, because it makes processes that import at the same time wait for each other.
        raise_revision(connection, "passages")
        at, location = self._now(), file.located.location
        known = known_at(connection, location)
        if wish.is_same(known, file.sha256) or wish.may_not_move(file.located, known):
            return _Import("unchanged")
        link = known.link if known else kept_link(file.located)
        if known is None and former:
            known = known_at(connection, former)
        reach = wish.reach(known)
        values = {
            "location": location,
            "shown": file.located.shown,
            "title": document.title,
            "format": document.format,
            "audience": reach.audience,
            "scope": reach.scope,
            "sha256": file.sha256,
            "size_bytes": file.size_bytes,
            "passages": len(document.excerpts),
            "imported_at": at,
            "link": link,
        }
        write_source(connection, known.source_id if known else new_id(at), values, document.excerpts, at=at)
        return _Import("changed" if known else "added", len(document.excerpts), document.notes, moved=wish.moves(known))

    async def _remove_vanished(
        self, folders: Sequence[Path], wish: Wish, located: Sequence[Located], *, found: int, leaving: Leaving
    ) -> int:
        vanished = await asyncio.to_thread(vanished_in, folders, wish, {file.location for file in located}, found)
        if not vanished.gone:
            return 0
        left = list(leaving(vanished))
        for location in left:
            self._seen.forget(location)
        return sum([await self._remove(sources.c.location == location) for location in left])

    async def _remove(self, which: ColumnElement[bool]) -> int:
        async with self._database.begin() as connection:
            source_ids = (await connection.execute(select(sources.c.source_id).where(which))).scalars().all()
            if source_ids:
                await connection.run_sync(raise_revision, "passages")
            for source_id in source_ids:
                await connection.run_sync(drop_source, source_id, at=self._now())
        return len(source_ids)


def _inside(folder: str, column: ColumnElement[str] = sources.c.location) -> ColumnElement[bool]:
    return column.startswith(folder.rstrip("/") + "/", autoescape=True)
