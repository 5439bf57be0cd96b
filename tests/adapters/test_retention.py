"""Words that have aged, on the clock: what is too old loses them, the rest stays; off unless it is asked for."""

import asyncio
from datetime import timedelta
from pathlib import Path

from adapters.compose import open_indexed
from adapters.erasing import retention_jobs
from bot.settings import PrivacySettings, read_settings
from tests.contracts.ledgers import NOW, answered


async def test_what_has_aged_loses_its_words_on_time(tmp_path: Path) -> None:
    """Two days are kept: of what was asked three days apart one stays."""
    settings = await asyncio.to_thread(read_settings, home=tmp_path / "home", privacy=PrivacySettings(keep_days=2))
    three_days = 3 * 24 * 60
    async with open_indexed(settings) as indexed:
        old = await answered(indexed.ledger, minute=0)
        young = await answered(indexed.ledger, minute=three_days)
        await indexed.ledger.rate(old, "voter", "up", via="button", at=NOW)
        (job,) = retention_jobs(indexed, now=lambda: NOW + timedelta(minutes=three_days))
        await job.run()
        listed = {each.exchange_id: each for each in await indexed.ledger.conversations(limit=10)}

    receipts = await asyncio.to_thread(lambda: [*(settings.home / "receipts").iterdir()])
    assert job.cron == "30 3 * * *"
    assert (listed[old].question, listed[old].status, listed[old].up) == ("", "erased", 1)
    assert listed[young].question == "Question 4320?"
    assert len(receipts) == 1


async def test_everything_is_kept_unless_asked_otherwise(tmp_path: Path) -> None:
    """Nobody loses words because of an update."""
    async with open_indexed(await asyncio.to_thread(read_settings, home=tmp_path / "home")) as indexed:
        assert retention_jobs(indexed, now=lambda: NOW) == ()
