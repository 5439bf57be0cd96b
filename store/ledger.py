"""The system of record: who asked what, what was answered, and what people thought of it. Every method commits before it returns."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, delete, exists, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import UnknownExchange
from bot.identifiers import new_id
from bot.messages import Exchange, Platform, Question, RatingValue, RatingVia, Rights
from bot.ports import Ledger
from store.changes import note_change, raise_revision
from store.database import clean_text
from store.ledger_reading import LedgerReader
from store.schema import approved, claims, corrections, exchanges, outbox, people, posts, system_texts, votes

logger = logging.getLogger(__name__)


class SqlLedger(LedgerReader, Ledger):
    """The port on SQLite or PostgreSQL; any number of processes may write."""

    async def claim(self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "") -> bool:
        """See the port."""
        # Sorted, so that two processes that claim the same keys wait for each other in one order and never in a ring.
        claimed = [
            {"key": key, "exchange_id": question.exchange_id, "claimed_at": question.asked_at} for key in sorted({*map(clean_text, keys)})
        ]
        async with self._database.begin() as connection:
            if claimed:
                written = await connection.execute(_insert(connection, claims).values(claimed).on_conflict_do_nothing())
                if written.rowcount < len(claimed):
                    await connection.rollback()
                    return False
            await connection.execute(insert(exchanges).values(_opened(question, rights, message_ref)))
        return True

    async def record(self, exchange: Exchange) -> None:
        """See the port; an exchange that was answered before keeps its first answer."""
        exchange_id = exchange.question.exchange_id
        async with self._database.begin() as connection:
            system_text_id = await _keep_system_text(connection, exchange)
            answered = await connection.execute(
                update(exchanges)
                .where(exchanges.c.exchange_id == exchange_id, exchanges.c.status != "answered")
                .values({**_answer(exchange), "system_text_id": system_text_id})
            )
            if answered.rowcount == 0:
                await _answered(connection, exchange_id)
                logger.warning("answered twice, first answer kept", extra={"exchange_id": exchange_id})

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """See the port; an exchange that is no longer open stays as it is."""
        open_one = (exchanges.c.exchange_id == exchange_id, exchanges.c.status == "open")
        async with self._database.begin() as connection:
            await connection.execute(update(exchanges).where(*open_one).values(status="abandoned", reason=reason[:64]))

    async def intend_post(self, exchange_id: str, *, part: int) -> bool:
        """See the port."""
        async with self._database.begin() as connection:
            row = await _post(connection, exchange_id, part=part)
            return (await connection.execute(_insert(connection, posts).values(row).on_conflict_do_nothing())).rowcount == 1

    async def posted(self, exchange_id: str, *, part: int, channel: str, message_ref: str) -> None:
        """See the port."""
        known = {"channel": channel, "message_ref": message_ref}
        async with self._database.begin() as connection:
            row = await _post(connection, exchange_id, part=part)
            upsert = _insert(connection, posts).values({**row, **known})
            await connection.execute(upsert.on_conflict_do_update(index_elements=["exchange_id", "part"], set_=known))

    async def rate(
        self, exchange_id: str, person: str, value: RatingValue | None, *, via: RatingVia, at: datetime, reason: str = ""
    ) -> None:
        """See the port."""
        async with self._database.begin() as connection:
            exchange = await _answered(connection, exchange_id)
            if value is None:
                await connection.execute(delete(votes).where(votes.c.exchange_id == exchange_id, votes.c.person == person))
            else:
                vote = {"value": value, "via": via, "reason": reason, "rated_at": at}
                upsert = _insert(connection, votes).values(exchange_id=exchange_id, person=person, **vote)
                await connection.execute(upsert.on_conflict_do_update(index_elements=["exchange_id", "person"], set_=vote))
            await note_change(connection, "conversations", exchange_id, audience=exchange.audience, at=at)

    async def correct(self, exchange_id: str, person: str, answer: str, *, at: datetime) -> str:
        """See the port; an earlier approved answer of the same exchange is revoked."""
        approved_id = new_id(at)
        async with self._database.begin() as connection:
            exchange = await _answered(connection, exchange_id)
            correction = {"exchange_id": exchange_id, "person": person, "answer": answer, "corrected_at": at}
            await connection.execute(insert(corrections).values(correction_id=new_id(at), **correction))
            await _revoke(connection, exchange_id, at=at)
            await connection.execute(
                insert(approved).values(
                    approved_id=approved_id,
                    question=exchange.question,
                    answer=answer,
                    audience=exchange.audience,
                    language=exchange.language,
                    author=person,
                    exchange_id=exchange_id,
                    approved_at=at,
                )
            )
            await note_change(connection, "verified", approved_id, audience=exchange.audience, at=at)
            await note_change(connection, "conversations", exchange_id, audience=exchange.audience, at=at)
            await raise_revision(connection, "verified")
        return approved_id

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: datetime) -> None:
        """See the port; the index follows for every rated or corrected exchange of a conversation that holds the person's words."""
        decision = {"consent": "granted" if granted else "refused", "decided_at": at}
        theirs = select(exchanges.c.conversation_id).where(exchanges.c.person == person)
        touched = select(
            literal("conversations"),
            exchanges.c.audience,
            exchanges.c.exchange_id,
            literal(value=False),
            literal(at, votes.c.rated_at.type),
        )
        indexed = exists().where(votes.c.exchange_id == exchanges.c.exchange_id) | exists().where(
            corrections.c.exchange_id == exchanges.c.exchange_id
        )
        async with self._database.begin() as connection:
            upsert = _insert(connection, people).values(person=person, platform=platform, **decision)
            await connection.execute(upsert.on_conflict_do_update(index_elements=["person"], set_=decision))
            await connection.execute(
                insert(outbox).from_select(
                    ["kind", "audience", "ref", "deleted", "written_at"],
                    touched.where(exchanges.c.conversation_id.in_(theirs), indexed).order_by(exchanges.c.exchange_id),
                )
            )


def _insert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Both databases know ON CONFLICT, each through its own construct."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _opened(question: Question, rights: Rights, message_ref: str) -> dict[str, Any]:
    return {
        "exchange_id": question.exchange_id,
        "conversation_id": question.place.conversation_id,
        "status": "open",
        "person": question.person,
        "platform": rights.platform,
        "surface": rights.surface,
        "workspace": question.place.workspace,
        "channel": question.place.channel,
        "audience": question.audience,
        "rights_policy": rights.policy,
        "locale": question.locale[:35],
        "message_ref": message_ref,
        "question": question.text,
        "asked_at": question.asked_at,
    }


def _answer(exchange: Exchange) -> dict[str, Any]:
    finished = exchange.finished
    spoken = {"model": finished.model, "adapter": finished.adapter, "generation": asdict(finished)} if finished else {}
    return {
        "status": "answered",
        "reason": "",
        "answered_at": exchange.answered_at,
        "kind": exchange.kind,
        "answer": exchange.answer,
        "prompt": exchange.prompt,
        "history": [[earlier.exchange_id, earlier.with_passages] for earlier in exchange.history],
        "passages": [asdict(passage) for passage in exchange.passages],
        "confidence": exchange.confidence,
        "language": exchange.language,
        "approved_id": exchange.approved_id,
        **spoken,
    }


async def _keep_system_text(connection: AsyncConnection, exchange: Exchange) -> str:
    text = clean_text(exchange.system_text)
    system_text_id = hashlib.sha256(text.encode()).hexdigest()
    row = {"system_text_id": system_text_id, "text": text, "first_used_at": exchange.answered_at}
    await connection.execute(_insert(connection, system_texts).values(row).on_conflict_do_nothing())
    return system_text_id


async def _answered(connection: AsyncConnection, exchange_id: str) -> Row[Any, Any, Any]:
    """Return the answered exchange, locked until the end of the transaction, so that two corrections follow each other."""
    columns = (exchanges.c.question, exchanges.c.audience, exchanges.c.language)
    wanted = select(*columns).where(exchanges.c.exchange_id == exchange_id, exchanges.c.status == "answered").with_for_update()
    found = (await connection.execute(wanted)).one_or_none()
    if found is None:
        raise UnknownExchange(exchange_id)
    return found


async def _post(connection: AsyncConnection, exchange_id: str, *, part: int) -> dict[str, Any]:
    platform = (await connection.execute(select(exchanges.c.platform).where(exchanges.c.exchange_id == exchange_id))).scalar_one_or_none()
    if platform is None:
        raise UnknownExchange(exchange_id)
    return {"exchange_id": exchange_id, "part": part, "platform": platform, "channel": "", "message_ref": ""}


async def _revoke(connection: AsyncConnection, exchange_id: str, *, at: datetime) -> None:
    live = (approved.c.exchange_id == exchange_id, approved.c.revoked_at.is_(None))
    for earlier in (await connection.execute(select(approved.c.approved_id, approved.c.audience).where(*live))).all():
        await note_change(connection, "verified", earlier.approved_id, audience=earlier.audience, at=at, deleted=True)
    await connection.execute(update(approved).where(*live).values(revoked_at=at))
