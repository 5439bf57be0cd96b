"""Exactly once on Discord, and how soon something is seen: doubled and late events, broken sockets, and a process killed in the middle."""

import asyncio
import random
import sqlite3
import sys
from asyncio.subprocess import Process
from contextlib import closing, suppress
from pathlib import Path

from tests.benchmarks import discord_child
from tests.benchmarks.counts import Counts
from tests.benchmarks.discord_crowd import Asked, Crowd
from tests.benchmarks.instant import ledger_path
from tests.fakes.discord_server import DiscordServer, discord_server

FIRST_SIGNS = 200
_CHANNELS = 60
_ASKING = 25
_DROP_EVERY = 50
_ANSWERED_WITHIN_S = 120.0
_SETTLED_S = 5.0
_FIRST_SIGN_EVERY_S = 0.25
_FIRST_SIGN_WITHIN_S = 10.0


async def exactly_once(workdir: Path, *, questions: int = 1000) -> Counts:
    """
    Ask *questions* while the adapter's process is killed once in a hundred of them and restarted at once on the same home.

    Of the messages 10 % come twice and 5 % late; every fiftieth question breaks the socket, every fourth of these so that the session
    cannot be resumed. Discord's documented limits are on. 25 people at a time ask in 60 channels, in private and by `/ask`, wait for the
    whole answer with its buttons, and vote: half by a thumb, once, the others by a button until Discord takes it.
    """
    async with discord_server(_CHANNELS) as server:
        server.throttle.documented = True
        run = _Run(server, workdir, questions)
        await run.begin()
        try:
            await run.through()
            await asyncio.sleep(_SETTLED_S)  # whatever would be said twice is said by then
            await discord_child.stop(run.process)
        finally:
            run.kill()
        return await run.counts()


async def first_sign(workdir: Path, *, questions: int = FIRST_SIGNS) -> float:
    """Return the 95th percentile of the seconds from a question to typing, "thinking" or text; four questions a second, limits on."""
    async with discord_server(questions) as server:
        server.throttle.documented = True
        crowd = Crowd(server, channels=questions, seed=2)
        async with discord_child.running(workdir, f"{server.url}/api/"), asyncio.TaskGroup() as group:
            signs = []
            for number in range(questions):
                signs.append(group.create_task(_sign(server, crowd, number)))
                await asyncio.sleep(_FIRST_SIGN_EVERY_S)
    ordered = sorted(sign.result() for sign in signs)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


async def _sign(server: DiscordServer, crowd: Crowd, number: int) -> float:
    asked = await crowd.ask(number)
    try:
        await server.until(lambda: _seen_at(server, crowd, asked) is not None, timeout_s=_FIRST_SIGN_WITHIN_S)
    except TimeoutError:
        return float("inf")
    seen_at = _seen_at(server, crowd, asked)
    assert seen_at is not None
    return seen_at - asked.asked_at


def _seen_at(server: DiscordServer, crowd: Crowd, asked: Asked) -> float | None:
    """Return when something was first to be seen where the question was asked."""
    typed = (at for at, channel in reversed(server.typed) if channel == asked.channel and at >= asked.asked_at)
    posted = [server.posted_at[each["id"]] for each in crowd.answers(asked)]
    return min((*typed, *posted), default=None)


class _Run:
    """One run of `exactly_once`."""

    process: Process

    def __init__(self, server: DiscordServer, home: Path, questions: int) -> None:
        self._server = server
        self._home = home
        self._crowd = Crowd(server, channels=_CHANNELS, seed=1)
        self._rng = random.Random(3)
        self._left = iter(range(questions))
        kills = max(1, questions // 100)
        self._kill_at = {questions * kill // (kills + 1) for kill in range(1, kills + 1)}
        self._killing = asyncio.Lock()

    async def begin(self) -> None:
        """Start the process."""
        self.process = await discord_child.start(self._home, f"{self._server.url}/api/")

    async def through(self) -> None:
        """Let everybody ask and vote."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_ASKING):
                group.create_task(self._ask_on())

    def kill(self) -> None:
        """End the process in the middle of whatever it does."""
        with suppress(ProcessLookupError):
            self.process.kill()

    async def counts(self) -> Counts:
        """Return what went wrong."""
        asked = self._crowd.asked
        kept = await asyncio.to_thread(_votes_in, ledger_path(self._home))
        strays = self._crowd.strays()
        counts = Counts(
            unanswered=sum(each.answer is None for each in asked),
            # A command of which Discord said that it failed may have been heard: then its answer comes, too.
            twice=sum(len(self._crowd.answers(each)) > 1 for each in asked) + max(0, strays - self._crowd.failed["command"]),
            votes_lost=sum(each.answer is not None and (each.vote is None or kept.get(each.exchange_id) != [each.vote]) for each in asked),
        )
        sessions = {kind: self._server.sessions.count(kind) for kind in set(self._server.sessions)}
        sys.stderr.write(
            f"Discord: {len(asked)} questions, {counts}, sessions {sessions}, refused with 429 {self._server.throttle.told}, "
            f"failed {self._crowd.failed}, strays {strays}\n"
        )
        return counts

    async def _ask_on(self) -> None:
        for number in self._left:
            if number in self._kill_at:
                await self._kill()
            if number % _DROP_EVERY == _DROP_EVERY - 1:
                self._break(resumable=number % (4 * _DROP_EVERY) != _DROP_EVERY - 1)
            asked = await self._crowd.ask(number)
            if await self._crowd.wait(asked, timeout_s=_ANSWERED_WITHIN_S):
                await self._crowd.vote(asked)

    def _break(self, *, resumable: bool) -> None:
        self._server.gateway.drop()
        if not resumable:
            self._server.gateway.forget()

    async def _kill(self) -> None:
        async with self._killing:
            await asyncio.sleep(self._rng.random() / 5)  # at any moment of the answers under way
            self.kill()
            await self.process.wait()
            await self.begin()


def _votes_in(path: Path) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    with closing(sqlite3.connect(path)) as database:
        for exchange_id, value in database.execute("SELECT exchange_id, value FROM votes"):
            kept.setdefault(exchange_id, []).append(value)
    return kept
