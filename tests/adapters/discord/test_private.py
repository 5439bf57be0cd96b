"""What is private on Discord, through real discord.py: it trains nothing and stays where it was said."""

import discord

from adapters.discord.events import is_private
from tests.adapters.discord.test_client import QUESTION
from tests.adapters.discord.world import Company, company

HIDDEN = discord.PermissionOverwrite(view_channel=False)
SHOWN = discord.PermissionOverwrite(view_channel=True)


def privacy(acme: Company) -> list[bool]:
    """Return whether each question was asked in private, oldest first."""
    return [kept.question.place.private for kept in acme.ledger.kept.values()]


async def test_a_channel_that_everyone_sees_is_public_and_a_direct_message_is_not() -> None:
    """By mention, by command and directly."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        await acme.ana.send_dm(QUESTION)

        assert privacy(acme) == [False, False, True]
        assert [kept.scope.rpartition(":")[0] for kept in acme.ledger.kept.values()] == ["", "", "channel:discord"]


async def test_a_channel_that_everyone_may_not_view_is_private_and_so_are_its_threads() -> None:
    """Only those who were let in read along, however the question comes."""
    async with company() as acme:
        us = acme.guild.add_member(acme.env.create_user("bia"))
        hidden = acme.guild.create_text_channel("board", overwrites={acme.guild.default_role: HIDDEN, us: SHOWN, acme.us: SHOWN})
        await us.send(hidden, f"{acme.me} {QUESTION}")
        await us.slash(hidden, "ask", question=QUESTION)
        asked = await us.send(hidden, QUESTION)
        await us.context_menu(hidden, "Answer this", asked)

        assert privacy(acme) == [True, True, True]
        guild = acme.client.get_guild(acme.guild.id)
        assert guild is not None
        open_channel, board = guild.get_channel(acme.channel.id), guild.get_channel(hidden.id)
        assert (is_private(open_channel, guild), is_private(board, guild)) == (False, True)


async def test_threads_are_as_private_as_their_channel_or_more() -> None:
    """Into a private thread people are let one by one."""
    async with company() as acme:
        opened = acme.thread()
        await acme.env.settle()
        guild = acme.client.get_guild(acme.guild.id)
        assert guild is not None
        thread = guild.get_thread(opened.id)
        assert thread is not None

        assert not is_private(thread, guild)
        thread._type = discord.ChannelType.private_thread  # as the payload of one says
        assert is_private(thread, guild)


async def test_what_is_not_known_is_private() -> None:
    """An interaction may come from where the app is no member, with a channel that brings no permissions."""
    async with company() as acme:
        guild = acme.client.get_guild(acme.guild.id)
        assert guild is not None

        assert is_private(None, guild)
        assert is_private(discord.Object(5), guild)
        assert is_private(guild.get_channel(acme.channel.id), None)
