"""The small Discord's gateway keeps Discord's promises, and breaks where Discord breaks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord_payloads import ANA, CHANNEL, ME
from tests.fakes.discord_server import TOKEN, DiscordServer, discord_server

MESSAGE_CONTENT = 1 << 15


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A Discord."""
    async with discord_server() as running:
        yield running


class Socket:
    """A client's side of a connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def identify(self, *, token: str = TOKEN, intents: int = 0) -> None:
        """Sign in."""
        await self.socket.send_json({"op": 2, "d": {"token": token, "intents": intents}})

    async def resume(self, session_id: str, sequence: int) -> None:
        """Come back."""
        await self.socket.send_json({"op": 6, "d": {"token": TOKEN, "session_id": session_id, "seq": sequence}})

    async def hear(self) -> dict[str, Any]:
        """Return what comes next."""
        heard: dict[str, Any] = await self.socket.receive_json(timeout=5)
        return heard

    async def events(self, count: int) -> list[str]:
        """Return the names of the next events."""
        return [(await self.hear())["t"] for _ in range(count)]

    async def closed_with(self) -> int | None:
        """Return the code of the close that comes next."""
        await self.socket.receive(timeout=5)
        return self.socket.close_code


@asynccontextmanager
async def connected(server: DiscordServer) -> AsyncIterator[Socket]:
    """Connect, and hear the greeting."""
    async with aiohttp.ClientSession() as session, session.ws_connect(server.gateway.url) as socket:
        client = Socket(socket)
        assert (await client.hear())["op"] == 10
        yield client


async def test_a_session_is_numbered_from_its_beginning(server: DiscordServer) -> None:
    """The numbers are what resuming rests on."""
    async with connected(server) as client:
        await client.identify()
        ready = await client.hear()
        assert (ready["t"], ready["s"]) == ("READY", 1)
        assert (await client.hear())["t"] == "GUILD_CREATE"
        await server.say("hello")
        assert (await client.hear())["s"] == 3
        await client.socket.send_json({"op": 1, "d": 3})
        assert await client.hear() == {"op": 11}

    assert server.gateway.beats == 1


async def test_resuming_brings_what_was_missed_once(server: DiscordServer) -> None:
    """And nothing that was heard."""
    async with connected(server) as client:
        await client.identify()
        session = (await client.hear())["d"]["session_id"]
        await client.hear()
        server.gateway.drop()
    await server.say("missed")
    async with connected(server) as client:
        await client.resume(session, 2)
        assert [(await client.hear())["t"], (await client.hear())["t"]] == ["MESSAGE_CREATE", "RESUMED"]

    assert server.sessions == ["identify", "resume"]


async def test_a_session_that_is_forgotten_cannot_be_resumed(server: DiscordServer) -> None:
    """Discord keeps them for minutes only; events of the time without one are lost."""
    async with connected(server) as client:
        await client.identify()
        session = (await client.hear())["d"]["session_id"]
        server.gateway.forget()
        await server.say("lost")
    async with connected(server) as client:
        await client.resume(session, 2)
        assert await client.hear() == {"op": 9, "d": False}
        await client.identify()
        assert await client.events(2) == ["READY", "GUILD_CREATE"]


@pytest.mark.parametrize(
    ("sign_in", "code"),
    [({"token": "other"}, 4004), ({"intents": MESSAGE_CONTENT}, 4014)],
    ids=["token", "intent"],
)
async def test_what_an_app_may_not_have_ends_its_connection(server: DiscordServer, sign_in: dict[str, Any], code: int) -> None:
    """A privileged intent has to be switched on in the portal."""
    server.gateway.message_content = False
    async with connected(server) as client:
        await client.identify(**sign_in)
        assert await client.closed_with() == code


async def test_the_gateway_asks_to_reconnect_and_declares_sessions_lost(server: DiscordServer) -> None:
    """Operations 7 and 9."""
    async with connected(server) as client:
        await client.identify()
        await client.events(2)
        await server.gateway.ask_to_reconnect()
        assert (await client.hear())["op"] == 7
        await server.gateway.invalidate(resumable=True)
        assert await client.hear() == {"op": 9, "d": True}


async def test_words_are_hidden_from_an_app_without_the_intent(server: DiscordServer) -> None:
    """But for those that name it, in private, and its own."""
    async with connected(server) as client:
        await client.identify()
        await client.events(2)
        heard = []
        for said in ("hello", f"<@{ME}> hello"):
            await server.say(said)
            heard.append((await client.hear())["d"]["content"])
        await server.say_directly("hello")
        heard.append((await client.hear())["d"]["content"])

    assert heard == ["", f"<@{ME}> hello", "hello"]


async def test_deliveries_can_be_doubled_and_late(server: DiscordServer) -> None:
    """Each with a number of its own."""
    async with connected(server) as client:
        await client.identify(intents=MESSAGE_CONTENT)
        await client.events(2)
        await server.say("first", late=True)
        await server.say("second", times=2)
        heard = [await client.hear() for _ in range(3)]

    assert [event["d"]["content"] for event in heard] == ["second", "second", "first"]
    assert [event["s"] for event in heard] == [3, 4, 5]


async def test_what_people_do_is_told(server: DiscordServer) -> None:
    """Edits, deletions, reactions, threads, posts, forms."""
    async with connected(server) as client:
        await client.identify(intents=MESSAGE_CONTENT)
        await client.events(2)
        first, second, third = [await server.say("hello") for _ in range(3)]
        await client.events(3)
        await server.edit(first, "goodbye")
        await server.preview(first)
        await server.react(server.everything[first], "👍", person=ANA)
        await server.react(server.everything[first], "👍", person=ANA, added=False)
        await server.delete(first)
        await server.delete(second, third)
        told = await client.events(6)
        opened_on = await server.say("hello")
        thread = await server.open_thread(opened_on)
        await server.open_post("title", "hello", forum=300)
        await server.send_form("form", [{"type": 1, "components": []}])
        await server.point_at(server.everything[opened_on])
        await server.delete_channel(thread)
        await server.delete_channel(CHANNEL)
        more = await client.events(9)

    assert told == [
        "MESSAGE_UPDATE", "MESSAGE_UPDATE", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK",
    ]  # fmt: skip
    assert more == [
        "MESSAGE_CREATE", "THREAD_CREATE", "MESSAGE_CREATE", "THREAD_CREATE", "MESSAGE_CREATE", "INTERACTION_CREATE", "INTERACTION_CREATE",
        "THREAD_DELETE", "CHANNEL_DELETE",
    ]  # fmt: skip
