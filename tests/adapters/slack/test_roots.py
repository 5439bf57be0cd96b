"""The message under which `/ask` is answered: posted once, whatever is lost and whenever the process died."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from adapters.slack import roots
from adapters.slack.address import Address
from adapters.slack.faults import SlackRefused, SlackSilent
from adapters.slack.roots import ROOT_PART, command_conversation, in_command, root_text, spot_of
from adapters.slack.web import SlackWeb
from bot.exchanges import Rights
from bot.messages import Place, Question, Surface
from tests.fakes.ledger import MemoryLedger
from tests.fakes.slack_rules import METHODS
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import BOT_USER, Posted

ADDRESS = Address("U1", "T0TEAM")
CONVERSATION = command_conversation("T0TEAM", "1.2.u1")


class Asked:
    """A question of `/ask`, accepted, with everything behind it."""

    def __init__(self, slack: FakeSlack, web: SlackWeb) -> None:
        self.slack, self.web, self.ledger = slack, web, MemoryLedger()
        self.question = question("01ASKED")

    async def accepted(self) -> "Asked":
        """Claim it."""
        await self.ledger.claim(self.question, keys=["k"], rights=Rights("slack", "slash_command", "consent"))
        return self

    async def spot(self, address: Address | None = ADDRESS) -> Any:
        """Look for where its answer goes."""
        return await spot_of(self.question, "", address, self.web, self.ledger)

    @property
    def roots(self) -> list[Posted]:
        """What stands in the person's direct messages."""
        return [message for (channel, _), message in self.slack.workspace.messages.items() if channel == "D1" and message.user == BOT_USER]


def question(exchange_id: str, *, surface: Surface = "slash_command", conversation: str = CONVERSATION, channel: str = "") -> Question:
    place = Place("slack", surface, conversation, "T0TEAM", channel)
    return Question(exchange_id, "When?\n<!channel> & all", "slack/U1", place, "employees", datetime.now(UTC), "en-US")


@asynccontextmanager
async def asking(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asked]:
    slack = FakeSlack()

    def history(args: dict[str, Any]) -> dict[str, Any]:
        later = [each for each in slack.workspace.messages.values() if each.channel == args["channel"] and each.ts > args["oldest"]]
        return {"messages": [each.as_json() for each in later]}

    # https://docs.slack.dev/reference/methods/conversations.history
    monkeypatch.setitem(METHODS, "conversations.history", (("channel",), "im:history", 50))
    monkeypatch.setattr(roots, "_PAUSE_S", 0.01)
    slack.workspace.methods["conversations.history"] = history
    async with slack.serving(), aiohttp.ClientSession() as session:
        yield await Asked(slack, SlackWeb(slack.settings, session)).accepted()


async def test_the_question_stands_in_the_persons_direct_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer streams into the thread beneath it, and a reply there is known as one to this exchange."""
    async with asking(monkeypatch) as asked:
        spot = await asked.spot()

    assert [root.text for root in asked.roots] == ["> When?\n> &lt;!channel&gt; &amp; all"]
    assert (spot.channel, spot.thread_ts, spot.asked_ts) == ("D1", asked.roots[0].ts, asked.roots[0].ts)
    assert (spot.user, spot.team, spot.locale) == ("U1", "T0TEAM", "en-US")
    assert await asked.ledger.exchange_of("slack", channel="D1", message_ref=spot.thread_ts) == "01ASKED"
    assert asked.slack.workspace.pings == []


async def test_a_known_root_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart the ledger knows it; the person's address may be long forgotten."""
    async with asking(monkeypatch) as asked:
        first = await asked.spot()
        calls = asked.slack.calls.total()
        second = await asked.spot(None)

        assert (second.channel, second.thread_ts) == (first.channel, first.thread_ts)
        assert asked.slack.calls.total() == calls


async def test_a_root_that_was_posted_before_the_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the post and the note of it the process may die: the metadata tells that it is there."""
    async with asking(monkeypatch) as asked:
        first = await asked.spot()
        asked.ledger.kept["01ASKED"].posts[ROOT_PART] = ("", "")
        second = await asked.spot()

    assert first == second
    assert len(asked.roots) == 1


async def test_a_root_that_was_only_intended_is_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died between the intent and the post."""
    async with asking(monkeypatch) as asked:
        await asked.ledger.intend_post("01ASKED", part=ROOT_PART)
        await asked.spot()

    assert len(asked.roots) == 1


@pytest.mark.parametrize("kind", ["lost", "broken"])
async def test_a_post_whose_reply_is_lost_is_looked_for(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    """Carried out or not, one root stands in the end."""
    async with asking(monkeypatch) as asked:
        asked.slack.faults["chat.postMessage"].append(Fault(kind))
        spot = await asked.spot()

    assert [root.ts for root in asked.roots] == [spot.thread_ts]


async def test_a_silent_slack_is_an_error_and_no_second_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question stays open and is taken up when Slack speaks again."""
    async with asking(monkeypatch) as asked:
        asked.slack.always["chat.postMessage"] = Fault("broken")
        with pytest.raises(SlackSilent):
            await asked.spot()
        asked.slack.always.clear()
        await asked.spot()

    assert len(asked.roots) == 1


async def test_nobody_to_answer_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address there is nobody whose direct messages could be opened."""
    async with asking(monkeypatch) as asked:
        with pytest.raises(SlackRefused):
            await asked.spot(None)


async def test_a_reply_beneath_the_root_is_answered_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to the conversation of `/ask`, whose name says nothing of the thread: Slack does."""
    async with asking(monkeypatch) as asked:
        root = await asked.spot()
        said = asked.slack.say("U1", "D1", "And the pump?", root.thread_ts)
        reply = question("01REPLY", surface="direct_message", channel="D1")
        spot = await spot_of(reply, said.ts, ADDRESS, asked.web, asked.ledger)

    assert (spot.channel, spot.thread_ts, spot.asked_ts) == ("D1", root.thread_ts, said.ts)


async def test_any_other_question_is_answered_in_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its conversation is named for the thread."""
    async with asking(monkeypatch) as asked:
        mention = question("01MENTION", surface="mention", conversation="slack:T0TEAM:C1:5.5", channel="C1")
        spot = await spot_of(mention, "6.6", None, asked.web, asked.ledger)

    assert (spot.channel, spot.thread_ts, spot.asked_ts, spot.user) == ("C1", "5.5", "6.6", "")
    assert not in_command(mention.place)


def test_a_long_question_is_quoted_in_part() -> None:
    """Escaping lengthens a text: the quotation must fit what Slack takes all the same."""
    assert len(root_text("&" * 8_000)) < 40_000
    assert root_text("a\n\nb") == "> a\n> \n> b"
