"""What was deleted is no longer in the files: of the embedded index, and of SQLite."""

import asyncio
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, text

from bot.index_ports import IndexEntry
from bot.messages import Reach
from store.chroma import Embedded
from store.database import Database, migrate, open_database
from store.index import ChromaIndex
from store.schema import system_texts
from tests.contracts.ledgers import NOW
from tests.fakes.encoder import WordEncoder

HERE = Reach("employees")
VECTOR = np.array((1, 0, 0), dtype=np.float32)


def found_in(folder: Path, words: bytes) -> list[str]:
    """Return the names of the files under *folder* that hold *words*."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and words in path.read_bytes())


async def test_a_deleted_document_is_no_longer_in_the_index_s_files(tmp_path: Path) -> None:
    """Chroma keeps in its own log and tables what was deleted."""
    home = tmp_path / "chroma"
    async with ChromaIndex.embedded(home, WordEncoder(3)) as index:
        entries = [IndexEntry(each, f"words of {each}", {"said": f"meta of {each}"}, VECTOR) for each in ("zanzibar", "timbuktu")]
        await index.upsert("conversations", HERE, entries)
        await index.delete("conversations", HERE, ["zanzibar"])
        deleted = found_in(home, b"zanzibar")
        compacted = await index.compact()
        (kept,) = await index.fetch("conversations", HERE, ["zanzibar", "timbuktu"])

    assert deleted
    assert compacted
    assert found_in(tmp_path, b"zanzibar") == []
    assert kept.entry_id == "timbuktu"
    assert not any(home.with_suffix(ending).exists() for ending in (".new", ".old"))


async def test_a_new_index_needs_no_compacting(tmp_path: Path) -> None:
    """Erasing from a home that never indexed anything must not load Chroma for it."""
    async with ChromaIndex.embedded(tmp_path / "chroma", WordEncoder(3)) as index:
        assert await index.compact()


@pytest.mark.parametrize("moved", ["nothing", "the old one", "both"])
async def test_a_change_of_places_that_was_cut_off_is_ended(tmp_path: Path, moved: str) -> None:
    """Killed between two renames, the next process finds the whole index, and no copy of what was deleted."""
    async with ChromaIndex.embedded(tmp_path / "chroma", WordEncoder(3)) as index:
        await index.upsert("verified", HERE, [IndexEntry("a", "kept", {}, VECTOR)])
    path = tmp_path / "chroma"
    copy, old = path.with_suffix(".new"), path.with_suffix(".old")
    if moved == "nothing":
        copy.mkdir()
        (copy / "half").write_text("half")
    elif moved == "the old one":
        path.rename(copy)
        old.mkdir()
    else:
        old.mkdir()

    def open_and_leave() -> None:
        home = Embedded(path)
        home.lock()
        home.release()

    await asyncio.to_thread(open_and_leave)
    async with ChromaIndex.embedded(path, WordEncoder(3)) as index:
        assert await index.ids("verified", HERE) == ("a",)
    assert (copy.exists(), old.exists()) == (False, False)


async def test_a_deleted_text_is_no_longer_in_the_ledger_s_files(tmp_path: Path) -> None:
    """SQLite leaves deleted rows in free pages and in its log."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        async with database.begin() as connection:
            rows = [{"system_text_id": str(at), "text": f"zanzibar {at} " * 50, "first_used_at": NOW} for at in range(200)]
            await connection.execute(insert(system_texts), rows)
        async with database.begin() as connection:
            await connection.execute(text("DELETE FROM system_texts WHERE system_text_id <> '7'"))
            await connection.execute(text("UPDATE system_texts SET text = ''"))
        emptied = await database.compact()

        assert emptied
        assert found_in(tmp_path, b"zanzibar") == []


async def test_a_reader_that_holds_on_to_the_log_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads for long keeps old pages: the receipt must not say that nothing is left."""
    monkeypatch.setattr("store.database._LOG_S", 0.1)
    path = tmp_path / "ledger.db"
    async with open_database(f"sqlite:///{path}") as database:
        await migrate(database)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        held = await database.compact()
        reader.close()

        assert (held, await database.compact()) == (False, True)


async def test_compacting_lets_others_write_before_and_after(database: Database) -> None:
    """The connections that are kept for writing and reading go on."""
    row = {"system_text_id": "a", "text": "one", "first_used_at": NOW}
    await database.write(lambda connection: connection.execute(insert(system_texts).values(row)))
    await database.compact()
    await database.write(lambda connection: connection.execute(insert(system_texts).values(row | {"system_text_id": "b"})))

    assert await database.read(lambda connection: connection.execute(text("SELECT count(*) FROM system_texts")).scalar_one()) == 2


async def test_room_for_entries_to_come_holds_nobody_s_words(tmp_path: Path) -> None:
    """The library writes memory as it finds it: beyond the last entry everything is zero, and what is there is found as before."""
    path = tmp_path / "chroma"
    rng = np.random.default_rng(0)
    entries = [IndexEntry(str(at), "text", {}, row / np.linalg.norm(row)) for at, row in enumerate(rng.random((2_100, 3), np.float32))]
    async with ChromaIndex.embedded(path, WordEncoder(3)) as index:
        for first in range(0, len(entries), 500):
            await index.upsert("passages", HERE, entries[first : first + 500])
        await index.upsert("verified", HERE, entries[:2])
        before = await index.query("passages", HERE, VECTOR, limit=50)
    async with ChromaIndex.embedded(path, WordEncoder(3)) as index:
        after = await index.query("passages", HERE, VECTOR, limit=50)

    held = {}
    for header in path.glob("*/header.bin"):
        _, _, room, count, size = struct.unpack_from("<i4Q", header.read_bytes())
        data = header.with_name("data_level0.bin").read_bytes()
        assert not any(data[count * size :])
        held[room] = count
    assert after == before
    assert max(held.values()) >= 2_000
    assert min(held.values()) == 0
