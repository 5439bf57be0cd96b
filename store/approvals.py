"""What experts do with approved answers beyond correcting one: look at them, write, revoke, limit and widen them, find contradictions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Row, insert, select, update

from bot.errors import Refused
from bot.identifiers import new_id
from bot.index_ports import Encoder
from bot.messages import Approved, Audience, Reach
from bot.texts import N_
from store.approved import ApprovedAnswers, Known, Shelf, in_force, key_of
from store.changes import note_change, raise_revision
from store.contradicting import numbered_otherwise
from store.database import Database
from store.schema import approved
from store.substance import says_otherwise

State = Literal["served", "expired", "revoked"]
STATES: tuple[State, ...] = get_args(State)
_AGAIN: Final[Mapping[State, str]] = {
    "revoked": N_("answer {id} is not served any more: it is revoked; aprendiz approved add writes it again"),
    "expired": N_("answer {id} is not served any more: it is expired; aprendiz approved expire ID --on DATE brings it back"),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """An approved answer as the command line shows it; `exchange_id` is where it was corrected, empty where it was written directly."""

    answer: Approved
    language: str
    exchange_id: str
    revoked_at: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two answers that one person may get to the same question, and that say different things; `one` is the newer."""

    one: Approved
    other: Approved


class Approvals:
    """Works on the ledger alone; the encoder is needed for contradictions."""

    def __init__(self, database: Database, encoder: Encoder, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._answers = ApprovedAnswers(database, encoder, now=now)
        self._now = now

    async def listed(self, *, state: State | None = None) -> tuple[Listing, ...]:
        """Return those in *state* (None: all), newest first."""
        async with self._database.connect() as connection:
            rows = await connection.execute(select(approved).order_by(approved.c.approved_at.desc(), approved.c.approved_id.desc()))
            found = tuple(_listing(row, self._now()) for row in rows)
        return tuple(each for each in found if state in (None, each.state))

    async def show(self, approved_id: str) -> Listing:
        """
        Return one, revoked or not.

        Raises:
            Refused: There is none of that id.
        """
        async with self._database.connect() as connection:
            row = (await connection.execute(select(approved).where(approved.c.approved_id == approved_id))).one_or_none()
        if row is None:
            raise _unknown(approved_id)
        return _listing(row, self._now())

    async def replaced_by(self, approved_id: str) -> tuple[Listing, ...]:
        """
        Return the answers that were served until this one corrected the same exchange anew, newest first; see `SqlLedger.correct`.

        Raises:
            Refused: There is none of that id.
        """
        new = await self.show(approved_id)
        same = approved.c.exchange_id == new.exchange_id, approved.c.exchange_id != "", approved.c.approved_id != approved_id
        ended = select(approved).where(*same, approved.c.revoked_at == new.answer.approved_at)
        async with self._database.connect() as connection:
            rows = await connection.execute(ended.order_by(approved.c.approved_at.desc(), approved.c.approved_id.desc()))
            found = tuple(_listing(row, self._now()) for row in rows)
        return tuple(each for each in found if each.state == "revoked")

    async def add(self, answer: Approved, *, language: str) -> None:
        """Serve *answer* from now on; its `approved_id` is new."""
        fields = {name: getattr(answer, name) for name in Approved.__dataclass_fields__}

        def work(connection: Connection) -> None:
            connection.execute(insert(approved).values(language=language, **fields))
            note_change(connection, "verified", answer.approved_id, audience=answer.audience, at=answer.approved_at)
            raise_revision(connection, "verified")

        await self._database.write(work)

    async def revoke(self, approved_id: str) -> None:
        """
        Serve it no longer.

        Raises:
            Refused: There is none of that id, or it is not served any more.
        """
        await self._change(approved_id, deleted=True, revoked_at=self._now())

    async def expire(self, approved_id: str, at: datetime | None) -> None:
        """
        Serve it until *at* (None: until it is revoked), again where it has expired.

        Raises:
            Refused: There is none of that id, or it is revoked; *at* has passed; or it has expired, and those whom it is for have a newer
                answer to the same question.
        """
        if at is not None and at <= self._now():
            text = N_("the answer would have expired already; aprendiz approved revoke {id} takes it back at once")
            raise Refused.told(text, id=approved_id)
        await self._change(approved_id, states=("served", "expired"), expires_at=at, revoked_at=None)

    async def widen(self, approved_id: str, *, audience: Audience | None, any_scope: bool) -> None:
        """
        Let more people have it: those of *audience* (None: as before), and with *any_scope* all of them, not those of its scope alone.

        Raises:
            Refused: As `revoke`; or those who have it now would not all have it any more, or nobody more would.
        """
        known = (await self.show(approved_id)).answer
        wanted = audience or known.audience
        if wanted not in (known.audience, "all"):
            text = N_("answer {id} is for {audience}; {wanted} would take it from them: only all is wider")
            raise Refused.told(text, id=approved_id, audience=known.audience, wanted=wanted)
        scope = "" if any_scope else known.scope
        if (wanted, scope) == (known.audience, known.scope):
            whom = _whom(Reach(known.audience, known.scope))
            raise Refused.told(N_("answer {id} is for {whom} already"), id=approved_id, whom=whom)
        await self._change(approved_id, audience=wanted, scope=scope)

    async def drop_expired(self) -> int:
        """Note in the ledger which answers have expired, so that the index follows; return how many."""
        now = self._now()
        over = (approved.c.revoked_at.is_(None), approved.c.expires_at <= now)

        def work(connection: Connection) -> int:
            rows = connection.execute(select(approved).where(*over)).all()
            for row in rows:
                connection.execute(
                    update(approved).where(approved.c.approved_id == row.approved_id).values(revoked_at=approved.c.expires_at)
                )
                _note(connection, row, row.audience, at=now, deleted=True)
            return len(rows)

        return await self._database.write(work)

    async def conflicts(self, approved_id: str = "") -> Sequence[Conflict]:
        """Return the contradictions among the answers that are served: all of them, or those of one answer; newest first."""
        shelves = await self._answers.shelves()
        found: dict[tuple[str, str], Conflict] = {}
        for shelf in shelves.values():
            for known in shelf.known:
                if approved_id in ("", known.answer.approved_id) and in_force(known.answer, self._now()):
                    for other in await self._contradicting(known, shelves.values()):
                        older, newer = sorted((known.answer, other), key=lambda each: (each.approved_at, each.approved_id))
                        found[newer.approved_id, older.approved_id] = Conflict(newer, older)
        return sorted(found.values(), key=lambda each: (each.one.approved_at, each.one.approved_id), reverse=True)

    async def _contradicting(self, known: Known, shelves: Iterable[Shelf]) -> list[Approved]:
        seen_too = [shelf for shelf in shelves if _meet(known.reach, shelf.known[0].reach)]
        vector = self._answers.vector_of(known.answer.question)
        same = [each for shelf in seen_too for each in shelf.by_key.get(known.key, ())]
        same += [each for log_odds, each in await self._answers.ranked(known.reading, vector, seen_too) if log_odds >= 0]
        found = [each for each in same if says_otherwise(known.answer.answer, each.answer.answer)]
        found += [each for shelf in seen_too for _, each in shelf.near(known.reading, vector) if _numbered_otherwise(known, each)]
        others = {each.answer.approved_id: each.answer for each in found if each is not known and in_force(each.answer, self._now())}
        return [*others.values()]

    async def _change(self, approved_id: str, *, states: Sequence[State] = ("served",), deleted: bool = False, **values: object) -> None:
        now = self._now()

        def work(connection: Connection) -> None:
            row = connection.execute(select(approved).where(approved.c.approved_id == approved_id).with_for_update()).one_or_none()
            if row is None:
                raise _unknown(approved_id)
            state = _listing(row, now).state
            if state not in states:
                raise Refused.told(_AGAIN[state], id=approved_id)
            if state == "expired":
                _check_newest(connection, row, now)
            connection.execute(update(approved).where(approved.c.approved_id == approved_id).values(**values))
            _note(connection, row, str(values.get("audience", row.audience)), at=now, deleted=deleted)

        await self._database.write(work)


def _numbered_otherwise(one: Known, other: Known) -> bool:
    return numbered_otherwise((one.reading, one.answer.answer), (other.reading, other.answer.answer))


def _check_newest(connection: Connection, row: Row[*tuple[Any, ...]], now: datetime) -> None:
    """Refuse to go on with an answer for whose people a newer one answers the same question."""
    reaches = approved.c.audience.in_({row.audience, "all"}), approved.c.scope.in_({row.scope, ""})
    newer = select(approved).where(approved.c.approved_at > row.approved_at, approved.c.revoked_at.is_(None), *reaches)
    for each in connection.execute(newer.order_by(approved.c.approved_at.desc())):
        if _listing(each, now).state == "served" and key_of(each.question) == key_of(row.question):
            text = N_(
                "answer {id} has expired, and {newer} answers the same question since; aprendiz approved expire {newer} says until when "
                "that one holds"
            )
            raise Refused.told(text, id=row.approved_id, newer=each.approved_id)


def _note(connection: Connection, row: Row[*tuple[Any, ...]], audience: Any, *, at: datetime, deleted: bool) -> None:
    note_change(connection, "verified", row.approved_id, audience=audience, at=at, deleted=deleted)
    if row.exchange_id:
        note_change(connection, "conversations", row.exchange_id, audience=row.audience, at=at)
    raise_revision(connection, "verified")


def _listing(row: Row[*tuple[Any, ...]], now: datetime) -> Listing:
    answer = Approved(**{name: getattr(row, name) for name in Approved.__dataclass_fields__})
    expired = row.expires_at is not None and row.expires_at <= (row.revoked_at or now)
    state: State = "expired" if expired else "revoked" if row.revoked_at else "served"
    return Listing(answer, row.language, row.exchange_id, row.revoked_at, state)


def _unknown(approved_id: str) -> Refused:
    return Refused.told(N_("there is no approved answer {id}; aprendiz approved list names them"), id=approved_id)


def _meet(one: Reach, other: Reach) -> bool:
    """Tell whether somebody may see what is for both."""
    audiences = one.audience == other.audience or "all" in (one.audience, other.audience)
    return audiences and (one.scope == other.scope or not one.scope or not other.scope)


def _whom(reach: Reach) -> str:
    return f"{reach.audience}, {reach.scope}" if reach.scope else reach.audience


def new_answer(question: str, answer: str, *, reach: Reach, author: str, at: datetime, expires_at: datetime | None = None) -> Approved:
    """Return an answer that an expert writes at that moment, under an id of its own."""
    return Approved(new_id(at), question, answer, reach.audience, author, at, reach.scope, expires_at)
