"""After a crash: which messages of an answer were already posted."""

from collections.abc import Iterable

import discord

from adapters.discord.parts import nonce
from bot.messages import OpenExchange
from bot.ports import Ledger

_NEWEST = 50  # messages looked at, in one request


async def posted_parts(
    open_exchange: OpenExchange, channel: discord.PartialMessageable, *, me: int, ledger: Ledger
) -> list[discord.PartialMessage]:
    """
    Return the posted parts of an answer, in order.

    Where a post was intended and nothing more is known, the channel is read once and the parts found are noted in the ledger.
    """
    exchange_id = open_exchange.question.exchange_id
    posts = await ledger.posts_of(exchange_id)
    known = [int(message_ref) for _, _, message_ref in posts if message_ref]
    if len(known) < len(posts):
        after = discord.Object(int(open_exchange.message_ref))
        found = [message async for message in channel.history(limit=_NEWEST, after=after, oldest_first=True) if message.author.id == me]
        for message in _chain(found, exchange_id, begin=known[-1] if known else after.id, part=len(known)):
            await ledger.posted(exchange_id, part=len(known), channel=str(channel.id), message_ref=str(message.id))
            known.append(message.id)
    return [channel.get_partial_message(message_id) for message_id in known]


def _chain(messages: Iterable[discord.Message], exchange_id: str, *, begin: int, part: int) -> list[discord.Message]:
    """Return the messages that continue *begin*, each a reply to the one before; the nonce is rarely given back."""
    chain: list[discord.Message] = []
    for message in messages:
        referenced = message.reference.message_id if message.reference else None
        if referenced == begin or message.nonce == nonce(exchange_id, part + len(chain)):
            chain.append(message)
            begin = message.id
    return chain
