"""The command "Answer this" on Discord, through real discord.py."""

import logging

import discord
import pytest

from bot.errors import CannotSee, NotAllowedHere
from tests.adapters.discord.test_client import QUESTION, replied_to
from tests.adapters.discord.test_interactions import SlowLedger
from tests.adapters.discord.world import Company, company
from tests.fakes.ledger import Kept

WHOLE = "Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"
NAME = "Answer this"
DONE = "That message has its answer already, or is being answered."
NOT_PEOPLE = "I answer what people write, not messages of apps or of Discord."


def kept(acme: Company) -> Kept:
    """Return the one exchange."""
    [only] = acme.ledger.kept.values()
    return only


async def test_a_message_is_answered_in_its_place_for_whoever_points_at_it() -> None:
    """Support staff point at a customer's message: the words are its author's, the wish is theirs."""
    async with company() as acme:
        bia = acme.member("bia")
        asked = await acme.ana.send(acme.channel, QUESTION)
        result = await bia.context_menu(acme.channel, NAME, asked)

        [answer] = acme.answers()
        assert answer.content == WHOLE
        assert replied_to(answer) == asked.id
        assert result.ephemeral
        assert result.response is not None
        assert result.response.content == f"I am answering it there: {asked.jump_url}"
        question = kept(acme).question
        assert (question.person, question.place.surface) == (f"discord/{acme.ana.id}", "shortcut")
        assert kept(acme).message_ref == str(asked.id)


async def test_a_message_is_answered_once_however_many_point_at_it() -> None:
    """The second person is told, and nobody else is bothered."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, QUESTION)
        await acme.ana.context_menu(acme.channel, NAME, asked)
        result = await acme.member("bia").context_menu(acme.channel, NAME, asked)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (DONE, True)
        assert len(acme.answers()) == 1


async def test_a_message_that_named_us_is_not_answered_again() -> None:
    """Both ways lead to one question."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        result = await acme.ana.context_menu(acme.channel, NAME, asked)

        assert result.response is not None
        assert result.response.content == DONE
        assert len(acme.answers()) == 1


async def test_what_no_person_wrote_is_refused_privately() -> None:
    """Bots' and Discord's own messages are no questions."""
    async with company() as acme:
        bot = acme.guild.add_member(acme.env.create_user("other", bot=True))
        said = await bot.send(acme.channel, QUESTION)
        result = await acme.ana.context_menu(acme.channel, NAME, said)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (NOT_PEOPLE, True)
        assert acme.ledger.kept == {}


@pytest.mark.parametrize(
    ("text", "file", "sentence"),
    [("🙂", "", "Please write your question in words."), ("", "error.png", CannotSee.user_text.format(name="error.png"))],
    ids=["emoji", "picture"],
)
async def test_a_message_without_words_is_refused_privately(text: str, file: str, sentence: str) -> None:
    """Whoever pointed at it should know why nothing happens."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, text, attachments=[(file, b"png")] if file else [])
        result = await acme.ana.context_menu(acme.channel, NAME, asked)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (sentence, True)
        assert acme.answers() == []


async def test_a_channel_that_we_may_not_write_to_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The command works everywhere, our answer does not: the asker hears so, the operator reads what to change."""
    async with company() as acme:
        mute = discord.PermissionOverwrite(send_messages=False)
        channel = acme.guild.create_text_channel("quiet", overwrites={acme.us: mute})
        asked = await acme.ana.send(channel, QUESTION)
        with caplog.at_level(logging.WARNING):
            result = await acme.ana.context_menu(channel, NAME, asked)

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (NotAllowedHere.user_text, True)
        assert [each.__dict__["lacks"] for each in caplog.records if each.name.startswith("adapters.")] == ["Send Messages"]
        assert acme.ledger.kept == {}


async def test_in_a_thread_the_threads_permissions_count() -> None:
    """Discord has a permission of its own for threads."""
    async with company() as acme:
        only_threads = discord.PermissionOverwrite(send_messages=False, send_messages_in_threads=True)
        acme.channel = acme.guild.create_text_channel("threads", overwrites={acme.us: only_threads})
        thread = acme.thread()
        asked = await acme.ana.send(thread, QUESTION)
        await acme.ana.context_menu(thread, NAME, asked)

        assert [answer.content for answer in acme.answers(thread)] == [WHOLE]
        assert kept(acme).question.place.conversation_id == f"discord:{acme.guild.id}:{thread.id}"


async def test_a_reply_to_an_answer_goes_on_with_its_conversation() -> None:
    """The reply alone may not say what it is about."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        to_answer = {"channel_id": str(acme.channel.id), "message_id": str(acme.answers()[0].id)}
        acme.env.backend.create_message(acme.channel.id, acme.ana.id, "And the other?", reference=to_answer, broadcast=False)
        asked = acme.channel.history()[-1]
        await acme.ana.context_menu(acme.channel, NAME, asked)

        assert len(acme.answers()) == 2
        assert len({each.question.place.conversation_id for each in acme.ledger.kept.values()}) == 1


async def test_a_slow_claim_is_acknowledged_in_time() -> None:
    """Discord waits for 3 s, here too."""
    async with company(ledger=SlowLedger(2.5)) as acme:
        asked = await acme.ana.send(acme.channel, QUESTION)
        result = await acme.ana.context_menu(acme.channel, NAME, asked)

        assert result.response is not None
        assert result.ephemeral
        assert result.response.content.startswith("I am answering it there:")
        assert len(acme.answers()) == 1


async def test_while_we_stop_nothing_is_taken() -> None:
    """The next process will be there in a moment."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, QUESTION)
        await acme.client.drain(0)
        result = await acme.ana.context_menu(acme.channel, NAME, asked)

        assert result.ephemeral
        assert acme.ledger.kept == {}
