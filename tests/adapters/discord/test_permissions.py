"""What a channel lets us do."""

from typing import Any

import discord

from adapters.discord.permissions import missing, missing_in
from tests.adapters.discord.world import company


def test_permissions_are_named_as_the_operator_finds_them() -> None:
    """Discord's settings speak of "Send Messages", not of bit 11."""
    everything = discord.Permissions.all()
    nothing = discord.Permissions.none()

    assert missing(everything, in_thread=False) == ()
    assert missing(nothing, in_thread=False) == ("View Channel", "Send Messages", "Read Message History")
    assert missing(nothing, in_thread=True) == ("View Channel", "Send Messages in Threads", "Read Message History")


async def test_where_it_cannot_be_told_nothing_is_missing() -> None:
    """A direct message has no permissions; a thread whose channel we do not know may have all."""
    async with company() as acme:
        thread: Any = acme.client.get_channel(acme.thread().id)
        assert missing_in(acme.client.get_partial_messageable(5)) == ()
        assert missing_in(thread) == ()
        thread.parent_id = 1

        assert missing_in(thread) == ()


async def test_before_we_know_ourselves_nothing_is_missing() -> None:
    """A server may arrive without our own membership."""
    async with company() as acme:
        channel: Any = acme.client.get_channel(acme.channel.id)
        channel.guild._members.clear()

        assert missing_in(channel) == ()
