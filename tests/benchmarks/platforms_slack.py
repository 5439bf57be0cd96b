"""Exactly once on Slack: doubled, late and lost deliveries, dropped sockets, and a process killed in the middle of it."""

import asyncio
import random
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.chat_settings import SlackSettings
from tests.benchmarks import slack_child
from tests.benchmarks.counts import Counts
from tests.benchmarks.instant import ledger_path
from tests.benchmarks.slack_crowd import Asked, Crowd, Thread, is_whole
from tests.fakes.slack_delivery import Disorder
from tests.fakes.slack_server import FakeSlack
from tests.fakes.slack_workspace import Posted

KILLS = 10
PEOPLE_ASKING = 20
_ANSWERED_WITHIN_S = 240.0  # a process killed again and again reads threads again, fifty a minute
_CLICKS = 40
_CLICK_AGAIN_S = 0.5
_DELIVERED_WITHIN_S = 120.0
_SETTLED_S = 5.0
_DELIVERIES = 4  # for a question: as message, as mention, our own answer, the click


async def exactly_once(workdir: Path, *, questions: int = 1000, kills: int = KILLS) -> Counts:
    """
    Ask *questions* while the adapter's process is killed *kills* times and restarted at once on the same home.

    Of the events 10 % come twice and 5 % late; at about every fiftieth question a delivery takes its socket with it. Slack's patience
    is the documented 3 s; its further tries come after 0, 5 and 15 s instead of 0, 60 and 300. People ask in channels and direct
    messages, 20 at a time, wait for the whole answer with its buttons and vote: every third by a thumb, once, the others by a button,
    again where Slack says that it failed.
    """
    disorder = Disorder(doubled=0.10, reordered=0.05, drop_every=50 * _DELIVERIES, seed=20_261_121)
    async with FakeSlack(retry_after_s=(0.0, 5.0, 15.0), disorder=disorder).serving() as slack:
        run = _Run(slack, workdir, questions, kills)
        await run.through()
        await slack.until(lambda: not slack.under_way, seconds=_DELIVERED_WITHIN_S)
        await asyncio.sleep(_SETTLED_S)  # whatever would be said twice is said by then
        await slack_child.stop(run.process)
        return await run.counts()


@dataclass(frozen=True, slots=True)
class _Vote:
    exchange_id: str
    value: str
    told: bool


class _Run:
    """One run of `exactly_once`."""

    process: Process

    def __init__(self, slack: FakeSlack, home: Path, questions: int, kills: int) -> None:
        self._slack = slack
        self._home = home
        self._settings: SlackSettings = slack.settings
        self._crowd = Crowd(slack)
        self._rng = random.Random(1)
        self._left = iter(range(questions))
        self._kill_at = {questions * kill // (kills + 1) for kill in range(1, kills + 1)}
        self._killing = asyncio.Lock()
        self._votes: list[_Vote] = []

    async def through(self) -> None:
        self.process = await slack_child.start(self._home, self._settings)
        async with asyncio.TaskGroup() as group:
            for _ in range(PEOPLE_ASKING):
                group.create_task(self._ask_on())

    async def counts(self) -> Counts:
        answers = self._crowd.answers()
        kept = await asyncio.to_thread(_votes_in, ledger_path(self._home))
        whole = {thread for thread, messages in answers.items() if any(map(is_whole, messages))}
        bare = sum(not any(message.buttons for message in answers[thread]) for thread in whole)
        counts = Counts(
            unanswered=len(self._crowd.asked.keys() - whole),
            twice=sum(len(messages) > 1 for messages in answers.values()),
            votes_lost=sum(not vote.told or kept.get(vote.exchange_id) != [vote.value] for vote in self._votes),
        )
        for thread in self._crowd.asked.keys() - whole:
            self._explain(thread, answers[thread])
        sys.stderr.write(f"Slack: {len(answers)} questions, {counts}, without buttons {bare}, votes {len(self._votes)}\n")
        return counts

    def _explain(self, thread: Thread, messages: Sequence[Posted]) -> None:
        """Tell what became of a question without its answer."""
        channel, ts = thread
        with closing(sqlite3.connect(ledger_path(self._home))) as database:
            kept = database.execute("SELECT status, reason, asked_at FROM exchanges WHERE message_ref = ?", (ts,)).fetchall()
        said = [message.body for message in messages]
        sys.stderr.write(f"unanswered in {channel} at {ts}: in the ledger {kept}, in the thread {said}\n")

    async def _ask_on(self) -> None:
        for number in self._left:
            if number in self._kill_at:
                await self._kill()
            asked = self._crowd.ask(f"U{number % 3 + 1}", ("C1", "C2", f"D{number % 3 + 1}")[number % 3], f"question {number}?")
            try:
                async with asyncio.timeout(_ANSWERED_WITHIN_S):
                    await asked.answered.wait()
            except TimeoutError:
                continue  # counted in the end
            await self._vote(asked)

    async def _kill(self) -> None:
        async with self._killing:
            await asyncio.sleep(self._rng.random() / 5)  # at any moment of the answers under way
            self.process.kill()
            await self.process.wait()
            self.process = await slack_child.start(self._home, self._settings)

    async def _vote(self, asked: Asked) -> None:
        message = next(each for each in self._slack.workspace.answers(asked.message.channel, asked.message.ts) if each.buttons)
        assert message.buttons is not None
        up, user = self._rng.random() < 0.7, asked.message.user
        button: Literal["positive_button", "negative_button"] = "positive_button" if up else "negative_button"
        value, _, exchange_id = message.buttons[button]["value"].partition(":")
        if self._rng.random() < 1 / 3:
            self._slack.react(user, message, "+1" if up else "-1")
            self._votes.append(_Vote(exchange_id, value, told=True))
            return
        for _ in range(_CLICKS):
            if await self._slack.click(user, message, button):
                self._votes.append(_Vote(exchange_id, value, told=True))
                return
            await asyncio.sleep(_CLICK_AGAIN_S)
        self._votes.append(_Vote(exchange_id, value, told=False))


def _votes_in(path: Path) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    with closing(sqlite3.connect(path)) as database:
        for exchange_id, value in database.execute("SELECT exchange_id, value FROM votes"):
            kept.setdefault(exchange_id, []).append(value)
    return kept
