"""A running answer meets what Slack does to it: whatever is refused, lost or late, the person reads the whole answer once."""

import re

import pytest

from adapters.slack import outages
from adapters.slack import streaming as streaming_module
from bot.errors import TryAgainLater
from tests.adapters.slack.stage import MENTION, TALKATIVE, Stage
from tests.fakes.backend import ScriptedBackend
from tests.fakes.retriever import passage
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import Posted
from tests.fakes.standing_by import breaking, local

WORDS = [f"word {letter}. " for letter in "abcdefghijkl"]
WHOLE = "".join(WORDS).rstrip()


async def answered(
    slack: FakeSlack, backend: ScriptedBackend, *, streaming: bool = True, channel: str = "C1", text: str = "When?"
) -> list[Posted]:
    """Ask one question and return the bot's messages."""
    stage = Stage(slack, backend)
    settings = slack.settings.model_copy(update={"streaming": streaming})
    async with stage.playing(settings):
        asked = slack.say("U1", channel, f"{MENTION} {text}")
        await stage.finished(channel, asked.ts)
    return slack.workspace.answers(channel, asked.ts)


def words(delay_s: float = 0.0) -> ScriptedBackend:
    return ScriptedBackend(WORDS, delay_s=delay_s)


async def test_pieces_appear_while_the_model_speaks() -> None:
    """Streaming is for the reader: the first words must stand there long before the last, in few calls."""
    async with FakeSlack().serving() as slack:
        (answer,) = await answered(slack, words(0.15))

        assert answer.markdown == WHOLE
        assert 2 <= slack.calls["chat.appendStream"] <= 4
        assert not slack.refused


async def test_switched_off_streaming_posts_and_edits_at_a_pace() -> None:
    """Some workspaces read better without streams; edits are few, because all answers share 50 a minute."""
    async with FakeSlack().serving() as slack:
        (answer,) = await answered(slack, words(0.15), streaming=False)

        assert answer.body == WHOLE
        assert slack.calls["chat.startStream"] == 0
        assert slack.calls["chat.postMessage"] == 1
        assert 2 <= slack.calls["chat.update"] <= 3


@pytest.mark.parametrize("code", ["unknown_method", "missing_scope", "channel_type_not_supported"])
async def test_a_refused_stream_becomes_an_edited_message(code: str) -> None:
    """GovSlack, old workspaces and some channels have no streams; what can never work is not tried for every answer."""
    async with FakeSlack().serving() as slack:
        slack.always["chat.startStream"] = Fault("error", code)
        stage = Stage(slack, words())
        async with stage.playing():
            for _ in range(2):
                asked = slack.say("U1", "C1", f"{MENTION} When?")
                await stage.finished("C1", asked.ts)
                assert [answer.body for answer in slack.workspace.answers("C1", asked.ts)] == [WHOLE]

        assert slack.calls["chat.startStream"] == (2 if code == "channel_type_not_supported" else 1)


async def test_a_spent_start_budget_becomes_one_post() -> None:
    """Slack grants some 20 stream starts a minute: the 21st answer must not wait for the next minute."""
    async with FakeSlack().serving() as slack:
        slack.faults["chat.startStream"].append(Fault("throttle", retry_after_s=50))
        (answer,) = await answered(slack, words())

        assert answer.body == WHOLE
        assert slack.calls["chat.startStream"] == 1


async def test_once_beginnings_are_used_up_every_answer_is_one_post() -> None:
    """Whoever asks in that minute is answered at the pace of posts; Slack is not asked again for what it refused."""
    async with FakeSlack().serving() as slack:
        slack.faults["chat.startStream"].append(Fault("throttle", retry_after_s=50))
        stage = Stage(slack, words())
        async with stage.playing():
            for number in range(3):
                asked = slack.say("U1", ("C1", "C2", "D1")[number], f"{MENTION} When?")
                await stage.finished(asked.channel, asked.ts)
                assert [answer.body for answer in slack.workspace.answers(asked.channel, asked.ts)] == [WHOLE]

        assert slack.calls["chat.startStream"] == 1
        assert slack.calls["chat.postMessage"] == 3
        assert not slack.calls["chat.update"]


async def test_patience_with_a_silent_slack_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked long ago has gone elsewhere: the task must not stay for ever."""
    for module in (outages, streaming_module):
        monkeypatch.setattr(module, "LATEST_S", 0.3)
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, words(0.05))
        async with stage.playing():
            slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.calls["chat.startStream"])
            with slack.down():
                await slack.until(lambda: any(kept.exchange for kept in stage.memory.kept.values()))
                await slack.until(lambda: not stage.vault.values)


async def test_a_dead_stream_is_finished_by_editing() -> None:
    """Slack ends streams after some minutes without a word; slow models and long answers must come through whole."""
    async with FakeSlack().serving() as slack:
        slack.workspace.stream_life_s = 0.5
        (answer,) = await answered(slack, words(0.15))

        assert answer.body == WHOLE
        assert not answer.markdown
        assert any("message_not_in_streaming_state" in refusal for refusal in slack.refused)


async def test_a_stream_that_dies_before_its_end_is_finished_by_editing() -> None:
    """The last call may be the one that finds the stream dead."""
    async with FakeSlack().serving() as slack:
        slack.workspace.stream_life_s = 0.0
        (answer,) = await answered(slack, words())

        assert answer.body == WHOLE


@pytest.mark.parametrize(
    ("method", "kind"),
    [(method, kind) for method in ("chat.startStream", "chat.stopStream", "chat.postMessage") for kind in ("lost", "unheard", "broken")]
    + [("chat.appendStream", "lost"), ("chat.update", "lost")],
)
async def test_a_lost_reply_loses_and_doubles_nothing(method: str, kind: str) -> None:
    """Whether a call whose reply was lost was carried out nobody knows: the answer is there once and whole in either case."""
    async with FakeSlack().serving() as slack:
        slack.faults[method].append(Fault(kind))  # type: ignore[arg-type]
        streaming = method not in ("chat.postMessage", "chat.update")
        (answer,) = await answered(slack, words(0.08), streaming=streaming)

        assert answer.body == WHOLE
        assert slack.refused[f"{method} {kind}"] == 1
        assert answer.buttons is not None


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream", "chat.postMessage", "chat.update"])
async def test_a_throttled_call_is_patient(method: str) -> None:
    """Calls made while Slack says wait count against the app: nothing is sent early, nothing is lost."""
    async with FakeSlack().serving() as slack:
        slack.faults[method].append(Fault("throttle", retry_after_s=1))
        streaming = method in ("chat.appendStream", "chat.stopStream")
        (answer,) = await answered(slack, words(0.12), streaming=streaming)

        assert answer.body == WHOLE


async def test_real_limits_are_kept_within() -> None:
    """A whole channel asks in one minute: with Slack's real limits on, every answer arrives and none is refused for good."""
    async with FakeSlack(limits=True).serving() as slack:
        stage = Stage(slack, words())
        async with stage.playing():
            asked = [slack.say("U1", ("C1", "C2")[number % 2], f"{MENTION} question {number}") for number in range(24)]
            for message in asked:
                await stage.finished(message.channel, message.ts, seconds=60)

        assert all([answer.body for answer in slack.workspace.answers(each.channel, each.ts)] == [WHOLE] for each in asked)
        assert not slack.refused["chat.postMessage ratelimited"]
        assert not slack.refused["chat.update ratelimited"]


async def test_a_failing_model_keeps_what_it_said_and_one_sentence() -> None:
    """Half an answer is worth more than none, and the person must know that it is half."""
    for streaming in (True, False):
        async with FakeSlack().serving() as slack:
            backend = ScriptedBackend(WORDS, error=TryAgainLater("connection lost"), fail_after=3)
            stage = Stage(slack, backend)
            async with stage.playing(slack.settings.model_copy(update={"streaming": streaming})):
                asked = slack.say("U1", "C1", f"{MENTION} When?")
                await slack.until(lambda: any("again" in m.body for m in slack.workspace.answers("C1", asked.ts)))  # noqa: B023

            (answer,) = slack.workspace.answers("C1", asked.ts)
            assert re.fullmatch(r"word a\. word b\. word c\.\s+I cannot answer right now\. Please try again in a moment\.", answer.body)
            assert answer.buttons is None


async def test_a_model_that_fails_at_once_says_one_sentence() -> None:
    """An error before the first word is one plain sentence, without rating buttons."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(error=TryAgainLater("secret detail")))
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.answers("C1", asked.ts))

        (answer,) = slack.workspace.answers("C1", asked.ts)
        assert answer.shown == "I cannot answer right now. Please try again in a moment."


async def test_a_bug_is_told_as_one_sentence_and_kills_nothing() -> None:
    """A programming error in one answer must not take the socket, or the other answers, with it."""

    def broken(request: object) -> list[str]:
        raise ZeroDivisionError("bug")

    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(broken))
        async with stage.playing() as task:
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.answers("C1", asked.ts))
            stage.backend.script = WORDS
            again = slack.say("U1", "C1", f"{MENTION} And now?")
            await stage.finished("C1", again.ts)
            assert not task.done()

        assert slack.workspace.answers("C1", asked.ts)[0].shown == "Something went wrong. Please try again."


async def test_pings_in_model_output_reach_nobody() -> None:
    """A model can be talked into writing <!channel>; whether in one piece or cut in two, it must wake nobody."""
    pieces = ["Hi <!chan", "nel> and <", "@U1> <!here> <#C1|x> <https://evil.example|your bank> ", "`List<String>` a < b ", "<!"]
    text = "What of @U1, C1, List, String and https://evil.example ?"  # what neither they nor the passages name would not be shown at all
    for streaming in (True, False):
        async with FakeSlack().serving() as slack:
            (answer,) = await answered(slack, ScriptedBackend(pieces, delay_s=0.3), streaming=streaming, text=text)

            assert slack.workspace.pings == []
            assert answer.body.replace("\u200b", "") == "".join(pieces)
            assert "`List<String>` a < b" in answer.body
            assert "<https://evil" not in answer.body


async def test_a_long_answer_becomes_several_messages() -> None:
    """Slack refuses more than 12,000 characters: the rest follows in further messages, rated at the last."""
    paragraph = "A sentence of some length, word for word. " * 20
    long = "\n\n".join(f"{number}. {paragraph}" for number in range(30))
    for streaming in (True, False):
        async with FakeSlack().serving() as slack:
            pieces = [long[start : start + 700] for start in range(0, len(long), 700)]
            stage = Stage(slack, ScriptedBackend(pieces, context_tokens=20_000), settings=TALKATIVE)
            async with stage.playing(slack.settings.model_copy(update={"streaming": streaming})):
                asked = slack.say("U1", "C1", f"{MENTION} Tell me all")
                await stage.finished("C1", asked.ts)
                answers = slack.workspace.answers("C1", asked.ts)
                slack.react("U3", answers[0], "thumbsdown")
                await slack.until(lambda: any(kept.votes for kept in stage.memory.kept.values()))  # noqa: B023

            assert "".join(answer.body for answer in answers) == long.rstrip()
            assert [answer.buttons is not None for answer in answers] == [False, False, True]
            assert not slack.refused


async def test_a_long_quotation_in_one_piece_is_split_too() -> None:
    """An approved text or a passage arrives as one piece that no single message can hold."""
    long = "x" * 25_000
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(languages=("de",)))
        stage.retriever.passages = {"": (passage(long),)}
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} Quote it")
            await stage.finished("C1", asked.ts)

        answers = slack.workspace.answers("C1", asked.ts)
        assert "".join(answer.body for answer in answers) == long
        assert "Quoted word for word" in answers[-1].shown


async def test_a_message_deleted_meanwhile_is_posted_again() -> None:
    """Someone tidies up while the model speaks: the person who asked still gets the answer."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, words(0.2))
        async with stage.playing(slack.settings.model_copy(update={"streaming": False})):
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.answers("C1", asked.ts))
            (begun,) = slack.workspace.answers("C1", asked.ts)
            del slack.workspace.messages["C1", begun.ts]
            await stage.finished("C1", asked.ts)
            (answer,) = slack.workspace.answers("C1", asked.ts)
            slack.react("U1", answer, "+1")
            await slack.until(lambda: any(kept.votes for kept in stage.memory.kept.values()))

        assert answer.body == WHOLE


async def test_a_channel_that_takes_no_posts_is_given_up_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """An archived channel cannot be answered in; the socket and the ledger must not suffer from it."""
    async with FakeSlack().serving() as slack:
        for method in ("chat.startStream", "chat.postMessage"):
            slack.always[method] = Fault("error", "is_archived")
        stage = Stage(slack, words())
        async with stage.playing() as task:
            slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: [kept.reason for kept in stage.memory.kept.values()] == ["is_archived"])
            assert not task.done()

        assert slack.refused["chat.startStream is_archived"] == 1
        assert not slack.calls["chat.postMessage"]
        assert [record.message for record in caplog.records if record.levelname == "WARNING"].count("answer given up") == 1


async def test_waiting_is_shown_as_a_status() -> None:
    """A person who waits for others should see that, and for how many."""
    async with FakeSlack().serving() as slack:
        await answered(slack, ScriptedBackend(WORDS, ahead=2))

        assert slack.workspace.statuses[:2] == ["is on it…", "is waiting; 2 before this"]


async def test_a_workspace_without_status_is_answered_all_the_same() -> None:
    """The status is a courtesy; where Slack has none for the app it is asked for once an answer."""
    async with FakeSlack().serving() as slack:
        slack.always["assistant.threads.setStatus"] = Fault("error", "missing_scope")
        (answer,) = await answered(slack, ScriptedBackend(WORDS, ahead=2))

        assert answer.body == WHOLE
        assert slack.calls["assistant.threads.setStatus"] == 1


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_answer_that_broke_off_gives_way_to_the_stand_in_s(*, streaming: bool) -> None:
    """The thread shows one answer in the end, the whole of one model's, and says whose."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, breaking(("Wrong. ", "Half. ", "Never."), after=2, delay_s=0.1), fallback=local(tuple(WORDS), delay_s=0.05))
        async with stage.playing(slack.settings.model_copy(update={"streaming": streaming})):
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: any("Wrong" in answer.body for answer in slack.workspace.answers("C1", asked.ts)))
            await stage.finished("C1", asked.ts)
        (answer,) = slack.workspace.answers("C1", asked.ts)

        assert answer.body == WHOLE
        assert "local answered in place of hosted" in str(answer.blocks)
        assert not slack.refused
