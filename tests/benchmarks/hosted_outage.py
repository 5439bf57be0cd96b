"""Ten minutes in which the hosted model is down: how long askers wait, and how often it is asked meanwhile."""

import asyncio
import json
import selectors
import sys
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from bot.backends.breaker import PROBE_EVERY_S
from bot.backends.route import Route
from bot.engine import Engine, EngineParts
from bot.errors import TryAgainLater
from bot.exchanges import Exchange
from bot.messages import Answer, Finished, Generation, Incoming, Piece, Place, Queued
from tests.benchmarks.result import Result
from tests.bot.bench import GUIDE, NOW, SETTINGS
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Reversed
from tests.fakes.redactor import CrossingOut
from tests.fakes.retriever import ScriptedRetriever
from tests.fakes.standing_by import standing_by

OUTAGE_S = 600.0
AROUND_S = 30.0  # before it, and after it
EVERY_S = 1 / 20
FIRST_TOKEN_S = 2.0
GOAL_S = 0.2
TEXT = "Replace it every six months."
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


async def outage(workdir: Path) -> Result:
    """Measure on a clock that skips what nobody works in; the work itself takes its real time."""
    del workdir
    measured = await asyncio.to_thread(measure, outage_s=OUTAGE_S, around_s=AROUND_S)
    sys.stderr.write(f"outage: {json.dumps(measured)}\n")
    met = measured["late_s"] <= GOAL_S and measured["probes_apart_s"] >= PROBE_EVERY_S and measured["unanswered"] == 0
    return Result("outage", measured["late_s"], "s beyond the deadline", f"<= {GOAL_S:g}, probes {PROBE_EVERY_S:g} s apart", met)


def measure(*, outage_s: float, around_s: float, work_takes_time: bool = True) -> dict[str, float]:
    """
    Return what happened in *outage_s* seconds, half of which the service is silent and half refuses.

    Without *work_takes_time* only waiting does, and the figures are the same on any machine.

    `late_s`: by how much the latest first words missed the deadline (negative: came before it); `p50_s`: half had theirs by then;
    `probes_apart_s`: the least time between two requests once the first had their time; `probes`, `questions`, `unanswered`,
    `stood_in`, and `back_s`: after which time the service answered again.
    """
    loop = SkippingLoop(work_takes_time=work_takes_time)
    try:
        return loop.run_until_complete(_measure(loop, outage_s, around_s))
    finally:
        loop.close()


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop on whose clock waiting takes no time: what goes to a thread is done at once, as no time passes for it otherwise."""

    def __init__(self, *, work_takes_time: bool = True) -> None:
        self._work_takes_time = work_takes_time
        self._skipped_s = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """Return those seconds that were skipped, and the real ones if work takes time."""
        return self._skipped_s + (time.monotonic() if self._work_takes_time else 0.0)

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self._skipped_s += seconds

    def run_in_executor(self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Call *func* here."""
        del executor
        done: asyncio.Future[_T] = self.create_future()
        done.set_result(func(*args))
        return done


class _Skipping(selectors.SelectSelector):
    def __init__(self, loop: SkippingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        """Skip the time until the next timer in place of sleeping."""
        if timeout:
            self._loop.skip(timeout)
        return super().select(0)


class Provider(ScriptedBackend):
    """A hosted model that is down from *begin* on: silent at first, then refusing, and back at *end*."""

    def __init__(self, loop: SkippingLoop, *, begin: float, end: float) -> None:
        super().__init__((TEXT,), name="hosted")
        self._loop, self.begin, self.end = loop, begin, end
        self.asked_at: list[float] = []

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """Do as the time says."""
        now = self._loop.time()
        if self.begin <= now < self.end:
            self.asked_at.append(now)
            if now < (self.begin + self.end) / 2:
                await asyncio.sleep(3600)
            raise TryAgainLater("connection refused")
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                yield event


class ForgetfulLedger(MemoryLedger):
    """Keeps no exchange beyond its answer: looking through thousands would cost more than answering."""

    async def record(self, exchange: Exchange) -> None:
        """Forget it."""
        await super().record(exchange)
        del self.kept[exchange.question.exchange_id]


async def _measure(loop: SkippingLoop, outage_s: float, around_s: float) -> dict[str, float]:
    begin = loop.time() + around_s
    provider = Provider(loop, begin=begin, end=begin + outage_s)
    engine = _engine(Route([provider], first_token_s=FIRST_TOKEN_S, clock=loop.time))
    heard: list[tuple[float, float, str]] = []
    number, next_at = 0, loop.time()
    async with asyncio.TaskGroup() as group:
        while loop.time() < provider.end + around_s:
            group.create_task(_ask(engine, number, loop, heard))
            number, next_at = number + 1, next_at + EVERY_S
            await asyncio.sleep(next_at - loop.time())
    return _figures(provider, heard, number)


def _engine(route: Route) -> Engine:
    settings = SETTINGS.model_copy(
        update={
            "model": SETTINGS.model.model_copy(update={"first_token_s": FIRST_TOKEN_S}),
            "policy": SETTINGS.policy.model_copy(update={"per_person_per_minute": 0, "per_person_per_day": 0}),
        }
    )
    retriever = ScriptedRetriever({"filter": GUIDE})
    parts = EngineParts(ForgetfulLedger(), retriever, route, CrossingOut(), Reversed(), identify=lambda _: "en", now=lambda: NOW)
    return Engine(*standing_by(parts, settings, ScriptedBackend((TEXT,), name="local")))


async def _ask(engine: Engine, number: int, loop: SkippingLoop, heard: list[tuple[float, float, str]]) -> None:
    asked_at = loop.time()
    place = Place("web", "web", f"web:{number}")
    question = await engine.accept(Incoming("When do I change the filter?", "U1", place, (f"k{number}",), NOW))
    assert question is not None
    first = 0.0
    async with aclosing(engine.answer(question)) as events:
        async for event in events:
            if isinstance(event, Piece) and not first:
                first = loop.time() - asked_at
            if isinstance(event, Answer):
                heard.append((asked_at, first, event.model))


def _figures(provider: Provider, heard: list[tuple[float, float, str]], asked: int) -> dict[str, float]:
    down = [(at, first) for at, first, model in heard if model == "local"]
    settled = [at for at in provider.asked_at if at > provider.begin + FIRST_TOKEN_S + 2 * EVERY_S]
    return {
        "questions": asked,
        "unanswered": asked - len(heard),
        "stood_in": len(down),
        "late_s": max(first for _, first in down) - FIRST_TOKEN_S,
        "p50_s": sorted(first for _, first in down)[len(down) // 2],
        "requests": len(provider.asked_at),
        "probes": len(settled),
        "probes_apart_s": min(later - earlier for earlier, later in pairwise(settled)),
        "back_s": min(at for at, _, model in heard if model == "hosted" and at >= provider.end) - provider.end,
    }
