"""Messages become questions: those that are for us, from whoever may ask."""

import logging
from collections.abc import Sequence

import discord

from adapters.chat import ChatServices
from adapters.discord import events
from adapters.discord.conversations import Conversations
from adapters.discord.faults import FAULTS
from adapters.discord.giving import Giving
from adapters.discord.permissions import may_answer
from adapters.discord.refusals import Refusals
from bot.chat_settings import Access
from bot.engine import Engine
from bot.errors import CannotSee, ChatbotError, EmptyQuestion, TryAgainLater
from bot.messages import Incoming, Question

logger = logging.getLogger(__name__)


class Asking:
    """Accepts questions that people write in messages."""

    def __init__(self, services: ChatServices, access: Access, conversations: Conversations, giving: Giving) -> None:
        """Accept through the engine; answers are given by *giving*."""
        self.refusals = Refusals(services.vault, language=services.language)
        self._engine = services.engine
        self._access = access
        self._conversations = conversations
        self._giving = giving

    async def hear(self, message: discord.Message, *, me: int) -> None:
        """Answer a message that is for us."""
        try:
            conversation_id = await self._conversations.for_us(message, me=me)
        except TryAgainLater:
            if message.guild is None or events.mentions(message, me):
                raise
            logger.warning("not known whether a message is for us")  # people who talk to each other are not to hear of our troubles
            return
        if conversation_id is None or not may_answer(message.channel) or await self.refusals.were_told(message):
            return
        try:
            incoming = events.incoming(message, conversation_id, me, await self._roles_of(message))
            question = await accept(self._engine, incoming, message.attachments)
        except ChatbotError as error:
            await self.refusals.reply(message, error)
            return
        if question is not None:
            await self._giving.in_place_of(question, message)

    async def _roles_of(self, message: discord.Message) -> frozenset[str]:
        """Return the roles of a message's author; those of a message read by REST are asked for, where it matters who has which."""
        matters = self._access.allow_groups or self._access.block_groups
        if isinstance(message.author, discord.Member) or message.guild is None or not matters:
            return events.roles_of(message.author)
        try:
            return events.roles_of(await message.guild.fetch_member(message.author.id))
        except discord.NotFound:  # gone since
            return frozenset()
        except FAULTS as error:
            raise TryAgainLater("Discord does not tell who has which role") from error


async def accept(engine: Engine, incoming: Incoming, attachments: Sequence[discord.Attachment]) -> Question | None:
    """
    Hand a question to the engine.

    Raises:
        CannotSee: There is a picture in the place of words.
        ChatbotError: As the engine's `accept`.
    """
    try:
        return await engine.accept(incoming)
    except EmptyQuestion as error:
        if pictures := [each for each in attachments if (each.content_type or "").startswith("image/")]:
            raise CannotSee(name=pictures[0].filename) from error
        raise
