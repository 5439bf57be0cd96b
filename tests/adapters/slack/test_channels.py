"""Which channels are private: what events tell, what Slack is asked, and that whoever is not told takes the safe side."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.slack import channels as module
from adapters.slack.blocks import ANSWER_SHORTCUT
from adapters.slack.channels import Channels
from adapters.slack.faults import SlackSilent
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.slack_server import FakeSlack

PUBLIC = {"is_channel": True, "is_im": False, "is_mpim": False, "is_private": False}


class Slack:
    """Channels that count how often they are asked for; silent where `silent`."""

    def __init__(self, told: Mapping[str, Any] = PUBLIC) -> None:
        self.told = told
        self.asked: list[str] = []
        self.silent = False

    async def __call__(self, channel: str) -> Mapping[str, Any]:
        self.asked.append(channel)
        if self.silent:
            raise SlackSilent("503")
        return self.told


@pytest.mark.parametrize(("kind", "private"), [("channel", False), ("group", True), ("im", True), ("mpim", True), ("canvas", True)])
async def test_what_an_event_tells_is_taken_and_remembered(kind: str, private: bool) -> None:
    """A mention's own event tells nothing, but the message beside it does; a kind that nobody knows may be private."""
    slack = Slack()
    channels = Channels(slack)

    assert await channels.is_private("C1", kind) is private
    assert await channels.is_private("C1") is private
    assert slack.asked == []


@pytest.mark.parametrize(
    ("told", "private"),
    [
        (PUBLIC, False),
        ({**PUBLIC, "is_private": True}, True),
        ({**PUBLIC, "is_mpim": True}, True),
        ({**PUBLIC, "is_im": True}, True),
        ({"is_channel": True}, True),
        ({}, True),
    ],
)
async def test_slack_is_asked_where_no_event_tells(told: Mapping[str, Any], private: bool) -> None:
    """Once in five minutes: a public channel can be made private."""
    now = [0.0]
    slack = Slack(told)
    channels = Channels(slack, clock=lambda: now[0])

    assert [await channels.is_private("C1"), await channels.is_private("C1")] == [private, private]
    assert slack.asked == ["C1"]
    now[0] = 301
    await channels.is_private("C1")
    assert slack.asked == ["C1", "C1"]


async def test_a_direct_message_is_known_by_its_id() -> None:
    """No call for what is plain."""
    slack = Slack()

    assert await Channels(slack).is_private("D1")
    assert slack.asked == []


async def test_silence_means_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """What might be private must not train; the acknowledgement does not wait either."""
    slack = Slack()
    slack.silent = True
    assert await Channels(slack).is_private("C1")

    async def never(_: str) -> Mapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(module, "_TIMEOUT_S", 0.01)
    assert await Channels(never).is_private("C1")


async def test_a_change_that_an_event_tells_counts_at_once() -> None:
    """Whoever makes a channel private means it now."""
    channels = Channels(Slack())
    await channels.is_private("C1")

    assert await channels.is_private("C1", "group")
    assert await channels.is_private("C1")


async def test_questions_carry_whether_their_place_is_private() -> None:
    """By mention, in a private channel, in a group, directly, by command and by "Answer this"."""
    async with FakeSlack().serving() as slack:
        slack.workspace.channels |= {"G1": "group", "G2": "mpim"}
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            for channel in ("C1", "G1", "G2", "D1"):
                asked = slack.say("U1", channel, f"{MENTION} When is the filter replaced?")
                await stage.finished(channel, asked.ts)
            for channel in ("C2", "G1"):
                chosen = slack.say("U1", channel, "How long does the pump run?")
                await slack.shortcut("U2", chosen, ANSWER_SHORTCUT)
                await stage.finished(channel, chosen.ts)
            await slack.command("U3", "C1", "/ask", "When is the filter replaced?")
            await slack.until(lambda: len(stage.memory.kept) == 7)

        places = [kept.question.place for kept in stage.memory.kept.values()]
        assert [(place.surface, place.channel, place.private) for place in places] == [
            ("mention", "C1", False),
            ("mention", "G1", True),
            ("mention", "G2", True),
            ("direct_message", "D1", True),
            ("shortcut", "C2", False),
            ("shortcut", "G1", True),
            ("slash_command", "", True),
        ]
        assert [kept.scope for kept in stage.memory.kept.values()][:4] == ["", "channel:slack:G1", "channel:slack:G2", "channel:slack:D1"]
