"""Approved answers in memory: the question that was asked, if an expert has answered it before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bot.messages import Approved, Reach, Viewer
from bot.ports import Encoder
from store.changes import revision_of
from store.corpus import visible_to
from store.database import Database
from store.lexical import numbers_of, words_of
from store.schema import approved

_SAME_QUESTION = 0.93  # cosine; paraphrases of other facts of one company reach 0.9, and numbers and negation are looked at besides
_NEGATIONS = frozenset(words_of("não nunca nem sem jamais not never without cannot dont doesnt didnt cant isnt arent wont"))


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    answer: Approved
    key: tuple[str, ...]
    distinct: tuple[frozenset[str], bool]
    vector: NDArray[np.float32]

    @property
    def reach(self) -> Reach:
        return Reach(self.answer.audience, self.answer.scope)


class ApprovedAnswers:
    """Follows the ledger: one cheap query per question tells whether an expert wrote or revoked anything since."""

    def __init__(self, database: Database, encoder: Encoder) -> None:
        self._database = database
        self._encoder = encoder
        self._revision = -1
        self._known: tuple[_Known, ...] = ()
        self._lock = asyncio.Lock()

    async def find(self, question: str, vector: NDArray[np.float32], *, viewer: Viewer) -> tuple[Approved, float] | None:
        """
        Return the approved answer to *question* with its certainty (1 for the same words), or None.

        What is limited to a scope goes before the rest, the asker's audience before `all`, the newest answer before older ones. Questions
        that differ in a number, a code or a negation are different questions, however near they are.
        """
        await self._follow()
        reaches = visible_to(viewer)
        visible = [known for known in self._known if known.reach in reaches]
        visible.sort(key=lambda known: _precedence(known.answer, viewer), reverse=True)
        key, distinct = _key(question), _distinct(question)
        for known in visible:
            if known.key == key:
                return known.answer, 1.0
        similar = [(float(known.vector @ vector), known) for known in visible if known.distinct == distinct]
        cosine, best = max(similar, key=lambda each: each[0], default=(0.0, None))
        return (best.answer, min(cosine, 1.0)) if best is not None and cosine >= _SAME_QUESTION else None

    async def _follow(self) -> None:
        async with self._database.connect() as connection:
            revision = await revision_of(connection, "verified")
        if revision == self._revision:
            return
        async with self._lock:
            if revision == self._revision:
                return
            async with self._database.connect() as connection:
                revision = await revision_of(connection, "verified")
                rows = (await connection.execute(select(approved).where(approved.c.revoked_at.is_(None)))).all()
            answers = [Approved(**{name: getattr(row, name) for name in Approved.__dataclass_fields__}) for row in rows]
            self._known = await self._with_vectors(answers)
            self._revision = revision

    async def _with_vectors(self, answers: Sequence[Approved]) -> tuple[_Known, ...]:
        """Encode only the questions that are new."""
        vectors = {known.answer.question: known.vector for known in self._known}
        new = list({answer.question: None for answer in answers if answer.question not in vectors})
        vectors |= dict(zip(new, await self._encoder.encode(new), strict=True))
        return tuple(_Known(each, _key(each.question), _distinct(each.question), vectors[each.question]) for each in answers)


def _precedence(answer: Approved, viewer: Viewer) -> tuple[bool, bool, datetime, str]:
    return bool(answer.scope), answer.audience == viewer.audience, answer.approved_at, answer.approved_id


def _key(question: str) -> tuple[str, ...]:
    return tuple(words_of(question))


def _distinct(question: str) -> tuple[frozenset[str], bool]:
    words = [word.replace("'", "") for word in words_of(question.replace("'", "").replace("’", ""))]
    return numbers_of(words), any(word in _NEGATIONS for word in words)
