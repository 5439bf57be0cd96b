"""Before and after the acknowledgement: refusals told once, votes kept in order."""

import asyncio

import pytest

from bot.errors import TryAgainLater
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.backend import ScriptedBackend
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import BOT_USER, Posted


def votes(stage: Stage) -> dict[str, str]:
    return {person: vote[0] for kept in stage.memory.kept.values() for person, vote in kept.votes.items()}


async def answer_to(stage: Stage, text: str = "When?") -> Posted:
    asked = stage.slack.say("U1", "C1", f"{MENTION} {text}")
    await stage.finished("C1", asked.ts)
    return stage.slack.workspace.answers("C1", asked.ts)[0]


async def test_an_unanswerable_question_gets_one_friendly_sentence() -> None:
    """A mention without words, or with far too many, arrives twice and is answered once, to its author alone; nothing of it is kept."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            empty = slack.say("U1", "C1", f"{MENTION} 👍")
            long = slack.say("U2", "C1", f"{MENTION} {'word ' * 8_000}")
            await slack.until(lambda: len(slack.deliveries) >= 4)
            await slack.until(lambda: len(slack.workspace.ephemeral) == 2)
            await asyncio.sleep(0.1)

        told = {user: text for _, user, text in slack.workspace.ephemeral}
        assert told["U1"] == "Please write your question in words."
        assert "8000" in told["U2"]
        assert len(slack.workspace.ephemeral) == 2
        assert not slack.workspace.answers("C1", empty.ts) + slack.workspace.answers("C1", long.ts)
        assert not stage.memory.kept


@pytest.mark.parametrize("emoji", ["🎉", ":tada:", ":+1::skin-tone-2: :flag-br:!"])
async def test_an_emoji_in_a_thread_is_answered_to_its_author_alone(emoji: str) -> None:
    """People answer each other with an emoji; a public reply to each would drive them out of the thread."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            answer = await answer_to(stage)
            slack.say("U2", "C1", emoji, answer.thread_ts)
            await slack.until(lambda: slack.workspace.ephemeral)

        assert slack.workspace.ephemeral == [("C1", "U2", "Escreva sua pergunta em palavras.")]  # the language of that person's Slack
        assert len(slack.workspace.answers("C1", answer.thread_ts)) == 1


async def test_what_we_did_ourselves_is_no_news() -> None:
    """Slack tells us of our own messages and reactions, too: none of them is a question or a vote."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            answer = await answer_to(stage)
            slack.react(BOT_USER, answer, "+1")
            slack.react("U2", answer, "-1")
            await slack.until(lambda: votes(stage))

        assert list(votes(stage).values()) == ["down"]
        assert len(stage.memory.kept) == 1


async def test_a_file_without_words_is_no_question() -> None:
    """A bare screenshot asks nothing: its author alone is told so."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            slack.say("U1", "D1", "", subtype="file_share", files=[{"id": "F1", "name": "a.md"}])
            await slack.until(lambda: slack.workspace.ephemeral)

        assert slack.workspace.ephemeral == [("D1", "U1", "Please write your question in words.")]
        assert not stage.memory.kept


async def test_a_file_that_cannot_be_read_leaves_the_question_answered() -> None:
    """Whoever attaches something that we do not get must learn it, and is answered all the same."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            told = slack.say("U1", "D1", "What is this?", subtype="file_share", files=[{"id": "F1", "name": "a.md"}])
            await stage.finished("D1", told.ts)
            await slack.until(lambda: slack.workspace.ephemeral)

        assert "a.md" in slack.workspace.ephemeral[0][2]


async def test_what_is_wrong_with_a_file_is_said_in_the_askers_language() -> None:
    """The readers of documents speak English."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            slack.upload("U2", "D2", "Leia isto", "a.md", b"\xff\xfe")
            await slack.until(lambda: slack.workspace.ephemeral)

        assert slack.workspace.ephemeral == [("D2", "U2", "a.md: o conteúdo é binário, não é texto")]


async def test_votes_by_button_change_and_stay_changed() -> None:
    """The last click wins, each person has one vote, and buttons work after a restart."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            answer = await answer_to(stage)
            assert await slack.click("U1", answer, "positive_button")
            assert await slack.click("U2", answer, "positive_button")
        async with stage.playing():
            assert await slack.click("U1", answer, "negative_button")

        assert votes(stage) == {"slack/U1": "down", "slack/U2": "up"}


async def test_reactions_count_added_and_removed() -> None:
    """A thumb is the vote most people give; taking it away takes the vote back, unless another thumb is left."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            answer = await answer_to(stage)
            slack.react("U1", answer, "+1::skin-tone-2")
            slack.react("U2", answer, "thumbsdown")
            slack.react("U3", answer, "tada")
            await slack.until(lambda: len(votes(stage)) == 2)
            assert votes(stage) == {"slack/U1": "up", "slack/U2": "down"}
            slack.react("U1", answer, "-1")
            await slack.until(lambda: votes(stage)["slack/U1"] == "down")
            slack.unreact("U1", answer, "-1")
            await slack.until(lambda: votes(stage)["slack/U1"] == "up")
            slack.unreact("U1", answer, "+1::skin-tone-2")
            await slack.until(lambda: "slack/U1" not in votes(stage))

        assert votes(stage) == {"slack/U2": "down"}


async def test_a_quick_change_of_mind_ends_as_it_ended() -> None:
    """Events arrive in one burst and are handled at once: the last one must still win."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            answer = await answer_to(stage)
            for _ in range(5):
                slack.react("U1", answer, "+1")
                slack.unreact("U1", answer, "+1")
            slack.react("U1", answer, "-1")
            await slack.until(lambda: votes(stage).get("slack/U1") == "down")
            await asyncio.sleep(0.3)

        assert votes(stage) == {"slack/U1": "down"}


async def test_a_thumb_on_an_answer_still_being_written_counts() -> None:
    """The first words may convince already; the vote waits for the answer, it is not lost."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, ScriptedBackend(("Every six months. ", "Really, ", "truly."), delay_s=0.3))
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: any(kept.posts.get(0, ("", ""))[1] for kept in stage.memory.kept.values()))
            slack.react("U1", slack.workspace.answers("C1", asked.ts)[0], "+1")
            await stage.finished("C1", asked.ts)
            await slack.until(lambda: votes(stage))

        assert votes(stage) == {"slack/U1": "up"}


async def test_a_click_on_a_forgotten_answer_is_told_to_the_clicker() -> None:
    """After a ledger was replaced old buttons remain: a sentence, not an error sign."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            answer = await answer_to(stage)
            stage.memory.kept.clear()
            assert await slack.click("U2", answer, "positive_button")
            await slack.until(lambda: slack.workspace.ephemeral)

        assert slack.workspace.ephemeral[0][1:] == ("U2", "I no longer know that answer.")


async def test_names_that_slack_tells_are_redacted() -> None:
    """Slack knows how people are called: the asker's own name must not stay in the ledger."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            await answer_to(stage, "Person U1 asks: when?")

        (kept,) = stage.memory.kept.values()
        assert kept.question.text == "[NAME_1] asks: when?"
        assert kept.question.locale == "en-US"


async def test_a_thumb_on_what_was_never_answered_counts_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The model failed after its first words: there is no answer to vote on."""
    caplog.set_level("INFO")
    async with FakeSlack().serving() as slack:
        backend = ScriptedBackend(("Every month. ", "Or "), delay_s=0.2, error=TryAgainLater("lost"), fail_after=2)
        stage = Stage(slack, backend)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: slack.workspace.answers("C1", asked.ts))
            slack.react("U1", slack.workspace.answers("C1", asked.ts)[0], "+1")
            await slack.until(lambda: "vote on what was never answered" in caplog.text)

        assert votes(stage) == {}


async def test_a_courtesy_that_is_throttled_is_left_out_for_a_while() -> None:
    """Statuses are not worth a refused call each."""
    async with FakeSlack().serving() as slack:
        slack.faults["assistant.threads.setStatus"].append(Fault("throttle", retry_after_s=30))
        stage = Stage(slack)
        async with stage.playing():
            for text in ("One?", "Two?"):
                await answer_to(stage, text)

        assert slack.calls["assistant.threads.setStatus"] == 1
