"""What is asked and not answered well: declined and down-voted questions, grouped into topics."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, case, false, func, or_, select

from bot.index_ports import Encoder
from bot.messages import Reach, Viewer
from store.candidates import in_force, of_reaches, visible_to
from store.conversations import count_of
from store.courtesies import courtesy_of
from store.database import Database
from store.lexical import words_of
from store.schema import approved, exchanges
from store.topics import TopicNames, topics_of

MOST: Final = 2_000  # questions looked at, the newest
_EXAMPLES: Final = 5

Why = Literal["declined", "down"]
_Words = tuple[str, ...]
_Written = tuple[Reach, datetime]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question, redacted as it was kept, that was declined or whose answer was voted down."""

    exchange_id: str
    question: str
    why: Why
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """
    A topic, named by the words that tell it from the others.

    `questions` begin with the most central one; `earlier` and `later` count them in the two halves of the time looked at.
    """

    topic: str
    questions: tuple[Unanswered, ...]
    earlier: int
    later: int

    @property
    def declined(self) -> int:
        """How many of them were declined; the others were voted down."""
        return sum(each.why == "declined" for each in self.questions)

    @property
    def examples(self) -> tuple[str, ...]:
        """Some of the questions, each wording once, the most central one first."""
        return tuple(dict.fromkeys(each.question for each in self.questions))[:_EXAMPLES]


async def find_gaps(database: Database, encoder: Encoder, viewer: Viewer, *, since: datetime | None = None) -> tuple[Gap, ...]:
    """
    Return the topics of what *viewer* may know was asked, the largest first; of equals the one asked about last.

    What an expert has answered since, there or to another who asked in the same words, is no gap any more. A question from a private
    conversation shows with that conversation's scope alone.
    """
    asked = await _read(database, viewer, since)
    if not asked:
        return ()
    vectors = await encoder.encode([each.question for each in asked])
    middle = asked[-1].asked_at + (asked[0].asked_at - asked[-1].asked_at) / 2  # newest first
    names = TopicNames([each.question for each in asked])
    gaps = [_gap([asked[row] for row in rows], vectors[rows], names, middle) for rows in topics_of(vectors)]
    return tuple(sorted(gaps, key=lambda gap: (len(gap.questions), max(each.asked_at for each in gap.questions)), reverse=True))


async def _read(database: Database, viewer: Viewer, since: datetime | None) -> list[Unanswered]:
    async with database.connect() as connection:
        asked = (await connection.execute(_select(viewer, since))).all()
        written = (await connection.execute(_written(viewer))).all() if asked else ()
    answered: defaultdict[_Words, list[_Written]] = defaultdict(list)
    for question, audience, scope, at in written:
        answered[tuple(words_of(question))].append((Reach(audience, scope), at))
    return [
        Unanswered(exchange_id, question, why, at)
        for exchange_id, question, why, at, *reach in asked
        if courtesy_of(question) is None and not _is_answered(Reach(*reach), at, answered.get(tuple(words_of(question)), ()))
    ]


def _is_answered(asker: Reach, asked_at: datetime, written: Sequence[_Written]) -> bool:
    """Tell whether one of the answers to these words was *written* since, and is for those who asked."""
    fitting = visible_to(Viewer(asker.audience, (asker.scope,) if asker.scope else ()))
    return any(reach in fitting and at > asked_at for reach, at in written)


def _written(viewer: Viewer) -> Select[Any]:
    """Select the approved answers that may serve *viewer*."""
    columns = approved.c.question, approved.c.audience, approved.c.scope, approved.c.approved_at
    return select(*columns).where(approved.c.revoked_at.is_(None), in_force(datetime.now(UTC)), of_reaches(approved, visible_to(viewer)))


def _select(viewer: Viewer, since: datetime | None) -> Select[Any]:
    down = count_of("down") > count_of("up")
    declined = exchanges.c.kind == "declined"
    answered_since = select(approved.c.approved_id).where(
        approved.c.exchange_id == exchanges.c.exchange_id, approved.c.revoked_at.is_(None)
    )
    wanted = select(
        exchanges.c.exchange_id,
        exchanges.c.question,
        case((declined, "declined"), else_="down"),
        exchanges.c.asked_at,
        exchanges.c.audience,
        exchanges.c.scope,
    ).where(
        exchanges.c.status == "answered",
        func.trim(exchanges.c.question) != "",
        or_(declined, down),
        of_reaches(exchanges, visible_to(viewer)),
        or_(exchanges.c.private == false(), exchanges.c.scope != ""),
        ~answered_since.exists(),
    )
    if since is not None:
        wanted = wanted.where(exchanges.c.asked_at >= since)
    return wanted.order_by(exchanges.c.exchange_id.desc()).limit(MOST)


def _gap(questions: Sequence[Unanswered], vectors: NDArray[np.float32], names: TopicNames, middle: datetime) -> Gap:
    central = np.argsort(-(vectors @ vectors.sum(axis=0)), kind="stable")
    later = sum(each.asked_at > middle for each in questions)
    return Gap(names.of([each.question for each in questions]), tuple(questions[at] for at in central), len(questions) - later, later)
