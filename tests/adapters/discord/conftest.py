"""A small Discord for the tests that need sockets."""

from collections.abc import AsyncIterator

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.address import point_at
from tests.fakes.discord_server import DiscordServer, discord_server


@pytest.fixture
async def discord_wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordServer]:
    """A Discord of our own with three channels, which every request of discord.py goes to."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with discord_server(channels=3) as server:
        point_at(f"{server.url}/api/")
        yield server
