"""What is asked and not answered well: declined and down-voted questions, grouped into topics."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import comb, exp, log, log1p
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
_SPAN: Final = timedelta(days=1)  # the shortest time whose halves are worth comparing
_CHANCE: Final = 0.05

Why = Literal["declined", "down"]
Trend = Literal["more", "less"]
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

    `questions` begin with the most central one; `earlier` and `later` count them in the two halves of the time looked at. `trend` says
    whether that is more, or less, of late than for all topics together; None where it may be chance.
    """

    topic: str
    questions: tuple[Unanswered, ...]
    earlier: int
    later: int
    trend: Trend | None = None

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
    halves = _Halves.of([each.asked_at for each in asked])
    names = TopicNames([each.question for each in asked])
    gaps = [_gap([asked[row] for row in rows], vectors[rows], names, halves) for rows in topics_of(vectors)]
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


@dataclass(frozen=True, slots=True)
class _Halves:
    """The two halves of the time looked at: where they meet, and which share of all questions is of the later one (None: it is short)."""

    middle: datetime
    later: float | None

    @classmethod
    def of(cls, times: Sequence[datetime]) -> "_Halves":
        first, last = min(times), max(times)
        middle = first + (last - first) / 2
        return cls(middle, sum(each > middle for each in times) / len(times) if last - first >= _SPAN else None)


def _gap(questions: Sequence[Unanswered], vectors: NDArray[np.float32], names: TopicNames, halves: _Halves) -> Gap:
    central = np.argsort(-(vectors @ vectors.sum(axis=0)), kind="stable")
    later = sum(each.asked_at > halves.middle for each in questions)
    earlier = len(questions) - later
    trend = None if halves.later is None else trend_of(earlier, later, usual=halves.later)
    return Gap(names.of([each.question for each in questions]), tuple(questions[at] for at in central), earlier, later, trend)


def trend_of(earlier: int, later: int, *, usual: float) -> Trend | None:
    """
    Return whether a topic has more, or fewer, *later* questions than by chance: an exact binomial test, two-sided, at .05.

    Args:
        earlier: Its questions in the earlier half.
        later: Its questions in the later half.
        usual: The share of all questions that is of the later half, above 0 and below 1.
    """
    count = earlier + later
    chances = [exp(log(comb(count, each)) + each * log(usual) + (count - each) * log1p(-usual)) for each in range(count + 1)]
    as_unlikely = sum(each for each in chances if each <= chances[later] * (1 + 1e-9))  # rounding parts equals
    if as_unlikely >= _CHANCE:
        return None
    return "more" if later > count * usual else "less"
