"""The whole of Discord as one thing to run: signing in, limits, lost connections, stopping. Real sockets, real discord.py."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.utils import utcnow
from pydantic import SecretStr
from sqlalchemy import func, select

from adapters.discord.address import point_at
from adapters.discord.app import DiscordApp
from bot.engine import Engine, EngineParts
from bot.errors import Misconfigured, TryAgainLater
from bot.ports import Ledger
from bot.settings import DiscordSettings
from store.database import migrate, open_database
from store.ledger import SqlLedger
from store.schema import exchanges, votes
from tests.adapters.discord.world import SETTINGS, Readable, Verbatim
from tests.contracts.ledgers import SEALER
from tests.fakes.backend import ScriptedBackend, question_of
from tests.fakes.chat import chat_services
from tests.fakes.discord_server import CHANNEL, ME, TOKEN, DiscordServer, discord_server
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


def make_app(backend: ScriptedBackend | None = None, ledger: Ledger | None = None, *, token: str = TOKEN, grace_s: float = 5) -> DiscordApp:
    """Return the app on a real engine."""
    ledger = ledger or MemoryLedger()
    retriever = ScriptedRetriever({"filter": (passage("Replace the filter every six months.", source="filters.md"),)})
    backend = backend or ScriptedBackend(("Every ", "six ", "months."))
    parts = EngineParts(ledger, retriever, backend, Verbatim(), Readable(), identify=lambda text: "en", now=utcnow)
    services = chat_services(Engine(parts, SETTINGS), ledger)
    return DiscordApp(services, DiscordSettings(token=SecretStr(token)), grace_s=grace_s)


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


async def test_thirty_talks_at_once_on_a_real_ledger_keep_every_answer_and_vote(server: DiscordServer, tmp_path: Path) -> None:
    """What must never happen under load, with nothing between us and the wire or the disk: an answer lost, doubled or misplaced."""
    channels = range(CHANNEL, CHANNEL + 30)
    backend = ScriptedBackend(lambda request: ("About ", question_of(request).split()[-1]))
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        ledger = SqlLedger(database, SEALER)
        async with running(make_app(backend, ledger)):
            for turn in range(3):
                for channel in channels:
                    before = server.answers(channel)[-1]["id"] if turn else ""
                    await server.say(f"<@{ME}> filter w{channel}x{turn}", channel=channel, reply_to=before)
                await server.until(lambda turn=turn: all(len(server.answers(channel)) == turn + 1 for channel in channels))
                await server.until(lambda: all(len(message["components"]) == 1 for message in server.messages.values()))
            for channel in channels:
                await server.react(server.answers(channel)[0], "👍")
                await server.react(server.answers(channel)[1], "👎")
                await server.react(server.answers(channel)[2], "👍")
            await server.say(f"<@{ME}> filter last")
            await server.until(lambda: len(server.answers(CHANNEL)) == 4)

        said = {channel: [answer["content"].splitlines()[0] for answer in server.answers(channel)][:3] for channel in channels}
        assert said == {channel: [f"About w{channel}x{turn}" for turn in range(3)] for channel in channels}
        async with database.connect() as connection:
            counted = await connection.execute(select(votes.c.value, func.count()).group_by(votes.c.value))
            asked = await connection.execute(select(exchanges.c.conversation_id, func.count()).group_by(exchanges.c.conversation_id))
            assert sorted(tuple(row) for row in counted) == [("down", 30), ("up", 60)]
            assert sorted(count for _, count in asked) == [1, *[3] * 30]
