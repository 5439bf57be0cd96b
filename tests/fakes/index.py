"""An index in memory."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.errors import ChatbotError
from bot.index_ports import IndexEntry, IndexKind, IndexLook
from bot.messages import Reach

T = TypeVar("T")


class MemoryIndex:
    """Keeps entries in dictionaries and compares with all; `failure` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.collections: defaultdict[tuple[IndexKind, Reach], dict[str, IndexEntry]] = defaultdict(dict)
        self.failure: ChatbotError | None = None

    async def upsert(self, kind: IndexKind, reach: Reach, entries: Sequence[IndexEntry]) -> None:
        """Keep *entries*."""
        self._collection(kind, reach).update((entry.entry_id, entry) for entry in entries)

    async def delete(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> None:
        """Forget *ids*."""
        for entry_id in ids:
            self._collection(kind, reach).pop(entry_id, None)

    async def query(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """Compare with every entry."""
        return self.nearest(kind, reach, vector, limit=limit)

    async def look(self, work: Callable[[IndexLook], T]) -> T:
        """Work in another thread."""
        return await asyncio.to_thread(work, self)

    def nearest(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """Compare with every entry."""
        entries = self._collection(kind, reach).values()
        distances = ((entry.entry_id, 1.0 - float(vector @ entry.vector)) for entry in entries)
        return tuple(sorted(distances, key=lambda each: each[1])[:limit])

    async def ids(self, kind: IndexKind, reach: Reach) -> tuple[str, ...]:
        """Return the ids, sorted."""
        return tuple(sorted(self._collection(kind, reach)))

    async def fetch(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> tuple[IndexEntry, ...]:
        """Return the entries of *ids* in that order."""
        kept = self._collection(kind, reach)
        return tuple(kept[entry_id] for entry_id in ids if entry_id in kept)

    async def warm(self, kind: IndexKind, reach: Reach) -> None:
        """Have everything in memory."""

    def distances(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, ids: Sequence[str]) -> Mapping[str, float]:
        """Compare with those of *ids*."""
        kept = self._collection(kind, reach)
        return {entry_id: 1.0 - float(vector @ kept[entry_id].vector) for entry_id in ids if entry_id in kept}

    async def reaches(self, kind: IndexKind) -> tuple[Reach, ...]:
        """Return those kept."""
        self._raise()
        return tuple(sorted(reach for each, reach in self.collections if each == kind))

    async def reset(self) -> None:
        """Forget everything."""
        self._raise()
        self.collections.clear()

    async def compact(self) -> bool:
        """Nothing is left of what was deleted."""
        self._raise()
        return True

    async def check(self) -> str:
        """Say what is kept."""
        self._raise()
        return f"memory, {len(self.collections)} collections"

    def _collection(self, kind: IndexKind, reach: Reach) -> dict[str, IndexEntry]:
        self._raise()
        return self.collections[kind, reach]

    def _raise(self) -> None:
        if self.failure is not None:
            raise self.failure
