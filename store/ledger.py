"""The system of record: who asked what, what was answered, and what people thought of it. Every method commits before it returns."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, Table, bindparam, delete, exists, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import UnknownExchange
from bot.identifiers import new_id
from bot.messages import Exchange, Platform, Question, RatingValue, RatingVia, Rights
from bot.ports import Ledger
from store.changes import note_change, raise_revision
from store.database import clean_text
from store.ledger_reading import LedgerReader
from store.schema import approved, claims, corrections, exchanges, outbox, people, posts, system_texts, votes

logger = logging.getLogger(__name__)


# Statements are made once: SQLAlchemy then finds them compiled, and on SQLite prepared.


def _upserts(table: Table, finish: Callable[[Any], Any]) -> Mapping[str, Executable]:
    """Both databases know ON CONFLICT, each through its own construct; the result is by the dialect's name."""
    return {"postgresql": finish(postgresql.insert(table)), "sqlite": finish(sqlite.insert(table))}


def _replace(key: Sequence[str], values: Sequence[str]) -> Callable[[Any], Any]:
    return lambda insert: insert.on_conflict_do_update(index_elements=key, set_={name: insert.excluded[name] for name in values})


_CLAIM = _upserts(claims, lambda insert: insert.on_conflict_do_nothing())
_OPEN = insert(exchanges)
_KEEP_TEXT = _upserts(system_texts, lambda insert: insert.on_conflict_do_nothing())
_ANSWER = update(exchanges).where(exchanges.c.exchange_id == bindparam("of"), exchanges.c.status != "answered")
_ABANDON = update(exchanges).where(exchanges.c.exchange_id == bindparam("of"), exchanges.c.status == "open").values(status="abandoned")
# Locked until the end of the transaction, so that two corrections follow each other.
_ANSWERED = (
    select(exchanges.c.question, exchanges.c.audience, exchanges.c.language)
    .where(exchanges.c.exchange_id == bindparam("of"), exchanges.c.status == "answered")
    .with_for_update()
)
_PLATFORM = select(exchanges.c.platform).where(exchanges.c.exchange_id == bindparam("of"))
_INTEND = _upserts(posts, lambda insert: insert.on_conflict_do_nothing())
_POST = _upserts(posts, _replace(["exchange_id", "part"], ["channel", "message_ref"]))
_VOTE = _upserts(votes, _replace(["exchange_id", "person"], ["value", "via", "reason", "rated_at"]))
_UNVOTE = delete(votes).where(votes.c.exchange_id == bindparam("of"), votes.c.person == bindparam("whose"))
_DECIDE = _upserts(people, _replace(["person"], ["consent", "decided_at"]))


class _ClaimedBefore(Exception):
    """Takes the transaction back."""


class SqlLedger(LedgerReader, Ledger):
    """The port on SQLite or PostgreSQL; any number of processes may write."""

    async def claim(self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "") -> bool:
        """See the port."""
        # Sorted, so that two processes that claim the same keys wait for each other in one order and never in a ring.
        wanted = sorted({*map(clean_text, keys)})

        def work(connection: Connection) -> None:
            for key in wanted:
                row = {"key": key, "exchange_id": question.exchange_id, "claimed_at": question.asked_at}
                if connection.execute(_CLAIM[connection.dialect.name], row).rowcount == 0:
                    raise _ClaimedBefore
            connection.execute(_OPEN, _opened(question, rights, message_ref))

        try:
            await self._database.write(work)
        except _ClaimedBefore:
            return False
        return True

    async def record(self, exchange: Exchange) -> None:
        """See the port; an exchange that was answered before keeps its first answer."""
        exchange_id = exchange.question.exchange_id

        def work(connection: Connection) -> bool:
            answer = {**_answer(exchange), "system_text_id": _keep_system_text(connection, exchange)}
            if connection.execute(_ANSWER, {"of": exchange_id, **answer}).rowcount == 1:
                return True
            _answered(connection, exchange_id)
            return False

        if not await self._database.write(work):
            logger.warning("answered twice, first answer kept", extra={"exchange_id": exchange_id})

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """See the port; an exchange that is no longer open stays as it is."""
        await self._database.write(lambda connection: connection.execute(_ABANDON, {"of": exchange_id, "reason": reason[:64]}).rowcount)

    async def intend_post(self, exchange_id: str, *, part: int) -> bool:
        """See the port."""

        def work(connection: Connection) -> bool:
            row = _post(connection, exchange_id, part=part)
            return connection.execute(_INTEND[connection.dialect.name], row).rowcount == 1

        return await self._database.write(work)

    async def posted(self, exchange_id: str, *, part: int, channel: str, message_ref: str) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            row = {**_post(connection, exchange_id, part=part), "channel": channel, "message_ref": message_ref}
            connection.execute(_POST[connection.dialect.name], row)

        await self._database.write(work)

    async def rate(
        self, exchange_id: str, person: str, value: RatingValue | None, *, via: RatingVia, at: datetime, reason: str = ""
    ) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            audience = _answered(connection, exchange_id).audience
            if value is None:
                connection.execute(_UNVOTE, {"of": exchange_id, "whose": person})
            else:
                vote = {"exchange_id": exchange_id, "person": person, "value": value, "via": via, "reason": reason, "rated_at": at}
                connection.execute(_VOTE[connection.dialect.name], vote)
            note_change(connection, "conversations", exchange_id, audience=audience, at=at)

        await self._database.write(work)

    async def correct(self, exchange_id: str, person: str, answer: str, *, at: datetime) -> str:
        """See the port; an earlier approved answer of the same exchange is revoked."""
        approved_id, correction_id = new_id(at), new_id(at)

        def work(connection: Connection) -> None:
            exchange = _answered(connection, exchange_id)
            correction = {"exchange_id": exchange_id, "person": person, "answer": answer, "corrected_at": at}
            connection.execute(insert(corrections).values(correction_id=correction_id, **correction))
            _revoke(connection, exchange_id, at=at)
            served = {"question": exchange.question, "answer": answer, "audience": exchange.audience, "language": exchange.language}
            connection.execute(
                insert(approved).values(approved_id=approved_id, author=person, exchange_id=exchange_id, approved_at=at, **served)
            )
            note_change(connection, "verified", approved_id, audience=exchange.audience, at=at)
            note_change(connection, "conversations", exchange_id, audience=exchange.audience, at=at)
            raise_revision(connection, "verified")

        await self._database.write(work)
        return approved_id

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: datetime) -> None:
        """See the port; the index follows for every rated or corrected exchange of a conversation that holds the person's words."""
        decision = {"person": person, "platform": platform, "consent": "granted" if granted else "refused", "decided_at": at}

        def work(connection: Connection) -> None:
            connection.execute(_DECIDE[connection.dialect.name], decision)
            connection.execute(insert(outbox).from_select(["kind", "audience", "ref", "deleted", "written_at"], _touched_by(person, at)))

        await self._database.write(work)

    async def prune(self, before: datetime) -> int:
        """Forget the keys claimed before that moment, which no platform will deliver again; return how many there were."""
        return await self._database.write(
            lambda connection: connection.execute(delete(claims).where(claims.c.claimed_at < before)).rowcount
        )


def _touched_by(person: str, at: datetime) -> Select[Any]:
    """Select the outbox rows of all rated or corrected exchanges in conversations that hold the person's words."""
    theirs = select(exchanges.c.conversation_id).where(exchanges.c.person == person)
    columns = (exchanges.c.audience, exchanges.c.exchange_id, literal(value=False), literal(at, votes.c.rated_at.type))
    rated = exists().where(votes.c.exchange_id == exchanges.c.exchange_id)
    corrected = exists().where(corrections.c.exchange_id == exchanges.c.exchange_id)
    touched = select(literal("conversations"), *columns).where(exchanges.c.conversation_id.in_(theirs), rated | corrected)
    return touched.order_by(exchanges.c.exchange_id)


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


def _keep_system_text(connection: Connection, exchange: Exchange) -> str:
    text = clean_text(exchange.system_text)
    system_text_id = hashlib.sha256(text.encode()).hexdigest()
    row = {"system_text_id": system_text_id, "text": text, "first_used_at": exchange.answered_at}
    connection.execute(_KEEP_TEXT[connection.dialect.name], row)
    return system_text_id


def _answered(connection: Connection, exchange_id: str) -> Row[Any, Any, Any]:
    found = connection.execute(_ANSWERED, {"of": exchange_id}).one_or_none()
    if found is None:
        raise UnknownExchange(exchange_id)
    return found


def _post(connection: Connection, exchange_id: str, *, part: int) -> dict[str, Any]:
    platform = connection.execute(_PLATFORM, {"of": exchange_id}).scalar_one_or_none()
    if platform is None:
        raise UnknownExchange(exchange_id)
    return {"exchange_id": exchange_id, "part": part, "platform": platform, "channel": "", "message_ref": ""}


def _revoke(connection: Connection, exchange_id: str, *, at: datetime) -> None:
    live = (approved.c.exchange_id == exchange_id, approved.c.revoked_at.is_(None))
    for earlier in connection.execute(select(approved.c.approved_id, approved.c.audience).where(*live)).all():
        note_change(connection, "verified", earlier.approved_id, audience=earlier.audience, at=at, deleted=True)
    connection.execute(update(approved).where(*live).values(revoked_at=at))
