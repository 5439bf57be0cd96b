"""What Discord allows this process as a whole: requests in a second, and refused requests in ten minutes."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any, Final

import aiohttp
import discord
from discord.http import HTTPClient, Route

from adapters.delivery import Pacer

logger = logging.getLogger(__name__)

# All of them: https://docs.discord.com/developers/topics/rate-limits
PER_SECOND: Final = 45  # of 50; what discord.py counts differently from Discord has room
LONGEST_WAIT_S: Final = 60.0  # discord.py waits out a shorter Retry-After itself
_EXEMPT: Final = ("/interactions/", "/webhooks/")  # interactions do not count towards the limit for all requests
_REFUSALS: Final = frozenset({401, 403, 429})
_MOST_REFUSALS: Final = 5000  # 10,000 in ten minutes ban the address
_WINDOW_S: Final = 600.0
_LINE: Final = 10  # requests that wait when courtesies give way to answers


class Limits:
    """
    Counts and paces every request of one client, through aiohttp's tracing: `trace()` goes to discord.py as `http_trace`.

    Where too many requests were refused, further ones fail at once with `discord.RateLimited`, until the oldest refusal is ten
    minutes old.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most_refusals: int = _MOST_REFUSALS,
    ) -> None:
        """Begin with nothing counted; *most_refusals* in ten minutes hold further requests back."""
        self._clock = clock
        self._pacer = Pacer(interval_s=1 / PER_SECOND, clock=clock, sleep=sleep)
        self._waiting = 0
        self._refused: deque[float] = deque(maxlen=most_refusals)  # when, oldest first

    @property
    def are_near(self) -> bool:
        """Whether requests stand in line: what nobody would miss should not be sent then."""
        return self._waiting >= _LINE

    def trace(self) -> aiohttp.TraceConfig:
        """Return what discord.py's HTTP session is to be opened with."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._begin)
        config.on_request_end.append(self._end)
        return config

    async def _begin(self, _session: aiohttp.ClientSession, _context: Any, request: aiohttp.TraceRequestStartParams) -> None:
        if request.url.scheme in ("ws", "wss"):
            return
        self._check()
        if any(part in request.url.path for part in _EXEMPT):
            return
        self._waiting += 1
        try:
            await self._pacer.turn()
        finally:
            self._waiting -= 1

    async def _end(self, _session: aiohttp.ClientSession, _context: Any, request: aiohttp.TraceRequestEndParams) -> None:
        response = request.response
        if response.status in _REFUSALS and response.headers.get("X-RateLimit-Scope") != "shared":
            self._refused.append(self._clock())
            if len(self._refused) == self._refused.maxlen:
                logger.error("discord refuses too much, requests are held back", extra={"status": response.status})
        wait_s = retry_after_s(response.headers)
        if response.status == 429 and wait_s > LONGEST_WAIT_S:  # discord.py would wait it out where a token is an interaction's
            response.close()
            raise discord.RateLimited(wait_s)

    def _check(self) -> None:
        while self._refused and self._refused[0] <= self._clock() - _WINDOW_S:
            self._refused.popleft()
        if len(self._refused) == self._refused.maxlen:
            raise discord.RateLimited(self._refused[0] + _WINDOW_S - self._clock())


def let_requests_end(http: HTTPClient) -> None:
    """
    Have every request of *http* end by itself, also where whoever sent it is cancelled.

    A limit on everything holds all requests back until the one that met it has waited; were that one cancelled meanwhile, as typing is
    by the answer, discord.py would hold the others back for ever.
    """
    send = http.request
    underway: set[asyncio.Task[Any]] = set()

    async def request(route: Route, **kwargs: Any) -> Any:
        task = asyncio.create_task(send(route, **kwargs))
        underway.add(task)
        task.add_done_callback(underway.discard)
        return await asyncio.shield(task)

    http.request = request  # type: ignore[method-assign]


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the seconds that a response asks us to wait; 0 where it names none, or, as proxies may, a date."""
    try:
        return float(headers.get("Retry-After", 0))
    except ValueError:
        return 0.0
