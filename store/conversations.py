"""Exchanges as the people see them who review conversations: what is asked of the ledger, and its rows translated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, func, select

from bot.exchanges import HistoryRef
from bot.messages import AnswerKind, Audience, ConsentState, Platform, RatingValue, RightsPolicy, Surface
from bot.ratings import RatingVia, VoteReason
from store.receipts import fixed_in
from store.schema import corrections, exchanges, people, system_texts, votes


@dataclass(frozen=True, slots=True)
class Listed:
    """
    One exchange in a list; `up` and `down` count votes, `status` is open, answered, abandoned or erased.

    `scope` is what it is limited to, empty where to nothing; `private` says that only those let in read along where it was asked.
    `fixed_in` is the version that answers well what was once voted down here, 0 where there is none.
    """

    exchange_id: str
    asked_at: datetime
    platform: Platform
    audience: Audience
    status: str
    kind: AnswerKind | str
    question: str
    answer: str
    up: int
    down: int
    corrected: bool
    fixed_in: int
    scope: str
    private: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's vote; `reason` and `comment` say why it is down, empty where nobody was asked."""

    person: str
    value: RatingValue
    via: RatingVia
    reason: VoteReason | Literal[""]
    comment: str
    rated_at: datetime


@dataclass(frozen=True, slots=True)
class Corrected:
    """One correction; the newest is served."""

    person: str
    answer: str
    corrected_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """
    One exchange in full.

    `passages` and `generation` are objects as recorded, `reason` says why it was abandoned, `revised_at` when its author changed or
    deleted the question.
    """

    listed: Listed
    person: str
    consent: ConsentState
    surface: Surface
    rights_policy: RightsPolicy
    conversation_id: str
    workspace: str
    channel: str
    parent: str
    answered_at: datetime | None
    revised_at: datetime | None
    reason: str
    system_text: str
    prompt: str
    history: tuple[HistoryRef, ...]
    passages: tuple[Mapping[str, Any], ...]
    confidence: float
    language: str
    approved_id: str
    model: str
    adapter: str
    generation: Mapping[str, Any] | None
    votes: tuple[Vote, ...]
    corrections: tuple[Corrected, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the ledger holds; `rated` are exchanges with at least one vote, `approved` the answers now served."""

    exchanges: int
    open: int
    answered: int
    abandoned: int
    erased: int
    rated: int
    up_votes: int
    down_votes: int
    corrections: int
    approved: int


def count_of(value: RatingValue) -> ScalarSelect[int]:
    """Return the query for how many such votes an exchange has."""
    counted = select(func.count()).where(votes.c.exchange_id == exchanges.c.exchange_id, votes.c.value == value)
    return counted.correlate(exchanges).scalar_subquery()


def select_listed(*more: ColumnElement[Any]) -> Select[Any]:
    """Return the query for what `to_listed` translates."""
    corrected = select(corrections.c.correction_id).where(corrections.c.exchange_id == exchanges.c.exchange_id).exists()
    return select(exchanges, count_of("up").label("up"), count_of("down").label("down"), corrected.label("corrected"), fixed_in(), *more)


def select_shown() -> Select[Any]:
    """Return the query for what `to_shown` translates."""
    text = select(system_texts.c.text).where(system_texts.c.system_text_id == exchanges.c.system_text_id).scalar_subquery()
    consent = select(people.c.consent).where(people.c.person == exchanges.c.person).scalar_subquery()
    return select_listed(func.coalesce(text, "").label("system_text"), func.coalesce(consent, "unasked").label("consent"))


def to_listed(row: Row[Any]) -> Listed:
    """Translate a row."""
    return Listed(
        exchange_id=row.exchange_id,
        asked_at=row.asked_at,
        platform=row.platform,
        audience=row.audience,
        status=row.status,
        kind=row.kind,
        question=row.question,
        answer=row.answer,
        up=row.up,
        down=row.down,
        corrected=bool(row.corrected),
        fixed_in=row.fixed_in,
        scope=row.scope,
        private=bool(row.private),
    )


def to_shown(row: Row[Any], voted: tuple[Vote, ...], corrected: tuple[Corrected, ...]) -> Shown:
    """Translate a row, with its votes and corrections."""
    return Shown(
        listed=to_listed(row),
        person=row.person,
        consent=row.consent,
        surface=row.surface,
        rights_policy=row.rights_policy,
        conversation_id=row.conversation_id,
        workspace=row.workspace,
        channel=row.channel,
        parent=row.parent,
        answered_at=row.answered_at,
        revised_at=row.revised_at,
        reason=row.reason,
        system_text=row.system_text,
        prompt=row.prompt,
        history=tuple(HistoryRef(*reference) for reference in row.history),
        passages=tuple(row.passages),
        confidence=row.confidence,
        language=row.language,
        approved_id=row.approved_id,
        model=row.model,
        adapter=row.adapter,
        generation=row.generation,
        votes=voted,
        corrections=corrected,
    )
