"""What the ledger says should be in the index: every passage, every approved answer in force, every rated exchange."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.index_ports import IndexKind
from bot.messages import Audience, Reach
from store.records import Record, approved_record, conversation_record, passage_record
from store.rights import is_to_other_words
from store.schema import approved, exchanges, passages, people, sources, system_texts, votes

_LOOK_UP = 500  # ids in one query

KINDS: tuple[IndexKind, ...] = get_args(IndexKind)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


def refs_of(kind: IndexKind) -> Select[Any]:
    """Return the query for (ref, audience, scope) of everything of *kind* that belongs into the index, by ref."""
    match kind:
        case "passages":
            found = select(passages.c.passage_id.label("ref"), passages.c.audience, passages.c.scope)
        case "verified":
            live = approved.c.revoked_at.is_(None)
            found = select(approved.c.approved_id.label("ref"), approved.c.audience, approved.c.scope).where(live)
        case "conversations":
            rated = select(votes.c.exchange_id).where(votes.c.exchange_id == exchanges.c.exchange_id).exists()
            columns = exchanges.c.exchange_id.label("ref"), exchanges.c.audience, exchanges.c.scope
            found = select(*columns).where(rated, exchanges.c.status == "answered")
    return found.order_by("ref")


async def load_records(connection: AsyncConnection, kind: IndexKind, refs: Sequence[str]) -> list[Record]:
    """Return the records of those *refs* that belong into the index; a few thousand at a time."""
    match kind:
        case "passages":
            columns = (*passages.c, sources.c.shown, sources.c.title)
            found = select(*columns).join_from(passages, sources).where(passages.c.passage_id.in_(refs))
            return [passage_record(row) for row in await connection.execute(found)]
        case "verified":
            in_force = select(approved).where(approved.c.approved_id.in_(refs), approved.c.revoked_at.is_(None))
            return [approved_record(row) for row in await connection.execute(in_force)]
        case "conversations":
            return await _load_conversations(connection, refs)


async def _load_conversations(connection: AsyncConnection, refs: Sequence[str]) -> list[Record]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    counted = select(votes.c.exchange_id, votes.c.value, func.count().label("votes")).group_by(votes.c.exchange_id, votes.c.value)
    for vote in await connection.execute(counted.where(votes.c.exchange_id.in_(refs))):
        counts[vote.exchange_id][vote.value] = vote.votes
    in_force = select(approved.c.exchange_id, approved.c.answer, approved.c.approved_at).where(approved.c.revoked_at.is_(None))
    corrected = {row.exchange_id: row for row in await connection.execute(in_force.where(approved.c.exchange_id.in_(refs)))}
    records = []
    rows = (await connection.execute(_answered(exchanges.c.exchange_id.in_(tuple(counts))))).all()
    limited = await _limited(connection, sorted({exchange_id for row in rows for exchange_id, _ in row.history}))
    for row in rows:
        votes_of, correction = counts[row.exchange_id], corrected.get(row.exchange_id)
        records.append(
            conversation_record(
                row,
                up=votes_of.get("up", 0),
                down=votes_of.get("down", 0),
                correction=correction.answer if correction else "",
                outdated=is_to_other_words(row.revised_at, correction.approved_at if correction else None),
                limited=any(exchange_id in limited for exchange_id, _ in row.history),
            )
        )
    return records


async def _limited(connection: AsyncConnection, exchange_ids: Sequence[str]) -> set[str]:
    """Return those of the exchanges that are for some of their audience alone."""
    found: set[str] = set()
    for start in range(0, len(exchange_ids), _LOOK_UP):
        asked = exchanges.c.exchange_id.in_(exchange_ids[start : start + _LOOK_UP])
        for_some = select(exchanges.c.exchange_id).where(asked, (exchanges.c.scope != "") | exchanges.c.private)
        found.update((await connection.execute(for_some)).scalars())
    return found


async def homes_of(connection: AsyncConnection, kind: IndexKind, refs: Sequence[str]) -> frozenset[Reach] | None:
    """Return the only reaches whose collections can hold *refs*; None where any may: what they name can move, or is gone."""
    if kind != "conversations":
        return None
    wanted = select(exchanges.c.audience, exchanges.c.scope).where(exchanges.c.exchange_id.in_(refs))
    found = (await connection.execute(wanted)).all()
    return frozenset(Reach(*row) for row in found) if len(found) == len({*refs}) else None


def _answered(wanted: ColumnElement[bool]) -> Select[Any]:
    joined = exchanges.outerjoin(people, people.c.person == exchanges.c.person).outerjoin(system_texts)
    return (
        select(*exchanges.c, people.c.consent, system_texts.c.text.label("system_text"))
        .select_from(joined)
        .where(wanted, exchanges.c.status == "answered")
    )
