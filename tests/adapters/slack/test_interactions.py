"""Buttons, forms, App Home and suggestions, through the real Bolt against the fake Slack."""

from collections.abc import Callable

import pytest

from adapters.chat import consent_question, consent_thanks
from adapters.slack.blocks import CONSENT_ACTION, PRIVACY_ACTION
from adapters.slack.reasons import NO_LONGER_DOWN
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.slack_server import FakeSlack, Fault
from tests.fakes.slack_workspace import Posted, Whisper

YES, NO = f"{CONSENT_ACTION}:yes", f"{CONSENT_ACTION}:no"
ALLOW, WITHDRAW = f"{PRIVACY_ACTION}:allow", f"{PRIVACY_ACTION}:withdraw"
QUESTION = "When is the filter replaced?"


async def answered(stage: Stage, user: str = "U1", channel: str = "C1", text: str = QUESTION) -> Posted:
    """Ask by a mention, and return the answer."""
    message = stage.slack.say(user, channel, f"{MENTION} {text}")
    await stage.finished(channel, message.ts)
    return stage.slack.workspace.answers(channel, message.ts)[-1]


async def seen(stage: Stage, user: str, count: int = 1) -> Whisper:
    """Return the newest message that a person alone sees, once there are *count*."""
    await stage.slack.until(lambda: len(stage.slack.workspace.seen_by(user)) >= count)
    return stage.slack.workspace.seen_by(user)[-1]


def vote_of(stage: Stage, user: str = "U1") -> tuple[str, str, str]:
    """Return which way the person's vote on the only exchange goes, and why; empty where there is none."""
    (kept,) = stage.memory.kept.values()
    vote = kept.votes.get(f"slack/{user}")
    return (vote.value, vote.reason, vote.comment) if vote else ("", "", "")


async def home_of(stage: Stage, user: str, check: Callable[[str], bool] = bool) -> str:
    """Return what a person reads in App Home, once it is as *check* wants it."""
    homes = stage.slack.workspace.views.homes
    await stage.slack.until(lambda: user in homes and check(homes[user].shown))
    return homes[user].shown


# Consent.


async def test_consent_is_asked_once_beneath_the_first_answer() -> None:
    """By a button that the asker alone sees; the second answer comes without it, and another person is asked for themselves."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        first = await answered(stage)
        asked = await seen(stage, "U1")
        await answered(stage)
        await answered(stage, "U3")
        await seen(stage, "U3")

        assert asked.shown == consent_question("en").text
        assert (asked.channel, asked.thread_ts) == ("C1", first.thread_ts)
        assert [len(stage.slack.workspace.seen_by(user)) for user in ("U1", "U2", "U3")] == [1, 0, 1]


async def test_nobody_is_asked_where_the_operator_has_the_rights() -> None:
    """A question without a purpose would only worry people."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        await answered(stage)
        await answered(stage)

    assert stage.slack.workspace.ephemeral == []


@pytest.mark.parametrize(("button", "state", "granted"), [(YES, "granted", True), (NO, "refused", False)])
async def test_a_decision_is_kept_and_thanked_for(button: str, state: str, granted: bool) -> None:
    """In place of the question; pressing again changes nothing."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        await answered(stage)
        asked = await seen(stage, "U1")
        blocks = list(asked.blocks)
        await stage.slack.press("U1", asked, button)
        await stage.slack.until(lambda: asked.shown == consent_thanks("en", granted=granted))
        asked.blocks = blocks
        await stage.slack.press("U1", asked, button)
        await stage.slack.until(lambda: asked.shown == consent_thanks("en", granted=granted))

        assert stage.memory.consents == {"slack/U1": state}
        assert len(stage.slack.workspace.seen_by("U1")) == 1


async def test_a_dead_response_url_costs_no_decision() -> None:
    """The thanks come as a message of their own."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        await answered(stage)
        asked = await seen(stage, "U1")
        stage.slack.responses.life_s = -1
        await stage.slack.press("U1", asked, YES)
        thanks = await seen(stage, "U1", 2)

        assert thanks.shown == consent_thanks("en", granted=True)
        assert stage.memory.consents == {"slack/U1": "granted"}


async def test_an_unknown_value_decides_nothing() -> None:
    """A button of another version must not be read as a yes."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        await answered(stage)
        asked = await seen(stage, "U1")
        asked.blocks[1]["elements"][0]["value"] = "perhaps"
        assert await stage.slack.press("U1", asked, YES) is not None

    assert stage.memory.consents == {}


async def test_a_refused_question_costs_no_answer() -> None:
    """Slack may refuse the ephemeral message: the answer stands all the same."""
    stage = Stage(FakeSlack())
    stage.slack.always["chat.postEphemeral"] = Fault("error", "user_not_in_channel")
    async with stage.slack.serving(), stage.playing():
        answer = await answered(stage)

    assert answer.body == "Yes. Every six months."


async def test_privacy_shows_and_changes_the_decision() -> None:
    """Who allowed sees the way back, and the other way round."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        await stage.slack.command("U1", "C1", "/privacy")
        shown = await seen(stage, "U1")
        await stage.slack.press("U1", shown, ALLOW)
        await stage.slack.until(lambda: shown.shown == consent_thanks("en", granted=True))
        await stage.slack.command("U1", "C1", "/privacy")
        again = await seen(stage, "U1", 2)
        with pytest.raises(ValueError, match="nothing called"):
            await stage.slack.press("U1", again, ALLOW)
        await stage.slack.press("U1", again, WITHDRAW)
        await stage.slack.until(lambda: again.shown == consent_thanks("en", granted=False))

    assert stage.memory.consents == {"slack/U1": "refused"}


# Votes and reasons.


async def test_a_vote_against_is_kept_and_then_asked_about() -> None:
    """The reason and the words come beside the vote; sending them twice changes nothing."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        await stage.slack.click("U1", await answered(stage), "negative_button")
        assert vote_of(stage) == ("down", "", "")
        await stage.slack.until(lambda: stage.slack.workspace.views.open)
        form = stage.slack.workspace.views.modal_of("U1")
        await stage.slack.submit("U1", form, reason="outdated", comment="It was 2020.")
        await stage.slack.submit("U1", form, reason="outdated", comment="It was 2020.")

        assert stage.slack.workspace.views.open == {}
    assert vote_of(stage) == ("down", "outdated", "It was 2020.")


async def test_a_dismissed_form_loses_nothing() -> None:
    """Nobody must explain."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        await stage.slack.click("U1", await answered(stage), "negative_button")
        await stage.slack.until(lambda: stage.slack.workspace.views.open)
        assert await stage.slack.dismiss("U1", stage.slack.workspace.views.modal_of("U1")) is not None

    assert vote_of(stage) == ("down", "", "")


async def test_a_stale_trigger_loses_nothing() -> None:
    """A vote that took longer than 3 s is a vote; pressing again asks again."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    stage.slack.workspace.views.trigger_life_s = -1
    async with stage.slack.serving(), stage.playing():
        answer = await answered(stage)
        await stage.slack.click("U1", answer, "negative_button")
        await stage.slack.until(lambda: stage.slack.refused["views.open expired_trigger_id"])
        assert vote_of(stage) == ("down", "", "")
        stage.slack.workspace.views.trigger_life_s = 3
        await stage.slack.click("U1", answer, "negative_button")
        await stage.slack.until(lambda: stage.slack.workspace.views.open)


async def test_a_vote_for_asks_nothing() -> None:
    """Thanks need no form."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        await stage.slack.click("U1", await answered(stage), "positive_button")

    assert vote_of(stage) == ("up", "", "")
    assert stage.slack.calls["views.open"] == 0


async def test_a_reason_for_a_vote_that_is_no_longer_down_is_not_kept() -> None:
    """The person is told in the form's place; nothing is written."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        answer = await answered(stage)
        await stage.slack.click("U1", answer, "negative_button")
        await stage.slack.until(lambda: stage.slack.workspace.views.open)
        form = stage.slack.workspace.views.modal_of("U1")
        await stage.slack.click("U1", answer, "positive_button")
        await stage.slack.submit("U1", form, reason="wrong")

        assert NO_LONGER_DOWN in form.shown
    assert vote_of(stage) == ("up", "", "")


async def test_a_form_without_a_reason_says_what_is_missing() -> None:
    """Slack's own client asks for it; another may not."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        await stage.slack.click("U1", await answered(stage), "negative_button")
        await stage.slack.until(lambda: stage.slack.workspace.views.open)
        view = stage.slack.workspace.views.modal_of("U1").as_json("T0TEAM")
        ack = await stage.slack.interact(
            "interactive", {"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T0TEAM"}, "view": view}
        )

        assert ack is not None
        assert ack.payload["response_action"] == "errors"


async def test_a_button_with_a_strange_value_votes_for_nothing() -> None:
    """A button of another app's, or of a version to come."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        answer = await answered(stage)
        for block in answer.blocks:
            if block["type"] == "context_actions":
                block["elements"][0]["negative_button"]["value"] = "sideways:01ANSWER"
        assert await stage.slack.click("U1", answer, "negative_button") is not None

    assert vote_of(stage) == ("", "", "")


async def test_each_person_votes_for_themselves() -> None:
    """A reason goes to the vote of whoever gives it."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        answer = await answered(stage)
        await stage.slack.click("U3", answer, "positive_button")
        await stage.slack.click("U1", answer, "negative_button")
        await stage.slack.until(lambda: stage.slack.workspace.views.open)
        await stage.slack.submit("U1", stage.slack.workspace.views.modal_of("U1"), reason="tone")

    assert [vote_of(stage, user) for user in ("U1", "U3")] == [("down", "tone", ""), ("up", "", "")]


async def test_a_vote_on_what_is_unknown_is_answered_in_private() -> None:
    """An answer that was deleted, or is another installation's."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    async with stage.slack.serving(), stage.playing():
        answer = await answered(stage)
        for block in answer.blocks:
            if block["type"] == "context_actions":
                block["elements"][0]["negative_button"]["value"] = "down:01UNKNOWN"
        await stage.slack.click("U1", answer, "negative_button")
        whisper = await seen(stage, "U1")

        assert whisper.shown == "I no longer know that answer."
        assert whisper.thread_ts == answer.thread_ts
    assert stage.slack.calls["views.open"] == 0


@pytest.mark.parametrize(
    "payload", [{"type": "block_actions", "actions": []}, {"type": "view_submission", "view": {}}, {"type": "shortcut"}]
)
async def test_a_damaged_payload_is_acknowledged(payload: dict[str, object]) -> None:
    """Nothing could be done about it later."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        ack = await stage.slack.interact("interactive", {"user": {"id": "U1"}, "team": {"id": "T0TEAM"}, **payload})

    assert ack is not None


# App Home and suggestions.


async def test_app_home_shows_questions_and_consent() -> None:
    """The newest questions with the person's vote, in one line each, and what they decided; refreshed when that changes."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        stage.slack.open_home("U1")
        assert "You have not asked anything yet." in await home_of(stage, "U1")
        await answered(stage, text="Is <!channel> *bold* & <https://evil.example|safe>\nor not?")
        await stage.slack.click("U1", await answered(stage), "positive_button")
        stage.slack.open_home("U1")
        shown = await home_of(stage, "U1", lambda text: QUESTION in text)
        home = stage.slack.workspace.views.homes["U1"]
        await stage.slack.press("U1", home, ALLOW)
        await home_of(stage, "U1", lambda text: "You allowed" in text)

    lines = [line for line in shown.splitlines() if line.startswith("<!date^")]
    assert lines[0].endswith("👍")
    assert "&lt;!channel&gt;" not in lines[0]
    assert "https://acme.slack.com/archives/C1/p" in lines[0]
    assert "<!channel>" not in shown
    assert stage.memory.consents == {"slack/U1": "granted"}


async def test_app_home_opens_without_links_where_slack_gives_none() -> None:
    """Links are a courtesy: an unknown channel, or a Slack out of breath, costs them alone."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    stage.slack.always["chat.getPermalink"] = Fault("error", "channel_not_found")
    async with stage.slack.serving(), stage.playing():
        await answered(stage)
        stage.slack.open_home("U1")
        shown = await home_of(stage, "U1")

    assert QUESTION in shown
    assert "archives" not in shown


async def test_app_home_that_slack_refuses_crashes_nothing() -> None:
    """The Home tab may be off in the app's settings."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    stage.slack.always["views.publish"] = Fault("error", "not_enabled")
    async with stage.slack.serving(), stage.playing():
        stage.slack.open_home("U1")
        await stage.slack.until(lambda: stage.slack.refused["views.publish not_enabled"])
        answer = await answered(stage)

    assert answer.body == "Yes. Every six months."


async def test_the_agent_view_suggests_questions() -> None:
    """Where nothing was asked yet; without a thread, for with one the agent view ignores the call."""
    stage = Stage(FakeSlack())
    async with stage.slack.serving(), stage.playing():
        stage.slack.open_home("U1", "messages")
        await stage.slack.until(lambda: stage.slack.workspace.agents.prompts)

    assert len(stage.slack.workspace.agents.prompts["D1"]) == 4


async def test_suggestions_that_slack_refuses_crash_nothing() -> None:
    """The app may be no agent."""
    stage = Stage(FakeSlack(), settings=ALLOWED)
    stage.slack.always["assistant.threads.setSuggestedPrompts"] = Fault("error", "not_allowed")
    async with stage.slack.serving(), stage.playing():
        stage.slack.open_home("U1", "messages")
        await stage.slack.until(lambda: stage.slack.refused["assistant.threads.setSuggestedPrompts not_allowed"])
        answer = await answered(stage)

    assert answer.body == "Yes. Every six months."
