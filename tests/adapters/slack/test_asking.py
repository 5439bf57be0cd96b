"""`/ask` and "Answer this": claimed before the acknowledgement, answered once, refused in private."""

from typing import Any

import pytest

from adapters.slack.asking import ANSWERED, COMING, UNREACHED, USAGE, NotAPersons, NotThere
from adapters.slack.blocks import ANSWER_SHORTCUT
from bot.errors import AskedTooOften, EmptyQuestion, TryAgainLater
from bot.messages import Question
from bot.settings import PolicySettings, Settings
from bot.texts import translate
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import BOT_USER, Posted

RARELY = Settings(policy=PolicySettings(per_person_per_minute=1))


def said(slack: FakeSlack, user: str) -> list[str]:
    """Return what was said to a person alone."""
    return [text for _, who, text in slack.workspace.ephemeral if who == user]


def roots(slack: FakeSlack, channel: str) -> list[Posted]:
    """Return our first messages of threads."""
    return [
        each
        for (where, _), each in slack.workspace.messages.items()
        if where == channel and each.user == BOT_USER and each.ts == each.thread_ts
    ]


async def asked(stage: Stage, *, user: str = "U1", channel: str = "D1", text: str = "When is the filter replaced?") -> Posted:
    """Ask by `/ask`, and return the root when its answer stands."""
    slack = stage.slack
    before = len(roots(slack, channel))
    await slack.command(user, "C1", "/ask", text)
    await slack.until(lambda: len(roots(slack, channel)) > before)
    root = roots(slack, channel)[-1]
    await stage.finished(channel, root.ts)
    return root


async def test_a_command_is_answered_in_direct_messages() -> None:
    """Whoever gives it is told at once where the answer comes; nothing is said in the channel."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        root = await asked(stage)

        assert said(stage.slack, "U1")[0] == COMING
        assert root.text == "> When is the filter replaced?"
        answer = stage.slack.workspace.answers("D1", root.ts)[-1]
        assert answer.body == "Yes. Every six months."
        assert stage.slack.calls["chat.startStream"] == 1
        assert not [message for (channel, _), message in stage.slack.workspace.messages.items() if channel == "C1"]
    (kept,) = stage.memory.kept.values()
    assert (kept.question.place.surface, kept.question.person, kept.question.place.channel) == ("slash_command", "slack/U1", "")


async def test_a_reply_in_its_thread_continues_the_conversation() -> None:
    """The root is a post of the exchange: what is said beneath it is said to the same conversation."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        root = await asked(stage)
        stage.slack.say("U1", "D1", "And the pump?", root.ts)
        await stage.finished("D1", root.ts, 2)

    first, second = (kept.question.place for kept in stage.memory.kept.values())
    assert second.conversation_id == first.conversation_id
    assert "When is the filter replaced?" in str(stage.backend.requests[-1].prompt)


@pytest.mark.parametrize(("user", "locale"), [("U1", "en-US"), ("U2", "pt-BR")])
async def test_a_command_without_a_question_tells_how(user: str, locale: str) -> None:
    """In the person's own language, and nothing is kept."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        await stage.slack.command(user, "C1", "/ask", "  ")

    assert said(stage.slack, user) == [translate(locale, USAGE, command="/ask")]
    assert stage.memory.kept == {}


async def test_a_refused_command_is_answered_by_the_sentence() -> None:
    """Emoji alone, or one question too many: the person is told, and only they."""
    stage = Stage(FakeSlack(), settings=RARELY)
    async with stage.slack.serving(), stage.playing():
        await stage.slack.command("U1", "C1", "/ask", "👍")
        await asked(stage)
        await stage.slack.command("U1", "C1", "/ask", "And the pump?")

    told = said(stage.slack, "U1")
    assert told[0] == EmptyQuestion.user_text
    assert told[-1].startswith(AskedTooOften.user_text.partition("{")[0])
    assert len(stage.memory.kept) == 1


class Away(MemoryLedger):
    """A ledger whose database is away."""

    async def claim(self, *_: Any, **__: Any) -> Question | None:
        """Keep nothing."""
        raise TryAgainLater("database")


async def test_a_command_that_cannot_be_kept_is_told_so() -> None:
    """Slack never sends a command again, and its own words for one without an acknowledgement are "app did not respond"."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ledger=Away())
        async with stage.playing():
            assert await slack.command("U2", "C1", "/ask", "Quando?")
            assert await slack.shortcut("U1", slack.say("U3", "C1", "When?"), ANSWER_SHORTCUT)
            await slack.until(lambda: said(slack, "U1"))

        assert said(slack, "U2") == [translate("pt-BR", TryAgainLater.user_text)]
        assert said(slack, "U1") == [TryAgainLater.user_text]


async def test_a_command_delivered_twice_is_answered_once() -> None:
    """Its trigger tells it from the next one with the same words."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        payload: dict[str, Any] = {"command": "/ask", "text": "When?", "user_id": "U1", "team_id": "T0TEAM", "trigger_id": "1.2.u1"}
        first = await stage.slack.interact("slash_commands", {**payload, "channel_id": "C1"})
        second = await stage.slack.interact("slash_commands", {**payload, "channel_id": "C1"})
        await stage.slack.until(lambda: roots(stage.slack, "D1"))
        await stage.finished("D1", roots(stage.slack, "D1")[0].ts)

    assert first is not None
    assert second is not None
    assert (bool(first.payload), bool(second.payload)) == (True, False)
    assert len(stage.memory.kept) == len(roots(stage.slack, "D1")) == 1


async def test_a_person_without_direct_messages_ends_the_question() -> None:
    """It is not tried for ever, and they are told where they asked."""
    stage = Stage(FakeSlack())
    stage.slack.always["conversations.open"] = Fault("error", "user_disabled")
    async with stage.slack.serving(), stage.playing():
        await stage.slack.command("U1", "C1", "/ask", "When?")
        await stage.slack.until(lambda: UNREACHED in said(stage.slack, "U1"))

    (kept,) = stage.memory.kept.values()
    assert kept.reason == "user_disabled"


async def test_a_chosen_message_is_answered_in_its_thread() -> None:
    """The words are their author's, the wish is the chooser's."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.say("U2", "C1", "Does anybody know when the filter is replaced?")
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.finished("C1", message.ts)

    (kept,) = stage.memory.kept.values()
    assert (kept.question.place.surface, kept.question.person) == ("shortcut", "slack/U2")
    assert said(stage.slack, "U1") == []  # nor is anybody asked for consent to another's words


async def test_a_message_is_answered_once_however_often_it_is_chosen() -> None:
    """Whoever chooses it again is told where to look; so is whoever chooses a mention that was answered."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.say("U2", "C1", f"{MENTION} When is the filter replaced?")
        await stage.finished("C1", message.ts)
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.slack.until(lambda: said(stage.slack, "U1"))

    assert said(stage.slack, "U1") == [ANSWERED]
    assert len(stage.memory.kept) == 1


async def test_a_message_where_we_are_not_can_be_chosen_again() -> None:
    """Shortcuts work in any conversation: whoever chose it is told to invite us, and the message is not used up."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.say("U2", "C1", "When is the filter replaced?")
        stage.slack.workspace.troubles["C1"] = "not_in_channel"
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.slack.until(lambda: said(stage.slack, "U1"))
        del stage.slack.workspace.troubles["C1"]
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.finished("C1", message.ts)

    assert said(stage.slack, "U1") == [NotThere.user_text]


async def test_a_message_is_answered_where_slack_does_not_say_whether_we_are_there() -> None:
    """The look is a courtesy: its budget may be spent, or Slack slow."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    stage.slack.always["conversations.replies"] = Fault("error", "missing_scope")
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.say("U2", "C1", "When is the filter replaced?")
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.finished("C1", message.ts)

    assert said(stage.slack, "U1") == []


async def test_a_bots_message_is_refused_in_private() -> None:
    """Ours, for one: an answer to an answer helps nobody."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        root = await asked(stage)
        await stage.slack.shortcut("U3", root, ANSWER_SHORTCUT)
        await stage.slack.until(lambda: said(stage.slack, "U3"))

    assert said(stage.slack, "U3") == [NotAPersons.user_text]


async def test_a_message_of_slacks_own_is_refused_in_private() -> None:
    """That somebody joined is nobody's question, though it bears their name."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.say("U2", "C1", "has joined the channel", subtype="channel_join")
        message.subtype = "channel_join"
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.slack.until(lambda: said(stage.slack, "U1"))

    assert said(stage.slack, "U1") == [NotAPersons.user_text]


async def test_a_chosen_messages_file_is_read() -> None:
    """It came with the words that are the question."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.upload("U2", "C1", "When is lunch?", "plan.txt", b"Lunch is at noon.")
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.finished("C1", message.ts)

    assert "Lunch is at noon." in str(stage.backend.requests[-1].prompt)


async def test_a_message_without_words_is_refused_in_private() -> None:
    """The chooser is told, not its author; through the channel where the response_url is dead."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        message = stage.slack.say("U2", "C1", "🎉🎉")
        stage.slack.responses.life_s = -1
        await stage.slack.shortcut("U1", message, ANSWER_SHORTCUT)
        await stage.slack.until(lambda: said(stage.slack, "U1"))

    assert said(stage.slack, "U1") == [EmptyQuestion.user_text]
    assert said(stage.slack, "U2") == []


async def test_a_crash_before_the_root_costs_no_question() -> None:
    """The claim is committed before the acknowledgement; the next start finds it open and answers."""
    stage = Stage(FakeSlack(), ScriptedBackend(("Yes. ", "Every six ", "months.")))
    stage.slack.always["conversations.open"] = Fault("broken")
    async with stage.slack.serving():
        async with stage.playing():
            await stage.slack.command("U1", "C1", "/ask", "When is the filter replaced?")
        stage.slack.always.clear()
        async with stage.playing():
            await stage.slack.until(lambda: roots(stage.slack, "D1"))
            await stage.finished("D1", roots(stage.slack, "D1")[0].ts)

    assert len(roots(stage.slack, "D1")) == 1


async def test_a_crash_beneath_the_root_costs_no_answer() -> None:
    """The root is known, the thread is read, and the answer stands once."""
    stage = Stage(FakeSlack(), ScriptedBackend(("Yes. ", "Every six ", "months."), delay_s=30))
    async with stage.slack.serving():
        async with stage.playing():
            await stage.slack.command("U1", "C1", "/ask", "When is the filter replaced?")
            await stage.slack.until(lambda: stage.backend.running)
        stage.backend.delay_s = 0
        async with stage.playing():
            await stage.finished("D1", roots(stage.slack, "D1")[0].ts)

    assert len(roots(stage.slack, "D1")) == 1
    assert [each.body for each in stage.slack.workspace.answers("D1", roots(stage.slack, "D1")[0].ts)[1:]] == ["Yes. Every six months."]
