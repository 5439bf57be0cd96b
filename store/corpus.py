"""What can be found, for each audience: the company's passages, and experts' approved answers beside them."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Row, Select, Table, and_, false, or_, select

from bot.messages import Passage, Reach, Viewer
from bot.texts import N_, translate
from store.changes import revisions_of
from store.database import Database
from store.lexical import LexicalIndex, LexicalOverlay, words_of
from store.records import meaning_of
from store.schema import approved, passages, sources

Kind = Literal["passages", "verified"]
KINDS: tuple[Kind, ...] = ("passages", "verified")


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
    def embedded(self) -> str:
        """The text whose meaning it stands for, as the index has it."""
        return meaning_of(self.passage.text, question=self.question, title=self.passage.title, heading=self._heading)

    @property
    def _heading(self) -> str:
        return "" if self.passage.heading == self.question else self.passage.heading


@dataclass(frozen=True, slots=True)
class Words:
    """
    What one viewer sees, by its words.

    `held` says of which reaches there is anything, of each kind.
    `asked` gives the passages (FAQ entries) of a question's words, `answered` the approved answers.
    """

    index: LexicalIndex
    approved: LexicalOverlay
    asked: Mapping[tuple[str, ...], Sequence[str]]
    answered: Mapping[tuple[str, ...], Sequence[str]]
    held: frozenset[tuple[Kind, Reach]] = frozenset()

    def kind_of(self, entry_id: str) -> Kind:
        """Return what *entry_id* is."""
        return "verified" if entry_id in self.approved.ids else "passages"

    def search(self, query: str, *, limit: int) -> dict[str, float]:
        """Return the best ids of each kind, at most *limit*, with their score."""
        best = sorted(self.approved.scores(query).items(), key=lambda each: -each[1])[:limit]
        return self.index.search(query, limit=limit) | dict(best)

    def scores(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """Return the scores of *ids* alone; 0 for unknown ones."""
        of_approved = self.approved.scores(query)
        return self.index.scores(query, ids) | {entry_id: of_approved[entry_id] for entry_id in ids if entry_id in of_approved}

    def rarity(self, term: str) -> float:
        """Return how rare *term* is in all of it, from 0 to 1 for one that stands nowhere."""
        return self.approved.rarity(term)

    def exactly(self, query: str) -> tuple[str, ...]:
        """Return what answers just these words."""
        key = tuple(words_of(query))
        return (*self.asked.get(key, ()), *self.answered.get(key, ()))

    def superseded(self, candidate: Candidate) -> bool:
        """Tell whether an expert has answered the very question of this FAQ entry since."""
        return candidate.kind == "passages" and bool(candidate.question) and tuple(words_of(candidate.question)) in self.answered


class Corpus(Protocol):
    """Where candidates come from."""

    async def words(self, viewer: Viewer) -> Words:
        """Return what *viewer* sees."""

    async def load(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate]:
        """Return the candidates of *ids* that *viewer* may see, by id within their kind."""


class LedgerCorpus(Corpus):
    """The ledger as it is at every question: whatever is imported, removed, approved or revoked counts at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[frozenset[Reach], tuple[Mapping[str, int], Words]] = {}
        self._held: tuple[Mapping[str, int], frozenset[tuple[Kind, Reach]]] = ({}, frozenset())
        self._building = asyncio.Lock()

    async def words(self, viewer: Viewer) -> Words:
        """See the port; built again where the ledger has changed, the approved answers apart from the many passages."""
        async with self._database.connect() as connection:
            revisions = await revisions_of(connection, KINDS)
        async with self._building:
            if self._held[0] != revisions:
                self._held = revisions, await self._read_held()
            # Viewers who see the same share it, whatever scopes they have besides.
            held = frozenset((kind, reach) for kind, reach in self._held[1] if reach in visible_to(viewer))
            reaches = frozenset(reach for _, reach in held)
            known = self._known.get(reaches)
            if known is None or known[0] != revisions:
                known = self._known[reaches] = await self._build(reaches, known)
        return replace(known[1], held=held)

    async def _read_held(self) -> frozenset[tuple[Kind, Reach]]:
        async with self._database.connect() as connection:
            of_sources = await connection.execute(select(sources.c.audience, sources.c.scope).distinct())
            found: list[tuple[Kind, Reach]] = [("passages", Reach(*row)) for row in of_sources]
            live = select(approved.c.audience, approved.c.scope).where(approved.c.revoked_at.is_(None)).distinct()
            return frozenset([*found, *(("verified", Reach(*row)) for row in await connection.execute(live))])

    async def _build(self, reaches: Collection[Reach], known: tuple[Mapping[str, int], Words] | None) -> tuple[Mapping[str, int], Words]:
        async with self._database.connect() as connection:
            revisions = await revisions_of(connection, KINDS)
            stands = known is not None and known[0]["passages"] == revisions["passages"]
            found = [] if stands else (await connection.execute(_PASSAGES.where(of_reaches(passages, reaches)))).all()
            answers = (await connection.execute(_APPROVED.where(of_reaches(approved, reaches)))).all()
        before = known[1] if known is not None and stands else await asyncio.to_thread(lambda: words_in([*map(_passage, found)]))
        return revisions, await asyncio.to_thread(lambda: with_approved(before, [*map(_approved, answers)]))

    async def load(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate]:
        """See the port; the ledger decides once more who may see them."""
        visible = visible_to(viewer)
        of_passages = _PASSAGES.where(passages.c.passage_id.in_(ids), of_reaches(passages, visible))
        of_approved = _APPROVED.where(approved.c.approved_id.in_(ids), of_reaches(approved, visible))
        async with self._database.connect() as connection:
            found = [_passage(row) for row in await connection.execute(of_passages)]
            others = await connection.execute(of_approved) if len(found) < len(ids) else ()
            return [*found, *map(_approved, others)]


_PASSAGES: Select[Any] = select(*passages.c, sources.c.shown, sources.c.title).join_from(passages, sources).order_by(passages.c.passage_id)
_APPROVED: Select[Any] = select(approved).where(approved.c.revoked_at.is_(None)).order_by(approved.c.approved_id)


async def read_candidates(database: Database, viewer: Viewer) -> list[Candidate]:
    """Return all that *viewer* sees now, from one moment: passages, then approved answers, each by id."""
    visible = visible_to(viewer)
    async with database.connect() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's readers see one snapshot anyway
            await connection.execution_options(isolation_level="REPEATABLE READ")
        found = (await connection.execute(_PASSAGES.where(of_reaches(passages, visible)))).all()
        answers = (await connection.execute(_APPROVED.where(of_reaches(approved, visible)))).all()
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


def words_in(candidates: Sequence[Candidate]) -> Words:
    """Index passages; call it off the event loop."""
    index = LexicalIndex([each.passage.passage_id for each in candidates], [each.searched for each in candidates])
    return Words(index, LexicalOverlay(index, (), ()), _by_question(candidates), {})


def with_approved(words: Words, answers: Sequence[Candidate]) -> Words:
    """Return *words* with these approved answers in place of others."""
    overlay = LexicalOverlay(words.index, [each.passage.passage_id for each in answers], [each.searched for each in answers])
    return Words(words.index, overlay, words.asked, _by_question(answers))


def _by_question(candidates: Iterable[Candidate]) -> dict[tuple[str, ...], list[str]]:
    asked: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for each in candidates:
        if each.question:
            asked[tuple(words_of(each.question))].append(each.passage.passage_id)
    return dict(asked)


def _passage(row: Row[*tuple[Any, ...]]) -> Candidate:
    passage = Passage(
        passage_id=row.passage_id,
        source=row.shown,
        title=row.title,
        heading=row.heading or row.question,  # so that prompt and quotation show which question an FAQ entry answers
        text=row.text,
        audience=row.audience,
        language=row.language,
        row=row.row,
        page=row.page,
        scope=row.scope,
        anchor=row.anchor,
        dated=row.dated,
    )
    return Candidate("passages", passage, row.question)


def _approved(row: Row[*tuple[Any, ...]]) -> Candidate:
    named = translate(row.language, N_("Approved answer"))
    passage = Passage(row.approved_id, named, named, row.question, row.answer, row.audience, row.language, scope=row.scope)
    return Candidate("verified", passage, row.question)
