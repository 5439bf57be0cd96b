"""Where requests go."""

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from adapters.discord.address import point_at, return_to


def test_requests_and_gateway_follow_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy or test server must get every request; none may slip out to the public address."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    point_at("https://proxy.example/api/v10/")
    return_to(URL("wss://proxy.example/gateway"))

    assert Route("GET", "/gateway/bot").url == "https://proxy.example/api/v10/gateway/bot"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "wss://proxy.example/gateway"
