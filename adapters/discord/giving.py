"""Accepted questions get their answers: in the place of a message, in a command's response, or where an earlier process began."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

import discord

from adapters.chat import ChatServices
from adapters.delivery import Pacer
from adapters.discord.answering import Posted, RunningAnswer, Spot
from adapters.discord.asker import Asker, FileRef, file_refs
from adapters.discord.attachments import Files, Reading
from adapters.discord.consent import Consent
from adapters.discord.events import PLATFORM
from adapters.discord.faults import FAULTS
from adapters.discord.posts import Posts
from adapters.discord.recovery import posted_parts
from adapters.discord.refusals import privately
from adapters.discord.responses import CommandChannel, FirstResponse, as_channel, first_response
from adapters.discord.threads import place_again, place_for, thread_name
from bot.chat_settings import DiscordSettings
from bot.engine import Engine
from bot.exchanges import OpenExchange
from bot.messages import Answer, Piece, Question, Queued, Restarted

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]


class Giving:
    """Gives each question its answer, once, in its place."""

    def __init__(
        self, services: ChatServices, settings: DiscordSettings, posts: Posts, client: discord.Client, *, edit_interval_s: float
    ) -> None:
        """Answer as *client*; messages of one channel are edited at most every *edit_interval_s* seconds."""
        self._services = services
        self._engine = services.engine
        self._settings = settings
        self._posts = posts
        self._client = client
        self._edit_interval_s = edit_interval_s
        self._consent = Consent(services.engine)
        self._files = Files(services, api_url=settings.api_url)
        self._pacers: WeakValueDictionary[int, Pacer] = WeakValueDictionary()
        self._running: dict[str, asyncio.Task[Any]] = {}  # by exchange, while its answer is being given

    async def in_place_of(self, question: Question, message: discord.Message) -> None:
        """Answer in the place of *message*, unless it was deleted on the way."""
        if self._posts.is_gone(message.id):
            await self._engine.erase(PLATFORM, channel=question.place.channel, message_ref=str(message.id))
            return
        spot = self._spot(await place_for(message, self._settings), message.to_reference(fail_if_not_exists=False), question)

        async def tell(sentence: str) -> None:
            await message.reply(sentence, nonce=f"{message.id}-file")

        given = self._given(question, file_refs(message.attachments), tell)
        await self._answer(question, spot, (), given)

    async def in_response_to(self, question: Question, interaction: discord.Interaction[Any], files: Sequence[FileRef]) -> None:
        """Answer in the first response to a command, shown as "thinking" if need be, then ask for consent where it is due."""
        channel = self._client.get_partial_messageable(int(question.place.channel), guild_id=interaction.guild_id)
        await self._services.ledger.intend_post(question.exchange_id, part=0)
        if not interaction.response.is_done():
            await think(interaction)
        response = await first_response(interaction, channel) if interaction.response.is_done() else None
        if response is not None:
            await self._services.ledger.posted(question.exchange_id, part=0, channel=str(channel.id), message_ref=str(response.id))
        reply_to = channel.get_partial_message(interaction.id).to_reference(fail_if_not_exists=False)
        spot = self._spot(as_channel(CommandChannel(channel, interaction.followup)), reply_to, question)

        given = self._given(question, files)
        await self._answer(question, spot, (response,) if response else (), given)
        if given.sentences:  # not before: what follows "thinking" takes its place
            await privately(interaction, "\n".join(given.sentences))
        if given.answered:
            await self._consent.ask_once(interaction, question.place)
            if response is not None:
                await self._open_thread(question, response.id)

    async def resume(self, left: OpenExchange) -> None:
        """Answer a question that an earlier process accepted, in the messages that it may have posted."""
        place = left.question.place
        guild_id = int(place.workspace) if place.workspace else None
        asked_in = self._client.get_partial_messageable(int(place.channel), guild_id=guild_id)
        reply_to = asked_in.get_partial_message(int(left.message_ref)).to_reference(fail_if_not_exists=False)
        channel = await place_again(left, self._client, self._services.ledger, self._settings)
        posted: Sequence[Posted] = ()
        try:
            posted = await posted_parts(left, channel, me=self._me, ledger=self._services.ledger)
        except FAULTS as error:  # post anew: the nonce still keeps a recent post from appearing twice
            logger.warning("channel not read", extra={"exchange": left.question.exchange_id, "error": type(error).__name__})
        asker = Asker.from_text(left.address)
        if asker and asker.token:
            # It may still show "thinking", and the channel be one that we may not see.
            token = discord.Webhook.partial(cast(int, self._client.application_id), asker.token, client=self._client)
            channel = as_channel(CommandChannel(asked_in, token))
            posted = [FirstResponse(posted[0].id, asked_in, token), *posted[1:]] if posted else ()
        spot = self._spot(channel, reply_to, left.question)
        await self._answer(left.question, spot, posted, self._given(left.question, asker.files if asker else ()))

    async def finished(self, exchange_id: str) -> None:
        """Return when that exchange's answer is not being given any more."""
        if running := self._running.get(exchange_id):
            await asyncio.wait((running,))

    async def _open_thread(self, question: Question, response_id: int) -> None:
        """Where answers open threads, let what follows a command go on in one; a response can have a thread only once it is there."""
        channel = self._client.get_channel(int(question.place.channel))
        if not isinstance(channel, discord.TextChannel) or not {"*", str(channel.id)} & set(self._settings.thread_channels):
            return
        try:
            await channel.get_partial_message(response_id).create_thread(name=thread_name(question.text, question.locale))
        except FAULTS as error:
            logger.warning("thread not opened", extra={"channel": channel.id, "error": type(error).__name__})

    async def _answer(self, question: Question, spot: Spot, posted: Sequence[Posted], given: "_Given") -> None:
        self._running[question.exchange_id] = cast(asyncio.Task[Any], asyncio.current_task())  # events run as tasks
        try:
            await RunningAnswer(question, spot, ledger=self._services.ledger, posts=self._posts, posted=posted).run(given)
        finally:
            del self._running[question.exchange_id]

    def _spot(self, channel: "MessageableChannel", reply_to: discord.MessageReference, question: Question) -> Spot:
        pacer = self._pacers.setdefault(channel.id, Pacer(interval_s=self._edit_interval_s, clock=self._client.loop.time))
        return Spot(channel, reply_to, pacer, question.locale or self._services.language)

    def _given(self, question: Question, files: Sequence[FileRef], tell: Tell | None = None) -> "_Given":
        locale = question.locale or self._services.language
        return _Given(self._engine, partial(self._files.read, files, self._client.http, locale=locale), tell)

    @property
    def _me(self) -> int:
        return cast(discord.ClientUser, self._client.user).id  # known before the first event


class _Given:
    """The engine for one question, given the files that came with it: they are read once the asker sees that we are at work."""

    def __init__(self, engine: Engine, read: Callable[[], Awaitable[Reading]], tell: Tell | None) -> None:
        """*tell* says to the asker, before the answer, what became of files that cannot be read."""
        self._engine = engine
        self._read = read
        self._tell = tell
        self.answered = False
        self.sentences: tuple[str, ...] = ()

    async def answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        """See `bot.engine.Engine.answer`."""
        reading = await self._read()
        self.sentences = reading.sentences
        if self.sentences and self._tell:
            try:
                await self._tell("\n".join(self.sentences))
            except FAULTS as error:
                logger.info("files not mentioned", extra={"error": type(error).__name__})
        async with aclosing(self._engine.answer(question, attachments=reading.passages)) as stream:
            async for event in stream:
                self.answered = self.answered or isinstance(event, Answer)
                yield event


async def think(interaction: discord.Interaction[Any]) -> None:
    """Show "thinking" to everybody; where Discord refuses that, the question is answered all the same, by an ordinary message."""
    try:
        await interaction.response.defer(thinking=True)
    except FAULTS as error:
        logger.warning("command not acknowledged", extra={"error": type(error).__name__})
