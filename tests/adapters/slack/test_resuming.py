"""What nobody answers: taken up at the start and every minute, each once, to the person who asked."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.slack.address import Address
from adapters.slack.resuming import Resuming
from bot.errors import TryAgainLater
from bot.exchanges import OpenExchange
from bot.messages import Incoming, Place
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.backend import ScriptedBackend
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import Posted


def open_question(asked: Posted, *, age: timedelta = timedelta(0), address: Address | None = None, team: str = "T0TEAM") -> Incoming:
    """Return what a process accepted that then stopped."""
    place = Place("slack", "mention", f"slack:{team}:{asked.channel}:{asked.ts}", team, asked.channel)
    text = (address or Address("U1", team)).to_text()
    keys = (f"slack:message:{team}:{asked.channel}:{asked.ts}",)
    return Incoming("When?", "U1", place, keys, datetime.now(UTC) - age, message_ref=asked.ts, address=text)


async def test_a_question_taken_up_streams_to_its_asker() -> None:
    """The address says to whom: a restart must not make the answer a lesser one."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        asked = slack.say("U1", "C1", f"{MENTION} When?")
        await stage.engine.accept(open_question(asked))
        async with stage.playing():
            await stage.finished("C1", asked.ts)

        assert slack.calls["chat.startStream"] == 1
        assert slack.workspace.answers("C1", asked.ts)[0].markdown == "Yes. Every six months."


async def test_another_workspaces_questions_wait_for_it() -> None:
    """The team may have removed the app, or be installed on another server."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        asked = slack.say("U1", "C1", "hello")
        await stage.engine.accept(open_question(asked, team="T9"))
        async with stage.playing():
            await asyncio.sleep(0.1)

        assert not slack.workspace.answers("C1", asked.ts)
        assert [kept.reason for kept in stage.memory.kept.values()] == [""]


async def test_every_minute_what_was_left_is_taken_up() -> None:
    """A question that nobody began, and is old enough that nobody is about to."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            old, new = slack.say("U1", "C1", "old"), slack.say("U1", "C1", "new")
            await stage.engine.accept(open_question(old, age=timedelta(minutes=2)))
            await stage.engine.accept(open_question(new))
            assert stage.app is not None
            workspaces = stage.app.workspaces
            assert workspaces is not None
            task = asyncio.create_task(Resuming(stage.memory, workspaces, every_s=0.02).run())
            await stage.finished("C1", old.ts)
            await asyncio.sleep(0.1)
            task.cancel()

        assert len(slack.workspace.answers("C1", old.ts)) == 1
        assert not slack.workspace.answers("C1", new.ts)


async def test_a_database_away_for_a_minute_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The look at what was left is a service beside the answers: it must not end them."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)

        async def away(*_: object, **__: object) -> tuple[OpenExchange, ...]:
            raise TryAgainLater("database is locked")

        async with stage.playing():
            stage.memory.open_exchanges = away  # type: ignore[method-assign]
            assert stage.app is not None
            assert stage.app.workspaces is not None
            task = asyncio.create_task(Resuming(stage.memory, stage.app.workspaces, every_s=0.01).run())
            await slack.until(lambda: "what was left is not taken up" in caplog.text)
            assert not task.done()
            task.cancel()


async def test_what_failed_here_is_not_tried_every_minute() -> None:
    """A bug would otherwise say sorry once a minute for an hour."""

    def broken(request: object) -> list[str]:
        raise ZeroDivisionError("bug")

    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(broken), settings=ALLOWED)
        async with stage.playing():
            old = slack.say("U1", "C1", "old")
            await stage.engine.accept(open_question(old, age=timedelta(minutes=2)))
            assert stage.app is not None
            workspaces = stage.app.workspaces
            assert workspaces is not None
            task = asyncio.create_task(Resuming(stage.memory, workspaces, every_s=0.02).run())
            await slack.until(lambda: slack.workspace.answers("C1", old.ts))
            await asyncio.sleep(0.2)
            task.cancel()

        assert len(slack.workspace.answers("C1", old.ts)) == 1


async def test_what_cannot_be_reached_is_given_up() -> None:
    """Asked by a command, and the address forgotten: there is nowhere to answer."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        place = Place("slack", "slash_command", "slack:T0TEAM:ask:1.2", "T0TEAM")
        await stage.engine.accept(Incoming("When?", "U1", place, ("k",), datetime.now(UTC)))
        async with stage.playing():
            await slack.until(lambda: [kept.reason for kept in stage.memory.kept.values()] == ["user_not_found"])


async def test_a_command_taken_up_finds_its_root() -> None:
    """The answer to `/ask` goes where it was announced."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        place = Place("slack", "slash_command", "slack:T0TEAM:ask:1.2", "T0TEAM")
        address = Address("U1", "T0TEAM").to_text()
        await stage.engine.accept(Incoming("When?", "U1", place, ("k",), datetime.now(UTC), address=address))
        async with stage.playing():
            await slack.until(lambda: any(each.buttons for each in slack.workspace.messages.values()))
            (root,) = [each for each in slack.workspace.messages.values() if each.ts == each.thread_ts]
            again = slack.say("U1", "D1", "And why?", root.ts)
            await stage.finished("D1", root.ts, 2)

        assert (root.channel, again.thread_ts) == ("D1", root.ts)
        assert {kept.question.place.conversation_id for kept in stage.memory.kept.values()} == {"slack:T0TEAM:ask:1.2"}


async def test_a_command_whose_root_found_no_slack_waits_for_the_next_minute() -> None:
    """The question stays open, and is taken up again."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        place = Place("slack", "slash_command", "slack:T0TEAM:ask:1.2", "T0TEAM")
        address, before = Address("U1", "T0TEAM").to_text(), datetime.now(UTC) - timedelta(minutes=2)
        await stage.engine.accept(Incoming("When?", "U1", place, ("k",), before, address=address))
        slack.faults["conversations.open"].append(Fault("broken"))
        async with stage.playing():
            await slack.until(lambda: slack.calls["conversations.open"] == 1)
            assert stage.app is not None
            assert stage.app.workspaces is not None
            task = asyncio.create_task(Resuming(stage.memory, stage.app.workspaces, every_s=0.02).run())
            await slack.until(lambda: any(each.buttons for each in slack.workspace.messages.values()))
            task.cancel()

        assert sum(each.ts == each.thread_ts for each in slack.workspace.messages.values()) == 1
