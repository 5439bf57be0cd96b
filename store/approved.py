"""Approved answers in memory: the question that was asked, if an expert has answered it before."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bot.index_ports import CrossEncoder, Encoder, SecondEncoder
from bot.messages import Approved, Reach, Viewer
from store.candidates import visible_to
from store.changes import read_revisions, revision_of
from store.database import Database
from store.lexical import words_of
from store.near_miss import Nearness, across, best_possible, differs, evidence_of, reconcilable, together_of, weigh
from store.question_reading import Reading, read
from store.schema import approved
from store.substance import says_otherwise

_CANDIDATES = 12  # questions of each reach that are compared word by word; the right one is hardly ever further down
_NEAR = 0.3  # cosine below which no two questions of the measured sets are one
_RIVALS = 3  # of the nearest questions, how many the second encoder reads although they are ruled out
_TOGETHER = 3  # questions that the cross-encoder reads, each beside the one that is asked: 20 ms each
_SIGNS = re.compile(r"[$€£%]|(?<=\w)(?:\+\+|#|[+−-](?![\w-]))|(?<![\w.,)])[-−](?=\d)")  # C++, A-, -5
_CLEARLY = 0.5  # log odds by which the best must be before another question with another answer

Vector = NDArray[np.float32]
_read_revision = partial(read_revisions, kinds=("verified",))


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """An approved answer with its question as it is compared; `key` is the question's words."""

    answer: Approved
    key: tuple[str, ...]
    reading: Reading

    @property
    def reach(self) -> Reach:
        """Whom it is for."""
        return Reach(self.answer.audience, self.answer.scope)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """An approved question beside the one that is asked: what tells whether they are one, by the names of the weights."""

    known: Known
    evidence: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """
    The answers of one reach.

    `vectors` has a row for each, `by_key` those with just these words, `holding` the rows whose question has a token; `frequency` counts
    the questions that a concept occurs in.
    """

    known: Sequence[Known]
    vectors: Vector  # (answers, dimension)
    by_key: Mapping[tuple[str, ...], Sequence[Known]]
    holding: Mapping[str, Sequence[int]]
    frequency: Counter[str]

    def near(self, asked: Reading, vector: Vector) -> list[tuple[float, Known]]:
        """Return the nearest questions with their cosine, in no order, and those that have a rare word or code of *asked*."""
        cosines = self.vectors @ vector
        rows = set(np.argpartition(-cosines, _CANDIDATES - 1)[:_CANDIDATES] if len(cosines) > _CANDIDATES else range(len(cosines)))
        for token in {*asked.tokens, *asked.marks.joined}:
            holding = self.holding.get(token, ())
            rows |= set(holding) if len(holding) <= _CANDIDATES else set()
        return [(float(cosines[row]), self.known[row]) for row in rows if cosines[row] >= _NEAR]


class ApprovedAnswers:
    """Follows the ledger: one cheap query per question tells whether an expert wrote or revoked anything since."""

    def __init__(
        self,
        database: Database,
        encoder: Encoder,
        second: SecondEncoder | None = None,
        cross: CrossEncoder | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Compare questions by *encoder*; where the asker's question has a vector of *second*, the few that are left by that one, too.

        The best of those *cross* then reads beside what is asked.
        """
        self._database = database
        self._encoder = encoder
        self._second = second
        self._cross = cross
        self._now = now
        self._revision = -1
        self._shelves: Mapping[Reach, Shelf] = {}
        self._read: dict[str, tuple[Reading, Vector]] = {}
        self._words: dict[str, Vector] = {}
        self._lock = asyncio.Lock()

    async def find(
        self, question: str, vector: Vector, *, viewer: Viewer, revision: int | None = None, second: Vector | None = None
    ) -> tuple[Approved, float] | None:
        """
        Return the approved answer to *question* with its certainty (1 for the same words, else .5 to 1), or None.

        What is limited to a scope goes before the rest, the asker's audience before `all`, the newest answer before older ones. Questions
        that differ in a number, a code, a name, a negation or the like are different questions, however near they are; where two with
        different answers are about equally near, neither is served. A caller who has just read the ledger's *revision* spares a look.
        *second* is the vector of *question* by the second encoder, which then reads the approved ones that may be the same: 15 ms each.
        """
        shelves = await self.shelves(revision)
        visible = [shelves[reach] for reach in visible_to(viewer) if reach in shelves]
        if not visible:
            return None
        asked = await asyncio.to_thread(read, question)
        now = self._now()
        key = key_of(question)
        same = [each for shelf in visible for each in shelf.by_key.get(key, ()) if in_force(each.answer, now)]
        if key and same:
            return max(same, key=lambda each: _precedence(each.answer, viewer)).answer, 1.0
        ranked = await self.ranked(asked, vector, visible, second=second, question=question)
        scored = [(log_odds, each) for log_odds, each in ranked if log_odds >= 0 and in_force(each.answer, now)]
        words = words_of(question)
        scored = [(log_odds, each) for log_odds, each in scored if words_of(each.answer.question) != words]  # signs tell those apart
        best = _clear_best(scored, viewer)
        return (best[1].answer, 1 / (1 + math.exp(-best[0]))) if best else None

    async def warm(self) -> None:
        """Read every approved question, and load what compares them: the first that is asked would otherwise wait for it."""
        shelves = await self.shelves()
        if shelves and self._cross is not None:
            await self._cross.log_odds("", [""])

    async def shelves(self, revision: int | None = None) -> Mapping[Reach, Shelf]:
        """Return all answers that are not revoked, as the ledger has them now, or at *revision* of them."""
        if revision is None:
            revision = (await self._database.read(_read_revision))["verified"]
        if revision != self._revision:
            async with self._lock:
                if revision != self._revision:
                    await self._follow()
        return self._shelves

    async def ranked(
        self, asked: Reading, vector: Vector, shelves: Sequence[Shelf], *, second: Vector | None = None, question: str = ""
    ) -> list[tuple[float, Known]]:
        """
        Return the questions on *shelves* that may be *asked* in other words, with their log odds; best first.

        With *second*, the cross-encoder reads the best of them beside *question*, and no others are returned.
        """
        two = self._second is not None and second is not None
        cross = self._cross if two and question else None
        compared = await self.compared(asked, vector, shelves, second=second, cross=cross is not None)
        ranked = sorted(compared, key=lambda each: -weigh(each.evidence, two=two, cross=cross is not None))
        if cross is not None:
            ranked = await _read_together(cross, question, ranked[:_TOGETHER])
        scored = [(weigh(each.evidence, two=two, cross=cross is not None), each.known) for each in ranked]
        return sorted(scored, key=lambda pair: -pair[0])

    async def compared(
        self, asked: Reading, vector: Vector, shelves: Sequence[Shelf], *, second: Vector | None = None, cross: bool = False
    ) -> list[Compared]:
        """Return what tells whether the questions on *shelves* are *asked*, but for those that no reader, *cross* or not, could save."""
        if not _tells(asked):
            return []
        near = [each for shelf in shelves for each in await asyncio.to_thread(shelf.near, asked, vector)]
        two = self._second is not None and second is not None
        likely = [
            (cosine, each)
            for cosine, each in near
            if _tells(each.reading)
            and best_possible(each.reading, asked, cosine=cosine, two=two, cross=cross) >= 0
            and (differs(each.reading, asked) is None or (cross and reconcilable(each.reading, asked)))
        ]
        if not likely:
            return []
        await self._embed([*asked.content.values(), *(word for _, each in likely for word in each.reading.content.values())])
        closely = await self._read_closely(asked, second, near, likely)
        rarity = _rarity_on(shelves)
        compared: list[Compared] = []
        for cosine, each in likely:
            by_first = Nearness(cosine, _rival_of(each, asked, near))
            by_second = Nearness(_cosine_of(each, closely), _rival_of(each, asked, closely)) if two else None
            evidence = evidence_of(
                each.reading, asked, near=by_first, second=by_second, rarity=rarity, likeness=self._likeness, doubts=cross
            )
            if evidence is not None:
                compared.append(Compared(each, evidence))
        return compared

    async def _read_closely(
        self, asked: Reading, vector: Vector | None, near: Sequence[tuple[float, Known]], likely: Sequence[tuple[float, Known]]
    ) -> list[tuple[float, Known]]:
        """Return the second encoder's cosines of those *likely*, and of the nearest ones, as far as they are in the language of *asked*."""
        if self._second is None or vector is None:
            return []
        nearest = sorted(near, key=lambda pair: -pair[0])[:_RIVALS]
        read_too = [each for _, each in {id(pair[1]): pair for pair in [*likely, *nearest]}.values() if not across(each.reading, asked)]
        vectors = await self._second.encode_questions([each.answer.question for each in read_too])
        return [(float(row @ vector), each) for row, each in zip(vectors, read_too, strict=True)]

    def vector_of(self, question: str) -> Vector:
        """Return the vector of an approved question."""
        return self._read[question][1]

    async def _follow(self) -> None:
        async with self._database.connect() as connection:
            revision = await revision_of(connection, "verified")
            rows = (await connection.execute(select(approved).where(approved.c.revoked_at.is_(None)))).all()
        answers = [Approved(**{name: getattr(row, name) for name in Approved.__dataclass_fields__}) for row in rows]
        await self._take_in([answer.question for answer in answers])
        self._shelves = await asyncio.to_thread(self._shelve, answers)
        self._revision = revision

    async def _take_in(self, questions: Sequence[str]) -> None:
        """Read and embed the questions that are new, and forget those that have gone."""
        new = [question for question in dict.fromkeys(questions) if question not in self._read]
        readings = await asyncio.to_thread(lambda: [read(question) for question in new])
        vectors = await self._encoder.encode(new)
        kept = {question: self._read[question] for question in questions if question in self._read}
        self._read = kept | dict(zip(new, zip(readings, vectors, strict=True), strict=True))
        await self._embed([word for reading in readings for word in reading.content.values()])

    async def _embed(self, words: Sequence[str]) -> None:
        """Embed the words that are new."""
        if len(self._words) > _WORDS_KEPT:
            self._words = {}
        new = [word for word in dict.fromkeys(words) if word not in self._words]
        if new:
            self._words |= dict(zip(new, await self._encoder.encode(new), strict=True))

    def _likeness(self, word: str, other: str) -> float:
        one, two = self._words.get(word), self._words.get(other)
        return float(one @ two) if one is not None and two is not None else float(word == other)

    def _shelve(self, answers: Sequence[Approved]) -> Mapping[Reach, Shelf]:
        by_reach: dict[Reach, list[Known]] = {}
        for answer in answers:
            known = Known(answer, key_of(answer.question), self._read[answer.question][0])
            by_reach.setdefault(known.reach, []).append(known)
        return {reach: self._shelf(known) for reach, known in by_reach.items()}

    def _shelf(self, known: Sequence[Known]) -> Shelf:
        by_key: dict[tuple[str, ...], list[Known]] = {}
        for each in known:
            by_key.setdefault(each.key, []).append(each)
        vectors = np.stack([self._read[each.answer.question][1] for each in known])
        holding: dict[str, list[int]] = {}
        for row, each in enumerate(known):
            for token in {*each.reading.tokens, *each.reading.marks.joined}:
                holding.setdefault(token, []).append(row)
        return Shelf(known, vectors, by_key, holding, Counter(concept for each in known for concept in each.reading.content))


_WORDS_KEPT = 50_000  # at 2 kB each


async def _read_together(cross: CrossEncoder, question: str, compared: Sequence[Compared]) -> list[Compared]:
    """Return *compared* with what *cross* says of each beside *question*, but for those that it is sure are another one."""
    said = await cross.log_odds(question, [each.known.answer.question for each in compared]) if compared else ()
    together = (
        (each, together_of(float(log_odds), doubted=bool(each.evidence["doubted"]))) for each, log_odds in zip(compared, said, strict=True)
    )
    return [Compared(each.known, each.evidence | more) for each, more in together if more is not None]


def key_of(question: str) -> tuple[str, ...]:
    """Return the words of *question*, and the signs among them that are no words and make it another."""
    return (*words_of(question), *_SIGNS.findall(question))


def _tells(reading: Reading) -> bool:
    """Tell whether a question has a subject or names anything: without either, only the same words are the same question."""
    return bool(reading.content or reading.marks.held)


def in_force(answer: Approved, now: datetime) -> bool:
    """Tell whether *answer* has not expired by *now*."""
    return answer.expires_at is None or now < answer.expires_at


def _rarity_on(shelves: Sequence[Shelf]) -> Callable[[str], float]:
    """Return how much a concept tells among the questions on *shelves*: their inverse document frequency, as BM25 has it."""
    questions = sum(len(shelf.known) for shelf in shelves)

    def rarity(concept: str) -> float:
        count = sum(shelf.frequency[concept] for shelf in shelves)
        return math.log(1 + (questions - count + 0.5) / (count + 0.5))

    return rarity


def _rival_of(known: Known, asked: Reading, near: Sequence[tuple[float, Known]]) -> float:
    """Return the highest cosine among *near* of another question that has another answer, *asked* itself aside."""
    others = (
        cosine for cosine, each in near if each.key != known.key and each.reading is not asked and each.answer.answer != known.answer.answer
    )
    return max(others, default=0.0)


def _cosine_of(known: Known, closely: Sequence[tuple[float, Known]]) -> float:
    """Return the second encoder's cosine of *known*; 0 where it is in another language, for which it does not count."""
    return next((cosine for cosine, each in closely if each is known), 0.0)


def _clear_best(scored: Sequence[tuple[float, Known]], viewer: Viewer) -> tuple[float, Known] | None:
    """Return which of the *scored*, best first, to serve: none where others as near say otherwise and nothing puts one before them."""
    if not scored:
        return None
    rivals = [pair for pair in scored if pair[0] > scored[0][0] - _CLEARLY]
    first = max(_rank(known.answer, viewer) for _, known in rivals)
    rivals = [pair for pair in rivals if _rank(pair[1].answer, viewer) == first]
    # Of several answers to one question the newest holds.
    newest = {}
    for log_odds, known in sorted(rivals, key=lambda pair: _precedence(pair[1].answer, viewer)):
        newest[known.key] = (log_odds, known)
    best = max(newest.values(), key=lambda pair: pair[0])
    if any(says_otherwise(best[1].answer.answer, known.answer.answer) for _, known in newest.values()):
        return None
    return best


def _rank(answer: Approved, viewer: Viewer) -> tuple[bool, bool]:
    return bool(answer.scope), answer.audience == viewer.audience


def _precedence(answer: Approved, viewer: Viewer) -> tuple[bool, bool, datetime, str]:
    return *_rank(answer, viewer), answer.approved_at, answer.approved_id
