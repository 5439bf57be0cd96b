"""The export on both databases: the same conversations give the same rows, read from one moment."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.exchanges import HistoryRef
from bot.messages import Question
from bot.settings import RightsSettings
from store.database import Database, migrate, open_database
from store.export import Exporter, ExportReport
from store.ledger import SqlLedger
from tests.contracts.ledgers import NOW, SEALER, exchange, question, rights
from tests.postgres import new_database

EXPORTED: list[Question] = [
    replace(question(person="silent" if number == 3 else "asker", minute=number), exchange_id=f"01KJMMA2G0{number:010}")
    for number in range(7)
]


async def _converse(database: Database) -> None:
    """Hold the same conversation in any database: liked, corrected, disliked, and one that awaits consent."""
    ledger = SqlLedger(database, SEALER)
    await ledger.set_consent("asker", platform="slack", granted=True, at=NOW)
    history: tuple[HistoryRef, ...] = ()
    for number, asked in enumerate(EXPORTED):
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
        await ledger.record(exchange(asked, f"Answer {number} \u2028 ção 😀", history=history))
        await ledger.rate(asked.exchange_id, "voter", "down" if number == 1 else "up", via="button", at=NOW)
        history = (*history, HistoryRef(asked.exchange_id, with_passages=bool(number % 2)))
    await ledger.correct(EXPORTED[2].exchange_id, "expert", "Better.", at=NOW)


async def _export(url: str, folder: Path) -> ExportReport:
    async with open_database(url) as database:
        await migrate(database)
        await _converse(database)
        return await Exporter(database, rights=RightsSettings()).export(folder)


async def test_both_databases_give_the_same_bytes(postgres: str, tmp_path: Path) -> None:
    """A company that moves from SQLite to PostgreSQL must keep its data sets, byte for byte."""
    embedded = await _export(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "a")
    served = await _export(await new_database(postgres), tmp_path / "b")

    assert (embedded.rows, embedded.corrected, dict(embedded.refusals)) == (5, 1, {"awaits_consent": 1, "down_voted": 1})
    for one, other in ((embedded.path, served.path), (embedded.manifest, served.manifest)):
        assert await asyncio.to_thread(one.read_bytes) == await asyncio.to_thread(other.read_bytes)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_the_export_sees_one_moment(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vote taken back while the export runs belongs to the next one, or counts and rows would not add up."""
    monkeypatch.setattr("store.rated._PAGE", 2)
    url = f"sqlite:///{tmp_path / 'ledger.db'}" if kind == "sqlite" else await new_database(request.getfixturevalue("postgres"))
    taken_back: list[asyncio.Task[None]] = []
    async with open_database(url) as database:
        await migrate(database)
        await _converse(database)
        exporter = Exporter(database, rights=RightsSettings())

        def take_back(_done: int, _total: int) -> None:
            if not taken_back:
                vote = SqlLedger(database, SEALER).rate(EXPORTED[-1].exchange_id, "voter", None, via="button", at=NOW)
                taken_back.append(asyncio.ensure_future(vote))

        before = await exporter.export(tmp_path / "a", progress=take_back)
        await taken_back[0]
        after = await exporter.export(tmp_path / "b")

    assert (before.rows, after.rows) == (5, 4)
