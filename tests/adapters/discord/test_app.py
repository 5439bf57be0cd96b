"""The whole of Discord as one thing to run: signing in, limits, lost connections, stopping. Real sockets, real discord.py."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.utils import utcnow
from pydantic import SecretStr

from adapters.discord.address import point_at
from adapters.discord.app import DiscordApp
from bot.engine import Engine, EngineParts
from bot.errors import Misconfigured, TryAgainLater
from bot.settings import DiscordSettings
from tests.adapters.discord.world import SETTINGS, Readable, Verbatim
from tests.fakes.backend import ScriptedBackend
from tests.fakes.discord_server import ME, TOKEN, DiscordServer, discord_server
from tests.fakes.ledger import MemoryLedger
from tests.fakes.retriever import ScriptedRetriever, passage

ASKED = f"<@{ME}> When do I change the filter?"
WHOLE = "Every six months.\n-# Sources\n-# Filters (filters.md)"


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordServer]:
    """A Discord of our own, which every request of discord.py goes to."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with discord_server() as running:
        point_at(f"{running.url}/api/")
        yield running


def make_app(
    backend: ScriptedBackend | None = None, ledger: MemoryLedger | None = None, *, token: str = TOKEN, grace_s: float = 5
) -> DiscordApp:
    """Return the app on a real engine."""
    ledger = ledger or MemoryLedger()
    retriever = ScriptedRetriever({"filter": (passage("Replace the filter every six months.", source="filters.md"),)})
    backend = backend or ScriptedBackend(("Every ", "six ", "months."))
    parts = EngineParts(ledger, retriever, backend, Verbatim(), Readable(), identify=lambda text: "en", now=utcnow)
    return DiscordApp(Engine(parts, SETTINGS), ledger, DiscordSettings(token=SecretStr(token)), language="en", grace_s=grace_s)


@asynccontextmanager
async def running(app: DiscordApp) -> AsyncIterator[None]:
    """Run the app once it is ready, and stop it afterwards."""
    ready = asyncio.Event()
    task = asyncio.create_task(app.run(ready.set))
    try:
        async with asyncio.timeout(20):
            await asyncio.wait((task, asyncio.create_task(ready.wait())), return_when=asyncio.FIRST_COMPLETED)
        assert not task.done(), task.exception()
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_a_question_is_answered_over_real_sockets(server: DiscordServer) -> None:
    """Signing in, hearing and answering must work with Discord's own wire format, at the address in the settings."""
    async with running(make_app()):
        await server.say(ASKED)
        await server.until(lambda: server.contents == [WHOLE])

    assert server.sessions == ["identify"]


@pytest.mark.parametrize("token", ["bad.token", ""], ids=["wrong", "empty"])
async def test_a_bad_token_is_the_operators_to_mend(server: DiscordServer, token: str) -> None:
    """The operator must read which setting to change."""
    with pytest.raises(Misconfigured, match="APRENDIZ_DISCORD__TOKEN"):
        await make_app(token=token).run()


@pytest.mark.parametrize(("code", "name"), [(4004, "APRENDIZ_DISCORD__TOKEN"), (4014, "APRENDIZ_DISCORD__MESSAGE_CONTENT")])
async def test_a_gateway_that_refuses_us_says_why(server: DiscordServer, code: int, name: str) -> None:
    """A revoked token or a missing intent shows only at the gateway."""
    server.close_code = code

    with pytest.raises(Misconfigured, match=name):
        await make_app().run()


async def test_a_discord_that_cannot_be_reached_is_no_mistake_of_ours(server: DiscordServer) -> None:
    """The operator should wait, not change settings."""
    point_at("http://127.0.0.1:9")

    with pytest.raises(TryAgainLater, match="cannot be reached"):
        await make_app().run()


async def test_a_rate_limit_delays_an_answer_and_does_not_double_it(server: DiscordServer) -> None:
    """Discord says 429 to everybody now and then."""
    server.refusals = 2
    async with running(make_app()):
        await server.say(ASKED)
        await server.until(lambda: server.contents == [WHOLE])

    assert server.refusals == 0
    assert [method for _, method, _ in server.posts].count("POST") == 1


async def test_two_answers_in_one_channel_share_its_pace(server: DiscordServer) -> None:
    """The limit is the channel's, however many people ask in it."""
    async with running(make_app()):
        await server.say(ASKED)
        await server.say(ASKED)
        await server.until(lambda: server.contents == [WHOLE, WHOLE])

    times = [at for at, _, _ in server.posts]
    assert all(later - earlier > 0.8 for earlier, later in pairwise(times))


async def test_a_resumed_connection_loses_and_doubles_nothing(server: DiscordServer) -> None:
    """Connections break daily; Discord then sends what was missed, sometimes more."""
    async with running(make_app()):
        first = await server.say(ASKED)
        await server.until(lambda: server.contents == [WHOLE])
        await server.hang_up(4000)
        await server.say(ASKED)
        await server.say(ASKED, message_id=first)
        await server.until(lambda: server.contents == [WHOLE, WHOLE])
        await asyncio.sleep(0.1)

    assert server.sessions == ["identify", "resume"]
    assert server.contents == [WHOLE, WHOLE]


async def test_a_lost_session_is_begun_anew_at_the_same_address(server: DiscordServer) -> None:
    """discord.py would go to a constant address, past the operator's proxy."""
    async with running(make_app()):
        await server.invalidate()
        await server.until(lambda: server.sessions == ["identify", "identify"])
        await server.say(ASKED)
        await server.until(lambda: server.contents == [WHOLE])


async def test_stopping_lets_a_running_answer_end(server: DiscordServer) -> None:
    """A restart in the middle of the day should cost nobody their answer."""
    async with running(make_app(ScriptedBackend(("Every ", "six ", "months."), delay_s=0.2))):
        await server.say(ASKED)
        await server.until(lambda: len(server.contents) == 1)

    assert server.contents == [WHOLE]


async def test_an_answer_too_slow_for_the_stop_is_finished_by_the_next_start(server: DiscordServer) -> None:
    """Stopping must not take long, nor lose the question."""
    ledger = MemoryLedger()
    async with running(make_app(ScriptedBackend(("Every ", "six ", "months."), delay_s=30), ledger, grace_s=0.1)):
        await server.say(ASKED)
        await asyncio.sleep(0.3)
    assert server.contents == []
    async with running(make_app(ledger=ledger)):
        await server.until(lambda: server.contents == [WHOLE])
