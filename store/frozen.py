"""Retrieval over the ledger as it is at one moment, in memory: two models are compared on the same passages, beside a running `serve`."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.index_ports import CrossEncoder, Encoder, Index, IndexEntry, IndexKind, IndexLook, SecondEncoder
from bot.messages import Audience, Found, Reach, Viewer
from bot.ports import Retriever
from store.candidates import Candidate, read_candidates, visible_to
from store.corpus import Corpus
from store.database import Database
from store.embeddings import encode_meanings
from store.ranking import ODDS_WITHIN, Ranking
from store.second_vectors import Second, read_closely
from store.shelves import Shelves, Words

T = TypeVar("T")

_BATCH: Final = 500  # texts encoded at a time
_READ_CLOSELY: Final = 3000  # passages: the second encoder takes up to five minutes for them


async def frozen_retriever(  # noqa: PLR0913  # of settings
    database: Database,
    encoder: Encoder,
    *,
    passages: int,
    minimum_score: float,
    audience: Audience,
    odds_within: float = ODDS_WITHIN,
    second: SecondEncoder | None = None,
    reader: CrossEncoder | None = None,
) -> Retriever:
    """
    Return a retriever over what *audience* sees everywhere now; later changes do not reach it.

    It never gives an approved answer word for word: corrections are passages among the others. It answers that audience alone, and knows
    nothing that is limited to a scope.

    Args:
        database: The ledger; the index is not opened, which belongs to a running `serve`.
        encoder: Encodes every passage anew, about a millisecond each.
        passages: How many to give at most.
        minimum_score: The relevance that each must have.
        audience: Who asks.
        odds_within: So many times may a passage be less likely than the best to answer.
        second: Encodes every passage, too, about a tenth of a second each; of more than 3,000 none.
        reader: Reads the best passages together with each question.
    """
    viewer = Viewer(audience)
    candidates = await read_candidates(database, viewer)
    index = await _indexed(candidates, encoder, [each.embedded for each in candidates])
    closely = None
    if second and len(candidates) <= _READ_CLOSELY:
        closely = Second(second, await _indexed(candidates, second, [(read_closely(each.embedded),) for each in candidates]))
    corpus = await asyncio.to_thread(_FrozenCorpus, candidates, viewer)
    ranking = Ranking(
        corpus, index, encoder, passages=passages, minimum_score=minimum_score, odds_within=odds_within, second=closely, reader=reader
    )
    return _FrozenRetriever(ranking)


async def _indexed(candidates: Sequence[Candidate], encoder: Encoder, meanings: Sequence[Sequence[str]]) -> "NumpyIndex":
    index = NumpyIndex()
    for start in range(0, len(candidates), _BATCH):
        batch = candidates[start : start + _BATCH]
        vectors = await encode_meanings(encoder, meanings[start : start + _BATCH])
        for candidate, vector in zip(batch, vectors, strict=True):
            await index.upsert(candidate.kind, candidate.reach, [IndexEntry(candidate.passage.passage_id, "", {}, vector)])
    return index


class _FrozenRetriever(Retriever):
    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        return await self._ranking.find(await self._ranking.ask(question, earlier, viewer=viewer), viewer=viewer)


class _FrozenCorpus(Corpus):
    def __init__(self, candidates: Sequence[Candidate], viewer: Viewer) -> None:
        self._viewer = viewer
        self._candidates = {each.passage.passage_id: each for each in candidates}
        shelves = Shelves()
        shelves.put(candidates)
        self._words = shelves.seen_by(viewer)

    async def look(self, viewer: Viewer, work: Callable[[Words], T]) -> T:
        if viewer != self._viewer:
            raise ValueError(f"frozen for {self._viewer}, asked by {viewer}")
        return await asyncio.to_thread(work, self._words)

    async def load(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate]:
        return self.load_here(ids, viewer)

    def load_here(self, ids: Sequence[str], viewer: Viewer) -> Sequence[Candidate]:
        visible = visible_to(viewer)
        found = (self._candidates[each] for each in ids if each in self._candidates)
        return sorted((each for each in found if each.reach in visible), key=lambda each: (each.kind, each.passage.passage_id))


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
        self._collections: defaultdict[tuple[IndexKind, Reach], _Collection] = defaultdict(_Collection)

    async def upsert(self, kind: IndexKind, reach: Reach, entries: Sequence[IndexEntry]) -> None:
        """See the port."""
        collection = self._collections[kind, reach]
        collection.entries.update((entry.entry_id, entry) for entry in entries)
        collection.matrix = None

    async def delete(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> None:
        """See the port."""
        collection = self._collections[kind, reach]
        for entry_id in ids:
            collection.entries.pop(entry_id, None)
        collection.matrix = None

    async def query(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """See the port."""
        return await asyncio.to_thread(self.nearest, kind, reach, vector, limit=limit)

    async def look(self, work: Callable[[IndexLook], T]) -> T:
        """See the port."""
        return await asyncio.to_thread(work, self)

    def nearest(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """See the port."""
        return self._collections[kind, reach].nearest(vector, limit)

    def distances(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, ids: Sequence[str]) -> Mapping[str, float]:
        """See the port."""
        entries = self._collections[kind, reach].entries
        return {each: 1.0 - float(entries[each].vector @ vector) for each in ids if each in entries}

    async def ids(self, kind: IndexKind, reach: Reach) -> tuple[str, ...]:
        """See the port."""
        return tuple(sorted(self._collections[kind, reach].entries))

    async def fetch(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> tuple[IndexEntry, ...]:
        """See the port."""
        entries = self._collections[kind, reach].entries
        return tuple(entries[entry_id] for entry_id in ids if entry_id in entries)

    async def warm(self, kind: IndexKind, reach: Reach) -> None:
        """See the port."""

    async def reaches(self, kind: IndexKind) -> tuple[Reach, ...]:
        """See the port."""
        return tuple(sorted(reach for each, reach in self._collections if each == kind))

    async def reset(self) -> None:
        """See the port."""
        self._collections.clear()

    async def compact(self) -> bool:
        """See the port; memory keeps nothing."""
        return True

    async def check(self) -> str:
        """See the port."""
        filled = [collection for collection in self._collections.values() if collection.entries]
        return f"in memory, {len(filled)} collections, {sum(len(each.entries) for each in filled)} entries"
