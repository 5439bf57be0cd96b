"""`aprendiz doctor` on hosted models: servers of which one is down, and a model whose end is announced."""

import asyncio
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from adapters.cli.doctor_models import check
from adapters.cli.findings import Finding
from bot.model_settings import ModelSettings, ProviderSettings
from bot.settings import Settings
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server

NOBODY = "http://127.0.0.1:9/v1"


def found(server: OpenAIServer, *others: str, ends_in: int | None = None) -> list[Finding]:
    """Check a model of *server* and *others*, which ends in so many days."""
    if ends_in is not None:
        server.described = {"shutdown_date": (datetime.now(UTC).date() + timedelta(days=ends_in)).isoformat()}

    async def run() -> list[Finding]:
        async with openai_server(server):
            own = ProviderSettings(base_url=server.address, api_key=SecretStr(KEY))
            model = ModelSettings(backend="openai", provider="own", name=MODEL, servers=(server.address, *others) if others else ())
            settings = await asyncio.to_thread(lambda: Settings(providers={"own": own}, model=model))
            return await asyncio.to_thread(check, settings)

    return asyncio.run(run())


def test_where_all_is_well_nothing_is_said() -> None:
    """The model's own line says that it answers."""
    assert found(OpenAIServer()) == []
    assert found(OpenAIServer(), ends_in=300) == []


def test_an_end_is_a_warning_weeks_ahead() -> None:
    """Time enough to prove another."""
    (finding,) = found(OpenAIServer(), ends_in=30)

    assert (finding.check, finding.mark) == ("model", "warn")
    assert "will be shut down on" in finding.detail
    assert "(in 30 days)" in finding.detail
    assert "aprendiz round" in finding.remedy


def test_one_server_of_several_that_is_down_is_named() -> None:
    """Askers notice nothing, and so nobody would."""
    (finding,) = found(OpenAIServer(), NOBODY)

    assert finding.mark == "warn"
    assert NOBODY in finding.detail
