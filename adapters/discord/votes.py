"""Votes: buttons and thumbs beneath our answers."""

import asyncio
import logging
from typing import Any
from weakref import WeakValueDictionary

import discord
from discord.utils import utcnow

from adapters.discord.events import PLATFORM, thumb
from adapters.discord.faults import FAULTS
from bot.engine import Engine
from bot.errors import ChatbotError, UnknownExchange
from bot.messages import Rating, RatingValue, RatingVia
from bot.texts import translate

logger = logging.getLogger(__name__)


class Votes:
    """Passes what people think of an answer to the engine, one after another for each person and answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    async def click(self, interaction: discord.Interaction[Any], exchange_id: str, value: RatingValue) -> None:
        """Keep a button's vote and thank for it; Discord wants to hear of it within 3 s, before the database is asked."""
        locale = str(interaction.locale)
        async with self._turn(exchange_id, interaction.user.id):
            try:
                await interaction.response.defer(ephemeral=True, thinking=True)
            except FAULTS as error:  # the vote counts even where the thanks cannot be shown
                logger.info("vote not acknowledged", extra={"error": type(error).__name__})
            try:
                await self._rate(exchange_id, interaction.user.id, value, via="button")
                sentence = translate(locale, "Thank you! Your vote was counted.")
            except ChatbotError as error:
                sentence = translate(locale, error.user_text, **error.fields)
        try:
            await interaction.edit_original_response(content=sentence)
        except FAULTS as error:
            logger.info("no thanks shown", extra={"error": type(error).__name__})

    async def react(self, event: discord.RawReactionActionEvent, exchange_id: str, channel: discord.PartialMessageable) -> None:
        """Keep the vote that a thumb is; taken away, the person's other thumb counts where there is one."""
        async with self._turn(exchange_id, event.user_id):
            kept = thumb(event.emoji) if event.event_type == "REACTION_ADD" else await _other_thumb(channel, event)
            try:
                await self._rate(exchange_id, event.user_id, kept, via="reaction")
            except UnknownExchange:  # an answer that failed half way
                logger.info("vote on no answer", extra={"exchange": exchange_id})

    def _turn(self, exchange_id: str, person: int) -> asyncio.Lock:
        return self._turns.setdefault((exchange_id, person), asyncio.Lock())

    async def _rate(self, exchange_id: str, person: int, value: RatingValue | None, *, via: RatingVia) -> None:
        await self._engine.rate(Rating(exchange_id, str(person), PLATFORM, value, via, utcnow()))


async def _other_thumb(channel: discord.PartialMessageable, event: discord.RawReactionActionEvent) -> RatingValue | None:
    """Return the vote of a thumb that the person left on the message, which only Discord knows."""
    try:
        message = await channel.fetch_message(event.message_id)
        for reaction in message.reactions:
            value = thumb(reaction.emoji)
            if value and [
                user async for user in reaction.users(limit=1, after=discord.Object(event.user_id - 1)) if user.id == event.user_id
            ]:
                return value
    except FAULTS as error:
        logger.info("reactions not read", extra={"error": type(error).__name__})
    return None
