"""The first words of 50 streams at once, through a meter and a route, and through nothing but the SDK."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai

from bot.backends.metered import MeteredBackend
from bot.backends.openai import OpenAIBackend
from bot.backends.route import Route
from bot.backends.service import Service
from bot.messages import Generation, Message, Piece
from bot.spending import Budget, Price
from store.database import migrate, open_database
from store.spending import SqlPurse
from tests.benchmarks.hosted_server import running_server
from tests.benchmarks.result import Result, at_most
from tests.fakes.openai_server import KEY, MODEL

STREAMS = 50
ROUNDS = 30
DELAY_S = 0.2  # before each piece: what the quickest hosted models take
GOAL = 1.05
PRICE = Price(0.4, 0.1, 1.6, "USD")
PROMPT = "When do I change the filter? " * 20

First = Callable[[], Coroutine[Any, Any, float]]


async def overhead(workdir: Path) -> Result:
    """Compare the p50 of both in pairs of rounds: what the machine does besides falls on both alike."""
    measured = await measure(workdir, rounds=ROUNDS)
    sys.stderr.write(f"overhead: {json.dumps(measured)}\n")
    return at_most("overhead", measured["ratio"], goal=GOAL, unit="x")


async def measure(workdir: Path, *, rounds: int) -> dict[str, float]:
    """Return `bare_ms` and `routed_ms`, the p50 of the first words of so many rounds of 50 streams, and the median `ratio` of a pair."""
    async with running_server(delay_s=DELAY_S) as address:
        service = Service(KEY, address, "compatible")
        client = await service.connect()
        async with client, OpenAIBackend(MODEL, service) as backend, open_database(f"sqlite:///{workdir / 'ledger.db'}") as database:
            await migrate(database)
            purse = SqlPurse(database, Budget(), zone=UTC, now=lambda: datetime.now(UTC))
            route = Route([MeteredBackend(backend, price=PRICE, purse=purse)], first_token_s=10)
            sides: tuple[First, First] = (lambda: _bare(client), lambda: _routed(route))
            for side in sides:
                await _round(side)
            seconds: tuple[list[float], list[float]] = ([], [])
            for number in range(2 * rounds):
                first = (number // 2) % 2  # who begins changes, too
                at = (number + first) % 2
                seconds[at].append(await _round(sides[at]))
    bare, routed = (statistics.median(each) for each in seconds)
    ratio = statistics.median(with_route / without for without, with_route in zip(*seconds, strict=True))
    return {"bare_ms": bare * 1000, "routed_ms": routed * 1000, "ratio": ratio}


async def _round(first: First) -> float:
    """Return the p50 of 50 at once, for each of which the clock runs from the beginning: they wait for each other, too."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(first()) for _ in range(STREAMS)]
    return statistics.median(task.result() for task in tasks) - began


async def _bare(client: openai.AsyncOpenAI) -> float:
    """Return when the first words came from the SDK."""
    at = 0.0
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": PROMPT}],
        stream=True,
        stream_options={"include_usage": True},
        logprobs=True,
        temperature=0.0,
        top_p=1.0,
        max_tokens=64,
    )
    async with stream:
        async for chunk in stream:
            if not at and chunk.choices and chunk.choices[0].delta.content:
                at = time.perf_counter()
    return at


async def _routed(route: Route) -> float:
    """Return when they came from the route."""
    at = 0.0
    async with aclosing(route.stream(Generation((Message("user", PROMPT),), 64, 60, first_token_s=10))) as stream:
        async for event in stream:
            if not at and isinstance(event, Piece):
                at = time.perf_counter()
    return at
