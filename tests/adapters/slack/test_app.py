"""The Slack adapter with real Bolt against a fake Slack: every question answered once in its place, every vote kept."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.chat_settings import Access, SlackSettings
from bot.errors import Misconfigured
from bot.messages import Generation, Incoming, Place, Question
from bot.settings import RightsSettings, Settings
from store.database import migrate, open_database
from store.ledger import SqlLedger
from store.sealing import Sealer
from tests.adapters.slack.stage import MENTION, Stage
from tests.fakes.backend import ScriptedBackend, question_of
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, FakeSlack, Fault

# Reads files, so not inside a loop.
LISTED = Settings(rights=RightsSettings(slack="allow"), slack=SlackSettings(access=Access(allow_groups=("S1",))))


def quick() -> FakeSlack:
    """Return a Slack that does not wait long for an acknowledgement."""
    return FakeSlack(ack_timeout_s=0.3, retry_after_s=(0.0, 0.1, 0.1))


async def test_a_mention_is_answered_once_in_its_thread() -> None:
    """The main path: a mention arrives as two events and gets one answer, with its source and rating buttons."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When do I change the filter?")
            await stage.finished("C1", asked.ts)
            await asyncio.sleep(0.2)

        answers = slack.workspace.answers("C1", asked.ts)
        assert [answer.body for answer in answers] == ["Yes. Every six months."]
        assert "https://example.com/filters.md" in answers[0].shown
        assert len(stage.backend.requests) == 1
        assert question_of(stage.backend.requests[0]) == "When do I change the filter?"
        assert not slack.refused


def echo(request: Generation) -> list[str]:
    """Answer with what was asked, so that a stray answer shows."""
    return ["Re: ", question_of(request), "."]


async def converse(slack: FakeSlack, stage: Stage, number: int) -> None:
    """Hold a thread of three turns, and vote on each answer: by button, by the other button, by a reaction."""
    user, channel = f"U{number % 3 + 1}", ("C1", "C2", "D1")[number % 3]
    root = slack.say(user, channel, f"{MENTION} question {number} turn 0")
    await stage.finished(channel, root.ts, 1, seconds=60)
    for turn in (1, 2):
        slack.say(user, channel, f"question {number} turn {turn}", root.ts)
        await stage.finished(channel, root.ts, turn + 1, seconds=60)
    first, second, third = slack.workspace.answers(channel, root.ts)
    assert await slack.click(user, first, "positive_button")
    assert await slack.click("U2", second, "negative_button")
    slack.react("U3", third, "+1::skin-tone-3")
    texts = [message.body.replace("Re: ", "") for message in slack.workspace.thread(channel, root.ts)]
    assert texts[1::2] == [f"question {number} turn {turn}." for turn in range(3)]


async def test_thirty_threads_of_three_turns_are_answered_in_their_places() -> None:
    """Many people ask at once: no answer may be lost, doubled or land in another's thread, and no vote may be lost."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(echo, delay_s=0.002))

        def votes() -> list[str]:
            return sorted(vote[0] for kept in stage.memory.kept.values() for vote in kept.votes.values())

        async with stage.playing():
            async with asyncio.TaskGroup() as group:
                for number in range(30):
                    group.create_task(converse(slack, stage, number))
            await slack.until(lambda: len(votes()) >= 90)

        assert len(stage.memory.kept) == 90
        assert votes() == ["down"] * 30 + ["up"] * 60
        assert not slack.refused
        assert all(acknowledged for _, _, acknowledged in slack.deliveries)


async def test_a_real_ledger_keeps_every_answer_and_vote_of_thirty_threads(tmp_path: Path) -> None:
    """What holds in memory must hold on disk, where writers wait for each other."""
    async with open_database(f"sqlite:///{tmp_path}/ledger.db") as database, FakeSlack().serving() as slack:
        await migrate(database)
        ledger = SqlLedger(database, Sealer(b"k" * 32))
        stage = Stage(slack, ScriptedBackend(echo, delay_s=0.002), ledger=ledger)
        async with stage.playing():
            async with asyncio.TaskGroup() as group:
                for number in range(30):
                    group.create_task(converse(slack, stage, number))
            async with asyncio.timeout(20):
                while (await ledger.counts()).rated < 90:  # noqa: ASYNC110 - what is on disk tells nobody
                    await asyncio.sleep(0.05)

        listed = await ledger.conversations(limit=200)
        assert len(listed) == 90
        assert (sum(each.up for each in listed), sum(each.down for each in listed)) == (60, 30)


async def test_what_does_not_concern_us_is_acknowledged_and_left_alone() -> None:
    """Bots that answer each other, edits and other people's threads would make a channel unusable."""
    async with quick().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            thread = slack.say("U1", "C1", "Who knows?")
            slack.say("U2", "C1", "I do.", thread.ts)
            slack.say("U2", "C1", f"{MENTION} from a bot", bot_id="B9")
            slack.say("U2", "C1", f"{MENTION} was edited", subtype="message_changed")
            slack.say("U2", "D1", "joined", subtype="channel_join")
            slack.react("U2", thread, "+1")
            slack._announce({"type": "team_join", "user": {"id": "U9"}})
            await slack.until(lambda: len(slack.deliveries) >= 9)

        assert not stage.memory.kept
        assert all(acknowledged for _, _, acknowledged in slack.deliveries)
        assert not slack.calls["chat.startStream"]


async def test_a_direct_message_needs_no_mention() -> None:
    """Talking to the app in its own window is the most natural way to ask."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            asked = slack.say("U2", "D2", "Quando troco o filtro?")
            await stage.finished("D2", asked.ts)

        (kept,) = stage.memory.kept.values()
        assert (kept.question.place.surface, kept.question.locale) == ("direct_message", "pt-BR")
        assert slack.workspace.answers("D2", asked.ts)[0].buttons["positive_button"]["text"]["text"]  # type: ignore[index]


async def test_an_event_that_comes_again_is_answered_once() -> None:
    """Slack repeats what it thinks was lost; and it must be answered although it is a repetition, where the first try failed."""
    async with quick().serving() as slack:
        slack.muted = True
        stage = Stage(slack)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: sum(not acknowledged for _, _, acknowledged in slack.deliveries) >= 4)
            slack.muted = False
            await stage.finished("C1", asked.ts)
            await slack.until(lambda: len(slack.deliveries) >= 6)

        assert len(slack.workspace.answers("C1", asked.ts)) == 1
        assert len(stage.memory.kept) == 1


class Failing(Exception):
    """The database is away."""


async def test_a_question_that_could_not_be_kept_is_not_acknowledged() -> None:
    """While the ledger fails, Slack must go on repeating: an acknowledged question is never sent again."""
    async with quick().serving() as slack:
        stage = Stage(slack)
        failures = [Failing(), Failing(), Failing()]
        claim = stage.memory.claim

        async def failing(*args: Any, **kwargs: Any) -> Question | None:
            if failures:
                raise failures.pop()
            return await claim(*args, **kwargs)

        stage.memory.claim = failing  # type: ignore[method-assign]
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await stage.finished("C1", asked.ts)

        assert len(slack.workspace.answers("C1", asked.ts)) == 1
        assert any(attempt > 0 and acknowledged for _, attempt, acknowledged in slack.deliveries)


@pytest.mark.parametrize(
    "event",
    [
        "text",
        {"type": "message", "user": 5, "text": "Hello", "ts": "1700000000.1", "channel": "D1", "channel_type": "im"},
        {"type": "message", "user": "U1", "text": ["a"], "ts": "1700000000.1", "channel": "D1", "channel_type": "im"},
        {"type": "message", "subtype": "message_changed", "channel": "C1", "message": "text"},
        {"type": "message", "subtype": "message_changed", "channel": "C1", "message": {"ts": "1.1", "edited": "text"}},
        {"type": "reaction_added", "user": "U1", "reaction": 5, "item": {}},
        {"type": "reaction_added", "user": "U1", "reaction": "+1", "item": "text"},
        {"type": "tokens_revoked", "tokens": "text"},
    ],
)
async def test_a_malformed_event_is_left_alone(event: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody could mend it: unacknowledged, it would come three times more."""
    async with quick().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            slack.workspace.announce(event)
            await slack.until(lambda: slack.deliveries)

        assert slack.deliveries[0][1:] == (0, True)
    assert [record.message for record in caplog.records if record.levelname != "INFO"] == ["malformed event left alone"]


@pytest.mark.parametrize("reason", ["refresh_requested", ""])
async def test_a_lost_socket_is_replaced_and_nothing_is_lost(reason: str) -> None:
    """Slack renews sockets every few hours, and networks drop them: answers under way and later questions must not notice."""
    async with FakeSlack(ack_timeout_s=1.0, retry_after_s=(1.0, 2.0, 4.0, 8.0)).serving() as slack:
        stage = Stage(slack, ScriptedBackend(("One. ", "Another. ", "The last."), delay_s=0.2))
        async with stage.playing():
            first = slack.say("U1", "C1", f"{MENTION} first")
            await slack.until(lambda: slack.calls["chat.startStream"] == 1)
            await slack.disconnect(reason)
            second = slack.say("U1", "C1", f"{MENTION} second")
            await stage.finished("C1", first.ts)
            await stage.finished("C1", second.ts, seconds=30)

        assert [len(slack.workspace.answers("C1", asked.ts)) for asked in (first, second)] == [1, 1]
        assert slack.calls["apps.connections.open"] >= 2


async def test_open_questions_are_answered_after_a_restart_without_doubling() -> None:
    """A crash in the middle of an answer: the message that is there is finished, and what was never begun is begun."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(("Every six months. ", "Really, ", "truly."), delay_s=0.4))
        async with stage.playing() as task:
            begun = slack.say("U1", "C1", f"{MENTION} begun")
            await slack.until(lambda: slack.calls["chat.startStream"] == 1)
            await asyncio.sleep(0.1)
            # A crash leaves no time to end anything.
            for each in asyncio.all_tasks():
                if (each.get_name() or "").startswith("answer "):
                    each.cancel()
            await asyncio.sleep(0.05)
            task.cancel()
        unbegun = slack.say("U2", "C2", f"{MENTION} unbegun")
        await stage.engine.accept(incoming("unbegun", unbegun.ts, asked_at=datetime.now(UTC)))
        stale = slack.say("U2", "C2", f"{MENTION} stale")
        await stage.engine.accept(incoming("stale", stale.ts, asked_at=datetime.now(UTC) - timedelta(hours=2)))

        async with stage.playing():
            await stage.finished("C1", begun.ts)
            await stage.finished("C2", unbegun.ts)

        assert [answer.body for answer in slack.workspace.answers("C1", begun.ts)] == ["Every six months. Really, truly."]
        assert [answer.body for answer in slack.workspace.answers("C2", unbegun.ts)] == ["Every six months. Really, truly."]
        assert slack.workspace.answers("C2", stale.ts) == []


def incoming(text: str, ts: str, *, asked_at: datetime) -> Incoming:
    """Return a mention in C2 as a process accepted it that then stopped."""
    place = Place("slack", "mention", f"slack:T0TEAM:C2:{ts}", "T0TEAM", "C2")
    return Incoming(text, "U2", place, (f"slack:message:T0TEAM:C2:{ts}",), asked_at, message_ref=ts)


async def test_a_stream_whose_start_was_never_noted_is_found_again() -> None:
    """Between Slack's reply and our note of it lies a crash: the thread itself tells what was posted."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        asked = slack.say("U1", "C2", f"{MENTION} begun")
        question = await stage.engine.accept(incoming("begun", asked.ts, asked_at=datetime.now(UTC)))
        assert question is not None
        await stage.memory.intend_post(question.exchange_id, part=0)
        slack.workspace.methods["chat.startStream"](
            {"channel": "C2", "thread_ts": asked.ts, "markdown_text": "Every", "recipient_team_id": "T0TEAM", "recipient_user_id": "U1"}
        )

        async with stage.playing():
            await stage.finished("C2", asked.ts)

        assert [answer.body for answer in slack.workspace.answers("C2", asked.ts)] == ["Yes. Every six months."]


async def test_stopping_lets_answers_end_and_leaves_the_rest_open() -> None:
    """A restart must not cut an answer that needs another second, nor wait for one that needs a minute."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(lambda request: ["So. ", "It is."] if "short" in question_of(request) else ["x. "] * 500))
        stage.backend.delay_s = 0.3
        async with stage.playing() as task:
            short = slack.say("U1", "C1", f"{MENTION} short")
            long = slack.say("U2", "C1", f"{MENTION} endless")
            await slack.until(lambda: slack.calls["chat.startStream"] == 2)
            began = asyncio.get_running_loop().time()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            took = asyncio.get_running_loop().time() - began

        assert slack.workspace.answers("C1", short.ts)[0].body == "So. It is."
        assert took < 8
        (left,) = await stage.memory.open_exchanges("slack", since=datetime.now(UTC) - timedelta(hours=1))
        assert left.message_ref == long.ts
        assert stage.backend.running == 0
        assert slack.sockets == 0


@pytest.mark.parametrize(
    ("token", "problem", "expected"),
    [
        (BOT_TOKEN, "invalid_auth", "slack.bot_token"),
        (BOT_TOKEN, "token_revoked", "revoked"),
        (APP_TOKEN, "token_revoked", "slack.app_token"),
        (APP_TOKEN, "not_allowed_token_type", "wrong kind"),
    ],
)
async def test_a_refused_token_is_named(token: str, problem: str, expected: str) -> None:
    """The operator must learn which of two tokens is wrong, and what to do."""
    async with FakeSlack().serving() as slack:
        slack.tokens[token] = problem
        with pytest.raises(Misconfigured, match=expected) as caught:
            async with Stage(slack).playing():
                pass

        assert problem in str(caught.value)
        assert "APRENDIZ_SLACK__" in str(caught.value)
        assert token not in str(caught.value)


async def test_missing_tokens_and_scopes_are_named() -> None:
    """An empty setting and a forgotten scope are the two mistakes of a first set-up."""
    async with FakeSlack().serving() as slack:
        stage, given = Stage(slack), slack.settings
        for settings, expected in (
            (SlackSettings(app_token=given.app_token, api_url=given.api_url), "slack.bot_token is empty"),
            (SlackSettings(bot_token=given.bot_token, api_url=given.api_url), "slack.app_token is empty"),
            (SlackSettings(bot_token=SecretStr(APP_TOKEN), app_token=given.app_token, api_url=given.api_url), "wrong kind"),
        ):
            with pytest.raises(Misconfigured, match=expected):
                async with stage.playing(settings):
                    pass
        slack.scopes = "chat:write,im:history"
        with pytest.raises(Misconfigured, match=r"oauth_config\.scopes\.bot: - app_mentions:read, - channels:history, - reactions:read"):
            async with stage.playing():
                pass
        slack.faults["apps.connections.open"].append(Fault("error", "missing_scope"))
        slack.scopes = "app_mentions:read,channels:history,chat:write,im:history,reactions:read"
        with pytest.raises(Misconfigured, match=r"slack\.app_token lacks the scope"):
            async with stage.playing():
                pass


async def test_a_slack_that_does_not_answer_is_tried_again() -> None:
    """A laptop starts before its network does."""
    async with FakeSlack().serving() as slack:
        slack.faults["auth.test"].append(Fault("broken"))
        async with Stage(slack).playing():
            assert slack.calls["auth.test"] == 2


async def test_a_token_revoked_meanwhile_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    """The server shows the sentence and goes on with the other platforms; answers under way end."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(["word. "] * 500, delay_s=0.05))

        async def lived() -> None:
            async with stage.playing() as task:
                slack.say("U1", "C1", f"{MENTION} When?")
                await slack.until(lambda: slack.calls["chat.startStream"] == 1)
                slack.tokens[BOT_TOKEN] = "token_revoked"
                await slack.until(task.done)

        with pytest.raises(Misconfigured, match=r"slack\.bot_token: the token was revoked"):
            await lived()

        assert stage.backend.running == 0
        assert [record.levelname for record in caplog.records].count("ERROR") == 1


@pytest.mark.parametrize("pieces", [["word. "] * 160, ["So. ", "It is."]], ids=["while it is written", "once it is recorded"])
async def test_what_a_revoked_token_cut_off_is_finished_with_the_next(pieces: list[str]) -> None:
    """The operator puts a new token in and starts again; nobody needs to ask again, and nobody gets two answers."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(pieces, delay_s=0.05))
        asked = slack.say("U1", "C1", f"{MENTION} When?")

        async def lived() -> None:
            async with stage.playing() as task:
                await slack.until(lambda: slack.calls["chat.startStream"] == 1)
                slack.tokens[BOT_TOKEN] = "token_revoked"
                await slack.until(task.done)

        with pytest.raises(Misconfigured):
            await lived()
        slack.tokens[BOT_TOKEN] = ""
        stage.backend.delay_s = 0
        async with stage.playing():
            await stage.finished("C1", asked.ts)

        [answer] = slack.workspace.answers("C1", asked.ts)
        assert "".join(pieces).strip() in answer.text


async def test_only_members_of_a_named_group_are_answered() -> None:
    """Refusals are told to the person alone, in their language; who belongs to the group is answered."""
    access = Access(allow_groups=("S1",))
    async with FakeSlack().serving() as slack:
        slack.workspace.groups["S1"] = ["U1"]
        stage = Stage(slack, settings=LISTED)
        async with stage.playing(slack.settings.model_copy(update={"access": access})):
            refused = slack.say("U2", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.whispered)
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await stage.finished("C1", asked.ts)

        assert [user for _, user, _ in slack.workspace.whispered] == ["U2"]
        assert not slack.workspace.answers("C1", refused.ts)
        assert len(stage.memory.kept) == 1
