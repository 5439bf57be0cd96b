"""Our own keeping of Discord's limits, over a real HTTP session."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest
from aiohttp import web
from discord.http import HTTPClient

from adapters.discord.limits import PER_SECOND, Limits, let_requests_end
from tests.adapters.discord.wire import eventually
from tests.fakes.discord_server import CHANNEL, TOKEN, DiscordServer


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds
        await asyncio.sleep(0)


@asynccontextmanager
async def session(limits: Limits, *, status: int = 200, **headers: str) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """Return a session that keeps *limits*, and the address of a server that always answers with *status*."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={key.replace("_", "-"): value for key, value in headers.items()})

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession(trace_configs=[limits.trace()]) as client:
            yield client, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_requests_stay_below_the_limit_for_all() -> None:
    """Fifty a second are allowed to an app, whatever its requests are for."""
    limits = Limits()
    async with session(limits) as (client, url):
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(client.get(f"{url}/channels/1"))
            await asyncio.sleep(0.01)
            assert limits.are_near
        taken = time.monotonic() - started

    assert taken >= 19 / PER_SECOND
    assert not limits.are_near


async def test_interactions_do_not_wait() -> None:
    """They do not count towards that limit, and Discord waits for their answer for 3 s only."""
    clock = Clock()
    async with session(Limits(clock=clock, sleep=clock.sleep)) as (client, url):
        for _ in range(10):
            await client.get(f"{url}/interactions/1/t/callback")
            await client.get(f"{url}/webhooks/1/t")

    assert clock.now == 1000.0


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_too_many_refusals_stop_us_well_before_discord_does(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Ten thousand in ten minutes ban the address, and everybody behind it."""
    clock = Clock()
    async with session(Limits(clock=clock, sleep=clock.sleep, most_refusals=20), status=status) as (client, url):
        for _ in range(20):
            await client.get(url)
        with pytest.raises(discord.RateLimited) as stopped:
            await client.get(url)
        assert 500 < stopped.value.retry_after <= 600
        clock.now += 601
        assert (await client.get(url)).status == status

    assert [record.message for record in caplog.records] == ["discord refuses too much, requests are held back"]


async def test_a_limit_that_others_share_is_no_refusal_of_ours() -> None:
    """Discord does not count those: https://docs.discord.com/developers/topics/rate-limits."""
    clock = Clock()
    async with session(Limits(clock=clock, sleep=clock.sleep, most_refusals=3), status=429, X_RateLimit_Scope="shared") as (client, url):
        for _ in range(5):
            assert (await client.get(url)).status == 429


async def test_a_wait_that_is_too_long_is_told_at_once() -> None:
    """discord.py would sleep for an hour over a command's answer, and the answer with it."""
    async with session(Limits(), status=429, Retry_After="60") as (client, url):
        assert (await client.get(url)).status == 429
    async with session(Limits(), status=429, Retry_After="3600") as (client, url):
        with pytest.raises(discord.RateLimited) as refused:
            await client.get(f"{url}/webhooks/1/t")

    assert refused.value.retry_after == 3600


async def test_a_date_in_the_place_of_seconds_is_no_wait() -> None:
    """Proxies that answer in Discord's place may name one: https://httpwg.org/specs/rfc9110.html#field.retry-after."""
    async with session(Limits(), status=503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT") as (client, url):
        assert (await client.get(url)).status == 503


async def test_a_request_given_up_during_a_limit_on_everything_holds_nobody_back(discord_wire: DiscordServer) -> None:
    """Typing ends when the answer is shown; the edits that follow must not wait for ever."""
    http = HTTPClient(asyncio.get_running_loop())
    let_requests_end(http)
    await http.static_login(TOKEN)
    discord_wire.throttle.refused_everywhere = 0.5
    typing = asyncio.create_task(http.send_typing(CHANNEL))
    await eventually(lambda: discord_wire.throttle.told == 1)
    await asyncio.sleep(0.2)  # until the refusal has arrived
    typing.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait((typing,))
        await http.send_typing(CHANNEL)
    await http.close()

    assert typing.cancelled()
    assert discord_wire.throttle.told == 1
