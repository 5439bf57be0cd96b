"""After a crash: what was already posted of an answer."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, cast

import discord

from adapters.discord.parts import nonce
from bot.exchanges import OpenExchange
from bot.ports import Ledger

if TYPE_CHECKING:
    from discord.abc import MessageableChannel, PartialMessageableChannel

logger = logging.getLogger(__name__)

_NEWEST: Final = 100  # messages looked at, in one request


async def posted_parts(
    open_exchange: OpenExchange, channel: "MessageableChannel", *, me: int, ledger: Ledger
) -> list[discord.PartialMessage]:
    """
    Return the posted parts of an answer, in order.

    Where a post was intended and nothing more is known, or a command's first response may wait, the channel is read once and the parts
    found are noted in the ledger.

    Raises:
        FAULTS: The channel cannot be read.
    """
    exchange_id = open_exchange.question.exchange_id
    posts = await ledger.posts_of(exchange_id)
    known = [int(message_ref) for _, _, message_ref in posts if message_ref]
    if len(known) < max(len(posts), open_exchange.question.place.surface == "slash_command"):
        asked = int(open_exchange.message_ref)
        history = channel.history(limit=_NEWEST, after=discord.Object(asked), oldest_first=True)
        found = [message async for message in history if message.author.id == me]
        for message in _chain(found, exchange_id, begin=known[-1] if known else asked, part=len(known)):
            await ledger.posted(exchange_id, part=len(known), channel=str(message.channel.id), message_ref=str(message.id))
            known.append(message.id)
    return [discord.PartialMessage(channel=cast("PartialMessageableChannel", channel), id=message_id) for message_id in known]


def _chain(messages: Iterable[discord.Message], exchange_id: str, *, begin: int, part: int) -> list[discord.Message]:
    """
    Return the messages that continue *begin*, each a reply to the one before; the nonce is rarely given back.

    The first one may be no reply: that to a command names the command, and that in a thread on the question stands alone.
    """
    chain: list[discord.Message] = []
    for message in messages:
        alone = message.reference is None and begin in (_command_of(message), message.channel.id)
        referenced = message.reference.message_id if message.reference else None
        if referenced == begin or alone or message.nonce == nonce(exchange_id, part + len(chain)):
            chain.append(message)
            begin = message.id
    return chain


def _command_of(message: discord.Message) -> int | None:
    return message.interaction_metadata.id if message.interaction_metadata else None
