"""Retrieval over the ledger as it is at one moment, in memory: two models are compared on the same passages, beside a running `serve`."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.messages import Audience, Found
from bot.ports import Encoder, Index, IndexEntry, IndexKind, Retriever
from store.corpus import Candidate, Corpus, Words, read_candidates, visible_to, with_approved, words_in
from store.database import Database
from store.retrieval import Ranking

_BATCH: Final = 500  # texts encoded at a time


async def frozen_retriever(database: Database, encoder: Encoder, *, passages: int, minimum_score: float, audience: Audience) -> Retriever:
    """
    Return a retriever over what *audience* sees now; later changes do not reach it.

    It never gives an approved answer word for word: corrections are passages among the others. It answers that audience alone.

    Args:
        database: The ledger; the index is not opened, which belongs to a running `serve`.
        encoder: Encodes every passage anew, about a millisecond each.
        passages: How many to give at most.
        minimum_score: The relevance that each must have.
        audience: Who asks.
    """
    candidates = await read_candidates(database, audience)
    index = NumpyIndex()
    for start in range(0, len(candidates), _BATCH):
        batch = candidates[start : start + _BATCH]
        vectors = await encoder.encode([each.embedded for each in batch])
        for candidate, vector in zip(batch, vectors, strict=True):
            entry = IndexEntry(candidate.passage.passage_id, "", {}, vector)
            await index.upsert(candidate.kind, candidate.passage.audience, [entry])
    corpus = await asyncio.to_thread(_FrozenCorpus, candidates, audience)
    return _FrozenRetriever(Ranking(corpus, index, encoder, passages=passages, minimum_score=minimum_score))


class _FrozenRetriever(Retriever):
    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking

    async def find(self, question: str, *, audience: Audience, earlier: Sequence[str] = ()) -> Found:
        return await self._ranking.find(await self._ranking.ask(question, earlier), audience=audience)


class _FrozenCorpus(Corpus):
    def __init__(self, candidates: Sequence[Candidate], audience: Audience) -> None:
        self._audience = audience
        self._candidates = {each.passage.passage_id: each for each in candidates}
        found = [each for each in candidates if each.kind == "passages"]
        self._words = with_approved(words_in(found), [each for each in candidates if each.kind == "verified"])

    async def words(self, audience: Audience) -> Words:
        if audience != self._audience:
            raise ValueError(f"frozen for {self._audience}, asked by {audience}")
        return self._words

    async def load(self, ids: Sequence[str], audience: Audience) -> Sequence[Candidate]:
        visible = visible_to(audience)
        found = (self._candidates[each] for each in ids if each in self._candidates)
        return sorted((each for each in found if each.passage.audience in visible), key=lambda each: (each.kind, each.passage.passage_id))


@dataclass(slots=True)
class _Collection:
    """Entries by id; `matrix` has their vectors as rows, in that order, None where it is to be made again."""

    entries: dict[str, IndexEntry] = field(default_factory=dict)
    matrix: NDArray[np.float32] | None = None

    def nearest(self, vector: NDArray[np.float32], limit: int) -> tuple[tuple[str, float], ...]:
        if not self.entries:
            return ()
        if self.matrix is None:
            self.matrix = np.stack([entry.vector for entry in self.entries.values()])  # (entries, dimension)
            rows = zip(self.entries.items(), self.matrix, strict=True)
            self.entries = {entry_id: replace(entry, vector=row) for (entry_id, entry), row in rows}  # kept once
        distances = 1.0 - self.matrix @ vector  # (entries,)
        ids = list(self.entries)
        return tuple((ids[row], float(distances[row])) for row in np.argsort(distances, kind="stable")[:limit])


class NumpyIndex(Index):
    """The port in memory, exact: every vector is compared, in about 20 ms for 100,000 of them."""

    def __init__(self) -> None:
        self._collections: defaultdict[tuple[IndexKind, Audience], _Collection] = defaultdict(_Collection)

    async def upsert(self, kind: IndexKind, audience: Audience, entries: Sequence[IndexEntry]) -> None:
        """See the port."""
        collection = self._collections[kind, audience]
        collection.entries.update((entry.entry_id, entry) for entry in entries)
        collection.matrix = None

    async def delete(self, kind: IndexKind, audience: Audience, ids: Sequence[str]) -> None:
        """See the port."""
        collection = self._collections[kind, audience]
        for entry_id in ids:
            collection.entries.pop(entry_id, None)
        collection.matrix = None

    async def query(self, kind: IndexKind, audience: Audience, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """See the port."""
        return await asyncio.to_thread(self._collections[kind, audience].nearest, vector, limit)

    async def ids(self, kind: IndexKind, audience: Audience) -> tuple[str, ...]:
        """See the port."""
        return tuple(sorted(self._collections[kind, audience].entries))

    async def fetch(self, kind: IndexKind, audience: Audience, ids: Sequence[str]) -> tuple[IndexEntry, ...]:
        """See the port."""
        entries = self._collections[kind, audience].entries
        return tuple(entries[entry_id] for entry_id in ids if entry_id in entries)

    async def reset(self) -> None:
        """See the port."""
        self._collections.clear()

    async def check(self) -> str:
        """See the port."""
        filled = [collection for collection in self._collections.values() if collection.entries]
        return f"in memory, {len(filled)} collections, {sum(len(each.entries) for each in filled)} entries"
