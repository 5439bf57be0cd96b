"""What a channel lets us do, so that the operator reads which permission is missing and where."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import discord

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

# By the names of Discord's role settings; replies need the history.
_NEEDED: Final = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "read_message_history": "Read Message History",
}
_NEEDED_IN_THREADS: Final = {
    "view_channel": "View Channel",
    "send_messages_in_threads": "Send Messages in Threads",
    "read_message_history": "Read Message History",
}


def missing(granted: discord.Permissions, *, in_thread: bool) -> tuple[str, ...]:
    """Return the names of the permissions that an answer needs and *granted* lacks."""
    needed = _NEEDED_IN_THREADS if in_thread else _NEEDED
    return tuple(name for flag, name in needed.items() if not getattr(granted, flag))


def missing_in(channel: "MessageableChannel") -> tuple[str, ...]:
    """Return the names of the permissions that we lack in *channel*; none for direct messages and where it cannot be told."""
    if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return ()
    in_thread = isinstance(channel, discord.Thread)
    me = channel.guild.get_member(channel.guild.me.id) if channel.guild.me else None
    if me is None or (isinstance(channel, discord.Thread) and channel.parent is None):
        return ()
    return missing(channel.permissions_for(me), in_thread=in_thread)


def may_answer(channel: "MessageableChannel") -> bool:
    """Tell whether an answer in *channel* would be seen; where not, the operator reads why."""
    lacks = missing_in(channel)
    if lacks:
        log_missing(channel.id, lacks)
    return not lacks


def log_missing(channel_id: int | None, lacks: Sequence[str]) -> None:
    """Tell the operator what to change."""
    logger.warning("no answer: give the app's role what it lacks in the channel", extra={"channel": channel_id, "lacks": ", ".join(lacks)})
