"""Where an answer goes: beside its question, or in a thread on it where the operator wants that."""

import logging
import re
from typing import TYPE_CHECKING, Final

import discord

from adapters.discord.events import locale_of
from adapters.discord.faults import FAULTS
from bot.chat_settings import DiscordSettings
from bot.exchanges import OpenExchange
from bot.ports import Ledger
from bot.texts import translate

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

# https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
_HAS_A_THREAD: Final = 160004
_NAME_LIMIT: Final = 80  # of 100: https://docs.discord.com/developers/resources/channel#start-thread-from-message
# Names are shown as they are: mentions, emoji, commands and times would be numbers in them.
_MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w{1,32}:|/[^:<>]{1,100}:|t:)\d{1,20}(?::\w)?>")


async def place_for(message: discord.Message, settings: DiscordSettings) -> "MessageableChannel":
    """
    Return the channel to answer *message* in: a thread opened on it where the settings say so, else its own.

    A message has one thread at most, whose id equals its own: opening it again finds it. A reply to an answer of ours goes on where it
    is, and so does everything where we may not open threads or write in them.
    """
    channel = message.channel
    if not isinstance(channel, discord.TextChannel) or not _opens_threads(channel, settings) or _continues(message):
        return channel
    return await _thread_on(message, channel, thread_name(message.content, locale_of(message.guild))) or channel


async def place_again(left: OpenExchange, client: discord.Client, ledger: Ledger, settings: DiscordSettings) -> "MessageableChannel":
    """Return the channel in which an earlier process answered the question or would have."""
    place = left.question.place
    guild_id = int(place.workspace) if place.workspace else None
    posted = next((channel for _, channel, _ in await ledger.posts_of(left.question.exchange_id) if channel), "")
    asked_in = client.get_channel(int(place.channel))
    if not posted and place.surface == "mention" and isinstance(asked_in, discord.TextChannel) and _opens_threads(asked_in, settings):
        name = thread_name(left.question.text, locale_of(asked_in.guild))
        thread = await _thread_on(asked_in.get_partial_message(int(left.message_ref)), asked_in, name)
        if thread is not None:
            return thread
    return client.get_partial_messageable(int(posted or place.channel), guild_id=guild_id)


def thread_name(text: str, locale: str) -> str:
    """Return the question as a thread's name: one line without mentions, at most 80 characters."""
    words = " ".join(_MENTION.sub(" ", text).split())
    if len(words) > _NAME_LIMIT:
        words = words[: _NAME_LIMIT - 1].rsplit(" ", 1)[0] + "…"
    return words or translate(locale, "A question")


def _opens_threads(channel: discord.TextChannel, settings: DiscordSettings) -> bool:
    if not {"*", str(channel.id)} & set(settings.thread_channels):
        return False
    me = channel.guild.me
    allowed = channel.permissions_for(me) if me else discord.Permissions.all()
    if allowed.create_public_threads and allowed.send_messages_in_threads:
        return True
    logger.warning("no thread: give the app's role Create Public Threads and Send Messages in Threads", extra={"channel": channel.id})
    return False


def _continues(message: discord.Message) -> bool:
    """Tell whether *message* replies to one of ours: its conversation goes on where that is."""
    replied_to = message.reference.resolved if message.reference else None
    return isinstance(replied_to, discord.Message) and message.guild is not None and replied_to.author == message.guild.me


async def _thread_on(
    message: discord.Message | discord.PartialMessage, channel: discord.TextChannel, name: str
) -> "MessageableChannel | None":
    try:
        return await message.create_thread(name=name)
    except FAULTS as error:
        if isinstance(error, discord.HTTPException) and error.code == _HAS_A_THREAD:
            return await _existing(message, channel)
        logger.warning("thread not opened", extra={"channel": channel.id, "error": type(error).__name__})
        return None


async def _existing(message: discord.Message | discord.PartialMessage, channel: discord.TextChannel) -> discord.Thread | None:
    try:
        return channel.get_thread(message.id) or await message.fetch_thread()
    except FAULTS as error:
        logger.warning("thread not found", extra={"channel": channel.id, "error": type(error).__name__})
        return None
