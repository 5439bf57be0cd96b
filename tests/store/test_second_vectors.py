"""What the second encoder makes of everything that is searched: filled in bit by bit, never of words that are gone."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from sqlalchemy import delete, update

from bot.errors import TryAgainLater
from bot.index_ports import IndexKind
from bot.messages import Audience, Reach, Viewer
from store.changes import note_change
from store.database import Database, migrate, open_database
from store.index import ChromaIndex
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from store.schema import approved, passages
from store.second_vectors import Second, SecondVectors
from tests.fakes.encoder import SecondWordEncoder, WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import NOW, add_source, answer, approve

STAFF = Reach("employees")


class Desk:
    """A ledger with both indexes, in memory unless others are given."""

    def __init__(self, database: Database, *, encoder: SecondWordEncoder | None = None, look_again_s: float = 1e9) -> None:
        self.database = database
        self.index, self.filled = MemoryIndex(), MemoryIndex()
        self.encoder = encoder or SecondWordEncoder()
        self.second = Second(self.encoder, self.filled)
        self.vectors = SecondVectors(database, self.index, self.second, look_again_s=look_again_s)
        self.outbox = Outbox(database, self.index, WordEncoder(), second=self.vectors)

    async def add(self, name: str, *texts: str | tuple[str, str], audience: Audience = "employees") -> list[str]:
        """Import and carry over."""
        ids = await add_source(self.database, name, *texts, audience=audience)
        await self.outbox.drain()
        return ids

    async def change(self, ref: str, **values: str) -> None:
        """Change a passage, and carry it over."""
        async with self.database.begin() as connection:
            await connection.execute(update(passages).where(passages.c.passage_id == ref).values(**values))
            await connection.run_sync(note_change, "passages", ref, audience="employees", at=NOW)
        await self.outbox.drain()

    async def held(self, kind: IndexKind = "passages") -> dict[Reach, tuple[str, ...]]:
        """Return the ids that have second vectors, by reach."""
        found = {reach: await self.filled.ids(kind, reach) for reach in await self.filled.reaches(kind)}
        return {reach: ids for reach, ids in found.items() if ids}

    async def stale(self) -> list[str]:
        """Return what has the second vector of other words than the ledger's."""
        twin = Desk(self.database)
        twin.index = self.index
        twin.vectors = SecondVectors(self.database, self.index, twin.second)
        await twin.vectors.fill_all()
        wrong: list[str] = []
        for kind, reach in self.filled.collections:
            entries = await self.filled.fetch(kind, reach, await self.filled.ids(kind, reach))
            right = {
                each.entry_id: each.vector.tolist() for each in await twin.filled.fetch(kind, reach, [each.entry_id for each in entries])
            }
            wrong += [each.entry_id for each in entries if each.vector.tolist() != right.get(each.entry_id)]
        return wrong


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_it_is_filled_a_few_at_a_time_until_nothing_is_left(desk: Desk) -> None:
    """Whoever waits for the encoder waits for a few texts; approved answers come first, they are few."""
    await desk.add("guide", "The key hangs at the desk.", "Lunch is at noon.", "The belt is red.")
    await approve(desk.database, "Where is the key?", "In the box.")
    await desk.outbox.drain()

    assert await desk.vectors.lacking() == 4
    assert [await desk.vectors.fill(2) for _ in range(4)] == [1, 2, 1, 0]
    assert desk.encoder.passages[0] == "Where is the key? In the box."
    assert await desk.held() == {STAFF: ("guide-0", "guide-1", "guide-2")}
    assert await desk.held("verified") == {STAFF: ("A1",)}
    assert await desk.vectors.lacking() == 0


async def test_a_document_is_read_with_its_headings_and_a_question_with_its_answer(desk: Desk) -> None:
    """As the first encoder reads them, but each as one text."""
    await desk.add("guide", "The belt is red.", ("Where is the key?", "At the desk."))
    await desk.change("guide-0", heading="Colours")
    await desk.vectors.fill_all()

    assert sorted(desk.encoder.passages) == ["Guide / Colours / The belt is red.", "Where is the key? At the desk."]


async def test_nothing_is_encoded_for_what_is_not_searched(desk: Desk) -> None:
    """Rated exchanges are exported and grouped, never retrieved."""
    ledger = await answer(desk.database, "E1")
    await ledger.rate("E1", "voter", "up", via="button", at=NOW)
    await desk.outbox.drain()

    assert await desk.vectors.fill(8) == 0
    assert desk.encoder.passages == []


async def test_other_words_lose_their_vector_at_once_and_get_another(desk: Desk) -> None:
    """A passage must never be ranked by what it said before."""
    await desk.add("guide", "The belt is red.", "Lunch is at noon.")
    await desk.vectors.fill_all()

    await desk.change("guide-0", text="The belt is blue.")

    assert await desk.held() == {STAFF: ("guide-1",)}
    assert await desk.vectors.fill(8) == 1
    assert desk.encoder.passages[-1] == "Guide /  / The belt is blue."
    assert await desk.stale() == []


async def test_the_same_words_keep_their_vector(desk: Desk) -> None:
    """A new date or number changes nothing that was read."""
    await desk.add("guide", "The belt is red.")
    await desk.vectors.fill_all()

    await desk.change("guide-0", dated="2026-03-01")

    assert await desk.held() == {STAFF: ("guide-0",)}
    assert await desk.vectors.fill(8) == 0


@pytest.mark.parametrize("moved", [{"audience": "customers"}, {"scope": "channel:slack:C1"}])
async def test_what_moves_to_other_people_leaves_the_old_ones(desk: Desk, moved: dict[str, str]) -> None:
    """Not even a vector of what was limited stays with those whom it is not for."""
    await desk.add("guide", "The belt is red.")
    await desk.vectors.fill_all()

    await desk.change("guide-0", **moved)
    assert await desk.held() == {}
    await desk.vectors.fill_all()

    reach = Reach("customers") if "audience" in moved else Reach("employees", "channel:slack:C1")
    assert await desk.held() == {reach: ("guide-0",)}


async def test_what_is_erased_leaves_no_vector(desk: Desk) -> None:
    """A vector tells of the words it was made of."""
    await desk.add("guide", "The belt is red.")
    await approve(desk.database, "Where is the key?", "In the box.")
    await desk.outbox.drain()
    await desk.vectors.fill_all()

    async with desk.database.begin() as connection:
        await connection.execute(delete(passages))
        await connection.execute(update(approved).values(revoked_at=NOW))
        await connection.run_sync(note_change, "passages", "guide-0", audience="employees", at=NOW, deleted=True)
        await connection.run_sync(note_change, "verified", "A1", audience="employees", at=NOW, deleted=True)
    await desk.outbox.drain()

    assert (await desk.held(), await desk.held("verified")) == ({}, {})


async def test_what_changes_while_it_is_read_is_read_again(database: Database) -> None:
    """Between the reading and the writing of a few passages lies a second, in which an import may come."""

    class Interrupted(SecondWordEncoder):
        async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            vectors = await super().encode(texts)
            if len(self.passages) == 2:
                await busy.change("guide-0", text="The belt is blue.")
                async with busy.database.begin() as connection:
                    await connection.execute(delete(passages).where(passages.c.passage_id == "guide-1"))
                    await connection.run_sync(note_change, "passages", "guide-1", audience="employees", at=NOW, deleted=True)
                await busy.outbox.drain()
            return vectors

    busy = Desk(database, encoder=Interrupted())
    await busy.add("guide", "The belt is red.", "Lunch is at noon.")

    await busy.vectors.fill(8)

    assert await busy.held() == {}
    await busy.vectors.fill_all()
    assert await busy.held() == {STAFF: ("guide-0",)}
    assert await busy.stale() == []


async def test_what_the_ledger_changed_and_the_outbox_has_not_carried_over_is_read_again(desk: Desk) -> None:
    """The ledger is ahead of the index for half a second at least."""
    await desk.add("guide", "The belt is red.")
    async with desk.database.begin() as connection:
        await connection.execute(update(passages).values(text="The belt is blue."))
        await connection.run_sync(note_change, "passages", "guide-0", audience="employees", at=NOW)

    await desk.vectors.fill_all()
    await desk.outbox.drain()
    await desk.vectors.fill_all()

    assert await desk.held() == {STAFF: ("guide-0",)}
    assert await desk.stale() == []


async def test_a_failure_loses_nothing(database: Database) -> None:
    """Stopped or out of memory, the same passages are read next time."""

    class Failing(SecondWordEncoder):
        async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if not self.passages:
                self.passages += texts
                raise asyncio.CancelledError
            return await super().encode(texts)

    desk = Desk(database, encoder=Failing())
    await desk.add("guide", "The belt is red.", "Lunch is at noon.")
    with suppress(asyncio.CancelledError):
        await desk.vectors.fill(8)

    assert await desk.vectors.fill(8) == 2


async def test_another_start_finds_what_is_lacking_and_drops_what_is_of_no_use(desk: Desk) -> None:
    """Killed at any moment it goes on; and what a server's other processes took away is noticed."""
    await desk.add("guide", "The belt is red.", "Lunch is at noon.")
    await desk.add("prices", "It costs ten dollars.", audience="customers")
    await desk.vectors.fill_all()
    await desk.filled.delete("passages", STAFF, ["guide-1"])
    await desk.index.delete("passages", STAFF, ["guide-0"])
    del desk.index.collections["passages", Reach("customers")]

    again = SecondVectors(desk.database, desk.index, desk.second)

    assert await again.lacking() == 1
    assert [await again.fill(8), await again.fill(8)] == [1, 0]
    assert await desk.held() == {STAFF: ("guide-1",)}


@pytest.mark.parametrize(("look_again_s", "filled"), [(0.0, 1), (1e9, 0)])
async def test_what_other_processes_write_is_looked_up_again(database: Database, look_again_s: float, filled: int) -> None:
    """Those on a Chroma server have outboxes of their own."""
    desk = Desk(database, look_again_s=look_again_s)
    await desk.vectors.fill_all()
    await add_source(database, "guide", "The belt is red.")
    await Outbox(database, desk.index, WordEncoder()).drain()

    assert await desk.vectors.fill(8) == filled


async def test_nothing_is_written_while_another_process_writes(desk: Desk) -> None:
    """What it writes might change just what was read; the passages wait."""
    await desk.add("guide", "The belt is red.")
    lock = FileLock(f"{desk.database.url.database}.draining", thread_local=False)

    with await asyncio.to_thread(lock.acquire), pytest.raises(TryAgainLater, match="another process"):
        await desk.vectors.fill(8)

    assert await desk.held() == {}
    await desk.vectors.fill_all()
    assert await desk.held() == {STAFF: ("guide-0",)}


async def test_an_outbox_that_fails_half_way_leaves_no_old_vector(desk: Desk) -> None:
    """The vector goes first: the new words may be in the index although the write seemed to fail."""
    await desk.add("guide", "The belt is red.")
    await desk.vectors.fill_all()
    desk.index.failure = TryAgainLater("no")

    with suppress(TryAgainLater):
        await desk.change("guide-0", text="The belt is blue.")
    desk.index.failure = None
    await desk.outbox.drain()
    await desk.vectors.fill_all()

    assert await desk.stale() == []


async def test_a_question_is_read_by_both_encoders(desk: Desk) -> None:
    """The ranking and the approved answers both need it."""
    await desk.add("guide", "The belt is red.")
    retriever = HybridRetriever(desk.database, desk.index, WordEncoder(), passages=3, minimum_score=0.3, second=desk.second)

    asked = await retriever._ranking.ask("Which belt?", (), viewer=Viewer("employees"))

    (query,) = asked.queries
    assert query.second is not None
    assert np.array_equal(query.second, (await SecondWordEncoder().encode_questions(["Which belt?"]))[0])
    alone = HybridRetriever(desk.database, desk.index, WordEncoder(), passages=3, minimum_score=0.3)
    assert (await alone._ranking.ask("Which belt?", (), viewer=Viewer("employees"))).queries[0].second is None


async def test_a_rebuilt_index_is_filled_afresh(database: Database, tmp_path: Path) -> None:
    """What was thrown away comes back, of what still is."""
    encoder = SecondWordEncoder()
    async with ChromaIndex.embedded(tmp_path / "chroma", WordEncoder()) as index:
        second = Second(encoder, index.beside(encoder))
        vectors = SecondVectors(database, index, second)
        outbox = Outbox(database, index, WordEncoder(), second=vectors)
        ids = await add_source(database, "guide", "The belt is red.", "Lunch is at noon.")
        await outbox.drain()
        await vectors.fill_all()
        before = [each.vector.tolist() for each in await second.index.fetch("passages", STAFF, ids)]

        await outbox.rebuild(lambda _done, _total: None)

        assert await second.index.ids("passages", STAFF) == ()
        assert (await outbox.check()).equal
        await vectors.fill_all()
        assert [each.vector.tolist() for each in await second.index.fetch("passages", STAFF, ids)] == before
        ids += await add_source(database, "more", "It costs ten dollars.")
        await outbox.drain()
        await vectors.fill_all()
        assert await second.index.ids("passages", STAFF) == tuple(ids)


async def test_fillers_of_two_processes_do_the_same(tmp_path: Path) -> None:
    """Two servers on one ledger and one Chroma read twice, and write the same."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    async with open_database(url) as one, open_database(url) as two:
        await migrate(one)
        desk = Desk(one)
        other = SecondVectors(two, desk.index, desk.second)
        await desk.add("guide", *(f"Belt number {number} is red." for number in range(20)))

        async with asyncio.TaskGroup() as tasks:
            for vectors in (desk.vectors, other):
                tasks.create_task(_patiently(vectors))

        assert len((await desk.held())[STAFF]) == 20
        assert await desk.stale() == []


async def _patiently(vectors: SecondVectors) -> None:
    while True:
        try:
            await vectors.fill_all()
        except TryAgainLater:
            await asyncio.sleep(0.01)
        else:
            return
