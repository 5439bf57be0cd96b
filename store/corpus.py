"""What can be found, for each audience: the company's passages, and experts' approved answers beside them."""

import asyncio
import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
)

from bot.messages import Passage, Reach, Viewer
from bot.texts import N_, translate
from store.changes import read_revisions
from store.codes import Codes
from store.database import Database
from store.lexical import terms_of, words_of
from store.prepared import Prepared
from store.records import meanings_of
from store.schema import approved, passages, sources
from store.word_index import WordIndex
from store.word_search import Matches, rarity, search

T = TypeVar("T")

Kind = Literal["passages", "verified"]
KINDS: tuple[Kind, ...] = ("passages", "verified")
_BATCH = 500  # sources, or passages, read at a time
_read_revisions = partial(read_revisions, kinds=KINDS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, or an approved answer as one, not yet scored; `question` is what it answers, empty where it is a document's."""

    kind: Kind
    passage: Passage
    question: str

    @property
    def reach(self) -> Reach:
        """Whom it is for."""
        return Reach(self.passage.audience, self.passage.scope)

    @property
    def searched(self) -> str:
        """The words it is found by."""
        title = self.passage.title if self.kind == "passages" else ""
        return f"{self.question} {self._heading} {title} {self.passage.text}"

    @property
    def embedded(self) -> tuple[str, ...]:
        """The texts whose meanings together it stands for, as the index has it."""
        return meanings_of(self.passage.text, question=self.question, title=self.passage.title, heading=self._heading)

    @property
    def _heading(self) -> str:
        return "" if self.passage.heading == self.question else self.passage.heading


class Shelf:
    """The words of the passages, or of the approved answers, of one reach."""

    def __init__(self) -> None:
        self.index = WordIndex()
        self._asked: dict[int, list[str]] = {}  # the ids of what answers a question, by the hash of its words
        self._questions: dict[str, int] = {}  # that hash, by id
        self._languages: dict[str, str] = {}  # by id; 5 MB for 100,000
        self._codes: dict[str, str] = {}  # by id, where there are any: `Codes.line`; 15 MB for 100,000 that all have some

    def put(self, candidates: Sequence[Candidate]) -> None:
        """Add *candidates*, or replace what there was under their ids."""
        self.index.put((each.passage.passage_id, terms_of(each.searched)) for each in candidates)
        for each in candidates:
            self._forget_question(each.passage.passage_id)
            self._languages[each.passage.passage_id] = sys.intern(each.passage.language)
            if codes := Codes.of(each.searched):
                self._codes[each.passage.passage_id] = codes.line
            else:
                self._codes.pop(each.passage.passage_id, None)
            if each.question:
                key = self._questions[each.passage.passage_id] = _hash(each.question)
                self._asked[key] = [*self._asked.get(key, ()), each.passage.passage_id]

    def remove(self, ids: Sequence[str]) -> None:
        """Take *ids* away; those of other shelves are passed over."""
        self.index.remove(ids)
        for entry_id in ids:
            self._forget_question(entry_id)
            self._languages.pop(entry_id, None)
            self._codes.pop(entry_id, None)

    def languages(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the languages (ISO 639-1, empty where not known) of those of *ids* that are here."""
        # In one look-up each: another thread may take it away meanwhile.
        return {entry_id: language for entry_id in ids if (language := self._languages.get(entry_id)) is not None}

    def codes(self, ids: Iterable[str]) -> dict[str, Codes]:
        """Return the codes of those of *ids* that are here and have any."""
        return {entry_id: Codes.of_line(line) for entry_id in ids if (line := self._codes.get(entry_id)) is not None}

    def asking(self, question: str) -> Sequence[str]:
        """Return what answers just these words, which one hash stands for: look at what is loaded."""
        return self._asked.get(_hash(question), ())

    def _forget_question(self, entry_id: str) -> None:
        key = self._questions.pop(entry_id, None)
        if key is not None:
            self._asked[key] = [each for each in self._asked[key] if each != entry_id]
            if not self._asked[key]:
                del self._asked[key]


class Shelves:
    """Everything by its words, each reach for itself: viewers share what they see in common."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[Kind, Reach], Shelf] = {}
        self._changing = threading.Lock()

    def put(self, candidates: Iterable[Candidate]) -> None:
        """Add *candidates*, each to its shelf; call it off the event loop."""
        sorted_out: defaultdict[tuple[Kind, Reach], list[Candidate]] = defaultdict(list)
        for each in candidates:
            sorted_out[each.kind, each.reach].append(each)
        with self._changing:
            for place, some in sorted_out.items():
                if place not in self._shelves:
                    self._shelves = dict(sorted([*self._shelves.items(), (place, Shelf())], key=_place))  # others may be going through it
                self._shelves[place].put(some)

    def remove(self, kind: Kind, ids: Sequence[str]) -> None:
        """Take *ids* away, wherever they are; call it off the event loop."""
        with self._changing:
            for (each, _), shelf in self._shelves.items():
                if each == kind:
                    shelf.remove(ids)

    def seen_by(self, viewer: Viewer) -> "Words":
        """Return what *viewer* sees."""
        visible = visible_to(viewer)
        return Words({place: shelf for place, shelf in self._shelves.items() if place[1] in visible and len(shelf.index)})


@dataclass(frozen=True, slots=True)
class Words:
    """What one viewer sees, by its words: the shelves on which there is anything."""

    shelves: Mapping[tuple[Kind, Reach], Shelf]

    def search(self, query: str) -> Matches:
        """Score everything for the words of *query*; call it off the event loop."""
        return search([shelf.index for shelf in self.shelves.values()], query)

    def rarity(self, term: str) -> float:
        """Return how rare *term* is in all of it, from 0 to 1 for one that stands nowhere."""
        return rarity([shelf.index for shelf in self.shelves.values()], term)

    def on(self, kind: Kind, reach: Reach, ids: Iterable[str]) -> list[str]:
        """Return those of *ids* that are on that shelf."""
        return [entry_id for entry_id in ids if entry_id in self.shelves[kind, reach].index]

    def languages(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the languages (ISO 639-1, empty where not known) of those of *ids* that are seen."""
        return {entry_id: language for shelf in self.shelves.values() for entry_id, language in shelf.languages(ids).items()}

    def codes(self, ids: Sequence[str]) -> dict[str, Codes]:
        """Return the codes of those of *ids* that are seen and have any."""
        return {entry_id: codes for shelf in self.shelves.values() for entry_id, codes in shelf.codes(ids).items()}

    def holding(self, ids: Sequence[str], terms: AbstractSet[str]) -> list[str]:
        """Return those of *ids* whose words hold one of *terms*."""
        holding = {entry_id for shelf in self.shelves.values() for entry_id in shelf.index.holding(ids, terms)}
        return [entry_id for entry_id in ids if entry_id in holding]

    def exactly(self, query: str) -> tuple[str, ...]:
        """Return what answers just these words."""
        return tuple(entry_id for shelf in self.shelves.values() for entry_id in shelf.asking(query))

    def superseded(self, candidate: Candidate) -> bool:
        """Tell whether an expert has answered the very question of this FAQ entry since."""
        if candidate.kind == "verified" or not candidate.question:
            return False
        return any(kind == "verified" and shelf.asking(candidate.question) for (kind, _), shelf in self.shelves.items())


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
            found = [*map(_passage, _THESE_PASSAGES.rows(connection, {"ids": json.dumps(ids)}))]
            if len(found) < len(ids):
                found += map(_approved, connection.execute(_THESE_APPROVED, {"ids": ids, "now": now}))
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
        of_refs = (
            _PASSAGES.where(sources.c.source_id.in_(refs)) if kind == "passages" else _APPROVED.where(approved.c.approved_id.in_(refs))
        )
        async with self._database.connect() as connection:
            found = await connection.stream(of_refs.execution_options(yield_per=_BATCH))
            async for some in found.partitions():
                ids: defaultdict[str, list[str]] = defaultdict(list)
                for row in some:
                    ids[row.source_id if kind == "passages" else row.approved_id].append(row[0])
                known.update((ref, _Known(None, (*known[ref].ids, *more))) for ref, more in ids.items())
                await asyncio.to_thread(self._shelve, kind, some)

    def _shelve(self, kind: Kind, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
        self._shelves.put(map(_passage if kind == "passages" else _approved, rows))


def in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that an approved answer has not run out by *now*."""
    return or_(approved.c.expires_at.is_(None), approved.c.expires_at > now)


# `_passage` has the columns in this order.
_PASSAGES: Select[Any] = select(*passages.c, sources.c.shown, sources.c.title).join_from(passages, sources).order_by(passages.c.passage_id)
_APPROVED: Select[Any] = select(approved).where(approved.c.revoked_at.is_(None)).order_by(approved.c.approved_id)


def _these_passages(dialect: str) -> Select[Any]:
    """Return the statement for the passages of `ids`, a JSON array: the same for however many."""
    given = bindparam("ids", type_=String)
    each = func.json_each(given) if dialect == "sqlite" else func.json_array_elements_text(cast(given, JSON))
    return _PASSAGES.where(passages.c.passage_id.in_(select(each.table_valued("value").c.value)))


_THESE_PASSAGES = Prepared(_these_passages)
# Built once: SQLAlchemy takes longer over a statement than SQLite over its rows.
_THESE_APPROVED: Select[Any] = _APPROVED.where(approved.c.approved_id.in_(bindparam("ids", expanding=True)), in_force(bindparam("now")))
# What shows that a source's passages, or an approved answer, are others than before.
_SOURCE_ROWS: Select[Any] = select(
    *(sources.c[name] for name in ("source_id", "imported_at", "sha256", "audience", "scope", "title", "passages"))
)
_APPROVED_ROWS: Select[Any] = select(
    *(approved.c.approved_id, approved.c.approved_at, approved.c.audience, approved.c.scope, approved.c.expires_at)
).where(approved.c.revoked_at.is_(None))


async def read_candidates(database: Database, viewer: Viewer) -> list[Candidate]:
    """Return all that *viewer* sees now, from one moment: passages, then approved answers, each by id."""
    visible = visible_to(viewer)
    async with database.connect() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's readers see one snapshot anyway
            await connection.execution_options(isolation_level="REPEATABLE READ")
        found = (await connection.execute(_PASSAGES.where(of_reaches(passages, visible)))).all()
        answers = (await connection.execute(_APPROVED.where(of_reaches(approved, visible), in_force(datetime.now(UTC))))).all()
    return await asyncio.to_thread(lambda: [*map(_passage, found), *map(_approved, answers)])


def source_of(passage: Passage) -> str:
    """Return the id of the source that *passage* is from."""
    return passage.passage_id.rpartition("-")[0]


def visible_to(viewer: Viewer) -> tuple[Reach, ...]:
    """Return whose material *viewer* sees: their audience's and that for all, limited to none or to one of their scopes."""
    audiences = dict.fromkeys((viewer.audience, "all"))
    return tuple(Reach(audience, scope) for audience in audiences for scope in ("", *viewer.scopes))


def of_reaches(table: Table, reaches: Collection[Reach]) -> ColumnElement[bool]:
    """Return the condition that a row of *table* is for one of *reaches*."""
    return or_(false(), *(and_(table.c.audience == reach.audience, table.c.scope == reach.scope) for reach in sorted(reaches)))


def _hash(question: str) -> int:
    return hash(tuple(words_of(question)))


def _place(shelf: tuple[tuple[Kind, Reach], Shelf]) -> tuple[Kind, Reach]:
    return shelf[0]


def _passage(found: Sequence[Any]) -> Candidate:
    passage_id, _, _, heading, text, question, row, page, anchor, dated, language, audience, scope, shown, title = found
    passage = Passage(
        passage_id=passage_id,
        source=shown,
        title=title,
        heading=heading or question,  # so that prompt and quotation show which question an FAQ entry answers
        text=text,
        audience=audience,
        language=language,
        row=row,
        page=page,
        scope=scope,
        anchor=anchor,
        dated=dated,
    )
    return Candidate("passages", passage, question)


def _approved(row: Row[*tuple[Any, ...]]) -> Candidate:
    named = translate(row.language, N_("Approved answer"))
    source = f"{named}: {row.question}"  # beneath an answer to another question people see which one this was written for
    passage = Passage(row.approved_id, source, named, row.question, row.answer, row.audience, row.language, scope=row.scope)
    return Candidate("verified", passage, row.question)
