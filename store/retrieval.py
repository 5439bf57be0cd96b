"""What the company knows about a question: an approved answer, or the passages that meaning and words agree on."""

import asyncio
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.messages import Found, Passage, Viewer
from bot.ports import Encoder, Index, Retriever
from store.accents import may_lack_accents, with_accents
from store.approved import ApprovedAnswers
from store.corpus import KINDS, Candidate, Corpus, LedgerCorpus, Words
from store.database import Database
from store.embeddings import encode_meanings
from store.evidence import Ranked, evidence_of
from store.indexable import AUDIENCES
from store.lexical import codes_of, family_of, joined, names_in, numbers_of, terms_of, words_of
from store.second_vectors import Second
from store.word_search import Matches

_WARMING = "aprendiz"  # any question
_CANDIDATES = 40  # of each collection, and of its words
_MEASURED = 15  # as many of the words' at most are compared by meaning too, and none that cannot come before so many others
_LOADED = 30  # the likeliest of them all
_SPARE = 6  # more than are wanted, for some say the same

# Fitted on one half of the questions about three sets of documents and of unrelated questions (tests/store/test_retrieval_quality.py
# judges the other half): evidence = cosine + 0.7 * BM25 per unit of the question's rarity, and steps for what it names.
_WORDS_WEIGHT = 0.7
_CODE_STEP = 0.3
_NAME_STEP = 0.1  # what lacks a name of the question's that another candidate holds: as much as the name is rare
_ASKED_STEP = 1.0  # an FAQ entry whose question is the very question
_SLOPE, _OFFSET = 15.0, -7.1  # relevance = 1 / (1 + exp(-(slope * evidence + offset)))

_NEAR = 0.1  # of the relevance that counts: what has less is not even worth a look
_COMPARED = 10  # say how far the best stands out
# Measured on 141 questions about a handbook and 422 about three FAQs: as many of the passages given hold the answer as without it, and of
# three there are two and a half, or 1.4, left.
ODDS_WITHIN = 20.0
_TINY = 1e-12
_SAME_TEXT = 0.9  # share of terms in common
# Words that point back wherever they stand, at the end, or at the beginning of a question; as written but for case: "é" is no "e".
_POINTERS = frozenset({"it", "they", "them", "ele", "ela", "eles", "elas", "isso", "isto", "disso", "nisso", "dele", "dela"})
_LAST = frozenset({"this", "that", "these", "those", "esse", "essa", "este", "esta", "esses", "essas"})
_FIRST = re.compile(r"\W*(and|but|also|e|mas|também|(what|how) about)\s", re.IGNORECASE)
_RAW_WORD = re.compile(r"\w+")
_SHORT = 3  # terms
_THREAD = 3  # questions looked back
_DIGIT = re.compile(r"\d")
_SPACED = re.compile(r"\b([A-Z]{1,4}) (\d+)\b")


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class HybridRetriever(Retriever):
    """Approved answers from the ledger first; then passages, and approved answers as passages, by meaning and words together."""

    def __init__(  # noqa: PLR0913  # one place builds it, of settings
        self,
        database: Database,
        index: Index,
        encoder: Encoder,
        *,
        passages: int,
        minimum_score: float,
        odds_within: float = ODDS_WITHIN,
        second: Second | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """
        Give at most *passages*, each of a relevance of at least *minimum_score* and at most *odds_within* times less likely than the best.

        A question is read by *second*, too, where there is one. What ran out before *now* (aware) counts no more.
        """
        self._corpus = LedgerCorpus(database, now=now)
        self._indexes = (index, second.index) if second else (index,)
        self._ranking = Ranking(
            self._corpus, index, encoder, passages=passages, minimum_score=minimum_score, odds_within=odds_within, second=second
        )
        self._approved = ApprovedAnswers(database, encoder, second.encoder if second else None, now=now)

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        """
        Find an approved answer or passages for *question*; see the port.

        `confidence` is the best passage's relevance: an order, of which `evidence` makes a probability of being right.
        """
        asked = await self._ranking.ask(question, earlier, viewer=viewer)
        # What a question that leans on the one before it was once answered with may be wrong here.
        leans = len(asked.queries) > 1 and leans_back(question)
        revision = self._corpus.revision("verified")  # asking has just read it
        first = asked.queries[0]
        known = None if leans else await self._approved.find(question, first.vector, viewer=viewer, revision=revision, second=first.second)
        if known is not None:
            answer, certainty = known
            return Found(answer, (), certainty)
        return await self._ranking.find(asked, viewer=viewer)

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return the *limit* best passages for *query*, best first, however small their relevance."""
        return await self._ranking.rank(await self._ranking.ask(query, (), viewer=viewer), viewer=viewer, limit=limit)

    async def warm(self) -> None:
        """
        Read what the first question would otherwise wait for: every word (15 s for 100,000 passages), encoder, index, approved answers.

        Raises:
            TryAgainLater, Misconfigured: As a question would.
        """
        for audience in AUDIENCES:
            await self.find(_WARMING, viewer=Viewer(audience))
        for index in self._indexes:
            for kind in KINDS:
                for reach in await index.reaches(kind):
                    await index.warm(kind, reach)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """
    Words to search by, with their vector, and what answers them by its words: everything's score, and the ids of the best.

    What is found has to hold one of `own`, the words of the question itself, where there are any. `second` is the second encoder's vector
    of them as of a question, None where there is no such encoder.
    """

    text: str
    vector: NDArray[np.float32]
    matches: Matches
    best: Sequence[str]
    own: frozenset[str] = frozenset()
    second: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a question is searched by, one or more queries, and the words of all that its asker sees."""

    queries: Sequence[Query]
    words: Words


@dataclass(frozen=True, slots=True)
class _Scored:
    """A candidate with its score, and what that was made of; `asked` is the text it was searched by."""

    candidate: Candidate
    asked: str
    score: float
    cosine: float
    words: float

    @property
    def entry_id(self) -> str:
        return self.candidate.passage.passage_id

    @property
    def passage(self) -> Passage:
        return replace(self.candidate.passage, score=self.score)


class Ranking:
    """Scores what stands in a corpus, and in the index of it."""

    def __init__(
        self,
        corpus: Corpus,
        index: Index,
        encoder: Encoder,
        *,
        passages: int,
        minimum_score: float,
        odds_within: float = ODDS_WITHIN,
        second: Second | None = None,
    ) -> None:
        """Find at most *passages*, each of a relevance of at least *minimum_score* and *odds_within* the best's; read by *second*, too."""
        self._corpus = corpus
        self._index = index
        self._encoder = encoder
        self._second = second
        self._limit = passages
        self._minimum_score = minimum_score
        self._within = math.log(odds_within)

    async def ask(self, question: str, earlier: Sequence[str], *, viewer: Viewer) -> Asked:
        """Return what to search by: the question, and where it follows up on *earlier* ones (oldest first), together with them too."""
        texts = [question, " ".join([*_led_up(earlier), question])] if earlier and is_follow_up(question) else [question]
        read = await asyncio.to_thread(lambda: [*map(with_accents, texts)]) if may_lack_accents(question) else texts
        # A short question may be about something else altogether: then what was asked before finds only what has nothing to do with it.
        own = frozenset() if leans_back(question) else frozenset(terms_of(question))
        encoding = asyncio.create_task(self._encode(read))
        try:  # neither waits for the other
            words = await self._corpus.words(viewer)
            by_words = await asyncio.to_thread(lambda: [_best_by_words(words, text) for text in texts])
        finally:
            vectors, second = await encoding
        parts = zip(texts, vectors, second, by_words, (frozenset[str](), own), strict=False)
        return Asked(
            [Query(text, vector, matches, best, required, finer) for text, vector, finer, (matches, best), required in parts], words
        )

    async def _encode(self, texts: Sequence[str]) -> tuple[Sequence[NDArray[np.float32]], Sequence[NDArray[np.float32] | None]]:
        """Return each text's vector by the first encoder and by the second, which work side by side."""
        if self._second is None:
            return [*await self._encoder.encode(texts)], [None] * len(texts)
        async with asyncio.TaskGroup() as tasks:
            second = tasks.create_task(self._second.encoder.encode_questions(texts))
            first = await self._encoder.encode(texts)
        return [*first], [*second.result()]

    async def find(self, asked: Asked, *, viewer: Viewer) -> Found:
        """Return the relevant passages for any query of *asked*."""
        ranked = await self._rank(asked, viewer, limit=max(self._limit, _COMPARED))
        passages = tuple(each.passage for each in ranked[: self._limit])
        relevant = tuple(passage for passage in passages if passage.score >= self._minimum_score)
        closest = () if relevant else tuple(passage for passage in passages if passage.score >= _NEAR * self._minimum_score)
        evidence = _evidence_of(ranked, asked.words)
        return Found(None, self._telling(relevant), relevant[0].score if relevant else 0.0, closest, evidence)

    def _telling(self, relevant: Sequence[Passage]) -> tuple[Passage, ...]:
        """Leave out what is by far less likely to answer than the best: it would only confuse a small model."""
        return tuple(each for each in relevant if _log_odds(relevant[0].score) - _log_odds(each.score) <= self._within)

    async def rank(self, asked: Asked, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return the *limit* best candidates for any query of *asked*, best first, each text once."""
        return tuple(each.passage for each in await self._rank(asked, viewer, limit=limit))

    async def _rank(self, asked: Asked, viewer: Viewer, *, limit: int) -> list[_Scored]:
        best: dict[str, _Scored] = {}
        for query in asked.queries:
            for scored in await self._search(query, asked.words, viewer, limit=limit):
                known = best.get(scored.entry_id)
                if known is None or scored.score > known.score:
                    best[scored.entry_id] = scored
        ranked = sorted(best.values(), key=lambda each: (-each.score, each.candidate.kind == "passages", each.entry_id))
        return _unique(ranked, limit)

    async def _search(self, query: Query, words: Words, viewer: Viewer, *, limit: int) -> list[_Scored]:
        exact = words.exactly(query.text)
        codes = _Codes.of(query.text)

        cosines, farthest = await self._nearest(query, words)
        by_words = dict.fromkeys((*query.best, *exact))
        lexical = {each: query.matches.of(each) for each in (*cosines, *by_words)}
        likely = {each: relevance(cosine, lexical[each], _ASKED_STEP * (each in exact)) for each, cosine in cosines.items()}
        # What the index did not name is no nearer than what it named last: only what could still be among the best is measured.
        unlikely = sorted(likely.values())[-_MEASURED] if len(likely) >= _MEASURED else 0.0
        hopeful = {
            each: relevance(farthest, lexical[each], _ASKED_STEP * (each in exact) + _CODE_STEP * bool(codes))
            for each in by_words
            if each not in cosines
        }
        measured = sorted((each for each, score in hopeful.items() if score >= unlikely), key=lambda each: -hopeful[each])[:_MEASURED]
        cosines |= await self._measure(measured, query, words)
        for each in measured:
            likely[each] = relevance(cosines[each], lexical[each], _ASKED_STEP * (each in exact)) if each in cosines else hopeful[each]
        first = sorted(likely, key=lambda each: (-likely[each], each))[:_LOADED]
        held = words.holding(first, query.own) if query.own else first
        lacking = _lacking(query.text, held, words)
        held = sorted(held, key=lambda each: _NAME_STEP * lacking[each] - _log_odds(likely[each]) / _SLOPE)
        # Where neither a code in a text nor a meaning that is not known yet can change their order, the first are enough.
        settled = not codes and all(each in cosines for each in held)
        wanted = held[: limit + _SPARE] if settled else held
        candidates = [each for each in await self._corpus.load(wanted, viewer) if not words.superseded(each)]
        cosines |= await self._encode_missing([each for each in candidates if each.passage.passage_id not in cosines], query.vector)
        scored: list[_Scored] = []
        for candidate in candidates:
            entry_id = candidate.passage.passage_id
            steps = _CODE_STEP * codes.match(candidate.searched) + _ASKED_STEP * (entry_id in exact) - _NAME_STEP * lacking[entry_id]
            cosine, by_its_words = cosines[entry_id], lexical[entry_id]
            scored.append(_Scored(candidate, query.text, relevance(cosine, by_its_words, steps), cosine, by_its_words))
        return scored

    async def _nearest(self, query: Query, words: Words) -> tuple[dict[str, float], float]:
        """Return the cosines of the nearest of each shelf, and the largest that another can have."""
        cosines: dict[str, float] = {}
        farthest = -1.0
        for kind, reach in words.shelves:
            near = await self._index.query(kind, reach, query.vector, limit=_CANDIDATES)
            cosines |= {entry_id: 1.0 - distance for entry_id, distance in near}
            farthest = max(farthest, 1.0 - near[-1][1] if len(near) == _CANDIDATES else 1.0)
        return cosines, farthest

    async def _measure(self, ids: Sequence[str], query: Query, words: Words) -> dict[str, float]:
        """Return the cosines of those of *ids* that the index has."""
        cosines: dict[str, float] = {}
        for kind, reach in words.shelves:
            near = await self._index.distances(kind, reach, query.vector, ids=words.on(kind, reach, ids))
            cosines |= {entry_id: 1.0 - distance for entry_id, distance in near.items()}
        return cosines

    async def _encode_missing(self, candidates: Sequence[Candidate], vector: NDArray[np.float32]) -> dict[str, float]:
        """Return the cosines of candidates that the outbox has not carried into the index yet."""
        vectors = await encode_meanings(self._encoder, [each.embedded for each in candidates]) if candidates else ()
        return {each.passage.passage_id: float(row @ vector) for each, row in zip(candidates, vectors, strict=True)}


def _lacking(question: str, ids: Sequence[str], words: Words) -> dict[str, float]:
    """
    Return how rare the names in *question* are that each of *ids* lacks and another holds, 0 to 1.

    "Where do we meet in Tolmay?" shares more words with the same question about another place than with what is said of Tolmay.
    """
    named = {term: frozenset(words.holding(ids, {term})) for name in names_in(question) for term in terms_of(name)}
    rarities = {term: words.rarity(term) for term, holders in named.items() if holders}
    return {each: min(1.0, sum(rarity for term, rarity in rarities.items() if each not in named[term])) for each in ids}


def _best_by_words(words: Words, text: str) -> tuple[Matches, Sequence[str]]:
    matches = words.search(text)
    return matches, [*matches.best(_CANDIDATES)]


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


def _led_up(earlier: Sequence[str]) -> list[str]:
    """Return the last questions of a thread, back to the one that named the subject."""
    found: list[str] = []
    for question in reversed(earlier[-_THREAD:]):
        found.insert(0, question)
        if not leans_back(question):
            break
    return found


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes in a question or a text, without their joints; those in two words (FH 300) may be none, and count where they meet."""

    written: frozenset[str]
    spaced: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "_Codes":
        telling = [word for word in text.split() if not word.isalpha() and _DIGIT.search(word)]  # folding all of it takes longest
        written = frozenset(map(joined, codes_of(words_of(" ".join(telling)))))
        return cls(written, frozenset("".join(each).casefold() for each in _SPACED.findall(text)))

    def __bool__(self) -> bool:
        return bool(self.written or self.spaced)

    def match(self, text: str) -> float:
        """Return the share of these codes that *text* holds; -1 where it holds others of their kind instead."""
        if not self:
            return 0.0
        other = _Codes.of(text)
        held = other.written | other.spaced
        asked = self.written | (self.spaced & held)
        if asked & held:
            return len(asked & held) / len(asked)
        return -1.0 if self.written and other.written and {*map(family_of, self.written)} & {*map(family_of, other.written)} else 0.0


class _Kept:
    """A candidate that is given, unless a better one says the same."""

    def __init__(self, scored: _Scored) -> None:
        self.scored = scored
        self._text = scored.candidate.passage.text
        self._numbers = numbers_of(words_of(" ".join(word for word in self._text.split() if not word.isalpha())))  # as of all its words

    @cached_property
    def _terms(self) -> frozenset[str]:
        return frozenset(terms_of(self._text))

    def says(self, other: "_Kept") -> bool:
        """Tell whether both say the same, number for number."""
        return self._numbers == other._numbers and len(self._terms & other._terms) >= _SAME_TEXT * len(self._terms | other._terms)


def _evidence_of(ranked: Sequence[_Scored], words: Words) -> dict[str, float]:
    looked_at = [
        Ranked(each.score, each.cosine, each.candidate.passage.heading, _read(each.candidate.passage)) for each in ranked[:_COMPARED]
    ]
    return evidence_of(ranked[0].asked, looked_at, rarity=words.rarity) if ranked else {}


def _log_odds(share: float) -> float:
    share = min(max(share, _TINY), 1 - _TINY)
    return math.log(share / (1 - share))


def _read(passage: Passage) -> str:
    return f"{passage.title} {passage.text}"


def _unique(ranked: Sequence[_Scored], limit: int) -> list[_Scored]:
    """
    Return the first *limit* of *ranked*, leaving out what says again what something better says.

    Among such the approved answer stays, in the place of the best: what an expert changed may be a word that hardly tells, such as "not".
    """
    kept: list[_Kept] = []
    for scored in ranked:
        kind = scored.candidate.kind
        if len(kept) == limit and kind == "passages":
            continue
        one = _Kept(scored)
        same = next((each for each in kept if each.says(one)), None)
        if same is None:
            kept += [one] if len(kept) < limit else []
        elif kind == "verified" and same.scored.candidate.kind == "passages":
            same.scored = replace(same.scored, candidate=scored.candidate)
    return [each.scored for each in kept]
