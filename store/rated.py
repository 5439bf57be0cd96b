"""Rated exchanges as the export reads them, a page at a time, with what people and experts said of them."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reach
from store.rights import Opinion, Words, is_to_other_words
from store.schema import approved, exchanges, passages, people, system_texts, votes

# Exchanges read at a time; with their histories they are what the export holds in memory.
_PAGE = 200
_LOOK_UP = 500  # ids in one query

Found = Row[*tuple[Any, ...]]

FACTS = (
    *(exchanges.c.exchange_id, exchanges.c.platform, exchanges.c.surface, exchanges.c.rights_policy, exchanges.c.revised_at),
    *(exchanges.c.scope, exchanges.c.private, exchanges.c.person, exchanges.c.question, people.c.consent),
)
TEXTS = (
    *(exchanges.c.prompt, exchanges.c.answer, exchanges.c.system_text_id, exchanges.c.history),
    *(exchanges.c.audience, exchanges.c.kind, exchanges.c.asked_at, exchanges.c.language, exchanges.c.model, exchanges.c.adapter),
)
WHOLE = (*FACTS, *TEXTS, exchanges.c.passages)
WITH_CONSENT = exchanges.outerjoin(people, people.c.person == exchanges.c.person)
# Erased ones have no time of answering. Not by status: SQLite would follow that index to nearly every exchange and sort them, for each
# page anew.
# A courtesy teaches nothing, whatever people thought of it.
ANSWERED = and_(exchanges.c.answered_at.is_not(None), exchanges.c.kind != "courtesy")


class SystemTexts:
    """The system texts by id: a handful in a ledger, kept while they stay one."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._texts: dict[str, str] = {}

    async def of(self, system_text_id: str) -> str:
        """Return one of them."""
        if system_text_id not in self._texts:
            if len(self._texts) >= 64:
                self._texts.clear()
            wanted = select(system_texts.c.text).where(system_texts.c.system_text_id == system_text_id)
            self._texts[system_text_id] = (await self._connection.execute(wanted)).scalar_one()
        return self._texts[system_text_id]


@dataclass(frozen=True, slots=True)
class Correction:
    """The expert's answer in force, and whom it is for."""

    answer: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of an answer: in sum, each (person, up) vote by person, and the correction where there is one."""

    opinion: Opinion
    votes: tuple[tuple[str, bool], ...]
    correction: Correction | None


async def pages_of(connection: AsyncConnection, columns: Sequence[ColumnElement[Any]]) -> AsyncGenerator[Sequence[Found]]:
    """Yield the answered exchanges by id, a page at a time."""
    wanted = select(*columns).select_from(WITH_CONSENT).where(ANSWERED).order_by(exchanges.c.exchange_id).limit(_PAGE)
    last = ""
    while page := (await connection.execute(wanted.where(exchanges.c.exchange_id > last))).all():
        last = page[-1].exchange_id
        yield page


async def said_of(connection: AsyncConnection, page: Sequence[Found]) -> dict[str, Said]:
    """Return what people said of the exchanges of *page*, by id."""
    first, last = page[0].exchange_id, page[-1].exchange_id
    columns = (votes.c.exchange_id, votes.c.person, votes.c.value)
    wanted = select(*columns).where(votes.c.exchange_id.between(first, last)).order_by(votes.c.exchange_id, votes.c.person)
    voted: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in await connection.execute(wanted):
        voted[row.exchange_id].append((row.person, row.value == "up"))
    answers = (approved.c.exchange_id, approved.c.answer, approved.c.approved_at, approved.c.audience, approved.c.scope)
    in_force = select(*answers).where(approved.c.revoked_at.is_(None), approved.c.exchange_id.between(first, last))
    corrected = {row.exchange_id: row for row in await connection.execute(in_force)}
    return {row.exchange_id: _said(row, voted.get(row.exchange_id, []), corrected.get(row.exchange_id)) for row in page}


async def questions_of(connection: AsyncConnection, ids: Sequence[str]) -> list[str]:
    """Return the questions of exchanges."""
    found: list[str] = []
    for at in range(0, len(ids), _LOOK_UP):
        wanted = select(exchanges.c.question).where(exchanges.c.exchange_id.in_(ids[at : at + _LOOK_UP]))
        found += (await connection.execute(wanted)).scalars()
    return found


def _said(row: Found, voted: Sequence[tuple[str, bool]], corrected: Found | None) -> Said:
    up = sum(each for _, each in voted)
    revised = is_to_other_words(row.revised_at, corrected.approved_at if corrected else None)
    opinion = Opinion(up, len(voted) - up, corrected=corrected is not None, revised=revised)
    correction = Correction(corrected.answer, Reach(corrected.audience, corrected.scope)) if corrected else None
    return Said(opinion, tuple(voted), correction)


async def load(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Found]:
    """Return those of the exchanges that are answered, whole, by id."""
    found: dict[str, Found] = {}
    wanted = select(*WHOLE).select_from(WITH_CONSENT).where(ANSWERED)
    for at in range(0, len(ids), _LOOK_UP):
        rows = await connection.execute(wanted.where(exchanges.c.exchange_id.in_(ids[at : at + _LOOK_UP])))
        found.update((row.exchange_id, row) for row in rows)
    return found


async def reaches_of(connection: AsyncConnection, seen: Iterable[Found]) -> dict[str, Reach]:
    """Return whom the passages that these exchanges saw are for today, by passage id, as far as they are still there."""
    ids = sorted({passage["passage_id"] for row in seen for passage in row.passages})
    wanted = select(passages.c.passage_id, passages.c.audience, passages.c.scope)
    found: dict[str, Reach] = {}
    for at in range(0, len(ids), _LOOK_UP):
        rows = await connection.execute(wanted.where(passages.c.passage_id.in_(ids[at : at + _LOOK_UP])))
        found.update((row.passage_id, Reach(row.audience, row.scope)) for row in rows)
    return found


def words_of(row: Found) -> Words:
    """Return the question's words as `store.rights` judges them."""
    return Words(row.platform, row.surface, row.rights_policy, row.consent or "unasked", row.scope, row.private)
