"""The answers under way: owned, ended, and never silently lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from adapters.slack.address import Address
from adapters.slack.answering import Answering
from adapters.slack.events import Spot
from adapters.slack.unconfirmed import Unconfirmed
from adapters.slack.web import SlackWeb
from bot.errors import EmptyQuestion
from bot.messages import Answer, Incoming, Place, Question
from tests.adapters.slack.stage import Stage
from tests.fakes.slack_server import FakeSlack, Fault


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serving() as served:
        yield served


@pytest.fixture
async def web(slack: FakeSlack) -> AsyncIterator[SlackWeb]:
    async with aiohttp.ClientSession() as session:
        yield SlackWeb(slack.settings, session)


async def nothing(question: Question, spot: Spot, answer: Answer) -> None:
    """Do nothing more."""


def answering_of(stage: Stage, web: SlackWeb) -> Answering:
    return Answering(stage.services, web, streaming=True, answered=nothing, unconfirmed=Unconfirmed(stage.vault))


async def asked(stage: Stage, slack: FakeSlack) -> tuple[Question, Spot]:
    said = slack.say("U1", "C1", "When?")
    place = Place("slack", "mention", f"slack:T0TEAM:C1:{said.ts}", "T0TEAM", "C1")
    question = await stage.engine.accept(Incoming("When?", "U1", place, (said.ts,), datetime.now(UTC), message_ref=said.ts))
    assert question is not None
    return question, Spot("C1", said.ts, said.ts, "T0TEAM", "U1", "")


async def test_nothing_is_begun_after_the_end(slack: FakeSlack, web: SlackWeb) -> None:
    """A question kept in the last moment belongs to the next start: it stays open."""
    stage = Stage(slack)
    answering = answering_of(stage, web)
    await answering.close(0.1)

    question, spot = await asked(stage, slack)
    answering.start(question, spot)
    await asyncio.sleep(0.05)

    assert not stage.backend.requests
    assert [kept.exchange for kept in stage.memory.kept.values()] == [None]


async def test_a_question_deleted_before_its_answer_begins_is_not_answered(slack: FakeSlack, web: SlackWeb) -> None:
    """Between the ledger and the acknowledgement nothing runs yet that could be ended."""
    stage = Stage(slack)
    answering = answering_of(stage, web)
    question, spot = await asked(stage, slack)

    answering.retract(question.exchange_id)
    answering.start(question, spot)

    assert not answering.busy


async def test_a_sentence_that_slack_refuses_is_not_worth_a_crash(slack: FakeSlack, web: SlackWeb) -> None:
    """The channel may be archived meanwhile."""
    stage = Stage(slack)
    answering = answering_of(stage, web)
    slack.always["chat.postMessage"] = Fault("error", "is_archived")

    await answering.sentence(Spot("C1", "1.1", "1.1"), EmptyQuestion())

    assert answering.locale(Spot("C1", "1.1", "1.1")) == "en"
    assert answering.locale(Spot("C1", "1.1", "1.1", locale="en-GB")) == "en-GB"


async def test_a_failing_small_work_is_logged(slack: FakeSlack, web: SlackWeb, caplog: pytest.LogCaptureFixture) -> None:
    """No task ends unseen."""
    stage = Stage(slack)
    answering = answering_of(stage, web)

    async def bug() -> None:
        raise ZeroDivisionError

    answering.also(bug())
    await answering.ended("unknown")
    await answering.close(1)

    assert "task failed" in caplog.text


async def test_two_answers_taken_up_again_share_no_message(slack: FakeSlack, web: SlackWeb) -> None:
    """Two questions of one thread, both cut off: each finds its own beginning, and both answers stand."""
    stage = Stage(slack)
    first, spot = await asked(stage, slack)
    again = slack.say("U1", "C1", "And why?", spot.thread_ts)
    place = first.place
    await stage.engine.accept(Incoming("And why?", "U1", place, (again.ts,), datetime.now(UTC), message_ref=again.ts))
    marked = {"event_type": "aprendiz_answer", "event_payload": {"exchange_id": first.exchange_id, "part": 0}}
    await web.client.chat_postMessage(channel="C1", thread_ts=spot.thread_ts, text="Eve", metadata=marked)
    answering = answering_of(stage, web)

    await web.identify()
    for left in await stage.memory.open_exchanges("slack", since=datetime.now(UTC) - timedelta(hours=1)):
        answering.resume(left.question, left.message_ref, Address("U1", "T0TEAM"))
    await stage.finished("C1", spot.thread_ts, 2)
    await answering.close(1)

    assert [answer.body for answer in slack.workspace.answers("C1", spot.thread_ts)] == ["Yes. Every six months."] * 2


async def test_two_streams_of_one_thread_whose_starts_were_never_noted(slack: FakeSlack, web: SlackWeb) -> None:
    """Both carry no mark yet: each answer takes one of them, and none is written over."""
    stage = Stage(slack)
    first, spot = await asked(stage, slack)
    again = slack.say("U1", "C1", "And why?", spot.thread_ts)
    await stage.engine.accept(Incoming("And why?", "U1", first.place, (again.ts,), datetime.now(UTC), message_ref=again.ts))
    for _ in range(2):
        await web.client.chat_startStream(
            channel="C1", thread_ts=spot.thread_ts, markdown_text="Eve", recipient_team_id="T0TEAM", recipient_user_id="U1"
        )
    answering = answering_of(stage, web)

    await web.identify()
    for left in await stage.memory.open_exchanges("slack", since=datetime.now(UTC) - timedelta(hours=1)):
        answering.resume(left.question, left.message_ref, Address("U1", "T0TEAM"))
    await stage.finished("C1", spot.thread_ts, 2)
    await answering.close(1)

    assert [answer.body for answer in slack.workspace.answers("C1", spot.thread_ts)] == ["Yes. Every six months."] * 2
