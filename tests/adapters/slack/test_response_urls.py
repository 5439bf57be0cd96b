"""Answers to what a person did: at Slack's own addresses alone, in the channel where those are dead, and never a crash."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from adapters.slack.events import Spot
from adapters.slack.response_urls import respond, tell_privately
from adapters.slack.web import SlackWeb
from tests.fakes.slack_server import FakeSlack, Fault

SPOT = Spot("C1", "1.0", "", user="U1")


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[FakeSlack, SlackWeb, str]]:
    slack = FakeSlack()
    async with slack.serving(), aiohttp.ClientSession() as session:
        slack.say("U1", "C1", "Hello")
        yield slack, SlackWeb(slack.settings, session), slack.responses.new(slack.workspace, "U1", "C1")


async def test_a_sentence_comes_by_the_response_url() -> None:
    """It works in conversations that we are not in, too; markup of whatever stands in the sentence is none."""
    async with talking() as (slack, web, url):
        await tell_privately(web, SPOT, "Read <!channel> & laugh", response_url=url)

        assert slack.workspace.ephemeral == [("C1", "U1", "Read &lt;!channel&gt; &amp; laugh")]
        assert slack.calls["chat.postEphemeral"] == 0


async def test_a_dead_response_url_is_made_up_for_in_the_channel() -> None:
    """It is good for 30 minutes and five answers; the sentence is worth a message."""
    async with talking() as (slack, web, url):
        slack.responses.life_s = -1
        await tell_privately(web, SPOT, "Thank you", response_url=url)

        assert slack.workspace.ephemeral == [("C1", "U1", "Thank you")]
        assert slack.calls["chat.postEphemeral"] == 1


@pytest.mark.parametrize("spot", [SPOT, Spot("", "", "", user="U1")])
async def test_where_slack_takes_nothing_nothing_is_said(spot: Spot) -> None:
    """No channel, or one that we may not write to: a courtesy is not worth an error."""
    async with talking() as (slack, web, _):
        slack.always["chat.postEphemeral"] = Fault("error", "not_in_channel")
        await tell_privately(web, spot, "Thank you", response_url="")

        assert slack.workspace.ephemeral == []


async def test_a_strangers_address_is_not_called() -> None:
    """A payload could name any; nothing of ours is sent there."""
    async with talking() as (_, web, _):
        assert not await respond(web, "http://127.0.0.1:1/actions/1", {"text": "x"})


async def test_silence_is_no_crash() -> None:
    """Slack may be gone for a moment."""
    async with talking() as (slack, web, url):
        with slack.down():
            assert not await respond(web, url, {"text": "x"})
    async with aiohttp.ClientSession() as session:
        assert not await respond(SlackWeb(slack.settings, session), url, {"text": "x"})
