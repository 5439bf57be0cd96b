"""Which conversation a message belongs to, and whether it is for us at all."""

import discord

from adapters.discord.events import answered_ref, mentions
from adapters.discord.posts import Posts
from bot.ports import Ledger


async def conversation_of(message: discord.Message, *, me: int, ledger: Ledger, posts: Posts) -> str | None:
    """
    Return the conversation's id, None where *message* is not for us.

    Direct messages always are. In a server a message is for us that names us, replies to an answer of ours, or is written in a thread
    that we take part in; without the message-content intent Discord hides the text of the latter two, and nothing can be answered.
    """
    if message.guild is None:
        return f"discord:dm:{message.channel.id}"
    named = mentions(message, me)
    if not named and not message.content:
        return None
    if isinstance(message.channel, discord.Thread):
        return await _in_thread(message.channel, ledger, posts, named=named)
    continued = await _continued(ledger, posts, message.channel.id, answered_ref(message))
    # A thread opened on the question later has the question's id, and so continues its conversation.
    return continued or (f"discord:{message.guild.id}:{message.id}" if named else None)


async def _in_thread(thread: discord.Thread, ledger: Ledger, posts: Posts, *, named: bool) -> str | None:
    # A public thread's id is that of the message it was opened on, perhaps an answer of ours.
    opened_on = await _continued(ledger, posts, thread.parent_id, str(thread.id))
    conversation_id = opened_on or f"discord:{thread.guild.id}:{thread.id}"
    return conversation_id if named or opened_on or await ledger.takes_part(conversation_id) else None


async def _continued(ledger: Ledger, posts: Posts, channel_id: int, message_ref: str) -> str | None:
    """Return the conversation of the answer that *message_ref* is."""
    exchange_id = message_ref and await posts.exchange_of(channel_id, message_ref)
    place = await ledger.place_of(exchange_id) if exchange_id else None
    return place.conversation_id if place else None
