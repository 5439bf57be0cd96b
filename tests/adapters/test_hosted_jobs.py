"""The clock takes up jobs that nobody watches, and providers are those of the settings."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.hosted_jobs import access_to, hosted_clock_jobs, hosted_jobs_on, open_provider
from bot.errors import Misconfigured, Refused
from bot.model_settings import OpenAISettings
from bot.settings import Settings
from store.database import migrate, open_database
from store.hosted_jobs import SqlHostedJobs
from tests.fakes.openai_server import KEY
from tests.fakes.provider import provider_server
from tests.finetune.hosted.world import order_of, write_rows


def settings_of(home: Path, address: str, key: str = KEY) -> Settings:
    return Settings(home=home, openai=OpenAISettings(api_key=SecretStr(key), base_url=address))


async def test_the_clock_takes_up_what_is_open(tmp_path: Path) -> None:
    """A job that a killed command left is brought to the provider, and followed to its end; then there is nothing to ask."""
    order = await order_of(write_rows(tmp_path / "rows.jsonl"))
    async with provider_server() as server, open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        server.life = ("running", "succeeded")
        settings = await asyncio.to_thread(settings_of, tmp_path / "home", server.address)
        (job,) = hosted_clock_jobs(database, settings)
        await job.run()
        idle = len(server.requests)
        async with hosted_jobs_on(database, settings) as jobs:
            begun = await jobs.begin("openai", order)
        await job.run()
        await asyncio.sleep(2.1)  # what was told just now is not asked again
        await job.run()
        ended = await SqlHostedJobs(database).require(begun.job_id)

    assert idle == 0
    assert (ended.status, server.uploads, server.creations) == ("succeeded", 1, 1)
    assert Path(ended.detail["metrics"]).is_absolute()


def test_a_provider_that_the_settings_do_not_name_is_refused(tmp_path: Path) -> None:
    """With those that they do."""
    with pytest.raises(Refused, match="know no provider elsewhere; they know openai"):
        access_to("elsewhere", settings_of(tmp_path, "https://api.openai.com/v1"))


async def test_without_a_key_a_provider_cannot_be_opened(tmp_path: Path) -> None:
    """The sentence names the setting."""
    with pytest.raises(Misconfigured, match="set APRENDIZ_OPENAI__API_KEY"):
        async with open_provider("openai", await asyncio.to_thread(settings_of, tmp_path, "https://api.openai.com/v1", "")):
            pass


async def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Before anything is sent."""
    (tmp_path / "jobs").write_text("a file")
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        with pytest.raises(Misconfigured, match="jobs cannot be written"):
            async with hosted_jobs_on(database, await asyncio.to_thread(settings_of, tmp_path, "http://127.0.0.1:9")):
                pass
