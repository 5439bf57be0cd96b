"""Discord's errors, as ours."""

import inspect
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from adapters.discord.faults import FAULTS, as_ours, is_passing
from bot.errors import BadRequest, ChatbotError, Misconfigured, TryAgainLater


def response(status: int) -> Any:
    """Return what discord.py keeps of a response."""
    return SimpleNamespace(status=status, reason="")


def closed(code: int) -> discord.ConnectionClosed:
    """Return a closed gateway."""
    socket: Any = SimpleNamespace(close_code=code)
    return discord.ConnectionClosed(socket, shard_id=0)


CASES: list[tuple[BaseException, type[ChatbotError], str]] = [
    (discord.LoginFailure(), Misconfigured, "APRENDIZ_DISCORD__TOKEN"),
    (closed(4004), Misconfigured, "APRENDIZ_DISCORD__TOKEN"),
    (discord.HTTPException(response(401), ""), Misconfigured, "APRENDIZ_DISCORD__TOKEN"),
    (discord.PrivilegedIntentsRequired(0), Misconfigured, "APRENDIZ_DISCORD__MESSAGE_CONTENT"),
    (discord.Forbidden(response(403), ""), Misconfigured, "Send Messages in Threads"),
    (discord.Forbidden(response(403), {"code": 50001}), Misconfigured, "give its role View Channel"),
    (discord.Forbidden(response(403), {"code": 50013}), Misconfigured, "give its role Send Messages"),
    (discord.Forbidden(response(403), {"code": 160002}), Misconfigured, "give its role Read Message History"),
    (discord.Forbidden(response(403), {"code": 50007}), BadRequest, "code 50007"),
    (discord.NotFound(response(404), {"code": 10008}), BadRequest, "code 10008"),
    (discord.HTTPException(response(400), {"code": 50035}), BadRequest, "HTTP 400"),
    (discord.HTTPException(response(429), ""), TryAgainLater, "cannot be reached"),
    (discord.DiscordServerError(response(503), ""), TryAgainLater, "cannot be reached"),
    (discord.RateLimited(1), TryAgainLater, "RateLimited"),
    (discord.GatewayNotFound(), TryAgainLater, "GatewayNotFound"),  # type: ignore[no-untyped-call]
    (closed(4011), TryAgainLater, "ConnectionClosed"),
    (aiohttp.ServerDisconnectedError(), TryAgainLater, "ServerDisconnected"),
    (TimeoutError(), TryAgainLater, "TimeoutError"),
]


@pytest.mark.parametrize(("error", "ours", "detail"), CASES, ids=[f"{type(error).__name__}-{detail}" for error, _, detail in CASES])
def test_each_error_is_told_to_who_can_act(error: BaseException, ours: type[ChatbotError], detail: str) -> None:
    """An operator's mistake must not read like an outage, nor the other way round."""
    problem = as_ours(error)

    assert type(problem) is ours
    assert detail in str(problem)


def test_the_table_knows_every_error_of_the_library() -> None:
    """A new release may bring new errors; they must be looked at before they reach anybody."""
    not_ours = {
        discord.DiscordException, discord.ClientException, discord.InvalidData, discord.InteractionResponded,
        discord.MissingApplicationID, discord.errors.FFmpegProcessError,
    }  # fmt: skip
    defined = {each for _, each in inspect.getmembers(discord.errors, inspect.isclass) if issubclass(each, discord.DiscordException)}

    assert defined - not_ours == {type(error) for error, _, _ in CASES if isinstance(error, discord.DiscordException)}


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (discord.DiscordServerError(response(503), ""), True),
        (discord.NotFound(response(404), {"code": 10008}), False),
        (discord.HTTPException(response(429), ""), True),
        (discord.HTTPException(response(400), {"code": 50035}), False),
        (TimeoutError(), True),
    ],
)
def test_only_what_passes_is_tried_again(error: BaseException, passing: bool) -> None:
    """10,000 refused requests in ten minutes ban the address."""
    assert isinstance(error, FAULTS)
    assert is_passing(error) is passing


def test_an_error_of_ours_stays_as_it_is() -> None:
    """A database that is away must not read like an outage of Discord's."""
    away = TryAgainLater("database away")

    assert as_ours(away) is away
