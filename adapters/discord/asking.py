"""Questions and their answers: from a message, from `/ask`, from "Answer this", or left open by an earlier process."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakValueDictionary

import discord

from adapters.chat import ChatServices
from adapters.delivery import Pacer
from adapters.discord import events
from adapters.discord.answering import Posted, RunningAnswer, Spot
from adapters.discord.asker import Asker, FileRef, file_refs
from adapters.discord.attachments import Files, Reading, said
from adapters.discord.consent import Consent
from adapters.discord.conversations import Conversations
from adapters.discord.faults import FAULTS
from adapters.discord.permissions import missing, missing_in
from adapters.discord.posts import Posts
from adapters.discord.recovery import posted_parts
from adapters.discord.refusals import Refusals, conclude, privately, think_privately
from adapters.discord.responses import CommandChannel, as_channel, first_response
from adapters.discord.threads import place_again, place_for, thread_name
from bot.engine import Engine
from bot.errors import CannotSee, ChatbotError, EmptyQuestion, NotAllowedHere
from bot.messages import Answer, Incoming, OpenExchange, Piece, Question, Queued
from bot.settings import DiscordSettings
from bot.texts import N_, translate

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

COMING: Final = N_("I am answering it there: {link}")
ALREADY: Final = N_("That message has its answer already, or is being answered.")
NOT_PEOPLE: Final = N_("I answer what people write, not messages of apps or of Discord.")

_PATIENCE_S: Final = 2.0  # of the 3 s in which Discord wants a first response

Tell = Callable[[str], Awaitable[None]]


class Asking:
    """Accepts questions through the engine and gives each its answer, once, in its place."""

    def __init__(
        self, services: ChatServices, settings: DiscordSettings, posts: Posts, client: discord.Client, *, edit_interval_s: float
    ) -> None:
        """Answer as *client*; messages of one channel are edited at most every *edit_interval_s* seconds."""
        self.refusals = Refusals(services.vault, language=services.language)
        self._services = services
        self._engine = services.engine
        self._settings = settings
        self._posts = posts
        self._client = client
        self._edit_interval_s = edit_interval_s
        self._conversations = Conversations(services.ledger, posts, frozenset(settings.thread_channels))
        self._consent = Consent(services.engine)
        self._files = Files(services, api_url=settings.api_url)
        self._pacers: WeakValueDictionary[int, Pacer] = WeakValueDictionary()
        self._running: dict[str, asyncio.Task[Any]] = {}  # by exchange, while its answer is being given

    async def message(self, message: discord.Message) -> None:
        """Answer a message that is for us."""
        conversation_id = await self._conversations.for_us(message, me=self._me)
        if conversation_id is None or not _may_answer(message.channel) or await self.refusals.were_told(message):
            return
        incoming = events.incoming(message, conversation_id, self._me, await self._roles_of(message))
        try:
            question = await self._accept(incoming, message.attachments)
        except ChatbotError as error:
            await self.refusals.reply(message, error)
            return
        if question is not None:
            await self._answer_message(question, message)

    async def command(self, interaction: discord.Interaction[Any], text: str, file: discord.Attachment | None) -> None:
        """
        Answer `/ask`.

        The question is claimed before Discord is answered: from then on it is not lost, and "thinking" is never shown for a question that
        nobody has. Where the ledger is slow, "thinking" comes first all the same, because Discord waits for 3 s only; a crash in that
        moment loses the question, and Discord tells the asker so after 15 minutes.
        """
        files = [file] if file else []
        refs = file_refs(files)

        async def claim() -> Question | None:
            conversation_id = await self._conversations.of_command(interaction)
            return await self._accept(events.command(interaction, text, conversation_id, self._me, refs), files)

        outcome = await _in_time(claim(), lambda: _defer(interaction))
        if isinstance(outcome, ChatbotError):
            await _refuse(interaction, outcome)
        elif outcome is not None:
            await self._answer_command(outcome, interaction, refs)

    async def shortcut(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Answer the message that somebody pointed at; each message is answered once."""
        locale = str(interaction.locale)
        if problem := _pointless(interaction, message):
            await privately(interaction, translate(locale, problem))
            return

        async def claim() -> Question | None:
            conversation_id = await self._conversations.around(message)
            return await self._accept(events.pointed_at(message, conversation_id, self._me, interaction), message.attachments)

        outcome = await _in_time(claim(), lambda: think_privately(interaction))
        if isinstance(outcome, ChatbotError):
            await conclude(interaction, said(outcome, locale))
        elif outcome is None:
            await conclude(interaction, translate(locale, ALREADY))
        else:
            await conclude(interaction, translate(locale, COMING, link=message.jump_url))
            await self._answer_message(outcome, message)

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
        spot = self._spot(channel, reply_to, left.question)
        await self._answer(left.question, spot, posted, self._given(left.question, asker.files if asker else ()))

    async def finished(self, exchange_id: str) -> None:
        """Return when that exchange's answer is not being given any more."""
        if running := self._running.get(exchange_id):
            await asyncio.wait((running,))

    async def _accept(self, incoming: Incoming, attachments: Sequence[discord.Attachment]) -> Question | None:
        try:
            return await self._engine.accept(incoming)
        except EmptyQuestion as error:
            if pictures := [each for each in attachments if (each.content_type or "").startswith("image/")]:
                raise CannotSee(name=pictures[0].filename) from error
            raise

    async def _answer_message(self, question: Question, message: discord.Message) -> None:
        """Answer in the place of *message*, unless it was deleted on the way."""
        if self._posts.is_gone(message.id):
            await self._engine.erase(events.PLATFORM, channel=question.place.channel, message_ref=str(message.id))
            return
        spot = self._spot(await place_for(message, self._settings), message.to_reference(fail_if_not_exists=False), question)

        async def tell(sentence: str) -> None:
            await message.reply(sentence, nonce=f"{message.id}-file")

        given = self._given(question, file_refs(message.attachments), tell)
        await self._answer(question, spot, (), given)

    async def _answer_command(self, question: Question, interaction: discord.Interaction[Any], files: Sequence[FileRef]) -> None:
        """Answer in the first response to a command, then ask for consent where it is due."""
        channel = self._client.get_partial_messageable(int(question.place.channel), guild_id=interaction.guild_id)
        await self._services.ledger.intend_post(question.exchange_id, part=0)
        if not interaction.response.is_done():
            await _defer(interaction)
        response = await first_response(interaction, channel) if interaction.response.is_done() else None
        if response is not None:
            await self._services.ledger.posted(question.exchange_id, part=0, channel=str(channel.id), message_ref=str(response.id))
        reply_to = channel.get_partial_message(interaction.id).to_reference(fail_if_not_exists=False)
        spot = self._spot(as_channel(CommandChannel(channel, interaction)), reply_to, question)

        given = self._given(question, files)
        await self._answer(question, spot, (response,) if response else (), given)
        if given.sentences:  # not before: what follows "thinking" takes its place
            await privately(interaction, "\n".join(given.sentences))
        if given.answered:
            await self._consent.ask_once(interaction, question.place)
            if response is not None:
                await self._open_thread(question, response.id)

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

    async def _roles_of(self, message: discord.Message) -> frozenset[str]:
        """Return the roles of a message's author; those of a message read by REST are asked for, where it matters who has which."""
        access = self._settings.access
        if isinstance(message.author, discord.Member) or message.guild is None or not (access.allow_groups or access.block_groups):
            return events.roles_of(message.author)
        try:
            return events.roles_of(await message.guild.fetch_member(message.author.id))
        except FAULTS as error:
            logger.warning("roles not read", extra={"error": type(error).__name__})
            return frozenset()

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

    async def answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Answer]:
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


async def _in_time(accepting: Awaitable[Question | None], defer: Callable[[], Awaitable[None]]) -> Question | ChatbotError | None:
    """Return what became of a question; where that takes longer than Discord waits, *defer* first."""
    async with asyncio.TaskGroup() as group:
        outcome = group.create_task(_outcome(accepting))
        await asyncio.wait((outcome,), timeout=_PATIENCE_S)
        if not outcome.done():
            logger.warning("claim slow, acknowledged before it")
            await defer()
    return outcome.result()


async def _outcome(accepting: Awaitable[Question | None]) -> Question | ChatbotError | None:
    try:
        return await accepting
    except ChatbotError as error:
        return error


async def _defer(interaction: discord.Interaction[Any]) -> None:
    """Show "thinking" to everybody; where Discord refuses that, the question is answered all the same, by an ordinary message."""
    try:
        await interaction.response.defer(thinking=True)
    except FAULTS as error:
        logger.warning("command not acknowledged", extra={"error": type(error).__name__})


async def _refuse(interaction: discord.Interaction[Any], error: ChatbotError) -> None:
    """Say privately why a command is not answered; "thinking", which everybody sees, goes."""
    sentence = said(error, str(interaction.locale))
    if not interaction.response.is_done():
        await privately(interaction, sentence)
        return
    try:
        # In this order: what follows "thinking" would take its place, and where it was deleted Discord lets nothing follow.
        await interaction.edit_original_response(content="…")
        await interaction.followup.send(sentence, ephemeral=True)
        await interaction.delete_original_response()
    except FAULTS as fault:
        logger.info("not said", extra={"error": type(fault).__name__})


def _pointless(interaction: discord.Interaction[Any], message: discord.Message) -> str:
    """Return why the message that somebody pointed at will not be answered, empty where it may be."""
    if events.is_ignored(message):
        return NOT_PEOPLE
    in_thread = isinstance(interaction.channel, discord.Thread)
    if interaction.guild_id and (lacks := missing(interaction.app_permissions, in_thread=in_thread)):
        _log_missing(interaction.channel_id, lacks)
        return NotAllowedHere.user_text
    return ""


def _may_answer(channel: "MessageableChannel") -> bool:
    lacks = missing_in(channel)
    if lacks:
        _log_missing(channel.id, lacks)
    return not lacks


def _log_missing(channel_id: int | None, lacks: Sequence[str]) -> None:
    logger.warning("no answer: give the app's role what it lacks in the channel", extra={"channel": channel_id, "lacks": ", ".join(lacks)})
