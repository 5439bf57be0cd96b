"""What a second, slower encoder makes of everything that is searched: filled in a little at a time, dropped as soon as the words change."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice

from bot.errors import TryAgainLater
from bot.index_ports import BesideIndex, Index, IndexEntry, IndexKind, SecondEncoder
from bot.messages import Reach
from store.candidates import KINDS, Kind
from store.database import Database
from store.index_lock import IndexLock
from store.indexable import load_records

_AT_ONCE = 8  # entries encoded before the next ones are chosen, about a second's work
_LOOK_UP = 500  # ids in one query


@dataclass(frozen=True, slots=True)
class Second:
    """An encoder beside the first, and the index of its vectors; what is not filled in yet is missing there."""

    encoder: SecondEncoder
    index: BesideIndex


def read_closely(embedded: Sequence[str]) -> str:
    """Return the one text by which the second encoder knows what the first knows by *embedded*: it reads a question with its answer."""
    return " ".join(embedded)


class SecondVectors:
    """
    Keeps the second index to the first: what that lacks is filled in, what the first no longer has goes.

    No entry ever has the vector of words that it no longer has: the outbox drops it before it writes, and `fill` writes only what the
    ledger still says while no outbox is writing. Killed at any moment, it goes on with what is missing. Of what was rated nothing is
    searched, so it has no second vectors.
    """

    def __init__(self, database: Database, index: Index, second: Second, *, look_again_s: float = math.inf) -> None:
        """
        Fill *second* for what *index* holds of *database*.

        What is lacking is looked up with the first `fill`, and afterwards followed by what the outbox tells; where other processes write
        to the index, too, it is looked up again after *look_again_s* seconds.
        """
        self.lock = IndexLock(database)
        self._database = database
        self._index = index
        self._second = second
        self._look_again_s = look_again_s
        self._looked_at = -math.inf
        self._to_do: defaultdict[tuple[Kind, Reach], dict[str, None]] = defaultdict(dict)  # ids, in order

    async def fill(self, limit: int) -> int:
        """
        Encode at most *limit* entries that lack it.

        Returns:
            How many were looked at; 0 where nothing is left.

        Raises:
            TryAgainLater: Another process keeps writing to the index, or it does not respond; nothing is lost.
            Misconfigured: The index is damaged or in use.
        """
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= self._look_again_s or self._looked_at == -math.inf:
            await self._look()
            self._looked_at = now
        first = sorted(self._to_do, key=lambda shelf: shelf[0] == "passages")  # approved answers are few, and asked for
        shelf = next((each for each in first if self._to_do[each]), None)
        if shelf is None:
            return 0
        ids = [*islice(self._to_do[shelf], limit)]
        for each in ids:  # taken before they are read: what changes meanwhile is noted again
            del self._to_do[shelf][each]
        try:
            await self._encode(*shelf, ids)
        except BaseException:
            self.note(*shelf, ids)
            raise
        return len(ids)

    async def fill_all(self) -> int:
        """Fill until nothing is left, a few entries at a time; return how many were looked at. Raises as `fill` does."""
        filled = 0
        while done := await self.fill(_AT_ONCE):
            filled += done
        return filled

    async def lacking(self) -> int:
        """Return how many entries of the first index the second one lacks."""
        return sum([len(await self._lacking(kind, reach)) for kind in KINDS for reach in await self._index.reaches(kind)])

    async def drop(self, kind: IndexKind, refs: Sequence[str], but: Mapping[Reach, AbstractSet[str]]) -> None:
        """Drop the second vectors of *refs* everywhere, *but* for those that keep their words in a reach."""
        for reach in await self._second.index.reaches(kind):
            going = [ref for ref in refs if ref not in but.get(reach, ())]
            # Chroma takes 40 ms to delete 250 ids that it does not have, and 2 ms to say so.
            filled = await self._second.index.fetch(kind, reach, going)
            await self._second.index.delete(kind, reach, [entry.entry_id for entry in filled])

    def note(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> None:
        """Note that *ids* have no second vector."""
        if kind != "conversations" and ids:
            self._to_do[kind, reach].update(dict.fromkeys(ids))

    async def _look(self) -> None:
        """Note what is lacking, and drop what is of no use."""
        async with self.lock.held() as mine:
            _check(mine)
            for kind in KINDS:
                known = await self._index.reaches(kind)
                for reach in await self._second.index.reaches(kind):
                    there = {*await self._index.ids(kind, reach)} if reach in known else set()
                    await self._second.index.delete(
                        kind, reach, [each for each in await self._second.index.ids(kind, reach) if each not in there]
                    )
                for reach in known:
                    self.note(kind, reach, await self._lacking(kind, reach))

    async def _lacking(self, kind: Kind, reach: Reach) -> Sequence[str]:
        filled = await self._second.index.ids(kind, reach) if reach in await self._second.index.reaches(kind) else ()
        done = {*filled}
        return [each for each in await self._index.ids(kind, reach) if each not in done]

    async def _encode(self, kind: Kind, reach: Reach, ids: Sequence[str]) -> None:
        texts = await self._texts(kind, ids)
        vectors = await self._second.encoder.encode([*texts.values()])
        async with self.lock.held() as mine:
            _check(mine)
            now = await self._texts(kind, ids)
            there = {entry.entry_id for entry in await self._index.fetch(kind, reach, ids)}
            entries = [
                IndexEntry(each, "", {}, vector)
                for (each, text), vector in zip(texts.items(), vectors, strict=True)
                if each in there and now.get(each) == text
            ]
            await self._second.index.upsert(kind, reach, entries)
        self.note(kind, reach, [each for each, text in texts.items() if each in there and now.get(each, text) != text])

    async def _texts(self, kind: Kind, ids: Sequence[str]) -> dict[str, str]:
        """Return what the ledger says now, by id."""
        texts: dict[str, str] = {}
        async with self._database.connect() as connection:
            for first in range(0, len(ids), _LOOK_UP):
                records = await load_records(connection, kind, ids[first : first + _LOOK_UP])
                texts |= {record.ref: read_closely(record.embedded) for record in records}
        return texts


def _check(mine: bool) -> None:
    if not mine:
        raise TryAgainLater("another process is writing to the index: try again in a minute")
