"""What is asked and not answered well: declined and down-voted questions, grouped into topics."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, case, false, func, or_, select

from bot.messages import Viewer
from bot.ports import Encoder
from store.conversations import count_of
from store.corpus import of_reaches, visible_to
from store.database import Database
from store.lexical import terms_of, words_of
from store.schema import approved, exchanges

MOST: Final = 2_000  # questions looked at, the newest
_SAME_TOPIC: Final = 0.5  # cosine with the middle of a topic; paraphrases are above .6, other questions about a thing around .5
_PASSES: Final = 3  # over all questions: the first ones were sorted before the topics had formed
_NAMED_BY: Final = 3  # words
_EXAMPLES: Final = 5

Why = Literal["declined", "down"]


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

    What an expert has answered since is no gap any more. A question from a private conversation shows with that conversation's scope alone.
    """
    asked = await _read(database, viewer, since)
    if not asked:
        return ()
    vectors = await encoder.encode([each.question for each in asked])
    middle = asked[-1].asked_at + (asked[0].asked_at - asked[-1].asked_at) / 2  # newest first
    names = _Names(asked)
    gaps = [_gap([asked[row] for row in rows], vectors[rows], names, middle) for rows in topics_of(vectors)]
    return tuple(sorted(gaps, key=lambda gap: (len(gap.questions), max(each.asked_at for each in gap.questions)), reverse=True))


def topics_of(vectors: NDArray[np.float32]) -> list[list[int]]:
    """Return the rows of each topic; *vectors* are L2-normalised, of shape (questions, dimension)."""
    sums = np.zeros_like(vectors)  # of the vectors of each topic; there are at most as many as questions
    of = np.full(len(vectors), -1)
    count = 0
    for _ in range(_PASSES):
        for row, vector in enumerate(vectors):
            if of[row] >= 0:
                sums[of[row]] -= vector
            norms = np.linalg.norm(sums[:count], axis=1)
            cosines = np.where(norms > 1e-3, sums[:count] @ vector / np.maximum(norms, 1e-3), -1.0)
            best = int(np.argmax(cosines)) if count else -1
            if best < 0 or cosines[best] < _SAME_TOPIC:
                empty = np.flatnonzero(norms <= 1e-3)
                best = int(empty[0]) if len(empty) else count
                sums[best] = 0.0  # rounding left something of those who moved out
                count = max(count, best + 1)
            of[row] = best
            sums[best] += vector
    rows = defaultdict(list)
    for row, topic in enumerate(of.tolist()):
        rows[topic].append(row)
    return list(rows.values())


async def _read(database: Database, viewer: Viewer, since: datetime | None) -> list[Unanswered]:
    async with database.connect() as connection:
        return [Unanswered(*row) for row in await connection.execute(_select(viewer, since))]


def _select(viewer: Viewer, since: datetime | None) -> Select[Any]:
    down = count_of("down") > count_of("up")
    declined = exchanges.c.kind == "declined"
    answered_since = select(approved.c.approved_id).where(
        approved.c.exchange_id == exchanges.c.exchange_id, approved.c.revoked_at.is_(None)
    )
    wanted = select(exchanges.c.exchange_id, exchanges.c.question, case((declined, "declined"), else_="down"), exchanges.c.asked_at).where(
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


def _gap(questions: Sequence[Unanswered], vectors: NDArray[np.float32], names: "_Names", middle: datetime) -> Gap:
    central = np.argsort(-(vectors @ vectors.sum(axis=0)), kind="stable")
    later = sum(each.asked_at > middle for each in questions)
    return Gap(names.of(questions), tuple(questions[at] for at in central), len(questions) - later, later)


class _Names:
    """Names topics by words that are common in them and rare in the others, as people wrote them."""

    def __init__(self, asked: Sequence[Unanswered]) -> None:
        self._count = len(asked)
        self._held = Counter(term for each in asked for term in set(terms_of(each.question)))
        written: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for each in asked:
            for word in each.question.split():
                bare = word.strip(".,;:!?()[]\"'“”¿¡…").lower()
                for term in set(terms_of(bare)) if len(words_of(bare)) == 1 else ():
                    written[term][bare] += 1
        self._written = {term: words.most_common(1)[0][0] for term, words in written.items()}

    def of(self, questions: Sequence[Unanswered]) -> str:
        inside = Counter(term for each in questions for term in set(terms_of(each.question)))
        worth = {term: count * np.log(1 + self._count / self._held[term]) for term, count in inside.items()}
        best = sorted(worth, key=lambda term: (-worth[term], term))[:_NAMED_BY]
        return ", ".join(self._written.get(term, term) for term in best) or questions[0].question
