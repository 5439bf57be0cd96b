"""A working ledger in plain dicts, held to the same contract tests as the SQL one (tests/contracts/test_ledger.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import UnknownExchange
from bot.identifiers import new_id
from bot.messages import (
    Approved,
    ConsentState,
    Exchange,
    OpenExchange,
    Place,
    Platform,
    Question,
    RatingValue,
    RatingVia,
    Rights,
    Turn,
)
from bot.ports import Ledger


@dataclass(slots=True)
class Kept:
    """One exchange's state; `exchange` is None until it is answered, `reason` says why it was abandoned."""

    question: Question
    rights: Rights
    message_ref: str
    exchange: Exchange | None = None
    reason: str = ""
    posts: dict[int, tuple[str, str]] = field(default_factory=dict)
    votes: dict[str, tuple[RatingValue, RatingVia, str, datetime]] = field(default_factory=dict)
    corrections: list[tuple[str, str, datetime]] = field(default_factory=list)


class MemoryLedger(Ledger):
    """
    The port in memory; tests may read its dicts.

    `kept` is by exchange id, `claims` maps each key to its exchange, `approved` holds what is served now (by exchange id),
    `changes` the (kind, ref) pairs that the index would have to follow, oldest first.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.claims: dict[str, str] = {}
        self.approved: dict[str, Approved] = {}
        self.consents: dict[str, ConsentState] = {}
        self.changes: list[tuple[str, str]] = []

    async def claim(self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "") -> bool:
        """See the port."""
        if any(key in self.claims for key in keys):
            return False
        self.claims.update(dict.fromkeys(keys, question.exchange_id))
        self.kept[question.exchange_id] = Kept(question, rights, message_ref)
        return True

    async def record(self, exchange: Exchange) -> None:
        """See the port."""
        kept = self.kept.get(exchange.question.exchange_id)
        if kept is None:
            raise UnknownExchange(exchange.question.exchange_id)
        if kept.exchange is None:
            kept.exchange, kept.reason = exchange, ""

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """See the port."""
        kept = self.kept.get(exchange_id)
        if kept is not None and kept.exchange is None and not kept.reason:
            kept.reason = reason

    async def open_exchanges(self, platform: Platform, *, since: datetime) -> tuple[OpenExchange, ...]:
        """See the port."""
        return tuple(
            OpenExchange(kept.question, kept.message_ref)
            for _, kept in sorted(self.kept.items())
            if kept.exchange is None and not kept.reason
            if kept.question.place.platform == platform and kept.question.asked_at >= since
        )

    async def turns(self, conversation_id: str, *, limit: int) -> tuple[Turn, ...]:
        """See the port."""
        answered = [
            Turn(exchange_id, kept.exchange.prompt, kept.question.text, kept.exchange.answer)
            for exchange_id, kept in sorted(self.kept.items())
            if kept.exchange is not None and kept.question.place.conversation_id == conversation_id
        ]
        return tuple(answered[max(0, len(answered) - limit) :])

    async def takes_part(self, conversation_id: str) -> bool:
        """See the port."""
        return any(kept.question.place.conversation_id == conversation_id for kept in self.kept.values())

    async def place_of(self, exchange_id: str) -> Place | None:
        """See the port."""
        kept = self.kept.get(exchange_id)
        return kept.question.place if kept else None

    async def intend_post(self, exchange_id: str, *, part: int) -> bool:
        """See the port."""
        if exchange_id not in self.kept:
            raise UnknownExchange(exchange_id)
        posts = self.kept[exchange_id].posts
        if part in posts:
            return False
        posts[part] = ("", "")
        return True

    async def posted(self, exchange_id: str, *, part: int, channel: str, message_ref: str) -> None:
        """See the port."""
        if exchange_id not in self.kept:
            raise UnknownExchange(exchange_id)
        self.kept[exchange_id].posts[part] = (channel, message_ref)

    async def posts_of(self, exchange_id: str) -> tuple[tuple[int, str, str], ...]:
        """See the port."""
        kept = self.kept.get(exchange_id)
        return tuple((part, *post) for part, post in sorted(kept.posts.items())) if kept else ()

    async def exchange_of(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """See the port."""
        for exchange_id, kept in self.kept.items():
            if message_ref and kept.question.place.platform == platform and (channel, message_ref) in kept.posts.values():
                return exchange_id
        return None

    async def rate(
        self, exchange_id: str, person: str, value: RatingValue | None, *, via: RatingVia, at: datetime, reason: str = ""
    ) -> None:
        """See the port."""
        votes = self._answered(exchange_id).votes
        if value is None:
            if person not in votes or (via == "reaction" and votes[person][1] != "reaction"):
                return
            del votes[person]
        else:
            votes[person] = (value, via, reason, at)
        self.changes.append(("conversations", exchange_id))

    async def correct(self, exchange_id: str, person: str, answer: str, *, at: datetime) -> str:
        """See the port."""
        kept = self._answered(exchange_id)
        kept.corrections.append((person, answer, at))
        approved = Approved(new_id(at), kept.question.text, answer, kept.question.audience, person, at)
        replaced = self.approved.get(exchange_id)
        self.changes += [("verified", replaced.approved_id)] if replaced else []
        self.changes += [("verified", approved.approved_id), ("conversations", exchange_id)]
        self.approved[exchange_id] = approved
        return approved.approved_id

    async def consent_of(self, person: str) -> ConsentState:
        """See the port."""
        return self.consents.get(person, "unasked")

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: datetime) -> None:
        """See the port."""
        self.consents[person] = "granted" if granted else "refused"
        theirs = {kept.question.place.conversation_id for kept in self.kept.values() if kept.question.person == person}
        self.changes += [
            ("conversations", exchange_id)
            for exchange_id, kept in sorted(self.kept.items())
            if kept.question.place.conversation_id in theirs and (kept.votes or kept.corrections)
        ]

    def _answered(self, exchange_id: str) -> Kept:
        kept = self.kept.get(exchange_id)
        if kept is None or kept.exchange is None:
            raise UnknownExchange(exchange_id)
        return kept
