"""The index follows the ledger: votes, corrections, consent, removals, crashes and rebuilds."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from sqlalchemy import Table, delete, func, select, update

from bot.errors import TryAgainLater
from bot.index_ports import IndexEntry, IndexKind
from bot.messages import Audience, Reach
from store.changes import note_change
from store.database import Database
from store.index import ChromaIndex
from store.outbox import Outbox
from store.schema import approved, outbox, passages, sources
from tests.fakes.encoder import WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import NOW, add_source, answer, approve

PLAIN_CLIENT = Path(__file__).with_name("plain_client.py")


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex()


@pytest.fixture
def carrier(database: Database, index: MemoryIndex) -> Outbox:
    return Outbox(database, index, WordEncoder())


async def pending(database: Database) -> int:
    async with database.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(outbox))).scalar_one()


async def entry(index: MemoryIndex, kind: IndexKind, ref: str, audience: Audience = "employees") -> IndexEntry | None:
    found = await index.fetch(kind, Reach(audience), [ref])
    return found[0] if found else None


async def test_a_rated_exchange_is_found_with_messages_rating_and_rights(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """Whoever reads the collection must know what was said, what people thought, and what may be done with it."""
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "up", via="button", at=NOW)

    assert await carrier.drain() == 1

    kept = await entry(index, "conversations", "E1")
    assert kept is not None
    assert kept.document == "Where is the key?\n\nAt the desk."
    assert [each["role"] for each in json.loads(str(kept.metadata["messages"]))] == ["system", "user", "assistant"]
    expected = {
        "rating": "up",
        "up": 1,
        "down": 0,
        "rights_policy": "consent",
        "consent": "unasked",
        "platform": "slack",
        "corrected": False,
    }
    assert expected.items() <= kept.metadata.items()
    assert await pending(database) == 0


async def test_an_unrated_exchange_is_not_in_the_index(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """Only rated conversations are kept for search; a vote taken back takes its exchange out."""
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "down", via="reaction", at=NOW)
    await carrier.drain()
    assert (await entry(index, "conversations", "E1")) is not None
    await ledger.rate("E1", "voter", None, via="reaction", at=NOW)
    await carrier.drain()

    assert await index.ids("conversations", Reach("employees")) == ()


async def test_votes_of_several_people_are_counted(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """A disputed answer is no example to follow."""
    ledger = await answer(database, "E1")
    for person, value in (("one", "up"), ("two", "down"), ("three", "up")):
        await ledger.rate("E1", person, value, via="button", at=NOW)  # type: ignore[arg-type]

    assert await carrier.drain() == 3

    kept = await entry(index, "conversations", "E1")
    assert kept is not None
    assert (kept.metadata["rating"], kept.metadata["up"], kept.metadata["down"]) == ("mixed", 2, 1)


async def test_consent_and_correction_reach_the_index(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """A withdrawal must be visible wherever the words are."""
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "down", via="button", at=NOW)
    await ledger.set_consent("asker", platform="slack", granted=True, at=NOW)
    approved_id = await ledger.correct("E1", "expert", "In the red box.", at=NOW)
    await carrier.drain()
    first = await entry(index, "conversations", "E1")
    await ledger.set_consent("asker", platform="slack", granted=False, at=NOW)
    await carrier.drain()
    second = await entry(index, "conversations", "E1")

    assert first is not None
    assert second is not None
    assert (first.metadata["consent"], first.metadata["corrected"], first.metadata["correction"]) == ("granted", True, "In the red box.")
    assert (first.metadata["trainable"], second.metadata["trainable"]) == (True, False)
    assert second.metadata["consent"] == "refused"
    verified = await entry(index, "verified", approved_id)
    assert verified is not None
    assert verified.document == "Where is the key?\n\nIn the red box."


async def test_a_changed_question_is_changed_in_the_index(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """What its author took back must be found nowhere, and its answer trains no more."""
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "up", via="button", at=NOW)
    await ledger.set_consent("asker", platform="slack", granted=True, at=NOW)
    await carrier.drain()
    await ledger.revise("E1", "Where is the car?", at=NOW)
    await carrier.drain()
    changed = await entry(index, "conversations", "E1")
    await ledger.correct("E1", "expert", "In the yard.", at=NOW + timedelta(minutes=1))
    await carrier.drain()
    corrected = await entry(index, "conversations", "E1")

    assert changed is not None
    assert corrected is not None
    assert changed.document == "Where is the car?\n\nAt the desk."
    assert "key" not in json.dumps(dict(changed.metadata))
    assert (changed.metadata["trainable"], corrected.metadata["trainable"]) == (False, True)


async def test_a_deleted_question_leaves_the_index(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """Its votes stay in the ledger, yet its words must not be found; a rebuild must not bring them back."""
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "up", via="button", at=NOW)
    await carrier.drain()
    await ledger.erase("E1", at=NOW)
    await carrier.drain()
    emptied = await index.ids("conversations", Reach("employees"))
    await carrier.rebuild(lambda _done, _total: None)

    assert emptied == await index.ids("conversations", Reach("employees")) == ()
    assert (await carrier.check()).equal


async def test_the_correction_in_the_index_is_the_one_in_force(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """Two experts' clocks may disagree: what is served decides, not the time on the note."""
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "down", via="button", at=NOW)
    await ledger.correct("E1", "expert", "First.", at=NOW + timedelta(minutes=5))
    await ledger.correct("E1", "expert", "Second.", at=NOW)
    await carrier.drain()

    kept = await entry(index, "conversations", "E1")
    assert kept is not None
    assert kept.metadata["correction"] == "Second."


async def test_passages_follow_their_source(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """A removed document must not be found; an FAQ entry is found by its question."""
    plain, faq = await add_source(database, "guide", "The key hangs at the desk.", ("Where is the key?", "At the desk."))
    await carrier.drain()

    kept = await entry(index, "passages", faq)
    assert kept is not None
    assert (kept.document, kept.metadata["source"], kept.metadata["row"]) == ("Where is the key?\n\nAt the desk.", "guide", "2")
    async with database.begin() as connection:
        await connection.execute(delete(passages).where(passages.c.passage_id == plain))
        await connection.run_sync(note_change, "passages", plain, audience="employees", at=NOW, deleted=True)
    await carrier.drain()

    assert await index.ids("passages", Reach("employees")) == (faq,)


async def test_what_moves_to_another_audience_leaves_the_old_one(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """An answer narrowed to employees must not stay where customers search."""
    await approve(database, "Price?", "Ten.", audience="customers")
    await carrier.drain()
    async with database.begin() as connection:
        await connection.execute(update(approved).values(audience="employees"))
        await connection.run_sync(note_change, "verified", "A1", audience="employees", at=NOW)
    await carrier.drain()

    assert await index.ids("verified", Reach("customers")) == ()
    assert await index.ids("verified", Reach("employees")) == ("A1",)


async def test_a_failed_write_loses_nothing(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """The index may be down for hours; its rows wait."""
    await approve(database, "Price?", "Ten.")
    index.failure = TryAgainLater("down")
    with pytest.raises(TryAgainLater):
        await carrier.drain()
    assert await pending(database) == 1
    index.failure = None

    assert await carrier.drain() == 1
    assert await index.ids("verified", Reach("employees")) == ("A1",)


async def test_a_change_during_the_drain_waits_for_the_next(database: Database, index: MemoryIndex) -> None:
    """Only the rows that were read are deleted; a vote that comes while vectors are computed is not lost."""
    await approve(database, "Price?", "Ten.")

    class Interrupted(WordEncoder):
        async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if not self.encoded:
                async with database.begin() as connection:
                    await connection.execute(update(approved).values(answer="Twelve."))
                    await connection.run_sync(note_change, "verified", "A1", audience="employees", at=NOW)
            return await super().encode(texts)

    carrier = Outbox(database, index, Interrupted())
    await carrier.drain()
    assert await pending(database) == 1
    await carrier.drain()

    kept = await entry(index, "verified", "A1")
    assert kept is not None
    assert kept.metadata["answer"] == "Twelve."


async def test_the_oldest_rows_come_first_up_to_the_limit(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """A large import is carried over piece by piece."""
    ids = await add_source(database, "guide", *(f"text {number}" for number in range(5)))

    assert [await carrier.drain(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert await index.ids("passages", Reach("employees")) == tuple(ids)


async def test_two_drains_never_run_at_once(database: Database, carrier: Outbox, tmp_path: Path) -> None:
    """An older state written after a newer one would stay: another process that drains sends this one away."""
    await approve(database, "Price?", "Ten.")
    other = FileLock(tmp_path / "ledger.db.draining", thread_local=False)
    await asyncio.to_thread(other.acquire)
    try:
        assert await carrier.drain() == 0
        with pytest.raises(TryAgainLater):
            await carrier.rebuild(lambda _done, _total: None)
    finally:
        await asyncio.to_thread(other.release)
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(carrier.drain()) for _ in range(2)]

    assert sorted(each.result() for each in both) == [0, 1]


async def test_check_names_what_differs(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """`index check` proves that ledger and index are equal, or says where they are not."""
    first, second, third = await add_source(database, "guide", "one", "two", "three")
    assert (await carrier.check()).pending == 3
    await carrier.drain()
    assert (await carrier.check()).equal
    await index.delete("passages", Reach("employees"), [first])
    (kept,) = await index.fetch("passages", Reach("employees"), [second])
    await index.upsert("passages", Reach("employees"), [replace(kept, document="changed"), replace(kept, entry_id="ghost")])

    report = await carrier.check()

    (guide,) = (each for each in report.collections if (each.kind, each.reach) == ("passages", Reach("employees")))
    assert (guide.entries, guide.missing, guide.surplus, guide.differing) == (3, (first,), ("ghost",), (second,))
    assert third in await index.ids("passages", Reach("employees"))
    assert not report.equal


async def test_an_interrupted_rebuild_is_finished_by_the_next_drain(database: Database, index: MemoryIndex, carrier: Outbox) -> None:
    """Ctrl-C in the middle of a rebuild must leave work, not holes."""
    await add_source(database, "guide", "one", "two")
    await approve(database, "Price?", "Ten.")
    ledger = await answer(database, "E1")
    await ledger.rate("E1", "voter", "up", via="button", at=NOW)
    while await carrier.drain():
        pass
    before = {key: set(entries) for key, entries in index.collections.items() if entries}

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await carrier.rebuild(interrupt)
    assert index.collections == {}
    while await carrier.drain():
        pass

    assert {key: set(entries) for key, entries in index.collections.items() if entries} == before
    assert (await carrier.check()).equal


async def test_a_rebuild_reports_its_progress(database: Database, carrier: Outbox) -> None:
    """Ten thousand passages take a minute: the operator sees it move."""
    await add_source(database, "guide", "one", "two")
    seen: list[tuple[int, int]] = []
    await carrier.rebuild(lambda done, total: seen.append((done, total)))

    assert seen == [(0, 4), (4, 4)]


async def test_a_plain_client_in_another_process_follows_the_votes(database: Database, tmp_path: Path) -> None:
    """The collection is an interface: within 2 s of a vote any chromadb client finds the exchange with its rating and rights."""
    path = tmp_path / "chroma"

    async def seen() -> dict[str, Any]:
        read = await asyncio.create_subprocess_exec(
            sys.executable, str(PLAIN_CLIENT), str(path), "conversations-employees-words-64", "E1", stdout=subprocess.PIPE
        )
        output, _ = await read.communicate()
        found: dict[str, Any] = json.loads(output)
        return found

    async with ChromaIndex.embedded(path, WordEncoder()) as index:
        carrier = Outbox(database, index, WordEncoder())
        await index.check()  # as `serve` does at its start: the first use imports chromadb, which takes seconds
        ledger = await answer(database, "E1")
        await ledger.rate("E1", "voter", "up", via="button", at=NOW)
        started = time.monotonic()
        await carrier.drain()
        took = time.monotonic() - started
        rated = await seen()
        await ledger.rate("E1", "voter", "down", via="button", at=NOW)
        await ledger.set_consent("asker", platform="slack", granted=False, at=NOW)
        await carrier.drain()
        changed = await seen()
        await ledger.rate("E1", "voter", None, via="button", at=NOW)
        await carrier.drain()
        withdrawn = await seen()

    assert took < 2
    assert (rated["rating"], rated["consent"], rated["rights_policy"]) == ("up", "unasked", "consent")
    assert (changed["rating"], changed["up"], changed["down"], changed["consent"]) == ("down", 0, 1, "refused")
    assert json.loads(changed["messages"])[-1] == {"role": "assistant", "content": "At the desk."}
    assert withdrawn == {}


async def test_a_deleted_index_is_rebuilt_the_same(database: Database, tmp_path: Path) -> None:
    """The index can be thrown away: everything in it comes from the ledger."""
    path = tmp_path / "chroma"
    await add_source(database, "guide", "one", "two", ("Three?", "3"))
    await approve(database, "Price?", "Ten.", audience="all")
    await answer(database, "E1")
    ledger = await answer(database, "E2")
    await ledger.rate("E2", "voter", "up", via="web", at=NOW)
    async with ChromaIndex.embedded(path, WordEncoder()) as index:
        carrier = Outbox(database, index, WordEncoder())
        while await carrier.drain():
            pass
        assert (await carrier.check()).equal
    await asyncio.to_thread((path / "chroma.sqlite3").write_bytes, b"garbage" * 1000)
    async with ChromaIndex.embedded(path, WordEncoder()) as index:
        carrier = Outbox(database, index, WordEncoder())
        await carrier.rebuild(lambda _done, _total: None)

        assert (await carrier.check()).equal
        assert await index.ids("passages", Reach("employees")) == ("guide-0", "guide-1", "guide-2")
        assert await index.ids("conversations", Reach("employees")) == ("E2",)


async def test_what_says_the_same_is_not_embedded_again(database: Database, index: MemoryIndex) -> None:
    """A row's number, a date or a vote changes what is kept beside a text, and not its meaning; a title does."""
    encoder = WordEncoder()
    carrier = Outbox(database, index, encoder)
    ids = await add_source(database, "guide", "The filter is blue.", "The belt is red.")
    await carrier.drain()
    before = await entry(index, "passages", ids[0])
    assert before is not None

    async def change(table: Table, **values: str) -> int:
        encoded = encoder.encoded
        async with database.begin() as connection:
            await connection.execute(update(table).values(**values))
            for ref in ids:
                await connection.run_sync(note_change, "passages", ref, audience="employees", at=NOW)
        await carrier.drain()
        return encoder.encoded - encoded

    assert await change(passages, dated="2026-03-01") == 0
    after = await entry(index, "passages", ids[0])
    assert after is not None
    assert after.metadata == {**before.metadata, "dated": "2026-03-01"}
    assert np.array_equal(after.vector, before.vector)
    assert await change(sources, title="Other") == 2
    assert await change(passages, heading="Colours") == 2
    assert (await carrier.check()).equal


async def test_a_page_that_fails_leaves_the_pages_before_it_done(database: Database, index: MemoryIndex) -> None:
    """Of a large import one page is prepared while another is written; what failed waits, what was done is not done again."""

    class Failing(WordEncoder):
        async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if self.encoded:
                raise TryAgainLater("out of memory")
            return await super().encode(texts)

    ids = await add_source(database, "guide", *(f"text {number}" for number in range(300)))
    with pytest.raises(TryAgainLater):
        await Outbox(database, index, Failing()).drain()

    left = await pending(database)
    assert 0 < left < len(ids)
    assert len(await index.ids("passages", Reach("employees"))) == len(ids) - left
    carrier = Outbox(database, index, WordEncoder())
    assert await carrier.drain() == left
    assert (await carrier.check()).equal
