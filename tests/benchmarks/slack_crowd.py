"""People in a fake Slack who ask, wait for their answers and vote; and when each of them first saw something."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.instant import ANSWER
from tests.fakes.slack_rules import Args
from tests.fakes.slack_server import FakeSlack
from tests.fakes.slack_workspace import BOT_USER, Posted, Workspace

Thread = tuple[str, str]
_SIGNS = ("assistant.threads.setStatus", "chat.startStream", "chat.postMessage")
_ENDS = ("chat.stopStream", "chat.postMessage", "chat.update")


@dataclass
class Asked:
    """A question: when it was asked, when something of it was first visible and when its answer stood; monotonic seconds."""

    message: Posted
    asked_at: float
    first_sign_at: float | None = None
    answered_at: float | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Crowd:
    """Asks in the workspaces of a fake Slack, and watches the calls that answer."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self.asked: dict[Thread, Asked] = {}
        for workspace in slack.workspaces.values():
            self._watch(workspace)

    def ask(self, user: str, channel: str, text: str) -> Asked:
        """Let a person begin a thread with a question."""
        mention = "" if channel.startswith("D") else f"<@{BOT_USER}> "
        message = self._slack.say(user, channel, f"{mention}{text}")
        # Before the loop turns: no delivery has begun.
        asked = self.asked[channel, message.ts] = Asked(message, time.monotonic())
        return asked

    def answers(self) -> dict[Thread, list[Posted]]:
        """Return what the bot wrote in each thread."""
        found: dict[Thread, list[Posted]] = {thread: [] for thread in self.asked}
        for workspace in self._slack.workspaces.values():
            for message in workspace.messages.values():
                if message.user == BOT_USER:
                    found.setdefault((message.channel, message.thread_ts), []).append(message)
        return found

    def _watch(self, workspace: Workspace) -> None:
        for method in {*_SIGNS, *_ENDS}:
            workspace.methods[method] = self._watched(workspace, method, workspace.methods[method])

    def _watched(self, workspace: Workspace, method: str, call: Callable[[Args], dict[str, Any]]) -> Callable[[Args], dict[str, Any]]:
        def watched(args: Args) -> dict[str, Any]:
            result = call(args)
            channel = str(args.get("channel") or args.get("channel_id"))
            message = workspace.messages.get((channel, str(result.get("ts"))))
            thread_ts = message.thread_ts if message else str(args.get("thread_ts"))
            if asked := self.asked.get((channel, thread_ts)):
                _note(asked, message if method in _ENDS else None, is_sign=method in _SIGNS)
            return result

        return watched


def is_whole(message: Posted) -> bool:
    """Tell whether a message is the answer, no more and no less."""
    return message.body == ANSWER


def _note(asked: Asked, message: Posted | None, *, is_sign: bool) -> None:
    now = time.monotonic()
    if is_sign and asked.first_sign_at is None:
        asked.first_sign_at = now
    if message and message.buttons and is_whole(message) and asked.answered_at is None:
        asked.answered_at = now
        asked.answered.set()
