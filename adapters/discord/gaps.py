"""What happened while we were away: a new session gets no events of the time before it, so that it is read from the channels."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

import discord
from discord.utils import time_snowflake, utcnow

from adapters.chat import ChatServices
from adapters.discord.events import PLATFORM, is_ignored, mentions
from adapters.discord.faults import FAULTS
from adapters.discord.posts import Posts
from adapters.discord.thumbs import MissedThumbs
from adapters.discord.unshown import asked_in, show_recorded

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

AWAY: Final = timedelta(minutes=15)  # how far back channels are read
_BUSIEST: Final = 200  # channels read of those written to since then, those written to last first
_NEWEST: Final = 500  # messages read of each
_DIRECT: Final = 300  # channels of direct messages read; Discord does not tell whether anything was written there
_ACQUAINTED: Final = (timedelta(days=1), timedelta(days=7), timedelta(days=30))  # since when we talked; the latest are read first
_AT_ONCE: Final = 5  # channels read at the same time

_Written = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class _Gap:
    """
    What the channels hold: answers without their end, and answers with thumbs beneath.

    `unshown` is by exchange, each with its asker's message or our newest post.
    """

    thumbs: MissedThumbs
    unshown: dict[str, discord.Message] = field(default_factory=dict)


async def catch_up(client: discord.Client, services: ChatServices, posts: Posts) -> None:
    """
    Read the last 15 minutes of servers, forum posts, threads and known people's direct messages, and catch up with what is there.

    People's messages come to *client* as the event `message`, oldest first within each channel: those heard before are claimed, and so
    not answered twice. Answers that a dying process recorded and did not show to their end are shown now, and thumbs of their askers are
    counted.
    """
    since = utcnow() - AWAY
    gap = _Gap(MissedThumbs(services))
    limit = asyncio.Semaphore(_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        async for channel in _channels(client, services, since):
            await limit.acquire()
            group.create_task(_Reader(client, services, posts, gap).read(channel, since)).add_done_callback(lambda _: limit.release())
    for exchange_id, message in gap.unshown.items():
        await show_recorded(exchange_id, message, me=_me(client), services=services, posts=posts)
    await gap.thumbs.count()


async def _channels(client: discord.Client, services: ChatServices, since: datetime) -> AsyncIterator["MessageableChannel"]:
    after = time_snowflake(since)
    written_to = [channel for guild in client.guilds for channel in _readable(guild) if _newest(channel) > after]
    for channel in sorted(written_to, key=_newest, reverse=True)[:_BUSIEST]:
        yield channel
    direct: dict[str, None] = {}
    for ago in _ACQUAINTED:
        direct |= dict.fromkeys(await services.ledger.direct_channels(PLATFORM, since=utcnow() - ago))
    for channel_id in list(direct)[:_DIRECT]:
        yield client.get_partial_messageable(int(channel_id))


def _readable(guild: discord.Guild) -> Iterator[_Written]:
    """Yield a server's channels and active threads (a new session is told of these, forum posts too) whose history we may read."""
    threads = (thread for thread in guild.threads if thread.parent)
    channels: list[_Written] = [*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *threads]
    for channel in channels:
        allowed = channel.permissions_for(guild.me)
        if allowed.read_messages and allowed.read_message_history:
            yield channel


def _newest(channel: _Written) -> int:
    return channel.last_message_id or channel.id  # a new post's only message has its id


def _me(client: discord.Client) -> int:
    return cast(discord.ClientUser, client.user).id  # known before any session is ready


class _Reader:
    """Reads one channel's gap."""

    def __init__(self, client: discord.Client, services: ChatServices, posts: Posts, gap: _Gap) -> None:
        self._client = client
        self._me = _me(client)
        self._ledger = services.ledger
        self._posts = posts
        self._gap = gap

    async def read(self, channel: "MessageableChannel", since: datetime) -> None:
        """Read what was written there since then."""
        try:
            messages = await _written(channel, since)
        except FAULTS as error:
            logger.info("channel not read", extra={"channel": channel.id, "error": type(error).__name__})
            return
        await self._sort(messages)

    async def _sort(self, messages: Sequence[discord.Message]) -> None:
        ours = [message for message in messages if message.author.id == self._me]
        replied_to = {message.reference.message_id for message in ours if message.reference}
        people = {message.id: message.author.id for message in messages if message.author.id != self._me}
        for message in messages:
            if message.author.id == self._me:
                self._gap.thumbs.look_at(message, _asker(message, people))
                await self._look_at(message, last=message.id not in replied_to)
            elif message.id not in replied_to and not is_ignored(message):
                self._client.dispatch("message", message)
                await self._look_for_answer(message)

    async def _look_at(self, message: discord.Message, *, last: bool) -> None:
        if not message.components and last:
            before = asked_in(message, self._me)
            # The process may have died before it knew of its own post.
            self._note(await self._part(message.channel.id, message.id) or await self._part(*before) or await self._asked(*before), message)

    async def _look_for_answer(self, message: discord.Message) -> None:
        if message.guild is None or mentions(message, self._me) or message.reference or isinstance(message.channel, discord.Thread):
            self._note(await self._asked(message.channel.id, message.id), message)

    async def _part(self, channel_id: int, message_id: int) -> str | None:
        return await self._ledger.exchange_of(PLATFORM, channel=str(channel_id), message_ref=str(message_id))

    async def _asked(self, channel_id: int, message_id: int) -> str | None:
        return await self._ledger.asked_with(PLATFORM, channel=str(channel_id), message_ref=str(message_id))

    def _note(self, exchange_id: str | None, message: discord.Message) -> None:
        if exchange_id and not self._posts.is_writing(exchange_id):
            self._gap.unshown[exchange_id] = message


async def _written(channel: "MessageableChannel", since: datetime) -> list[discord.Message]:
    """Return the newest messages, oldest first."""
    messages: list[discord.Message] = []
    async for message in channel.history(limit=_NEWEST):
        if message.created_at < since:
            break
        messages.insert(0, message)
    return messages


def _asker(message: discord.Message, people: Mapping[int, int]) -> int | None:
    """Return who is answered, by the authors of the channel's messages; None for a later part, or where the question is elsewhere."""
    if message.interaction_metadata:
        return message.interaction_metadata.user.id
    return people.get(message.reference.message_id or 0) if message.reference else None
