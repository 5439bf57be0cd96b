"""`/ask` on Discord, through real discord.py."""

import asyncio
from datetime import datetime
from typing import Any

import discord
import pytest
from discord.utils import utcnow

from bot.chat_settings import Access, DiscordSettings
from bot.errors import ChatbotError, NotAllowedHere, TryAgainLater
from bot.messages import Question
from bot.settings import PolicySettings
from tests.adapters.discord.test_client import QUESTION, buttons
from tests.adapters.discord.world import BRIEF_S, Company, company, make_services, settings_with
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger

WHOLE = "Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"
SLOW = ("Yes. ", "Every six ", "months.")
HIDDEN = discord.PermissionOverwrite(view_channel=False)


class SlowLedger(MemoryLedger):
    """Takes its time to claim."""

    def __init__(self, claim_s: float) -> None:
        super().__init__()
        self._claim_s = claim_s

    async def claim(self, *given: Any, **named: Any) -> Question | None:
        """See the port."""
        await asyncio.sleep(self._claim_s)
        return await super().claim(*given, **named)


class Impatient(MemoryLedger):
    """Says, after a while, that the person has just asked."""

    async def asked_since(self, person: str, since: datetime) -> tuple[datetime, ...]:
        """See the port."""
        del person, since
        await asyncio.sleep(2.5)
        return (utcnow(),)


class BrokenLedger(MemoryLedger):
    """Has a bug."""

    async def claim(self, *_: Any, **__: Any) -> Question | None:
        """See the port."""
        raise ZeroDivisionError


def callbacks(acme: Company) -> list[dict[str, Any]]:
    """Return our first responses to interactions."""
    return [request.json for request in acme.env.http_requests if request.json and request.path.endswith("/callback")]


async def test_a_command_is_answered_in_its_response_with_sources_and_buttons() -> None:
    """`/ask` is the surface whose words may train with consent: it must be as good as a mention."""
    async with company() as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.response is not None
        assert result.response.content == WHOLE
        assert not result.ephemeral
        [answer] = acme.answers()
        assert len(buttons(answer)) == 2
        [kept] = acme.ledger.kept.values()
        assert (kept.question.text, kept.question.place.surface, kept.question.person) == (
            QUESTION,
            "slash_command",
            f"discord/{acme.ana.id}",
        )
        assert kept.posts == {0: (str(acme.channel.id), str(answer.id))}
        assert callbacks(acme) == [{"type": 5}]


async def test_the_token_is_used_for_the_first_words_only() -> None:
    """It lives for 15 minutes; what comes after must not depend on it."""
    async with company() as acme:
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        edits = [request.path for request in acme.env.http_requests if request.method == "PATCH"]
        assert [path.startswith("/webhooks/") for path in edits] == [True, *(False for _ in edits[1:])]
        assert len(edits) > 1


async def test_a_reply_to_the_answer_of_a_command_continues_its_conversation() -> None:
    """However a talk began, it goes on in the same way."""
    async with company() as acme:
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        await acme.member("bia").send(acme.channel, "Which filter?", reply_to=acme.answers()[0])

        assert len({kept.question.place.conversation_id for kept in acme.ledger.kept.values()}) == 1
        assert len(acme.answers()) == 2


async def test_a_command_in_a_thread_belongs_to_its_talk() -> None:
    """The thread holds what was said before."""
    async with company() as acme:
        thread = acme.thread()
        await acme.ana.send(thread, f"{acme.me} {QUESTION}")
        await acme.ana.slash(thread, "ask", question="And the other filter?")

        first, second = (kept.question.place for kept in acme.ledger.kept.values())
        assert first.conversation_id == second.conversation_id
        assert (second.channel, second.parent) == (str(thread.id), str(acme.channel.id))


async def test_a_command_in_a_direct_message_belongs_to_its_talk() -> None:
    """There is one conversation with each person."""
    async with company() as acme:
        await acme.ana.send_dm(QUESTION)
        result = await acme.ana.user.slash("ask", question="And the other filter?")

        assert result.response is not None
        assert result.response.content.startswith("Yes. Every six months.")
        assert {kept.question.place.conversation_id for kept in acme.ledger.kept.values()} == {f"discord:dm:{acme.ana.user.dm_channel.id}"}


async def test_a_command_delivered_twice_is_answered_once() -> None:
    """After a resumed session Discord may send an event again."""
    async with company() as acme:
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        await acme.again("INTERACTION_CREATE")

        assert len(acme.answers()) == 1
        assert len(acme.ledger.kept) == 1


async def test_where_answers_open_threads_a_command_opens_one_too() -> None:
    """The talk goes on there, and in the same conversation."""
    async with company(thread_channels=("*",)) as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        [thread] = acme.channel.threads
        await acme.ana.send(thread, f"{acme.me} And the other filter?")

        assert result.response is not None
        assert (thread.id, thread.name) == (result.response.id, QUESTION)
        assert len(acme.answers(thread)) == 1
        assert len({kept.question.place.conversation_id for kept in acme.ledger.kept.values()}) == 1


async def test_a_thread_that_cannot_be_opened_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The answer stands in the channel."""
    async with company(thread_channels=("*",)) as acme:
        acme.env.inject_error("POST", "/channels/*/messages/*/threads", status=403, code=50013)
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert [answer.content for answer in acme.answers()] == [WHOLE]
        assert "thread not opened" in caplog.messages


async def test_mentions_in_a_command_are_readable_and_ours_is_dropped() -> None:
    """Ids say nothing to a model, and a person's is personal data."""
    async with company() as acme:
        await acme.ana.slash(acme.channel, "ask", question=f"{acme.me} filter of <@99> in <#{acme.channel.id}> <@&{acme.guild.id}>")

        [kept] = acme.ledger.kept.values()
        assert kept.question.text == "filter of @user in #help @@everyone"


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("🙂🙂", "Please write your question in words."),
        ("w " * 300, "That question has 599 characters; I can read 500. Please shorten it."),
    ],
    ids=["emoji", "too long"],
)
async def test_a_command_that_cannot_be_answered_is_told_privately(question: str, sentence: str) -> None:
    """Nobody else needs to see a mistake."""
    settings = settings_with(policy=PolicySettings(max_question_characters=500))
    async with company(settings=settings) as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=question)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (sentence, True)
        assert acme.ledger.kept == {}


async def test_a_slow_claim_is_acknowledged_in_time_and_answered() -> None:
    """Discord waits for 3 s; a slow disk must not lose the question."""
    ledger = SlowLedger(2.5)
    async with company(ledger=ledger) as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.response is not None
        assert result.response.content == WHOLE
        assert len(ledger.kept) == 1


async def test_a_slow_refusal_takes_thinking_away_and_stays_private() -> None:
    """What everybody saw must not stay for ever, nor become what only one should read."""
    async with company(ledger=Impatient(), settings=settings_with(policy=PolicySettings(per_person_per_minute=1))) as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.response is None
        [told] = result.followups
        assert told.ephemeral
        assert told.content.startswith("I take at most 1 questions")


async def test_a_slow_refusal_that_cannot_be_told_is_only_logged() -> None:
    """Discord has given the command up meanwhile."""
    async with company(ledger=Impatient(), settings=settings_with(policy=PolicySettings(per_person_per_minute=1))) as acme:
        acme.env.inject_error("PATCH", "/webhooks/*", status=404, code=10015)
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.followups == []


async def test_a_crash_after_the_acknowledgement_is_finished_in_the_same_message() -> None:
    """The word "thinking" must not be shown for ever, nor the answer appear twice."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        [kept] = acme.ledger.kept.values()
        kept.posts[0] = ("", "")  # the process died before it noted the message
        acme.backend.delay_s = 0
        await acme.restart()

        assert [answer.content for answer in acme.answers()] == [WHOLE]


async def test_a_crash_in_a_channel_that_we_may_not_see_is_finished_by_the_token() -> None:
    """It lives for 15 minutes, longer than a restart takes."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        channel = acme.guild.create_text_channel("secret", overwrites={acme.us: HIDDEN})
        result = await acme.ana.slash(channel, "ask", question=QUESTION)
        acme.backend.delay_s = 0
        await acme.restart()

        assert result.response is not None
        assert result.response.content == WHOLE
        assert len(channel.history()) == 1


async def test_a_crash_before_the_acknowledgement_is_answered_by_a_message() -> None:
    """Discord told the asker that we did not respond; the answer comes all the same, once we are back."""
    async with company() as acme:
        acme.env.inject_error("POST", "/interactions/*", status=404, code=10062)
        acme.env.inject_error("POST", "/webhooks/*", status=404, code=10062, times=None)
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert [answer.content for answer in acme.answers()] == [WHOLE]


async def test_a_response_that_is_gone_is_replaced_by_a_message() -> None:
    """A moderator may take "thinking" away before the first word."""
    async with company() as acme:
        acme.env.inject_error("GET", "/webhooks/*/messages/@original", status=404, code=10008)
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert WHOLE in [answer.content for answer in acme.answers()]


async def test_a_command_in_a_channel_that_we_may_not_see_is_answered_by_its_token() -> None:
    """Commands work where the app has no permission at all; the asker need not know."""
    lines = ["Every_filter_is_changed_every_six_months,_as_the_guide_says_in_its_first_chapter.\n\n"] * 60
    async with company(ScriptedBackend(lines)) as acme:
        channel = acme.guild.create_text_channel("secret", overwrites={acme.us: HIDDEN})
        result = await acme.ana.slash(channel, "ask", question=QUESTION)

        parts = [part for part in (result.response, *result.followups) if part is not None and not part.ephemeral]
        assert len(parts) > 1
        assert "".join(part.content for part in parts).count("Every_filter") == 60
        assert [len(part.components) for part in parts] == [*(0 for _ in parts[1:]), 1]


async def test_a_command_while_we_stop_is_told_to_come_back() -> None:
    """A question taken now could be lost to the asker, whose command ends with us."""
    async with company() as acme:
        await acme.client.drain(0)
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (TryAgainLater.user_text, True)


async def test_a_bug_is_told_privately() -> None:
    """Discord would say "The application did not respond", which helps nobody."""
    async with company(ledger=BrokenLedger(), check_errors=False) as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (ChatbotError.user_text, True)
        assert acme.env.errors


async def test_lists_hold_for_roles_and_channels_and_their_threads() -> None:
    """The operator decides who may ask where; whoever may not is told so privately."""
    async with company() as acme:
        staff = acme.guild.create_role("staff")
        access = Access(allow_groups=(str(staff.id),), block_channels=(str(acme.channel.id),))
        acme.services = make_services(acme.backend, acme.ledger, acme.vault, settings_with(discord=DiscordSettings(access=access)))
        await acme.restart()
        elsewhere = acme.guild.create_text_channel("elsewhere")
        bia = acme.guild.add_member(acme.env.create_user("bia"), roles=[staff])
        refused = [
            await acme.ana.slash(elsewhere, "ask", question=QUESTION),
            await bia.slash(acme.channel, "ask", question=QUESTION),
            await bia.slash(acme.thread(), "ask", question=QUESTION),
        ]
        answered = await bia.slash(elsewhere, "ask", question=QUESTION)
        await bia.send(elsewhere, f"{acme.me} {QUESTION}")

        assert [(each.ephemeral, each.response and each.response.content) for each in refused] == [(True, NotAllowedHere.user_text)] * 3
        assert answered.response is not None
        assert answered.response.content == WHOLE
        assert len(acme.answers(elsewhere)) == 2
