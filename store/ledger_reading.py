"""What the ledger tells: for the engine and the adapters through the port, and for the people who review conversations."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, func, select

from bot.exchanges import Asked, OpenExchange, Said
from bot.messages import Answer, ConsentState, Passage, Place, Platform, Question, RatingValue, Turn
from bot.sources import answered_question, sources_of
from store import repeating
from store.conversations import Corrected, Counts, Listed, Shown, Vote, count_of, select_listed, select_shown, to_listed, to_shown
from store.database import Database
from store.prepared import Prepared
from store.receipts import fixed_in
from store.schema import approved, corrections, exchanges, people, posts, votes
from store.sealing import Sealer

# What messages ask, made once.
_IN_CONVERSATION = exchanges.c.conversation_id == bindparam("conversation")
_OPEN = (
    select(exchanges)
    .where(exchanges.c.status == "open", exchanges.c.platform == bindparam("platform"), exchanges.c.asked_at >= bindparam("since"))
    .order_by(exchanges.c.exchange_id)
)
_PLACE = select(exchanges).where(exchanges.c.exchange_id == bindparam("of"))
_RECORDED = (
    select(exchanges, approved.c.author.label("approved_by"), approved.c.approved_at, approved.c.question.label("approved_question"))
    .outerjoin(approved, approved.c.approved_id == exchanges.c.approved_id)
    .where(exchanges.c.exchange_id == bindparam("of"), exchanges.c.status == "answered")
)
_turns = (
    select(exchanges.c.exchange_id, exchanges.c.prompt, exchanges.c.question, exchanges.c.answer, exchanges.c.scope)
    .where(_IN_CONVERSATION, exchanges.c.status == "answered", exchanges.c.kind != "courtesy")
    .order_by(exchanges.c.exchange_id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_TURNS = Prepared(lambda _: _turns)
_TAKES_PART = Prepared(lambda _: select(exchanges.c.exchange_id).where(_IN_CONVERSATION).limit(1))
_posts = select(posts.c.part, posts.c.channel, posts.c.message_ref).where(posts.c.exchange_id == bindparam("of")).order_by(posts.c.part)
_POSTS = Prepared(lambda _: _posts)
_posted = select(posts.c.exchange_id).where(
    posts.c.platform == bindparam("on"), posts.c.channel == bindparam("there"), posts.c.message_ref == bindparam("ref")
)
_POSTED = Prepared(lambda _: _posted.limit(1))
_asked = select(exchanges.c.asked_at).where(exchanges.c.person == bindparam("whose"), exchanges.c.asked_at >= bindparam("since"))
_ASKED = Prepared(lambda _: _asked.order_by(exchanges.c.asked_at))
_asked_with = select(exchanges.c.exchange_id).where(
    exchanges.c.platform == bindparam("on"),
    exchanges.c.channel == bindparam("there"),
    exchanges.c.message_ref == bindparam("ref"),
    exchanges.c.status != "erased",
)
_ASKED_WITH = Prepared(lambda _: _asked_with.limit(1))
_own_vote = select(votes.c.value).where(votes.c.exchange_id == exchanges.c.exchange_id, votes.c.person == exchanges.c.person)
_RECENT = (
    select(exchanges, func.coalesce(_own_vote.scalar_subquery(), "").label("vote"), fixed_in())
    .where(exchanges.c.person == bindparam("whose"), exchanges.c.status == "answered", exchanges.c.kind != "courtesy")
    .order_by(exchanges.c.asked_at.desc(), exchanges.c.exchange_id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_DIRECT = (
    select(exchanges.c.channel)
    .where(
        exchanges.c.platform == bindparam("on"),
        exchanges.c.channel != "",
        exchanges.c.workspace == "",
        exchanges.c.asked_at >= bindparam("since"),
    )
    .group_by(exchanges.c.channel)
)
_CONSENT = Prepared(lambda _: select(people.c.consent).where(people.c.person == bindparam("whose")))


class LedgerReader:
    """Reads under snapshots, so that nothing here waits for a writer."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def open_exchanges(self, platform: Platform, *, since: datetime) -> tuple[OpenExchange, ...]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_OPEN, {"platform": platform, "since": since}).all())
        return tuple(OpenExchange(_question(row), row.message_ref, self._sealer.open(row.address) or "") for row in rows)

    async def turns(self, conversation_id: str, *, limit: int) -> tuple[Turn, ...]:
        """See the port."""
        return tuple(Turn(*row) for row in reversed(await self._rows(_TURNS, conversation=conversation_id, limit=limit)))

    async def asked_since(self, person: str, since: datetime) -> tuple[datetime, ...]:
        """See the port; erased ones count, or deleting would be a way around the limits."""
        return tuple(_moment(at) for (at,) in await self._rows(_ASKED, whose=person, since=since))

    async def asked_with(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """See the port."""
        if not message_ref:  # the terminal's and the web's questions have none
            return None
        rows = await self._rows(_ASKED_WITH, on=platform, there=channel, ref=message_ref)
        return rows[0][0] if rows else None

    async def recent(self, person: str, *, limit: int) -> tuple[Asked, ...]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_RECENT, {"whose": person, "limit": limit}).all())
        return tuple(Asked(row.exchange_id, row.question, row.kind, row.asked_at, _place(row), row.vote, row.fixed_in) for row in rows)

    async def direct_channels(self, platform: Platform, *, since: datetime) -> tuple[str, ...]:
        """See the port; sorted."""
        rows = await self._database.read(lambda connection: connection.execute(_DIRECT, {"on": platform, "since": since}).scalars().all())
        return tuple(sorted(rows))

    async def takes_part(self, conversation_id: str) -> bool:
        """See the port."""
        return bool(await self._rows(_TAKES_PART, conversation=conversation_id))

    async def place_of(self, exchange_id: str) -> Place | None:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_PLACE, {"of": exchange_id}).one_or_none())
        return _place(row) if row else None

    async def answer_of(self, exchange_id: str) -> Answer | None:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_RECORDED, {"of": exchange_id}).one_or_none())
        return _answer(row) if row else None

    async def said(self, cache_key: str, *, since: datetime) -> Said | None:
        """See the port."""
        return await self._database.read(lambda connection: repeating.find(connection, cache_key, since=since))

    async def posts_of(self, exchange_id: str) -> tuple[tuple[int, str, str], ...]:
        """See the port."""
        return tuple((part, channel, message_ref) for part, channel, message_ref in await self._rows(_POSTS, of=exchange_id))

    async def exchange_of(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """See the port."""
        if not message_ref:  # posts merely intended have none
            return None
        rows = await self._rows(_POSTED, on=platform, there=channel, ref=message_ref)
        return rows[0][0] if rows else None

    async def consent_of(self, person: str) -> ConsentState:
        """See the port."""
        rows = await self._rows(_CONSENT, whose=person)
        return rows[0][0] if rows else "unasked"

    async def conversations(self, *, limit: int, rating: RatingValue | None = None, platform: Platform | None = None) -> tuple[Listed, ...]:
        """
        Return exchanges, newest first, at most *limit*.

        Args:
            limit: How many at most.
            rating: Only those with more such votes than others.
            platform: Only those asked there.
        """
        wanted = select_listed().order_by(exchanges.c.exchange_id.desc()).limit(limit)
        if rating is not None:
            up, down = count_of("up"), count_of("down")
            wanted = wanted.where(up > down if rating == "up" else down > up)
        if platform is not None:
            wanted = wanted.where(exchanges.c.platform == platform)
        async with self._database.connect() as connection:
            return tuple(to_listed(row) for row in await connection.execute(wanted))

    async def show(self, exchange_id: str) -> Shown | None:
        """Return one exchange with its votes and corrections, oldest first; None where no exchange has that id."""
        async with self._database.connect() as connection:
            found = (await connection.execute(select_shown().where(exchanges.c.exchange_id == exchange_id))).one_or_none()
            if found is None:
                return None
            voted = await connection.execute(select(votes).where(votes.c.exchange_id == exchange_id).order_by(votes.c.rated_at))
            corrected = await connection.execute(
                select(corrections).where(corrections.c.exchange_id == exchange_id).order_by(corrections.c.corrected_at)
            )
            return to_shown(
                found,
                tuple(Vote(row.person, row.value, row.via, row.reason, row.comment, row.rated_at) for row in voted),
                tuple(Corrected(row.person, row.answer, row.corrected_at) for row in corrected),
            )

    async def counts(self) -> Counts:
        """Return how much the ledger holds."""
        async with self._database.connect() as connection:
            statuses = dict([*await connection.execute(select(exchanges.c.status, func.count()).group_by(exchanges.c.status))])
            values = dict([*await connection.execute(select(votes.c.value, func.count()).group_by(votes.c.value))])
            rated = select(func.count(votes.c.exchange_id.distinct())).scalar_subquery()
            corrected = select(func.count()).select_from(corrections).scalar_subquery()
            served = select(func.count()).where(approved.c.revoked_at.is_(None)).scalar_subquery()
            others = (await connection.execute(select(rated, corrected, served))).one()
        return Counts(
            exchanges=sum(statuses.values()),
            open=statuses.get("open", 0),
            answered=statuses.get("answered", 0),
            abandoned=statuses.get("abandoned", 0),
            erased=statuses.get("erased", 0),
            rated=others[0],
            up_votes=values.get("up", 0),
            down_votes=values.get("down", 0),
            corrections=others[1],
            approved=others[2],
        )

    async def _rows(self, statement: Prepared, **values: object) -> Sequence[Sequence[Any]]:
        return await self._database.read(lambda connection: statement.rows(connection, values))


def _place(row: Row[Any]) -> Place:
    return Place(row.platform, row.surface, row.conversation_id, row.workspace, row.channel, row.parent, bool(row.private))


def _question(row: Row[Any]) -> Question:
    return Question(row.exchange_id, row.question, row.person, _place(row), row.audience, row.asked_at, row.locale)


def _moment(at: datetime | str) -> datetime:
    """Return a moment as `Prepared` gives it: SQLite's driver knows text alone."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at


def _answer(row: Row[Any]) -> Answer:
    passages = tuple(Passage(**passage) for passage in row.passages)
    return Answer(
        exchange_id=row.exchange_id,
        text=row.answer,
        kind=row.kind,
        sources=sources_of(row.kind, passages, row.answer),
        confidence=row.confidence,
        model=row.model,
        timings={},
        approved_by=row.approved_by or "",
        approved_at=row.approved_at,
        answered_question=answered_question(row.kind, row.question, passages, answer=row.answer, approved=row.approved_question or ""),
        instead_of=(row.generation or {}).get("instead_of", ""),
    )
