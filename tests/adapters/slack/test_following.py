"""What people do to a question after they asked it: edit, delete, stop; and what becomes of the place meanwhile."""

import asyncio
from typing import Any

import pytest

from adapters.slack.faults import NotPosted
from bot.messages import Generation
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.backend import ScriptedBackend
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import TEAM, Posted


def slow(pieces: int = 200, delay_s: float = 0.05) -> ScriptedBackend:
    return ScriptedBackend(["word. "] * pieces, delay_s=delay_s)


async def begun(slack: FakeSlack, channel: str = "C1", user: str = "U1") -> Posted:
    """Ask, and wait until the answer is being written."""
    asked = slack.say(user, channel, f"{MENTION} Tell me all")
    await slack.until(lambda: slack.workspace.answers(channel, asked.ts))
    return asked


def kept(stage: Stage) -> list[Any]:
    return list(stage.memory.kept.values())


async def test_an_edit_is_followed() -> None:
    """The ledger must not keep words that their author took back; a link's preview is no edit."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await stage.finished("C1", asked.ts)
            slack.unfurl(asked)
            slack.edit(asked, f"{MENTION} When, and how, Person U1?")
            await slack.until(lambda: kept(stage)[0].question.text == "When, and how, [NAME_1]?")
            count = len(slack.deliveries)
            slack.edit(slack.workspace.answers("C1", asked.ts)[0], "Ours, changed by whomever")
            slack.edit(slack.say("U3", "C1", "Talking to others"), "Talking to other people")
            await slack.until(lambda: len(slack.deliveries) >= count + 3)

        assert kept(stage)[0].question.text == "When, and how, [NAME_1]?"
        assert slack.calls["users.info"] == 1
        assert len(kept(stage)) == 1
        assert all(acknowledged for _, _, acknowledged in slack.deliveries)


async def test_a_deleted_question_is_forgotten() -> None:
    """Its answer was given and stays; its words go."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await stage.finished("C1", asked.ts)
            slack.delete(asked)
            await slack.until(lambda: "When" not in kept(stage)[0].question.text)


async def test_a_question_deleted_meanwhile_ends_its_answer() -> None:
    """The model stops, what was posted goes, nothing more comes; the others are answered."""
    async with FakeSlack().serving() as slack:
        backend = slow()
        stage = Stage(slack, backend, settings=ALLOWED)
        async with stage.playing():
            asked = await begun(slack)
            slack.delete(asked)
            await slack.until(lambda: backend.running == 0)
            await slack.until(lambda: not slack.workspace.answers("C1", asked.ts))
            backend.script = ["Here."]
            other = slack.say("U2", "C1", f"{MENTION} And me?")
            await stage.finished("C1", other.ts)
            await asyncio.sleep(0.1)

        assert not slack.workspace.answers("C1", asked.ts)


async def test_a_question_deleted_in_the_last_moment_takes_its_answer_along() -> None:
    """The answer may be complete and still on its way to Slack."""
    async with FakeSlack().serving() as slack:
        slack.faults["chat.stopStream"].append(Fault("throttle", retry_after_s=1))
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.calls["chat.stopStream"])
            slack.delete(asked)
            await slack.until(lambda: slack.calls["chat.delete"])
            await slack.until(lambda: not stage.vault.values)

        assert not slack.workspace.answers("C1", asked.ts)


def overtaken(slack: FakeSlack, text: str) -> tuple[Posted, dict[str, Any]]:
    """Return a message that nobody was told of yet, and the event that tells of it."""
    workspace = slack.workspace
    ts = workspace.new_ts()
    message = workspace.messages["C1", ts] = Posted("C1", ts, "U1", ts, text)
    return message, {"type": "app_mention", "user": "U1", "text": text, "ts": ts, "channel": "C1", "team": TEAM, "event_ts": ts}


async def test_a_deletion_that_overtakes_its_question_leaves_nothing_to_answer() -> None:
    """A question that is sent again, because nobody acknowledged it, comes minutes after it was taken back."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            message, event = overtaken(slack, f"{MENTION} When?")
            slack.delete(message)
            await slack.until(lambda: slack.deliveries)
            slack.workspace.announce(event)
            await slack.until(lambda: len(slack.deliveries) == 2)

        assert not stage.memory.kept


async def test_an_edit_that_overtakes_its_question_is_followed() -> None:
    """Slack keeps no order; the words that were taken back must not be those that are kept."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            message, event = overtaken(slack, f"{MENTION} When?")
            slack.edit(message, f"{MENTION} When, and how?")
            await slack.until(lambda: slack.deliveries)
            slack.workspace.announce(event)
            await stage.finished("C1", message.ts)

        assert kept(stage)[0].question.text == "When, and how?"


async def test_the_newest_thousand_edits_are_remembered() -> None:
    """Most are of messages that were no questions and never will be."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            message, event = overtaken(slack, f"{MENTION} When?")
            slack.edit(message, f"{MENTION} When, and how?")
            await slack.until(lambda: slack.deliveries)
            for _ in range(1_000):
                slack.workspace.remove(slack.workspace.keep(Posted("C1", ts := slack.workspace.new_ts(), "U3", ts, "Idle talk")))
            await slack.until(lambda: len(slack.deliveries) == 2_001, seconds=60)
            slack.workspace.announce(event)
            await stage.finished("C1", message.ts)

        assert kept(stage)[0].question.text == "When?"


async def test_an_answer_that_cannot_be_taken_away_stays() -> None:
    """A workspace may forbid it: one line in the log, no crash."""
    async with FakeSlack().serving() as slack:
        backend = slow()
        slack.always["chat.delete"] = Fault("error", "cant_delete_message")
        stage = Stage(slack, backend, settings=ALLOWED)
        async with stage.playing():
            asked = await begun(slack)
            slack.delete(asked)
            await slack.until(lambda: slack.calls["chat.delete"])
            await slack.until(lambda: not stage.vault.values)

        assert backend.running == 0


async def test_the_stop_button_keeps_what_was_said() -> None:
    """Whoever asked has read enough: the model stops, the message says so, the session ends."""
    async with FakeSlack().serving() as slack:
        backend = slow()
        stage = Stage(slack, backend, settings=ALLOWED)
        async with stage.playing():
            asked = await begun(slack)
            await slack.until(lambda: slack.workspace.agents.sessions)
            slack.stop_session("U1", "C1", asked.ts)
            await slack.until(lambda: backend.running == 0)
            await slack.until(lambda: "Stopped." in slack.workspace.answers("C1", asked.ts)[0].shown)
            await slack.until(lambda: slack.workspace.agents.sessions["C1", asked.ts].states == ["processing", "active"])

        (answer,) = slack.workspace.answers("C1", asked.ts)
        assert answer.body.startswith("word")
        assert answer.buttons is None
        assert kept(stage)[0].reason == "left"


async def test_a_session_that_nobody_works_in_is_ended_by_its_button() -> None:
    """A crash leaves the button; pressing it must do something."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            asked = slack.say("U1", "C1", "hello")
            slack.workspace.agents.set_state("C1", asked.ts, "processing")
            slack.stop_session("U1", "C1", asked.ts)
            await slack.until(lambda: slack.workspace.agents.sessions["C1", asked.ts].states == ["processing", "active"])


async def test_others_cannot_stop_it() -> None:
    """In a channel everybody sees the button; the answer is the asker's."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, slow(12), settings=ALLOWED)
        async with stage.playing():
            asked = await begun(slack)
            count = len(slack.deliveries)
            slack.stop_session("U2", "C1", asked.ts)
            await slack.until(lambda: len(slack.deliveries) > count)
            await stage.finished("C1", asked.ts)

        assert slack.workspace.answers("C1", asked.ts)[0].body == ("word. " * 12).rstrip()


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("trouble", ["is_archived", "not_in_channel", "channel_not_found"])
async def test_a_channel_that_goes_ends_the_answer_quietly(trouble: str, streaming: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Archived, deleted, kicked out: the model stops, the ledger knows why, the operator reads one line."""
    async with FakeSlack().serving() as slack:
        backend = slow(2_000)
        stage = Stage(slack, backend, settings=ALLOWED)
        async with stage.playing(slack.settings.model_copy(update={"streaming": streaming})) as task:
            await begun(slack)
            slack.workspace.troubles["C1"] = trouble
            await slack.until(lambda: backend.running == 0)
            await slack.until(lambda: kept(stage)[0].reason == trouble)
            backend.script = ["Here."]
            other = slack.say("U2", "C2", f"{MENTION} And me?")
            await stage.finished("C2", other.ts)
            assert not task.done()

        assert [record.message for record in caplog.records].count("answer given up") == 1
        (told,) = (message.text for (where, _), message in slack.workspace.messages.items() if where == "D1")
        assert told == f"<#C1>: {NotPosted.user_text}"


async def test_a_thread_that_takes_nothing_is_told_to_the_asker_alone() -> None:
    """Somebody locked or deleted it: the person waits for an answer that has no place."""
    async with FakeSlack().serving() as slack:
        backend = slow(3)
        stage = Stage(slack, backend, settings=ALLOWED)
        for method in ("chat.startStream", "chat.postMessage"):
            slack.always[method] = Fault("error", "restricted_action_thread_locked")
        async with stage.playing():
            slack.say("U2", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.whispered)

        assert slack.workspace.whispered[0][:2] == ("C1", "U2")
        assert kept(stage)[0].reason == "restricted_action_thread_locked"


async def test_a_slack_away_for_a_while_gets_the_answer_when_it_is_back() -> None:
    """Minutes of 503 in the middle of an answer: it waits, nobody spins, and it is there once and whole."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, slow(10, 0.02), settings=ALLOWED)
        async with stage.playing():
            await stage.finished("C2", slack.say("U2", "C2", f"{MENTION} Warm up").ts)
            with slack.down():
                asked = slack.say("U1", "C1", f"{MENTION} When?")
                later = slack.say("U1", "C1", f"{MENTION} And then?")
                await asyncio.sleep(11)
                calls = slack.calls.total()
                await asyncio.sleep(2)
                assert slack.calls.total() - calls < 10
            await stage.finished("C1", asked.ts, seconds=60)
            await stage.finished("C1", later.ts, seconds=60)

        for each in (asked, later):
            assert [answer.body for answer in slack.workspace.answers("C1", each.ts)] == [("word. " * 10).rstrip()]


async def test_the_first_sign_comes_at_once_and_goes_with_the_answer() -> None:
    """Slow models: a person must see within half a second that they were heard."""

    def script(request: Generation) -> list[str]:
        return ["word. "] * 3

    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(script, delay_s=0.5), settings=ALLOWED)
        async with stage.playing():
            asked = slack.say("U2", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.agents.statuses, seconds=1)
            await stage.finished("C1", asked.ts)

        (status,) = slack.workspace.agents.statuses
        assert len(status.loading_messages) == 3
        assert slack.workspace.agents.sessions["C1", asked.ts].states == ["processing", "active"]


async def test_an_app_that_is_no_agent_is_not_one_twice() -> None:
    """What the workspace does not offer is asked for once."""
    async with FakeSlack().serving() as slack:
        slack.workspace.agents.declared = False
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            for _ in range(3):
                await stage.finished("C1", slack.say("U1", "C1", f"{MENTION} When?").ts)

        assert slack.calls["agents.sessions.setStatus"] == 1
        assert slack.calls["assistant.threads.setStatus"] == 3
