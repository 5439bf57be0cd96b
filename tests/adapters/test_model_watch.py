"""The clock's look at hosted models: daily, sooner while a window is unknown, and a warning weeks before an end."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from adapters.model_watch import ModelWatch
from bot.backends.openai import OpenAIBackend
from bot.backends.service import Service
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server


class Days:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 12, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


@pytest_asyncio.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """Serve a service that counts who asks for its models."""
    async with openai_server(Counting()) as serving:
        yield serving


class Counting(OpenAIServer):
    """Counts the looks at its models."""

    looks = 0

    def _described(self, name: str | None) -> dict[str, object]:
        self.looks += 1
        return super()._described(name)


def watched(server: OpenAIServer, name: str = MODEL) -> OpenAIBackend:
    """Return the model to watch."""
    return OpenAIBackend(name, Service(KEY, server.address, "compatible"))


async def test_it_looks_once_a_day(server: Counting) -> None:
    """Often enough for dates; a service must not be asked every minute for what does not change."""
    days = Days()
    async with watched(server) as backend:
        watch = ModelWatch([backend], now=days)
        for _ in range(10):
            await watch.look()
            days.now += timedelta(hours=6)

    assert server.looks == 3


async def test_an_end_is_logged_weeks_before(server: Counting, caplog: pytest.LogCaptureFixture) -> None:
    """Every day, with the days that are left."""
    caplog.set_level(logging.WARNING)
    server.described = {"shutdown_date": "2027-01-14"}
    days = Days()
    days.now = datetime(2026, 10, 1, tzinfo=UTC)
    async with watched(server) as backend:
        watch = ModelWatch([backend], now=days)
        await watch.look()
        early = len(caplog.records)
        days.now = datetime(2026, 12, 15, tzinfo=UTC)
        await watch.look()

    (warned,) = caplog.records
    assert early == 0
    assert warned.message == "model ends"
    assert (warned.__dict__["model"], warned.__dict__["ends"], warned.__dict__["days"]) == (MODEL, "2027-01-14", 30)


async def test_an_unknown_window_is_asked_for_until_it_is_known(server: Counting) -> None:
    """A local server that starts after us must not be filled with a guess for a day."""
    days = Days()
    server.faults = ["500"]
    async with watched(server, "ft:our-own") as backend:
        watch = ModelWatch([backend], now=days)
        await watch.look()
        unknown = backend.context_tokens
        server.described = {"id": "ft:our-own", "max_model_len": 32_768}
        server.lists_one = False
        days.now += timedelta(seconds=60)
        await watch.look()

    assert (unknown, backend.context_tokens) == (4096, 32_768)


async def test_a_service_that_is_down_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Others are looked at all the same."""
    async with openai_server() as server, watched(server) as well, watched(server) as other:
        server.faults = ["500"]
        server.described = {"max_model_len": 9000}
        await ModelWatch([other, well], now=Days()).look()

    assert "model not looked at" in caplog.text
    assert well.context_tokens == 9000
