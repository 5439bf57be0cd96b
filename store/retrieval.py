"""What the company knows about a question: an approved answer, or the passages that meaning and words agree on."""

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.messages import Found, Passage, Viewer
from bot.ports import Encoder, Index, Retriever
from store.approved import ApprovedAnswers
from store.corpus import Candidate, Corpus, Kind, LedgerCorpus, Words
from store.database import Database
from store.evidence import Ranked, evidence_of
from store.lexical import codes_of, family_of, numbers_of, terms_of, words_of

_CANDIDATES = 40  # of each collection and of the words

# Fitted on one half of the questions about three sets of documents and of unrelated questions (tests/store/test_retrieval_quality.py
# judges the other half): evidence = cosine + 0.7 * BM25 per unit of the question's rarity, and a step for the codes it names.
_WORDS_WEIGHT = 0.7
_CODE_STEP = 0.3
_ASKED_STEP = 1.0  # an FAQ entry whose question is the very question
_SLOPE, _OFFSET = 15.0, -7.1  # relevance = 1 / (1 + exp(-(slope * evidence + offset)))

_NEAR = 0.1  # of the relevance that counts: what has less is not even worth a look
_SAME_TEXT = 0.9  # share of terms in common
# Words that point back wherever they stand, at the end, or at the beginning of a question; as written but for case: "é" is no "e".
_POINTERS = frozenset({"it", "they", "them", "ele", "ela", "eles", "elas", "isso", "isto", "disso", "nisso", "dele", "dela"})
_LAST = frozenset({"this", "that", "these", "those", "esse", "essa", "este", "esta", "esses", "essas"})
_FIRST = re.compile(r"\W*(and|but|also|e|mas|também|(what|how) about)\s", re.IGNORECASE)
_RAW_WORD = re.compile(r"\w+")
_SHORT = 3  # terms


class HybridRetriever(Retriever):
    """Approved answers from the ledger first; then passages, and approved answers as passages, by meaning and words together."""

    def __init__(self, database: Database, index: Index, encoder: Encoder, *, passages: int, minimum_score: float) -> None:
        """Give at most *passages*, each of a relevance of at least *minimum_score*."""
        self._encoder = encoder
        self._ranking = Ranking(LedgerCorpus(database), index, encoder, passages=passages, minimum_score=minimum_score)
        self._approved = ApprovedAnswers(database, encoder)

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        """
        Find an approved answer or passages for *question*; see the port.

        `confidence` is the best passage's relevance: an order, of which `evidence` makes a probability of being right.
        """
        asked = await self._ranking.ask(question, earlier)
        # What a question that leans on the one before it was once answered with may be wrong here.
        leans = len(asked) > 1 and leans_back(question)
        known = None if leans else await self._approved.find(question, asked[0].vector, viewer=viewer)
        if known is not None:
            answer, certainty = known
            return Found(answer, (), certainty)
        return await self._ranking.find(asked, viewer=viewer)

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return the *limit* best passages for *query*, best first, however small their relevance."""
        return (await self._ranking.rank(await self._ranking.ask(query, ()), viewer=viewer))[:limit]


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """Words to search by, with their vector."""

    text: str
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Scored:
    kind: Kind
    passage: Passage
    asked: str
    cosine: float
    words: float


class Ranking:
    """Scores what stands in a corpus, and in the index of it."""

    def __init__(self, corpus: Corpus, index: Index, encoder: Encoder, *, passages: int, minimum_score: float) -> None:
        """Find at most *passages*, each of a relevance of at least *minimum_score*."""
        self._corpus = corpus
        self._index = index
        self._encoder = encoder
        self._limit = passages
        self._minimum_score = minimum_score

    async def ask(self, question: str, earlier: Sequence[str]) -> tuple[Query, ...]:
        """Return what to search by: the question, and where it follows up on the last of *earlier*, both together too."""
        texts = [question, f"{earlier[-1]} {question}"] if earlier and is_follow_up(question) else [question]
        return tuple(map(Query, texts, await self._encoder.encode(texts)))

    async def find(self, queries: Sequence[Query], *, viewer: Viewer) -> Found:
        """Return the relevant passages for any of *queries*."""
        words = await self._corpus.words(viewer)
        ranked = await self._rank(queries, words, viewer)
        passages = tuple(each.passage for each in ranked)
        relevant = tuple(passage for passage in passages if passage.score >= self._minimum_score)[: self._limit]
        near = () if relevant else passages[: self._limit]
        closest = tuple(passage for passage in near if passage.score >= _NEAR * self._minimum_score)
        evidence = await asyncio.to_thread(_evidence_of, ranked, words)
        return Found(None, relevant, relevant[0].score if relevant else 0.0, closest, evidence)

    async def rank(self, queries: Sequence[Query], *, viewer: Viewer) -> tuple[Passage, ...]:
        """Return the candidates for any of *queries*, best first, each text once."""
        return tuple(each.passage for each in await self._rank(queries, await self._corpus.words(viewer), viewer))

    async def _rank(self, queries: Sequence[Query], words: Words, viewer: Viewer) -> list[_Scored]:
        best: dict[str, _Scored] = {}
        for query in queries:
            for scored in await self._search(query, words, viewer):
                known = best.get(scored.passage.passage_id)
                if known is None or scored.passage.score > known.passage.score:
                    best[scored.passage.passage_id] = scored
        ranked = sorted(best.values(), key=lambda each: (-each.passage.score, each.kind == "passages", each.passage.passage_id))
        return _unique(ranked)

    async def _search(self, query: Query, words: Words, viewer: Viewer) -> list[_Scored]:
        lexical = await asyncio.to_thread(words.search, query.text, limit=_CANDIDATES)
        exact = words.exactly(query.text)
        cosines: dict[str, float] = {}
        for kind, reach in sorted(words.held):
            near = await self._index.query(kind, reach, query.vector, limit=_CANDIDATES)
            cosines |= {entry_id: 1.0 - distance for entry_id, distance in near}
            missing = [entry_id for entry_id in lexical if entry_id not in cosines and words.kind_of(entry_id) == kind]
            cosines |= {entry.entry_id: float(entry.vector @ query.vector) for entry in await self._index.fetch(kind, reach, missing)}
        ids = [*{**cosines, **lexical, **dict.fromkeys(exact)}]
        lexical = await asyncio.to_thread(words.scores, query.text, ids)
        candidates = [each for each in await self._corpus.load(ids, viewer) if not words.superseded(each)]
        cosines |= await self._encode_missing([each for each in candidates if each.passage.passage_id not in cosines], query.vector)
        codes = codes_of(words_of(query.text))
        scored: list[_Scored] = []
        for candidate in candidates:
            entry_id = candidate.passage.passage_id
            steps = _CODE_STEP * _code_match(codes, candidate.searched) + _ASKED_STEP * (entry_id in exact)
            score = relevance(cosines[entry_id], lexical[entry_id], steps)
            passage = replace(candidate.passage, score=score)
            scored.append(_Scored(candidate.kind, passage, query.text, cosines[entry_id], lexical[entry_id]))
        return scored

    async def _encode_missing(self, candidates: Sequence[Candidate], vector: NDArray[np.float32]) -> dict[str, float]:
        """Return the cosines of candidates that the outbox has not carried into the index yet."""
        vectors = await self._encoder.encode([each.embedded for each in candidates]) if candidates else ()
        return {each.passage.passage_id: float(row @ vector) for each, row in zip(candidates, vectors, strict=True)}


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


def _code_match(asked: frozenset[str], text: str) -> float:
    """Return the share of the codes asked for that *text* holds; -1 where it holds others of their kind instead."""
    if not asked:
        return 0.0
    held = codes_of(words_of(text))
    if asked & held:
        return len(asked & held) / len(asked)
    return -1.0 if {family_of(code) for code in asked} & {family_of(code) for code in held} else 0.0


@dataclass(slots=True)
class _Kept:
    scored: _Scored
    terms: frozenset[str]
    numbers: frozenset[str]

    def says(self, other: "_Kept") -> bool:
        """Tell whether both say the same, number for number."""
        same = len(self.terms & other.terms) >= _SAME_TEXT * len(self.terms | other.terms)
        return same and self.numbers == other.numbers


def _evidence_of(ranked: Sequence[_Scored], words: Words) -> dict[str, float]:
    looked_at = [Ranked(each.passage.score, each.cosine, each.words, _read(each.passage)) for each in ranked[:10]]
    return evidence_of(ranked[0].asked, looked_at, rarity=words.rarity) if ranked else {}


def _read(passage: Passage) -> str:
    return f"{passage.heading} {passage.title} {passage.text}"


def _unique(ranked: Sequence[_Scored]) -> list[_Scored]:
    """
    Leave out what says again what something better says.

    Among such the approved answer stays, in the place of the best: what an expert changed may be a word that hardly tells, such as "not".
    """
    kept: list[_Kept] = []
    for scored in ranked:
        text = scored.passage.text
        one = _Kept(scored, frozenset(terms_of(text)), numbers_of(words_of(text)))
        same = next((each for each in kept if each.says(one)), None)
        if same is None:
            kept.append(one)
        elif scored.kind == "verified" and same.scored.kind == "passages":
            same.scored = replace(same.scored, kind="verified", passage=replace(scored.passage, score=same.scored.passage.score))
    return [each.scored for each in kept]
