"""After a crash or an outage: what was already posted, and what was said meanwhile."""

import logging
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Final

import discord
from discord.utils import time_snowflake

from adapters.discord.faults import FAULTS
from adapters.discord.parts import nonce
from bot.messages import OpenExchange
from bot.ports import Ledger

logger = logging.getLogger(__name__)

_NEWEST: Final = 50  # messages looked at, in one request
_BUSIEST: Final = 50  # channels looked at


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


async def missed_messages(guilds: Iterable[discord.Guild], *, me: int, since: datetime) -> AsyncIterator[discord.Message]:
    """
    Yield what was said since then in servers and is not answered, oldest first within each channel.

    A new session gets no events of the time before it. At most 50 channels are read, those written to last first, one request for
    each; direct messages are not, because Discord does not list their channels.
    """
    after = discord.Object(time_snowflake(since))
    written_to = [channel for guild in guilds for channel in _channels(guild) if (channel.last_message_id or 0) > after.id]
    for channel in sorted(written_to, key=lambda each: each.last_message_id or 0, reverse=True)[:_BUSIEST]:
        try:
            messages = [message async for message in channel.history(limit=_NEWEST, after=after, oldest_first=True)]
        except FAULTS as error:
            logger.info("channel not read", extra={"channel": channel.id, "error": type(error).__name__})
            continue
        answered = {message.reference.message_id for message in messages if message.author.id == me and message.reference}
        for message in messages:
            if message.id not in answered:
                yield message


def _channels(guild: discord.Guild) -> list[discord.TextChannel | discord.Thread]:
    channels: list[discord.TextChannel | discord.Thread] = []
    channels.extend(guild.text_channels)
    channels.extend(guild.threads)
    return channels


def _chain(messages: Iterable[discord.Message], exchange_id: str, *, begin: int, part: int) -> list[discord.Message]:
    """Return the messages that continue *begin*, each a reply to the one before; the nonce is rarely given back."""
    chain: list[discord.Message] = []
    for message in messages:
        referenced = message.reference.message_id if message.reference else None
        if referenced == begin or message.nonce == nonce(exchange_id, part + len(chain)):
            chain.append(message)
            begin = message.id
    return chain
