"""People on a small Discord: they ask in channels, in private and by command, and vote on what they get."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any, Literal

from tests.fakes.discord_server import CHANNEL, ME, DiscordServer

Way = Literal["mention", "direct", "command"]

_LOOK_S = 0.05
_AGAIN_S = 0.5
_TRIES = 60


@dataclass(slots=True)
class Asked:
    """A question: where its answer stands once it is whole, and the vote on it that Discord took."""

    question: str
    way: Way
    channel: int
    person: int
    asked_at: float
    answer: dict[str, Any] | None = None
    vote: Literal["up", "down"] | None = None

    @property
    def exchange_id(self) -> str:
        """The exchange that the answer's buttons name."""
        assert self.answer is not None
        return str(_buttons(self.answer)[0]).rpartition(":")[2]


class Crowd:
    """Everybody who asks; `failed` counts the commands and clicks of which Discord said that they failed."""

    def __init__(self, server: DiscordServer, *, channels: int, seed: int) -> None:
        self.asked: list[Asked] = []
        self.failed = {"command": 0, "click": 0}
        self._server = server
        self._channels = channels
        self._rng = random.Random(seed)

    async def ask(self, number: int) -> Asked:
        """
        Let a person ask: six of ten by mention, three in private, one by command.

        Messages come twice in 10 % of cases and late in 5 %; a command that Discord says failed is given again.
        """
        way: Way = ("mention", "direct", "mention", "command", "mention", "direct", "mention", "mention", "direct", "mention")[number % 10]
        person = 1000 + number % 40
        channel = CHANNEL + number % self._channels if way != "direct" else self._server.direct_channel(person)
        text = f"question {number}?"
        asked = Asked("", way, channel, person, time.monotonic())
        self.asked.append(asked)
        if way == "command":
            asked.question = await self._command(text, asked)
        else:
            delivery: dict[str, Any] = {"times": 2 if self._rng.random() < 0.10 else 1, "late": self._rng.random() < 0.05}
            content = text if way == "direct" else f"<@{ME}> {text}"
            asked.question = await self._server.say(content, channel=channel, person=person, **delivery)
        return asked

    async def wait(self, asked: Asked, *, timeout_s: float) -> bool:
        """Return whether the whole answer came, with its buttons."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            whole = [each for each in self.answers(asked) if _buttons(each)]
            if whole:
                asked.answer = whole[0]
                return True
            await asyncio.sleep(_LOOK_S)
        return False

    async def vote(self, asked: Asked) -> None:
        """Let the person vote, half of them by a thumb beneath the answer, the others by button until Discord takes it."""
        assert asked.answer is not None
        value: Literal["up", "down"] = "up" if self._rng.random() < 0.7 else "down"
        if self._rng.random() < 0.5:
            await self._server.react(asked.answer, "👍" if value == "up" else "👎", person=asked.person)
            asked.vote = value
            return
        for _ in range(_TRIES):
            click = await self._server.click(asked.answer, _buttons(asked.answer)[value == "down"], person=asked.person)
            if await self._server.acknowledged(click):
                asked.vote = value
                return
            self.failed["click"] += 1
            await asyncio.sleep(_AGAIN_S)

    def answers(self, asked: Asked) -> list[dict[str, Any]]:
        """Return the messages that answer a question."""
        return [self._server.everything[each] for each in self._server.replies[asked.question] if each in self._server.everything]

    def strays(self) -> int:
        """Return how many messages of ours answer no question that anybody knows of."""
        answering = {each for asked in self.asked for each in self._server.replies[asked.question]}
        return len(self._server.messages.keys() - answering)

    async def _command(self, text: str, asked: Asked) -> str:
        for _ in range(_TRIES):
            command = await self._server.command("ask", question=text, channel=asked.channel, person=asked.person)
            if await self._server.acknowledged(command):
                return command.interaction_id
            self.failed["command"] += 1
            await asyncio.sleep(_AGAIN_S)
        return command.interaction_id


def _buttons(message: dict[str, Any]) -> list[str]:
    return [button["custom_id"] for row in message["components"] for button in row["components"]]
