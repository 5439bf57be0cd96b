"""A working ledger in plain dicts, held to the same contract tests as the SQL one (tests/contracts/test_ledger.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple

from bot.errors import UnknownExchange
from bot.exchanges import Asked, Exchange, OpenExchange, Rights, Said
from bot.identifiers import new_id
from bot.messages import Answer, Approved, ConsentState, Place, Platform, Question, RatingValue, Turn
from bot.placeholders import NOTHING, Hidden, assign, placeholders_in, renamed, standing_alone
from bot.ports import Ledger
from bot.ratings import RatingVia, VoteReason
from bot.scopes import narrowest
from bot.sources import answered_question, sources_of
from store.rewording import reword


class Vote(NamedTuple):
    """One person's vote."""

    value: RatingValue
    via: RatingVia
    reason: VoteReason | Literal[""]
    comment: str
    rated_at: datetime


@dataclass(slots=True)
class Kept:
    """
    One exchange's state.

    `exchange` is None until it is answered and again once it is erased, `reason` says why it was abandoned, `revised_at` when the
    question was changed or erased by its author.
    """

    question: Question
    rights: Rights
    message_ref: str
    address: str = ""
    exchange: Exchange | None = None
    reason: str = ""
    erased: bool = False
    revised_at: datetime | None = None
    posts: dict[int, tuple[str, str]] = field(default_factory=dict)
    votes: dict[str, Vote] = field(default_factory=dict)
    corrections: list[tuple[str, str, datetime]] = field(default_factory=list)

    @property
    def scope(self) -> str:
        """Whom it is for, within its audience."""
        scopes = (self.exchange.scope, *(passage.scope for passage in self.exchange.passages)) if self.exchange else ()
        return narrowest(scopes, self.question.place)

    @property
    def waits(self) -> bool:
        """Whether the question got neither an answer nor an end."""
        return self.exchange is None and not self.reason and not self.erased


class MemoryLedger(Ledger):
    """
    The port in memory; tests may read its dicts.

    `kept` is by exchange id, `claims` maps each key to its exchange, `approved` holds what is served now and `fixed` the receipts in
    force (both by exchange id), `changes` the (kind, ref) pairs that the index would have to follow, oldest first, `hidden` what each
    conversation's placeholders stand for and `told` in which exchanges that was said.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.claims: dict[str, str] = {}
        self.approved: dict[str, Approved] = {}
        self.fixed: dict[str, int] = {}
        self.consents: dict[str, ConsentState] = {}
        self.consent_asked: set[str] = set()
        self.changes: list[tuple[str, str]] = []
        self.hidden: dict[str, dict[str, str | None]] = {}
        self.told: set[tuple[str, str]] = set()

    async def claim(
        self, question: Question, *, keys: Sequence[str], rights: Rights, message_ref: str = "", address: str = "", hidden: Hidden = NOTHING
    ) -> Question | None:
        """See the port."""
        if any(key in self.claims for key in keys):
            return None
        self.claims.update(dict.fromkeys(keys, question.exchange_id))
        self.kept[question.exchange_id] = Kept(question, rights, message_ref, address)
        (names,) = await self.number(question.exchange_id, question.person, (hidden,))
        numbered = replace(question, text=renamed(question.text, names))
        self.kept[question.exchange_id].question = numbered
        return numbered

    async def number(self, exchange_id: str, person: str, texts: Sequence[Hidden]) -> tuple[Mapping[str, str], ...]:
        """See the port."""
        kept = self.kept.get(exchange_id)
        if kept is None or kept.erased:
            return ({},) * len(texts)
        known = self.hidden.setdefault(kept.question.place.conversation_id, {})
        names, added = assign(texts, known)
        known |= added
        for hidden, called in zip(texts, names, strict=True):
            self.told |= {(exchange_id, called[each]) for each, value in hidden.items() if value is not None}
        return names

    async def record(self, exchange: Exchange) -> None:
        """See the port."""
        kept = self.kept.get(exchange.question.exchange_id)
        if kept is None:
            raise UnknownExchange(exchange.question.exchange_id)
        if kept.exchange is not None or kept.erased:
            return
        asked, current = exchange.question.text, kept.question.text
        if asked == current:
            kept.revised_at = None
        else:
            exchange = replace(exchange, question=kept.question, prompt=reword(exchange.prompt, asked, current))
        kept.exchange, kept.reason, kept.address = exchange, "", ""

    async def said(self, cache_key: str, *, since: datetime) -> Said | None:
        """See the port."""
        given = [kept for _, kept in sorted(self.kept.items()) if kept.exchange is not None and kept.exchange.cache_key == cache_key]
        if any(kept.corrections or any(vote.value == "down" for vote in kept.votes.values()) for kept in given):
            return None
        for kept in reversed(given):
            exchange = kept.exchange
            if exchange and exchange.finished and not exchange.finished.repeated and exchange.answered_at >= since:
                withheld = int(exchange.evidence.get("withheld", 0))
                return Said(exchange.question.exchange_id, exchange.answer, exchange.finished, withheld)
        return None

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """See the port."""
        kept = self.kept.get(exchange_id)
        if kept is not None and kept.waits:
            kept.reason, kept.address = reason, ""

    async def open_exchanges(self, platform: Platform, *, since: datetime) -> tuple[OpenExchange, ...]:
        """See the port."""
        return tuple(
            OpenExchange(kept.question, kept.message_ref, kept.address)
            for _, kept in sorted(self.kept.items())
            if kept.waits and kept.question.place.platform == platform and kept.question.asked_at >= since
        )

    async def turns(self, conversation_id: str, *, limit: int) -> tuple[Turn, ...]:
        """See the port."""
        answered = [
            Turn(exchange_id, kept.exchange.prompt, kept.question.text, kept.exchange.answer, kept.scope)
            for exchange_id, kept in sorted(self.kept.items())
            if kept.exchange is not None and kept.exchange.kind != "courtesy" and kept.question.place.conversation_id == conversation_id
        ]
        return tuple(answered[max(0, len(answered) - limit) :])

    async def asked_since(self, person: str, since: datetime) -> tuple[datetime, ...]:
        """See the port."""
        theirs = (kept.question.asked_at for kept in self.kept.values() if kept.question.person == person)
        return tuple(sorted(at for at in theirs if at >= since))

    async def asked_with(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """See the port."""
        for exchange_id, kept in self.kept.items():
            place = kept.question.place
            if message_ref and not kept.erased and (place.platform, place.channel, kept.message_ref) == (platform, channel, message_ref):
                return exchange_id
        return None

    async def revise(self, exchange_id: str, text: str, *, at: datetime, hidden: Hidden = NOTHING) -> bool:
        """See the port."""
        kept = self.kept.get(exchange_id)
        (names,) = await self.number(exchange_id, kept.question.person if kept else "", (hidden,))
        text = renamed(text, names)
        if kept is None or kept.erased or kept.question.text == text:
            return False
        old, kept.question, kept.revised_at = kept.question.text, replace(kept.question, text=text), at
        if kept.exchange is not None:
            prompt = reword(kept.exchange.prompt, old, text)
            kept.exchange = replace(kept.exchange, question=kept.question, prompt=prompt, cache_key="")
            text = f"{text} {prompt}"
        self._forget({(exchange_id, each) for each in placeholders_in(old) - placeholders_in(text)})
        self.changes.append(("conversations", exchange_id))
        return True

    async def erase(self, exchange_id: str, *, at: datetime) -> bool:
        """See the port."""
        kept = self.kept.get(exchange_id)
        if kept is None or kept.erased:
            return False
        kept.question, kept.exchange, kept.revised_at = replace(kept.question, text=""), None, at
        kept.erased, kept.reason, kept.address = True, "", ""
        self._forget({(told_in, each) for told_in, each in self.told if told_in == exchange_id})
        self.changes.append(("conversations", exchange_id))
        return True

    async def recent(self, person: str, *, limit: int) -> tuple[Asked, ...]:
        """See the port."""
        theirs = [(kept.question, kept.exchange) for kept in self.kept.values() if kept.question.person == person]
        asked = [
            Asked(
                exchange_id=question.exchange_id,
                question=question.text,
                kind=exchange.kind,
                asked_at=question.asked_at,
                place=question.place,
                vote=self._vote_of(exchange, person),
                fixed_in=self.fixed.get(question.exchange_id, 0),
            )
            for question, exchange in theirs
            if exchange is not None and exchange.kind != "courtesy"
        ]
        return tuple(sorted(asked, key=lambda each: (each.asked_at, each.exchange_id), reverse=True)[:limit])

    async def direct_channels(self, platform: Platform, *, since: datetime) -> tuple[str, ...]:
        """See the port."""
        asked = (kept.question for kept in self.kept.values() if kept.question.asked_at >= since)
        places = (question.place for question in asked)
        return tuple(sorted({each.channel for each in places if each.platform == platform and each.channel and not each.workspace}))

    async def takes_part(self, conversation_id: str) -> bool:
        """See the port."""
        return any(kept.question.place.conversation_id == conversation_id for kept in self.kept.values())

    async def place_of(self, exchange_id: str) -> Place | None:
        """See the port."""
        kept = self.kept.get(exchange_id)
        return kept.question.place if kept else None

    async def answer_of(self, exchange_id: str) -> Answer | None:
        """See the port."""
        kept = self.kept.get(exchange_id)
        if kept is None or kept.exchange is None:
            return None
        exchange = kept.exchange
        approved = next((each for each in self.approved.values() if each.approved_id == exchange.approved_id), None)
        return Answer(
            exchange_id=exchange_id,
            text=exchange.answer,
            kind=exchange.kind,
            sources=sources_of(exchange.kind, exchange.passages, exchange.answer),
            confidence=exchange.confidence,
            model=exchange.finished.model if exchange.finished else "",
            timings={},
            instead_of=exchange.finished.instead_of if exchange.finished else "",
            approved_by=approved.author if approved else "",
            approved_at=approved.approved_at if approved else None,
            answered_question=answered_question(
                exchange.kind,
                exchange.question.text,
                exchange.passages,
                answer=exchange.answer,
                approved=approved.question if approved else "",
            ),
        )

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
        votes = self._answered(exchange_id).votes
        if value is None:
            if person not in votes or (via == "reaction" and votes[person].via != "reaction"):
                return
            del votes[person]
        else:
            votes[person] = Vote(value, via, reason, comment, at)
        self.changes.append(("conversations", exchange_id))

    async def explain_vote(self, exchange_id: str, person: str, *, reason: VoteReason, comment: str) -> bool:
        """See the port."""
        kept = self.kept.get(exchange_id)
        vote = kept.votes.get(person) if kept is not None and kept.exchange is not None else None
        if kept is None or vote is None or vote.value != "down":
            return False
        kept.votes[person] = vote._replace(reason=reason, comment=comment)
        return True

    async def correct(self, exchange_id: str, person: str, answer: str, *, at: datetime, name: str = "") -> str:
        """See the port."""
        kept = self._answered(exchange_id)
        kept.corrections.append((person, answer, at))
        approved = Approved(new_id(at), standing_alone(kept.question.text), answer, kept.question.audience, name or person, at, kept.scope)
        replaced = self.approved.get(exchange_id)
        self.changes += [("verified", replaced.approved_id)] if replaced else []
        self.changes += [("verified", approved.approved_id), ("conversations", exchange_id)]
        self.approved[exchange_id] = approved
        return approved.approved_id

    async def consent_of(self, person: str) -> ConsentState:
        """See the port."""
        return self.consents.get(person, "unasked")

    async def note_consent_asked(self, person: str, *, platform: Platform, at: datetime) -> bool:
        """See the port."""
        if person in self.consent_asked or person in self.consents:
            return False
        self.consent_asked.add(person)
        return True

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: datetime) -> None:
        """See the port."""
        self.consents[person] = "granted" if granted else "refused"
        theirs = {kept.question.place.conversation_id for kept in self.kept.values() if kept.question.person == person}
        self.changes += [
            ("conversations", exchange_id)
            for exchange_id, kept in sorted(self.kept.items())
            if kept.question.place.conversation_id in theirs and (kept.votes or kept.corrections)
        ]

    def _vote_of(self, exchange: Exchange, person: str) -> RatingValue | Literal[""]:
        vote = self.kept[exchange.question.exchange_id].votes.get(person)
        return vote.value if vote else ""

    def _forget(self, untold: set[tuple[str, str]]) -> None:
        """Forget what placeholders stand for that are told in no exchange of their conversation any more."""
        self.told -= untold
        for conversation_id in {self.kept[exchange_id].question.place.conversation_id for exchange_id, _ in untold}:
            there = {each for told_in, each in self.told if self.kept[told_in].question.place.conversation_id == conversation_id}
            known = self.hidden.get(conversation_id, {})
            self.hidden[conversation_id] = {each: value if each in there else None for each, value in known.items()}

    def _answered(self, exchange_id: str) -> Kept:
        kept = self.kept.get(exchange_id)
        if kept is None or kept.exchange is None:
            raise UnknownExchange(exchange_id)
        return kept
