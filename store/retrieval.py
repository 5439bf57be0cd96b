"""What the company knows about a question: an approved answer, or the passages that meaning and words agree on."""

import asyncio
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, select

from bot.messages import Audience, Found, Passage
from bot.ports import Encoder, Index, Retriever
from store.approved import ApprovedAnswers
from store.changes import revision_of
from store.database import Database
from store.lexical import LexicalIndex, codes_of, family_of, numbers_of, terms_of, words_of
from store.records import passage_record
from store.schema import passages, sources

_CANDIDATES = 40  # of each collection and of the words

# Fitted on one half of the questions about three sets of documents and of unrelated questions (tests/store/test_retrieval_quality.py
# judges the other half): evidence = cosine + 0.7 * BM25 per unit of the question's rarity, and a step for the codes it names.
_WORDS_WEIGHT = 0.7
_CODE_STEP = 0.3
_ASKED_STEP = 1.0  # an FAQ entry whose question is the very question
_SLOPE, _OFFSET = 15.0, -7.1  # relevance = 1 / (1 + exp(-(slope * evidence + offset)))

_SAME_TEXT = 0.9  # share of terms in common
# Words that point back wherever they stand, at the end, or at the beginning of a question; as written but for case: "é" is no "e".
_POINTERS = frozenset({"it", "they", "them", "ele", "ela", "eles", "elas", "isso", "isto", "disso", "nisso", "dele", "dela"})
_LAST = frozenset({"this", "that", "these", "those", "esse", "essa", "este", "esta", "esses", "essas"})
_FIRST = re.compile(r"\W*(and|but|also|e|mas|também|(what|how) about)\s", re.IGNORECASE)
_RAW_WORD = re.compile(r"\w+")
_SHORT = 3  # terms


@dataclass(frozen=True, slots=True)
class _Words:
    """What one audience sees, as of a revision of the passages: the lexical index, and FAQ entries by their question's words."""

    revision: int
    index: LexicalIndex
    asked: Mapping[tuple[str, ...], Sequence[str]]


class HybridRetriever(Retriever):
    """Approved answers from the ledger first; then passages by meaning (Chroma) and words (BM25 in memory) together."""

    def __init__(self, database: Database, index: Index, encoder: Encoder, *, passages: int, minimum_score: float) -> None:
        """Give at most *passages*, each of a relevance of at least *minimum_score*."""
        self._database = database
        self._index = index
        self._encoder = encoder
        self._limit = passages
        self._minimum_score = minimum_score
        self._approved = ApprovedAnswers(database, encoder)
        self._words: dict[Audience, _Words] = {}
        self._building = asyncio.Lock()

    async def find(self, question: str, *, audience: Audience, earlier: Sequence[str] = ()) -> Found:
        """
        Find an approved answer or passages for *question*; see the port.

        `confidence` is the best passage's relevance as fitted on a few hundred questions: an order, not yet a probability of being right.
        """
        joined = f"{earlier[-1]} {question}" if earlier and is_follow_up(question) else ""
        vectors = await self._encoder.encode([question, joined] if joined else [question])
        # What a question that leans on the one before it was once answered with may be wrong here.
        known = None if joined and leans_back(question) else await self._approved.find(question, vectors[0], audience=audience)
        if known is not None:
            answer, certainty = known
            return Found(answer, (), certainty)
        found = await self._search(question, vectors[0], audience)
        if joined:
            found = _merge(found, await self._search(joined, vectors[1], audience))
        relevant = tuple(passage for passage in _unique(found) if passage.score >= self._minimum_score)[: self._limit]
        return Found(None, relevant, relevant[0].score if relevant else 0.0)

    async def search(self, query: str, *, audience: Audience, limit: int) -> tuple[Passage, ...]:
        """Return the *limit* best passages for *query*, best first, however small their relevance."""
        (vector,) = await self._encoder.encode([query])
        return tuple(_unique(await self._search(query, vector, audience)))[:limit]

    async def _search(self, query: str, vector: NDArray[np.float32], audience: Audience) -> list[Passage]:
        visible: tuple[Audience, ...] = ("all",) if audience == "all" else (audience, "all")
        words = await self._words_for(audience, visible)
        lexical = await asyncio.to_thread(words.index.search, query, limit=_CANDIDATES)
        asked = frozenset(words.asked.get(tuple(words_of(query)), ()))
        cosines: dict[str, float] = {}
        for each in visible:
            cosines |= {
                entry_id: 1.0 - distance for entry_id, distance in await self._index.query("passages", each, vector, limit=_CANDIDATES)
            }
            missing = [entry_id for entry_id in lexical if entry_id not in cosines]
            cosines |= {entry.entry_id: float(entry.vector @ vector) for entry in await self._index.fetch("passages", each, missing)}
        candidates = [*{**cosines, **lexical, **dict.fromkeys(asked)}]
        lexical = await asyncio.to_thread(words.index.scores, query, candidates)
        rows = await self._load(candidates, visible)
        cosines |= await self._encode_missing([row for row in rows if row.passage_id not in cosines], vector)
        codes = codes_of(words_of(query))
        scored: list[Passage] = []
        for row in rows:
            steps = _CODE_STEP * _code_match(codes, _searched(row)) + _ASKED_STEP * (row.passage_id in asked)
            scored.append(_passage(row, relevance(cosines[row.passage_id], lexical[row.passage_id], steps)))
        return sorted(scored, key=lambda passage: (-passage.score, passage.passage_id))

    async def _words_for(self, audience: Audience, visible: Sequence[Audience]) -> _Words:
        async with self._database.connect() as connection:
            revision = await revision_of(connection, "passages")
        async with self._building:
            known = self._words.get(audience)
            if known is None or known.revision != revision:
                async with self._database.connect() as connection:
                    revision = await revision_of(connection, "passages")
                    rows = (await connection.execute(_PASSAGES.where(passages.c.audience.in_(visible)))).all()
                known = self._words[audience] = await asyncio.to_thread(_words_in, rows, revision)
        return known

    async def _load(self, ids: Sequence[str], visible: Sequence[Audience]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return the passages of *ids*; the ledger decides once more who may see them."""
        async with self._database.connect() as connection:
            wanted = _PASSAGES.where(passages.c.passage_id.in_(ids), passages.c.audience.in_(visible))
            rows: Sequence[Row[*tuple[Any, ...]]] = (await connection.execute(wanted)).all()
            return rows

    async def _encode_missing(self, rows: Sequence[Row[*tuple[Any, ...]]], vector: NDArray[np.float32]) -> dict[str, float]:
        """Return the cosines of passages that the outbox has not carried into the index yet."""
        vectors = await self._encoder.encode([passage_record(row).embedded for row in rows]) if rows else ()
        return {row.passage_id: float(each @ vector) for row, each in zip(rows, vectors, strict=True)}


_PASSAGES: Select[Any] = select(*passages.c, sources.c.shown, sources.c.title).join_from(passages, sources).order_by(passages.c.passage_id)


def relevance(cosine: float, words: float, steps: float) -> float:
    """Map cosine, lexical score and the steps for codes and for the very question to a relevance from 0 to 1."""
    evidence = cosine + _WORDS_WEIGHT * words + steps
    return 1 / (1 + math.exp(-(_SLOPE * evidence + _OFFSET)))


def is_follow_up(question: str) -> bool:
    """Tell whether *question* may need the one before it: it leans back, or has hardly a word of its own."""
    return leans_back(question) or len(set(terms_of(question))) <= _SHORT


def leans_back(question: str) -> bool:
    """Tell whether *question* points to something said before: "and on Saturdays?", "quanto isso custa?"."""
    words = [word if word == "IT" else word.casefold() for word in _RAW_WORD.findall(question)]  # the IT department is no pronoun
    return bool(_FIRST.match(question)) or any(word in _POINTERS for word in words) or (bool(words) and words[-1] in _LAST)


def _words_in(rows: Sequence[Row[*tuple[Any, ...]]], revision: int) -> _Words:
    asked: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows:
        if row.question:
            asked[tuple(words_of(row.question))].append(row.passage_id)
    return _Words(revision, LexicalIndex([row.passage_id for row in rows], [_searched(row) for row in rows]), dict(asked))


def _code_match(asked: frozenset[str], text: str) -> float:
    """Return the share of the codes asked for that *text* holds; -1 where it holds others of their kind instead."""
    if not asked:
        return 0.0
    held = codes_of(words_of(text))
    if asked & held:
        return len(asked & held) / len(asked)
    return -1.0 if {family_of(code) for code in asked} & {family_of(code) for code in held} else 0.0


def _merge(first: Sequence[Passage], second: Sequence[Passage]) -> list[Passage]:
    best: dict[str, Passage] = {}
    for passage in (*first, *second):
        if passage.passage_id not in best or passage.score > best[passage.passage_id].score:
            best[passage.passage_id] = passage
    return sorted(best.values(), key=lambda passage: (-passage.score, passage.passage_id))


def _unique(found: Sequence[Passage]) -> list[Passage]:
    """Leave out passages that say again what a better one says, number for number."""
    kept: list[tuple[Passage, frozenset[str], frozenset[str]]] = []
    for passage in found:
        terms, numbers = frozenset(terms_of(passage.text)), numbers_of(words_of(passage.text))
        if not any(numbers == others and len(terms & their) >= _SAME_TEXT * len(terms | their) for _, their, others in kept):
            kept.append((passage, terms, numbers))
    return [passage for passage, _, _ in kept]


def _passage(row: Row[*tuple[Any, ...]], score: float) -> Passage:
    return Passage(
        passage_id=row.passage_id,
        source=row.shown,
        title=row.title,
        heading=row.heading,
        text=row.text,
        audience=row.audience,
        language=row.language,
        row=row.row,
        page=row.page,
        score=score,
    )


def _searched(row: Row[*tuple[Any, ...]]) -> str:
    return f"{row.question} {row.heading} {row.title} {row.text}"
