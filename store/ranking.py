"""How good every candidate answers a question, by meaning and words together."""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.errors import ChatbotError
from bot.index_ports import CrossEncoder, Encoder, Index, IndexLook
from bot.messages import Found, Passage, Viewer
from store.accents import may_lack_accents, with_accents
from store.candidates import Candidate
from store.codes import Codes
from store.corpus import Corpus
from store.e5_cross import as_read
from store.embeddings import encode_meanings
from store.evidence import Ranked, evidence_of, has_term
from store.follow_ups import has_no_subject, is_follow_up, leans_back, led_up
from store.language import identify
from store.lexical import names_in, terms_of
from store.near_miss import Likeness
from store.newer import newer_first
from store.other_words import in_other_words, without_other_kinds
from store.question_reading import Reading, read
from store.relevance import ASKED_STEP, CODE_STEP, NAME_STEP, comparable, evidence, log_odds, relevance
from store.scored import Scored, unique
from store.second_look import Meant, looked_at_again, may_be_written_for_another, written_for_another
from store.second_vectors import Second
from store.shelves import Words
from store.word_search import Matches

_CANDIDATES = 40  # of each collection, and of its words
_MEASURED = 15  # as many of the words' at most are compared by meaning too, and none that cannot come before so many others
_LOADED = 30  # the likeliest of them all
_SPARE = 6  # more than are wanted, for some say the same

_NEAR = 0.1  # of the relevance that counts: what has less is not even worth a look
_COMPARED = 10  # say how far the best stands out
_READ = 3  # together with the question, some 40 ms each
# Measured on 141 questions about a handbook and 422 about three FAQs: as many of the passages given hold the answer as without it, and of
# three there are two and a half, or 1.4, left.
ODDS_WITHIN = 20.0
# In log-odds. Of 319 questions about a handbook the best passage is of the right page for .76, of the two best others within this for .11
# more; twice as many others add nothing.
_BESIDE = math.log(5)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """
    Words to search by, with their vector, and what answers them by its words: everything's score, and the ids of the best.

    What is found has to hold one of `own`, the words of the question itself, where there are any. `second` is the second encoder's vector
    of them as of a question, None where there is no such encoder, and `language` theirs (ISO 639-1), empty where it is not told. One that
    is `aside` finds no passages: "how much is it?" alone is about anything that has a price. `read` is the text with the accents that it
    may lack.
    """

    text: str
    read: str
    vector: NDArray[np.float32]
    matches: Matches
    best: Sequence[str]
    own: frozenset[str] = frozenset()
    second: NDArray[np.float32] | None = None
    language: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """
    What the index and the words have around a query: everything but what the second encoder says of it.

    `likely` has what speaks for each id that may be among the best, or could at most where `cosines` lacks it; `exact` answer the very
    question.
    """

    exact: frozenset[str]
    codes: Codes
    cosines: Mapping[str, float]
    lexical: Mapping[str, float]
    likely: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """
    What a question is searched by, one or more queries, and the words of all that its asker sees.

    `around` is what there is around each query, or why the index could not tell: an approved answer can do without. `meant` is what the
    question itself names.
    """

    queries: Sequence[Query]
    words: Words
    around: Sequence[_Around] | ChatbotError
    meant: Meant


@dataclass(frozen=True, slots=True, eq=False)
class _Likely:
    """
    What was looked up for one query.

    `ids` may be among the best, and `candidates` are those that were loaded at once, None where the ledger has to be awaited. `cosines`
    lacks what the index does not have yet; `second` are the second encoder's, where it can compare; `steps` are for what is named.
    """

    asked: str
    vector: NDArray[np.float32]
    ids: Sequence[str]
    candidates: Sequence[Candidate] | None
    cosines: Mapping[str, float]
    second: Mapping[str, float]
    lexical: Mapping[str, float]
    steps: Mapping[str, float]

    def scored(self, candidates: Sequence[Candidate], cosines: Mapping[str, float]) -> list[Scored]:
        """Return *candidates* with their scores; *cosines* has every one's."""
        scored: list[Scored] = []
        for candidate in candidates:
            each = candidate.passage.passage_id
            cosine, words, second = cosines[each], self.lexical[each], self.second.get(each)
            score = relevance(cosine, words, second=second, steps=self.steps[each])
            scored.append(Scored(candidate, self.asked, score, cosine, words, second))
        return scored


class Ranking:
    """Scores what stands in a corpus, and in the index of it."""

    def __init__(  # noqa: PLR0913  # one place builds it, of settings
        self,
        corpus: Corpus,
        index: Index,
        encoder: Encoder,
        *,
        passages: int,
        minimum_score: float,
        odds_within: float = ODDS_WITHIN,
        second: Second | None = None,
        reader: CrossEncoder | None = None,
    ) -> None:
        """
        Find at most *passages*, each of a relevance of at least *minimum_score* and *odds_within* the best's.

        They are read by *second*, too, and the best of them by *reader* together with the question.
        """
        self._corpus = corpus
        self._index = index
        self._encoder = encoder
        self._second = second
        self._reader = reader
        self._limit = passages
        self._minimum_score = minimum_score
        self._within = math.log(odds_within)

    async def ask(self, question: str, earlier: Sequence[str], *, viewer: Viewer) -> Asked:
        """Return what to search by: the question, and where it follows up on *earlier* ones (oldest first), together with them too."""
        texts = [question, " ".join([*led_up(earlier), question])] if earlier and is_follow_up(question) else [question]
        read = await asyncio.to_thread(lambda: [*map(with_accents, texts)]) if may_lack_accents(question) else texts
        # A short question may be about something else altogether: then what was asked before finds only what has nothing to do with it.
        aside = len(texts) > 1 and has_no_subject(question)
        own = frozenset() if aside or leans_back(question) else frozenset(terms_of(question))
        reading = asyncio.create_task(self._as_questions(read))
        try:  # the second encoder takes longer than all the rest
            vectors, words, by_words = await self._meanings_and_words(texts, read, viewer)
            parts = zip(texts, read, vectors, by_words, (frozenset[str](), own), strict=False)
            queries = [Query(text, plain, vector, matches, best, required) for text, plain, vector, (matches, best), required in parts]
            queries[0] = replace(queries[0], aside=aside)
            around = await self._look_around(queries, words)
        finally:
            closely = await reading
        read_closely = [
            replace(query, second=second, language=language) for query, (second, language) in zip(queries, closely, strict=True)
        ]
        return Asked(read_closely, words, around, Meant.of(question, follows=len(texts) > 1))

    async def _meanings_and_words(
        self, texts: Sequence[str], read: Sequence[str], viewer: Viewer
    ) -> tuple[NDArray[np.float32], Words, Sequence[tuple[Matches, Sequence[str]]]]:
        """Return the first encoder's vectors of the texts as they are *read*, and what answers *texts* by their words."""
        encoding = asyncio.create_task(self._encoder.encode(read))
        try:  # neither waits for the other
            await asyncio.sleep(0)  # so that the encoder, which takes longer, goes first
            words, by_words = await self._corpus.look(viewer, lambda words: (words, [_best_by_words(words, text) for text in texts]))
        finally:
            vectors = await encoding
        return vectors, words, by_words

    async def _as_questions(self, texts: Sequence[str]) -> Sequence[tuple[NDArray[np.float32] | None, str]]:
        """Return each text's vector by the second encoder and its language, as `Query` has them."""
        identifying = asyncio.to_thread(lambda: [*map(identify, texts)])
        if self._second is None:
            return [(None, language) for language in await identifying]
        async with asyncio.TaskGroup() as tasks:
            second = tasks.create_task(self._second.encoder.encode_questions(texts))
            languages = tasks.create_task(identifying)
        return [*zip(second.result(), languages.result(), strict=True)]

    async def _look_around(self, queries: Sequence[Query], words: Words) -> Sequence[_Around] | ChatbotError:
        try:
            return await self._index.look(lambda index: [_around(index, query, words) for query in queries])
        except ChatbotError as error:
            return error

    async def find(self, asked: Asked, *, viewer: Viewer) -> Found:
        """Return the relevant passages for any query of *asked*."""
        ranked = await self._read(asked, await self._rank(asked, viewer, limit=max(self._limit, _COMPARED)))
        passages = tuple(each.passage for each in ranked[: self._limit])
        relevant = tuple(passage for passage in passages if passage.score >= self._minimum_score)
        closest = () if relevant else tuple(passage for passage in passages if passage.score >= _NEAR * self._minimum_score)
        evidence = self._evidence_of(ranked, asked)
        return Found(
            None,
            self._telling(relevant),
            relevant[0].score if relevant else 0.0,
            closest,
            evidence,
            beside=_beside(ranked),
            ranked=tuple(each.passage.passage_id for each in ranked),
        )

    async def _read(self, asked: Asked, ranked: Sequence[Scored]) -> Sequence[Scored]:
        """Return *ranked*, the first with the odds that the answer stands in them."""
        if self._reader is None or not ranked:
            return ranked
        question = next(query.read for query in asked.queries if query.text == ranked[0].asked)
        first = ranked[:_READ]
        passages = [each.candidate.passage for each in first]
        odds = await self._reader.log_odds(question, [as_read(each.heading or each.title, each.text) for each in passages])
        return [*(replace(each, answers=float(own)) for each, own in zip(first, odds, strict=True)), *ranked[_READ:]]

    @staticmethod
    def _evidence_of(ranked: Sequence[Scored], asked: Asked) -> dict[str, float]:
        if not ranked:
            return {}
        looked_at = [_as_ranked(each) for each in ranked[:_COMPARED]]
        meant = asked.meant
        return evidence_of(ranked[0].asked, looked_at, rarity=asked.words.rarity, own=meant.question, anew=meant.anew)

    def _telling(self, relevant: Sequence[Passage]) -> tuple[Passage, ...]:
        """Leave out what is by far less likely to answer than the best: it would only confuse a small model."""
        return tuple(each for each in relevant if log_odds(relevant[0].score) - log_odds(each.score) <= self._within)

    async def rank(self, asked: Asked, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return the *limit* best candidates for any query of *asked*, best first, each text once."""
        return tuple(each.passage for each in await self._rank(asked, viewer, limit=limit))

    async def _rank(self, asked: Asked, viewer: Viewer, *, limit: int) -> list[Scored]:
        if isinstance(asked.around, ChatbotError):
            raise asked.around
        around = asked.around

        def choose(_: IndexLook) -> list[_Likely]:
            by_query = zip(asked.queries, around, strict=True)
            return [self._choose(query, near, asked.words, viewer, limit=limit) for query, near in by_query if not query.aside]

        best: dict[str, Scored] = {}
        for likely in await self._index.look(choose):
            for scored in await self._score(likely, asked.words, viewer):
                known = best.get(scored.entry_id)
                if known is None or scored.score > known.score:
                    best[scored.entry_id] = scored

        def ordered(scored: Iterable[Scored]) -> list[Scored]:
            return sorted(scored, key=lambda each: each.place(asked.queries[0].language))

        ranked = ordered(in_other_words(ordered(best.values()), asked.words.rarity, asked.queries[0].language))
        ranked = ordered(without_other_kinds(asked.meant.question, ranked))
        return unique(newer_first(ordered(await self._look_again(asked.meant, ranked))), limit)

    async def _look_again(self, meant: Meant, ranked: Sequence[Scored]) -> Sequence[Scored]:
        """Return *ranked* with the scores that they have after a second look; see store/second_look.py."""
        entries = may_be_written_for_another(meant.question, ranked)
        if not entries and not meant.anew and not meant.subject and not meant.numbers:
            return ranked
        another = perhaps = frozenset[str]()
        if entries:
            asked = read(meant.question)
            likeness = await self._likeness([asked, *(reading for _, reading in entries)])
            another, perhaps = written_for_another(asked, entries, likeness)
        return looked_at_again(meant, ranked, another, perhaps, has_term)

    async def _likeness(self, readings: Sequence[Reading]) -> Likeness:
        """Return what tells how like two words of *readings* are: the cosine of their meanings."""
        words = [*dict.fromkeys(word for reading in readings for word in reading.content.values())]
        vectors = dict(zip(words, await self._encoder.encode(words), strict=True))

        def likeness(word: str, other: str) -> float:
            return float(vectors[word] @ vectors[other])

        return likeness

    def _choose(self, query: Query, around: _Around, words: Words, viewer: Viewer, *, limit: int) -> _Likely:
        """Return what may be among the *limit* best; off the event loop, in one go: each switch of thread costs as much as a step of it."""
        exact, codes, cosines, lexical = around.exact, around.codes, around.cosines, around.lexical
        second = self._read_closely([*around.likely], query, words)
        likely = {**around.likely}
        for each in second.keys() & cosines.keys():
            likely[each] = evidence(cosines[each], lexical[each], second=second[each], steps=ASKED_STEP * (each in exact))
        first = sorted(likely, key=lambda each: (-likely[each], each))[:_LOADED]
        held = words.holding(first, query.own) if query.own else first
        lacking = _lacking(query.text, held, words)
        matching = {each: codes.match(other) for each, other in words.codes(held).items()} if codes else {}
        named = {each: CODE_STEP * matching.get(each, 0.0) - NAME_STEP * lacking[each] for each in held}
        held = sorted(held, key=lambda each: -named[each] - likely[each])
        # Where no meaning that is not known yet can change their order, the first are enough.
        wanted = held[: limit + _SPARE] if all(each in cosines for each in held) else held
        found = self._corpus.load_here(wanted, viewer)
        steps = {each: named[each] + ASKED_STEP * (each in exact) for each in wanted}
        return _Likely(query.text, query.vector, wanted, found, cosines, second, lexical, steps)

    def _read_closely(self, ids: Sequence[str], query: Query, words: Words) -> dict[str, float]:
        """Return the second encoder's cosines of those of *ids* that it has read and can compare; where the index may be asked."""
        if self._second is None or query.second is None:
            return {}
        comparing = [each for each, language in words.languages(ids).items() if comparable(query.language, language)]
        return _measure(self._second.index, comparing, query.second, words)

    async def _score(self, likely: _Likely, words: Words, viewer: Viewer) -> list[Scored]:
        found = await self._corpus.load(likely.ids, viewer) if likely.candidates is None else likely.candidates
        candidates = [each for each in found if not words.superseded(each)]
        missing = [each for each in candidates if each.passage.passage_id not in likely.cosines]
        return likely.scored(candidates, {**likely.cosines, **await self._encode_missing(missing, likely.vector)})

    async def _encode_missing(self, candidates: Sequence[Candidate], vector: NDArray[np.float32]) -> dict[str, float]:
        """Return the cosines of candidates that the outbox has not carried into the index yet."""
        vectors = await encode_meanings(self._encoder, [each.embedded for each in candidates]) if candidates else ()
        return {each.passage.passage_id: float(row @ vector) for each, row in zip(candidates, vectors, strict=True)}


def _around(index: IndexLook, query: Query, words: Words) -> _Around:
    exact = frozenset(words.exactly(query.text))
    codes = Codes.of(query.text)
    cosines, farthest = _nearest(index, query, words)
    by_words = dict.fromkeys((*query.best, *exact))
    lexical = query.matches.of((*cosines, *by_words))

    def says(each: str, cosine: float) -> float:
        return evidence(cosine, lexical[each], second=None, steps=ASKED_STEP * (each in exact))

    likely = {each: says(each, cosine) for each, cosine in cosines.items()}
    # What the index did not name is no nearer than what it named last: only what could still be among the best is measured.
    unlikely = sorted(likely.values())[-_MEASURED] if len(likely) >= _MEASURED else -math.inf
    hopeful = {each: says(each, farthest) + CODE_STEP * bool(codes) for each in by_words if each not in cosines}
    measured = sorted((each for each, most in hopeful.items() if most >= unlikely), key=lambda each: -hopeful[each])[:_MEASURED]
    cosines |= _measure(index, measured, query.vector, words)
    likely |= {each: says(each, cosines[each]) if each in cosines else hopeful[each] for each in measured}
    return _Around(exact, codes, cosines, lexical, likely)


def _nearest(index: IndexLook, query: Query, words: Words) -> tuple[dict[str, float], float]:
    """Return the cosines of the nearest of each shelf, and the largest that another can have."""
    cosines: dict[str, float] = {}
    farthest = -1.0
    for kind, reach in words.shelves:
        near = index.nearest(kind, reach, query.vector, limit=_CANDIDATES)
        cosines |= {entry_id: 1.0 - distance for entry_id, distance in near}
        farthest = max(farthest, 1.0 - near[-1][1] if len(near) == _CANDIDATES else 1.0)
    return cosines, farthest


def _measure(index: IndexLook, ids: Sequence[str], vector: NDArray[np.float32], words: Words) -> dict[str, float]:
    """Return the cosines with *vector* of those of *ids* that the index has."""
    cosines: dict[str, float] = {}
    for kind, reach in words.shelves:
        near = index.distances(kind, reach, vector, ids=words.on(kind, reach, ids))
        cosines |= {entry_id: 1.0 - distance for entry_id, distance in near.items()}
    return cosines


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


def _beside(ranked: Sequence[Scored]) -> tuple[Passage, ...]:
    """Return the best passage of each document that is nearly as likely to answer as the best one."""
    firsts = {scored.candidate.passage.source: scored for scored in reversed(ranked)}
    near = [each for each in ranked if firsts[each.candidate.passage.source] is each and _apart(ranked[0], each) <= _BESIDE]
    return tuple(each.passage for each in near)


def _apart(best: Scored, other: Scored) -> float:
    return log_odds(best.score) - log_odds(other.score)


def _as_ranked(scored: Scored) -> Ranked:
    candidate = scored.candidate
    heading, text = candidate.passage.heading, _titled(candidate.passage)
    return Ranked(scored.score, scored.cosine, heading, text, scored.second, candidate.question, scored.another, scored.answers)


def _titled(passage: Passage) -> str:
    return f"{passage.title} {passage.text}"
