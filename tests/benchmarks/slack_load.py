"""A fake Slack in a process of its own, with people who ask as fast as they are answered; limits off."""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from tests.fakes.slack_rules import Args
from tests.fakes.slack_server import FakeSlack
from tests.fakes.slack_workspace import BOT_USER, Posted


@dataclass(frozen=True, slots=True)
class Load:
    """What a round brought: answers, seconds, and Slack calls per method."""

    answers: int
    seconds: float
    calls: dict[str, int]


class Crowd:
    """People in threads of their own, each asking the next question when the last answer stands with its buttons."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._answered: dict[str, asyncio.Event] = {}
        stop = slack.workspace.methods["chat.stopStream"]

        def stopped(args: Args) -> dict[str, Any]:
            done = stop(args)
            message = slack.workspace.messages[args["channel"], args["ts"]]
            if message.buttons:
                self._answered[message.thread_ts].set()
            return done

        slack.workspace.methods["chat.stopStream"] = stopped

    async def ask(self, *, people: int, turns: int) -> Load:
        """Let *people* ask *turns* questions each."""
        before, began = Counter(self._slack.calls), time.perf_counter()
        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            for person in range(people):
                group.create_task(self._converse(f"U{person % 3 + 1}", turns))
        seconds = time.perf_counter() - began
        self._slack.workspace.messages.clear()
        self._slack.deliveries.clear()
        return Load(people * turns, seconds, dict(self._slack.calls - before))

    async def _converse(self, user: str, turns: int) -> None:
        root: Posted | None = None
        for turn in range(turns):
            # Of an earlier message only its timestamp matters; the event is set before any answer can come.
            said = self._slack.say(user, "C1", f"<@{BOT_USER}> When do I change the filter, turn {turn}?", root.ts if root else "")
            root = root or said
            answered = self._answered[root.ts] = asyncio.Event()
            await answered.wait()


async def main() -> None:
    """Print the port, then a `Load` for each line `people turns` on standard input."""
    async with FakeSlack().serving() as slack:
        slack.workspace.agents.declared = False  # sessions are offered by their budget, not for every answer
        crowd = Crowd(slack)
        sys.stdout.write(f"{slack.port}\n")
        sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            people, turns = map(int, line.split())
            sys.stdout.write(f"{json.dumps(asdict(await crowd.ask(people=people, turns=turns)))}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
