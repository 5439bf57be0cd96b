"""Spending in the whole program: a real SDK, a service on loopback, answers booked, given again and stopped."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.compose import Services, open_services
from adapters.erasing import erasure_beside
from bot.errors import Misconfigured
from bot.model_settings import ModelSettings, OpenAISettings
from bot.ratings import Rating
from bot.settings import Settings, read_settings
from bot.spending_settings import BudgetSettings, PriceSettings
from store.costs import Costs
from tests.adapters.asking import ask, drain
from tests.adapters.composing import GUIDE, QUESTION, with_section, written
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server

PRICES = {
    MODEL: PriceSettings(input_per_million=1_000, cached_input_per_million=0, output_per_million=2_000)
}  # of a token: a tenth of a cent


@pytest.fixture
async def service() -> AsyncIterator[OpenAIServer]:
    """Serve a model."""
    async with openai_server(OpenAIServer(pieces=("Replace it ", "every six months."))) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: OpenAIServer) -> Settings:
    """Return the settings of a new home whose model is hosted."""
    monkeypatch.chdir(tmp_path)
    hosted = ModelSettings(backend="openai", name=MODEL, languages=("*",), max_tokens=100)
    address = OpenAISettings(api_key=KEY, base_url=service.address)
    return with_section(read_settings(home=tmp_path / "home"), model=hosted, openai=address, prices=PRICES)


async def filled(services: Services, folder: Path) -> None:
    """Teach it one document."""
    await services.knowledge.add([await written(folder / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
    await drain(services.outbox)


async def test_an_answer_is_booked_and_given_again(settings: Settings, service: OpenAIServer, tmp_path: Path) -> None:
    """Until knowledge changes, somebody votes it down, or its asker leaves: each time the model is asked anew."""
    async with open_services(settings) as services:
        await filled(services, tmp_path)
        first = await ask(services.engine, QUESTION)
        again = await ask(services.engine, QUESTION)
        calls = await Costs(services.database).of_exchange(first.exchange_id)
        free = await Costs(services.database).of_exchange(again.exchange_id)
        after_two = len(service.requests)
        await services.knowledge.add([await written(tmp_path / "new.md", "# Doors\n\nThe door is red.\n")], audience="all", max_file_mb=1)
        await drain(services.outbox)
        changed = await ask(services.engine, QUESTION)
        after_change = len(service.requests)
        await services.engine.rate(Rating(changed.exchange_id, "U2", "slack", "down", "button", datetime.now(UTC)))
        await ask(services.engine, QUESTION)
        after_vote = len(service.requests)

    assert (first.text, again.text, after_two) == ("Replace it every six months.", "Replace it every six months.", 1)
    assert "cache_s" in again.timings
    assert [(call.model, call.cached_tokens, call.output_tokens, call.estimated) for call in calls] == [(MODEL, 1, 5, False)]
    assert calls[0].amount == (calls[0].input_tokens - 1) * 1_000_000 + 5 * 2_000_000
    assert free == ()
    assert (after_change, after_vote) == (2, 3)


async def test_the_answer_of_who_left_is_not_given_again(settings: Settings, service: OpenAIServer, tmp_path: Path) -> None:
    """Nor after a restart."""
    async with open_services(settings) as services:
        await filled(services, tmp_path)
        await ask(services.engine, QUESTION)
    async with open_services(settings) as services:
        await ask(services.engine, QUESTION)
        before = len(service.requests)
        await erasure_beside(services).person(services.pseudonyms.of("slack", "U1"), retire=False)
        await ask(services.engine, QUESTION)

    assert (before, len(service.requests)) == (1, 2)


async def test_each_server_that_is_asked_is_booked(settings: Settings, service: OpenAIServer, tmp_path: Path) -> None:
    """The one that was given up, too: its prompt is charged."""
    async with openai_server(OpenAIServer(delay_s=30)) as slow:
        model = settings.model.model_copy(update={"servers": (slow.address, service.address), "first_token_s": 0.5})
        async with open_services(with_section(settings, model=model)) as services:
            await filled(services, tmp_path)
            answer = await ask(services.engine, QUESTION)
            calls = await Costs(services.database).of_exchange(answer.exchange_id)

    assert (answer.text, len(slow.requests)) == ("Replace it every six months.", 1)
    assert [(call.output_tokens, call.estimated) for call in calls] == [(0, True), (5, False)]


async def test_a_spent_budget_quotes(settings: Settings, service: OpenAIServer, tmp_path: Path) -> None:
    """The service is not asked any more; the next process keeps to it as well."""
    tight = with_section(settings, budget=BudgetSettings(per_month=0.9))
    async with open_services(tight) as services:
        await filled(services, tmp_path)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(ask(services.engine, f"{QUESTION} Number {number}.")) for number in range(20)]
        _, month = await services.purse.standings()
    asked = len(service.requests)
    async with open_services(tight) as services:
        while (later := await ask(services.engine, f"{QUESTION} Number {len(service.requests) + 30}.")).kind == "generated":
            assert len(service.requests) < 20
        _, after = await services.purse.standings()

    kinds = [each.result().kind for each in asking]
    assert (kinds.count("generated"), kinds.count("quoted")) == (asked, 20 - asked)
    assert 0 < asked < 20
    assert later.kind == "quoted"
    assert 0 < month.spent <= after.spent <= 900_000_000
    assert month.reserved == after.reserved == 0


async def test_a_budget_needs_prices(settings: Settings) -> None:
    """Said when the program starts, not when the money is gone."""
    with pytest.raises(Misconfigured, match=r"nobody knows what gpt-4\.1-mini costs"):
        async with open_services(with_section(settings, prices={}, budget=BudgetSettings(per_day=5))):
            pass
