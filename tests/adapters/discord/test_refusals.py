"""Sentences to one person on Discord."""

from datetime import datetime
from typing import Any

import pytest

from adapters.discord.refusals import Refusals
from bot.errors import EmptyQuestion, TryAgainLater
from bot.settings import PolicySettings
from tests.adapters.discord.test_client import QUESTION, nonces
from tests.adapters.discord.world import company, make_services, settings_with
from tests.fakes.vault import MemoryVault

EMPTY = "Please write your question in words."


async def test_a_refusal_goes_away_by_itself() -> None:
    """Between people talking, a bot's remark to one of them is noise after half a minute."""
    async with company() as acme:
        await acme.ana.send(acme.channel, acme.me)
        assert [answer.content for answer in acme.answers()] == [EMPTY]
        await acme.env.advance_time(31)

        assert acme.answers() == []


async def test_a_person_is_refused_once_a_minute_and_others_on_their_own() -> None:
    """Whoever writes "hi" ten times must not make us write ten times."""
    async with company() as acme:
        bia = acme.member("bia")
        for _ in range(3):
            await acme.ana.send(acme.channel, acme.me)
        await bia.send(acme.channel, acme.me)

        assert len(nonces(acme)) == 2


async def test_a_refusal_in_a_direct_message_stays() -> None:
    """Nobody else is there to be bothered."""
    async with company() as acme:
        await acme.ana.send_dm("🙂")
        await acme.env.advance_time(60)

        assert [answer.content for answer in acme.answers(acme.ana.user.dm_channel)] == [EMPTY]


async def test_who_asks_too_often_is_told_how_long_to_wait() -> None:
    """A limit that is not explained looks like a fault."""
    async with company(settings=settings_with(policy=PolicySettings(per_person_per_minute=1))) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert len(acme.ledger.kept) == 1
        assert acme.answers()[-1].content.startswith("I take at most 1 questions of a person in a short time. Please wait ")


async def test_a_reply_that_is_refused_is_only_logged() -> None:
    """There is nobody left to tell."""
    async with company() as acme:
        acme.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
        await acme.ana.send(acme.channel, acme.me)

        assert acme.answers() == []


async def test_a_refused_question_is_not_answered_after_a_restart() -> None:
    """Its asker was told to wait, and has asked again or gone; an answer ten minutes later would come from nowhere."""
    async with company(settings=settings_with(policy=PolicySettings(per_person_per_minute=1))) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.env.advance_time(120)
        acme.services = make_services(acme.backend, acme.ledger, acme.vault)
        await acme.restart()
        assert len(acme.ledger.kept) == 1
        assert len(acme.vault.values) == 2
        await acme.env.advance_time(7200)
        await acme.restart()

        assert len(acme.vault.values) == 1


async def test_a_refusal_that_cannot_be_noted_is_told_all_the_same() -> None:
    """The asker waits for a word, not for our memory."""
    said: list[Any] = []
    message: Any = Message(7, said)
    await Refusals(Away(), language="en").reply(message, EmptyQuestion())

    assert len(said) == 1


class Away(MemoryVault):
    """Cannot be written to."""

    async def put(self, name: str, value: str, *, at: datetime) -> None:
        """See the port."""
        raise TryAgainLater


class Message:
    """A message as far as a refusal looks at it; `said` are the replies."""

    def __init__(self, person: int, said: list[Any]) -> None:
        self.id = 5
        self.author = type("Author", (), {"id": person})()
        self.guild = None
        self.said = said

    async def reply(self, content: str, **fields: Any) -> None:
        """See discord.py."""
        self.said.append((self.author.id, content, fields))


@pytest.mark.parametrize(("seconds", "times"), [(59.0, 1), (60.0, 2)])
async def test_after_a_minute_a_person_is_told_again(seconds: float, times: int) -> None:
    """They may have forgotten."""
    now = [0.0]
    refusals = Refusals(MemoryVault(), language="en", clock=lambda: now[0])
    said: list[Any] = []
    message: Any = Message(7, said)
    await refusals.reply(message, EmptyQuestion())
    now[0] = seconds
    await refusals.reply(message, EmptyQuestion())

    assert len(said) == times


async def test_an_outage_is_told_each_time() -> None:
    """Each of these questions was lost to its asker."""
    refusals = Refusals(MemoryVault(), language="en")
    said: list[Any] = []
    message: Any = Message(7, said)
    await refusals.reply(message, TryAgainLater())
    await refusals.reply(message, TryAgainLater())

    assert [content for _, content, _ in said] == [TryAgainLater.user_text] * 2


async def test_a_crowd_is_not_remembered_for_ever() -> None:
    """Ten thousand people a day must not stay in memory."""
    now = [0.0]
    refusals = Refusals(MemoryVault(), language="en", clock=lambda: now[0])
    said: list[Any] = []
    for person in range(3000):
        now[0] += 1
        message: Any = Message(person, said)
        await refusals.reply(message, EmptyQuestion())

    assert len(said) == 3000
    assert len(refusals._told) <= 1000
