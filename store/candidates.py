"""A passage, or an approved answer as one, that may be given for a question: its words, whom it is for, how the ledger has it."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    false,
    or_,
    select,
)

from bot.messages import Approved, Passage, Reach, Viewer
from bot.sources import approved_passage
from store.database import Database
from store.records import meanings_of
from store.schema import approved, passages, sources

Kind = Literal["passages", "verified"]
KINDS: tuple[Kind, ...] = ("passages", "verified")
_BELOW = " > "


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
        return self.passage.heading.removesuffix(self.question).removesuffix(_BELOW)


# `passage_of` has the columns in this order.
PASSAGES: Select[Any] = select(*passages.c, sources.c.shown, sources.c.title).join_from(passages, sources).order_by(passages.c.passage_id)
APPROVED: Select[Any] = select(approved).where(approved.c.revoked_at.is_(None)).order_by(approved.c.approved_id)


def in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that an approved answer has not run out by *now*."""
    return or_(approved.c.expires_at.is_(None), approved.c.expires_at > now)


async def read_candidates(database: Database, viewer: Viewer) -> list[Candidate]:
    """Return all that *viewer* sees now, from one moment: passages, then approved answers, each by id."""
    visible = visible_to(viewer)
    async with database.connect() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's readers see one snapshot anyway
            await connection.execution_options(isolation_level="REPEATABLE READ")
        found = (await connection.execute(PASSAGES.where(of_reaches(passages, visible)))).all()
        answers = (await connection.execute(APPROVED.where(of_reaches(approved, visible), in_force(datetime.now(UTC))))).all()
    return await asyncio.to_thread(lambda: [*map(passage_of, found), *map(approved_of, answers)])


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


def passage_of(found: Sequence[Any]) -> Candidate:
    """Return a row of `PASSAGES`."""
    passage_id, _, _, heading, text, question, row, page, anchor, dated, language, audience, scope, shown, title = found
    passage = Passage(
        passage_id=passage_id,
        source=shown,
        title=title,
        heading=_BELOW.join(filter(None, (heading, question))),  # prompt and quotation show which question an FAQ entry answers
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


def approved_of(row: Row[*tuple[Any, ...]]) -> Candidate:
    """Return a row of `APPROVED`."""
    answer = Approved(**{name: getattr(row, name) for name in Approved.__dataclass_fields__})
    return Candidate("verified", approved_passage(answer, row.language), answer.question)
