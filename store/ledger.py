"""The system of record: who asked what, what was answered, and what people thought of it. Every method commits before it returns."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    union_all,
    update,
)

from bot.errors import UnknownExchange
from bot.exchanges import Exchange, Rights
from bot.identifiers import new_id
from bot.messages import Finished, Passage, Platform, Question, RatingValue
from bot.placeholders import NOTHING, Hidden, renamed, standing_alone
from bot.ports import Ledger
from bot.ratings import RatingVia, VoteReason
from bot.scopes import narrowest
from store import numbering, repeating, taking_back
from store.changes import note_change, raise_revision
from store.database import Database
from store.ledger_reading import LedgerReader
from store.personal_rows import delete_shells
from store.prepared import Prepared
from store.schema import approved, claims, corrections, exchanges, outbox, people, posts, system_texts, votes
from store.sealing import Sealer
from store.text import clean_text
from store.upserts import insertion, replacing

logger = logging.getLogger(__name__)


@cache
def _claim(keys: int) -> Prepared:
    """Return the statement that claims that many keys at once."""
    rows = [
        select(bindparam(f"key{number}", type_=String), bindparam("by", type_=String), bindparam("at", type_=claims.c.claimed_at.type))
        for number in range(keys)
    ]
    columns = ["key", "exchange_id", "claimed_at"]
    return Prepared(lambda dialect: insertion(dialect, claims).from_select(columns, union_all(*rows)).on_conflict_do_nothing())


_OPEN = Prepared(lambda _: insert(exchanges))
_KEEP_TEXT = Prepared(lambda dialect: insertion(dialect, system_texts).on_conflict_do_nothing())
_unanswered = (exchanges.c.exchange_id == bindparam("of"), exchanges.c.status != "answered", exchanges.c.status != "erased")
_ANSWER = Prepared(lambda _: update(exchanges).where(*_unanswered, exchanges.c.revised_at.is_(None)))
_ANSWER_REVISED = Prepared(lambda _: update(exchanges).where(*_unanswered))
_open = (exchanges.c.exchange_id == bindparam("of"), exchanges.c.status == "open")
_ABANDON = Prepared(lambda _: update(exchanges).where(*_open).values(status="abandoned", address=""))
# Locked until the end of the transaction, so that two corrections follow each other.
_ANSWERED = (
    select(exchanges.c.question, exchanges.c.audience, exchanges.c.scope, exchanges.c.language)
    .where(exchanges.c.exchange_id == bindparam("of"), exchanges.c.status == "answered")
    .with_for_update()
)
_STANDING = select(exchanges.c.conversation_id).where(exchanges.c.exchange_id == bindparam("of"), exchanges.c.status != "erased")
_EXISTS = select(exchanges.c.exchange_id).where(exchanges.c.exchange_id == bindparam("of"))
_POST_OF = select(
    exchanges.c.exchange_id,
    bindparam("number", type_=Integer),
    exchanges.c.platform,
    bindparam("there", type_=String),
    bindparam("ref", type_=String),
).where(exchanges.c.exchange_id == bindparam("of"))
_POST_COLUMNS = ["exchange_id", "part", "platform", "channel", "message_ref"]
_INTEND = Prepared(lambda dialect: insertion(dialect, posts).from_select(_POST_COLUMNS, _POST_OF).on_conflict_do_nothing())
_POST = Prepared(
    lambda dialect: replacing(
        insertion(dialect, posts).from_select(_POST_COLUMNS, _POST_OF), ["exchange_id", "part"], ["channel", "message_ref"]
    )
)
_VOTE = Prepared(
    lambda dialect: replacing(insertion(dialect, votes), ["exchange_id", "person"], ["value", "via", "reason", "comment", "rated_at"])
)
_their_vote = delete(votes).where(votes.c.exchange_id == bindparam("of"), votes.c.person == bindparam("whose"))
_UNVOTE = Prepared(lambda _: _their_vote)
_UNREACT = Prepared(lambda _: _their_vote.where(votes.c.via == "reaction"))
_still_answered = exists().where(exchanges.c.exchange_id == votes.c.exchange_id, exchanges.c.status == "answered")
_EXPLAIN = Prepared(
    lambda _: update(votes).where(
        votes.c.exchange_id == bindparam("of"), votes.c.person == bindparam("whose"), votes.c.value == "down", _still_answered
    )
)
_unasked = people.c.asked_at.is_(None) & (people.c.consent == "unasked")
_ASK = Prepared(lambda dialect: replacing(insertion(dialect, people), ["person"], ["asked_at"], where=_unasked))
_DECIDE = Prepared(lambda dialect: replacing(insertion(dialect, people), ["person"], ["consent", "decided_at"]))


class _ClaimedBefore(Exception):
    """Takes the transaction back."""


class SqlLedger(LedgerReader, Ledger):
    """The port on SQLite or PostgreSQL; any number of processes may write."""

    def __init__(self, database: Database, sealer: Sealer, *, most_repeatable: int = 10_000) -> None:
        """Keep the askers' addresses sealed by *sealer*, and of at most so many answers that they may be given again."""
        super().__init__(database, sealer)
        self._most_repeatable = most_repeatable
        self._kept_texts: set[str] = set()  # ids of system texts known to be in the database, where they stay for good

    async def claim(
        self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "", address: str = "", hidden: Hidden = NOTHING
    ) -> Question | None:
        """See the port; where nothing is hidden nothing is looked up."""
        # Sorted, so that two processes that claim the same keys wait for each other in one order and never in a ring.
        wanted = sorted({*map(clean_text, keys)})
        opened = _opened(question, rights, message_ref) | {"address": self._sealer.seal(address) if address else ""}

        def work(connection: Connection) -> Question:
            if wanted:
                rows = {"by": question.exchange_id, "at": question.asked_at, **{f"key{number}": key for number, key in enumerate(wanted)}}
                if _claim(len(wanted)).count(connection, rows) < len(wanted):
                    raise _ClaimedBefore
            if not hidden:
                _OPEN.count(connection, opened)
                return question
            return _open_numbered(connection, question, opened, hidden)

        try:
            return await self._database.write(work)
        except _ClaimedBefore:
            return None

    async def number(self, exchange_id: str, person: str, texts: Sequence[Hidden]) -> tuple[Mapping[str, str], ...]:
        """See the port."""

        def work(connection: Connection) -> tuple[Mapping[str, str], ...]:
            found = connection.execute(_STANDING, {"of": exchange_id}).scalar_one_or_none()
            if found is None:
                return ({},) * len(texts)
            names = numbering.number(connection, found, texts)
            numbering.note_uses(connection, exchange_id, person, found, numbering.told_in(texts, names))
            return names

        return await self._database.write(work)

    async def record(self, exchange: Exchange) -> None:
        """See the port; one that was answered before keeps its first answer, and whoever was answered needs no address any more."""
        exchange_id = exchange.question.exchange_id
        text = clean_text(exchange.system_text)
        answer = _answer(exchange, text)
        text_id = answer["system_text_id"]

        def work(connection: Connection) -> bool:
            if text_id not in self._kept_texts:
                row = {"system_text_id": text_id, "text": text, "first_used_at": exchange.answered_at}
                _KEEP_TEXT.count(connection, row)
            if _ANSWER.count(connection, {"of": exchange_id, **answer}) == 1:
                if exchange.cache_key:
                    repeating.keep(connection, exchange, most=self._most_repeatable)
                return True
            changed = taking_back.ready(connection, exchange_id, exchange.question.text, exchange.prompt)
            return changed is not None and _ANSWER_REVISED.count(connection, {"of": exchange_id, **answer, **changed}) == 1

        recorded = await self._database.write(work)
        self._kept_texts.add(text_id)
        if not recorded:
            logger.warning("answered twice or erased, answer not kept", extra={"exchange_id": exchange_id})

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """See the port; an exchange that is no longer open stays as it is."""
        await self._database.write(lambda connection: _ABANDON.count(connection, {"of": exchange_id, "reason": reason[:64]}))

    async def revise(self, exchange_id: str, text: str, *, at: datetime, hidden: Hidden = NOTHING) -> bool:
        """See the port; an answer that is still being written is kept with the new words, and trains no more than another."""
        return await self._database.write(lambda connection: taking_back.revise(connection, exchange_id, text, at=at, hidden=hidden))

    async def erase(self, exchange_id: str, *, at: datetime) -> bool:
        """See the port."""
        return await self._database.write(lambda connection: taking_back.erase(connection, exchange_id, at=at))

    async def intend_post(self, exchange_id: str, *, part: int) -> bool:
        """See the port."""

        def work(connection: Connection) -> bool:
            row = {"of": exchange_id, "number": part, "there": "", "ref": ""}
            if _INTEND.count(connection, row) == 1:
                return True
            _check_known(connection, exchange_id)
            return False

        return await self._database.write(work)

    async def posted(self, exchange_id: str, *, part: int, channel: str, message_ref: str) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            row = {"of": exchange_id, "number": part, "there": channel, "ref": message_ref}
            if _POST.count(connection, row) == 0:
                raise UnknownExchange(exchange_id)

        await self._database.write(work)

    async def rate(
        self,
        exchange_id: str,
        person: str,
        value: RatingValue | None,
        *,
        via: RatingVia,
        at: datetime,
        reason: VoteReason | Literal[""] = "",
        comment: str = "",
    ) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            audience = _answered(connection, exchange_id).audience
            if value is None:
                taken_back = _UNREACT if via == "reaction" else _UNVOTE
                if taken_back.count(connection, {"of": exchange_id, "whose": person}) == 0:
                    return
            else:
                vote = {"exchange_id": exchange_id, "person": person, "value": value, "via": via, "rated_at": at}
                _VOTE.count(connection, {**vote, "reason": reason, "comment": comment})
            note_change(connection, "conversations", exchange_id, audience=audience, at=at)

        await self._database.write(work)

    async def explain_vote(self, exchange_id: str, person: str, *, reason: VoteReason, comment: str) -> bool:
        """See the port; of an erased exchange nobody says any more."""
        why = {"of": exchange_id, "whose": person, "reason": reason, "comment": comment}
        return await self._database.write(lambda connection: _EXPLAIN.count(connection, why) == 1)

    async def correct(self, exchange_id: str, person: str, answer: str, *, at: datetime, name: str = "") -> str:
        """See the port; an earlier approved answer of the same exchange is revoked."""
        approved_id, correction_id = new_id(at), new_id(at)

        def work(connection: Connection) -> None:
            exchange = _answered(connection, exchange_id)
            correction = {"exchange_id": exchange_id, "person": person, "answer": answer, "corrected_at": at}
            connection.execute(insert(corrections).values(correction_id=correction_id, **correction))
            _revoke(connection, exchange_id, at=at)
            of_exchange = {name: getattr(exchange, name) for name in ("audience", "scope", "language")}
            asked = standing_alone(exchange.question)
            connection.execute(
                insert(approved).values(
                    approved_id=approved_id,
                    author=name or person,
                    exchange_id=exchange_id,
                    approved_at=at,
                    answer=answer,
                    question=asked,
                    **of_exchange,
                )
            )
            note_change(connection, "verified", approved_id, audience=exchange.audience, at=at)
            note_change(connection, "conversations", exchange_id, audience=exchange.audience, at=at)
            raise_revision(connection, "verified")

        await self._database.write(work)
        return approved_id

    async def note_consent_asked(self, person: str, *, platform: Platform, at: datetime) -> bool:
        """See the port."""
        asked = {"person": person, "platform": platform, "consent": "unasked", "asked_at": at}
        return await self._database.write(lambda connection: _ASK.count(connection, asked) == 1)

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: datetime) -> None:
        """See the port; the index follows for every rated or corrected exchange of a conversation that holds the person's words."""
        decision = {"person": person, "platform": platform, "consent": "granted" if granted else "refused", "decided_at": at}

        def work(connection: Connection) -> None:
            _DECIDE.count(connection, decision)
            connection.execute(insert(outbox).from_select(["kind", "audience", "ref", "deleted", "written_at"], _touched_by(person, at)))

        await self._database.write(work)

    async def prune(self, before: datetime) -> int:
        """
        Forget the keys claimed before that moment, which no platform will deliver again; return how many there were.

        So go the empty rows that an erasure left of questions that were being answered, and that answers might be given again.
        """

        def work(connection: Connection) -> int:
            delete_shells(connection, before)
            repeating.forget_before(connection, before)
            return connection.execute(delete(claims).where(claims.c.claimed_at < before)).rowcount

        return await self._database.write(work)

    async def forget_addresses(self, before: datetime) -> int:
        """Forget how to reach those who asked before that moment and were never answered; return how many there were."""
        old = (exchanges.c.status == "open", exchanges.c.asked_at < before, exchanges.c.address != "")
        return await self._database.write(lambda connection: connection.execute(update(exchanges).where(*old).values(address="")).rowcount)


def _touched_by(person: str, at: datetime) -> Select[Any]:
    """Select the outbox rows of all rated or corrected exchanges in conversations that hold the person's words."""
    theirs = select(exchanges.c.conversation_id).where(exchanges.c.person == person)
    columns = (exchanges.c.audience, exchanges.c.exchange_id, literal(value=False), literal(at, votes.c.rated_at.type))
    rated = exists().where(votes.c.exchange_id == exchanges.c.exchange_id)
    corrected = exists().where(corrections.c.exchange_id == exchanges.c.exchange_id)
    touched = select(literal("conversations"), *columns).where(exchanges.c.conversation_id.in_(theirs), rated | corrected)
    return touched.order_by(exchanges.c.exchange_id)


def _open_numbered(connection: Connection, question: Question, opened: Mapping[str, Any], hidden: Hidden) -> Question:
    """Open the exchange with the placeholders of its conversation."""
    conversation_id = question.place.conversation_id
    (names,) = numbering.number(connection, conversation_id, (hidden,))
    numbered = replace(question, text=renamed(question.text, names))
    _OPEN.count(connection, {**opened, "question": numbered.text})
    told = numbering.told_in((hidden,), (names,))
    numbering.note_uses(connection, question.exchange_id, question.person, conversation_id, told)
    return numbered


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
        "parent": question.place.parent,
        "audience": question.audience,
        "scope": narrowest((), question.place),
        "private": question.place.private,
        "rights_policy": rights.policy,
        "locale": question.locale[:35],
        "message_ref": message_ref,
        "question": question.text,
        "asked_at": question.asked_at,
    }


def _answer(exchange: Exchange, system_text: str) -> dict[str, Any]:
    finished = exchange.finished
    spoken = {"model": finished.model, "adapter": finished.adapter, "generation": _fields(finished)} if finished else {}
    return {
        "system_text_id": hashlib.sha256(system_text.encode()).hexdigest(),
        "status": "answered",
        "reason": "",
        "address": "",
        "answered_at": exchange.answered_at,
        "kind": exchange.kind,
        "answer": exchange.answer,
        "prompt": exchange.prompt,
        "history": [[earlier.exchange_id, earlier.with_passages] for earlier in exchange.history],
        "passages": [_fields(passage) for passage in exchange.passages],
        "confidence": exchange.confidence,
        "evidence": dict(exchange.evidence),
        "language": exchange.language,
        "approved_id": exchange.approved_id,
        "scope": narrowest((exchange.scope, *(passage.scope for passage in exchange.passages)), exchange.question.place),
        **spoken,
    }


def _fields(row: Passage | Finished) -> dict[str, Any]:
    """Return a flat dataclass as an object; `asdict` would copy each value, which costs more than the statement."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "hidden"}


def _answered(connection: Connection, exchange_id: str) -> Row[*tuple[Any, ...]]:
    found = connection.execute(_ANSWERED, {"of": exchange_id}).one_or_none()
    if found is None:
        raise UnknownExchange(exchange_id)
    return found


def _check_known(connection: Connection, exchange_id: str) -> None:
    if connection.execute(_EXISTS, {"of": exchange_id}).one_or_none() is None:
        raise UnknownExchange(exchange_id)


def _revoke(connection: Connection, exchange_id: str, *, at: datetime) -> None:
    live = (approved.c.exchange_id == exchange_id, approved.c.revoked_at.is_(None))
    for earlier in connection.execute(select(approved.c.approved_id, approved.c.audience).where(*live)).all():
        note_change(connection, "verified", earlier.approved_id, audience=earlier.audience, at=at, deleted=True)
    connection.execute(update(approved).where(*live).values(revoked_at=at))
