"""Which messages on Discord become questions, through real discord.py; the rest is in test_client.py."""

import logging

import discord
import pytest

from bot.chat_settings import Access, DiscordSettings
from bot.errors import NotAllowedHere, TryAgainLater
from tests.adapters.discord.test_client import QUESTION, calls
from tests.adapters.discord.test_interactions import SLOW, WHOLE, SlowLedger
from tests.adapters.discord.world import BRIEF_S, company, make_services, settings_with
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger


async def test_a_question_taken_up_where_the_channel_cannot_be_read_is_answered_anew() -> None:
    """What was posted cannot be looked for; an answer is better than none."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        [kept] = acme.ledger.kept.values()
        kept.posts[0] = ("", "")
        acme.backend.delay_s = 0
        acme.env.inject_error("GET", "/channels/*/messages", status=403, code=50001, times=None)
        await acme.restart()

        assert [answer.content for answer in acme.answers()] == [WHOLE]


async def test_a_question_deleted_on_its_way_is_forgotten() -> None:
    """The deletion may be heard of before the claim is written."""
    ledger = SlowLedger(1)
    async with company(ledger=ledger, settle_timeout=BRIEF_S) as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.delete(asked)
        acme.env.settle_timeout = 5
        await acme.env.advance_time(2)

        assert acme.answers() == []
        assert [kept.erased for kept in ledger.kept.values()] == [True]


async def test_roles_of_a_missed_message_are_asked_for() -> None:
    """A message read from a channel's history does not tell its author's roles."""
    async with company() as acme:
        staff = acme.guild.create_role("staff")
        access = Access(allow_groups=(str(staff.id),))
        bia = acme.guild.add_member(acme.env.create_user("bia"), roles=[staff])
        acme.options["access"] = access
        acme.services = make_services(acme.backend, acme.ledger, acme.vault, settings_with(discord=DiscordSettings(access=access)))
        acme.env.backend.create_message(acme.channel.id, bia.id, f"{acme.me} {QUESTION}", broadcast=False)
        acme.env.backend.create_message(acme.channel.id, acme.ana.id, f"{acme.me} {QUESTION}", broadcast=False)
        await acme.restart()

        assert [kept.question.person for kept in acme.ledger.kept.values()] == [f"discord/{bia.id}"]


@pytest.mark.parametrize(
    ("status", "code", "sentence"), [(404, 10007, NotAllowedHere.user_text), (403, 50001, TryAgainLater.user_text)], ids=["gone", "hidden"]
)
async def test_whose_roles_cannot_be_read_is_not_answered(status: int, code: int, sentence: str) -> None:
    """Who is no member any more has no roles; of others it is not known whether they may ask."""
    async with company() as acme:
        staff = acme.guild.create_role("staff")
        access = Access(allow_groups=(str(staff.id),))
        acme.options["access"] = access
        acme.services = make_services(acme.backend, acme.ledger, acme.vault, settings_with(discord=DiscordSettings(access=access)))
        acme.env.backend.create_message(acme.channel.id, acme.ana.id, f"{acme.me} {QUESTION}", broadcast=False)
        acme.env.inject_error("GET", "/guilds/*/members/*", status=status, code=code)
        await acme.restart()

        assert acme.ledger.kept == {}
        assert [answer.content for answer in acme.answers()] == [sentence]


async def test_a_mention_without_permission_to_reply_is_left_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The operator must read which permission to give; a question that nobody would see answered is not taken."""
    async with company() as acme:
        mute = discord.PermissionOverwrite(send_messages=False, read_message_history=False)
        channel = acme.guild.create_text_channel("quiet", overwrites={acme.us: mute})
        with caplog.at_level(logging.WARNING):
            await acme.ana.send(channel, f"{acme.me} {QUESTION}")

        assert acme.ledger.kept == {}
        [record] = [each for each in caplog.records if each.name.startswith("adapters.")]
        assert record.__dict__["lacks"] == "Send Messages, Read Message History"
        assert record.__dict__["channel"] == channel.id
        assert calls(acme) == []


class Absent(MemoryLedger):
    """A ledger whose database is away where it is asked who takes part."""

    async def takes_part(self, conversation_id: str) -> bool:
        """See the port."""
        raise TryAgainLater("database away")


async def test_people_among_themselves_do_not_hear_of_our_troubles(caplog: pytest.LogCaptureFixture) -> None:
    """With the intent we hear every thread; only who asks us is told that we cannot answer."""
    async with company(ledger=Absent(), message_content=True) as acme:
        thread = acme.thread()
        await acme.ana.send(thread, "Did you see the game?")
        assert acme.answers(thread) == []
        assert "not known whether a message is for us" in caplog.text

        await acme.ana.send(thread, f"{acme.me} {QUESTION}")
        assert len(acme.answers(thread)) == 1
