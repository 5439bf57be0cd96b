"""Votes: buttons and thumbs beneath our answers."""

import asyncio
import logging
from typing import Any, Final
from weakref import WeakValueDictionary

import discord
from discord.utils import utcnow

from adapters.discord.attachments import said
from adapters.discord.events import PLATFORM, thumb
from adapters.discord.faults import FAULTS
from adapters.discord.reasons import reason_form
from adapters.discord.refusals import conclude, think_privately
from bot.engine import Engine
from bot.errors import ChatbotError, UnknownExchange
from bot.messages import RatingValue
from bot.ratings import Rating, RatingVia
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

COUNTED: Final = N_("Thank you! Your vote was counted.")

_PATIENCE_S: Final = 2.0  # of the 3 s in which Discord wants a first response


class Votes:
    """Passes what people think of an answer to the engine, one after another for each person and answer."""

    def __init__(self, engine: Engine, *, patience_s: float = _PATIENCE_S) -> None:
        """Prepare; a form is shown only where the vote is kept within *patience_s*, because it must be the first response."""
        self._engine = engine
        self._patience_s = patience_s
        self._turns: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    async def click(self, interaction: discord.Interaction[Any], exchange_id: str, value: RatingValue) -> None:
        """Keep a button's vote, then thank for it or, where it is down, ask why; Discord wants to hear of it within 3 s."""
        locale = str(interaction.locale)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(exchange_id, interaction.user.id, value))
            # Kept first: whom we have answered will not press again, whatever becomes of us.
            await asyncio.wait((keeping,), timeout=self._patience_s)
            if not keeping.done():
                await think_privately(interaction)
        problem = keeping.result()
        if value == "down" and problem is None and not interaction.response.is_done():
            await _ask_why(interaction, reason_form(exchange_id, locale))
        else:
            await conclude(interaction, said(problem, locale) if problem else translate(locale, COUNTED))

    async def react(self, event: discord.RawReactionActionEvent, exchange_id: str, channel: discord.PartialMessageable) -> None:
        """Keep the vote that a thumb is; taken away, the person's other thumb counts where there is one."""
        async with self._turn(exchange_id, event.user_id):
            kept = thumb(event.emoji) if event.event_type == "REACTION_ADD" else await _other_thumb(channel, event)
            try:
                await self._rate(exchange_id, event.user_id, kept, via="reaction")
            except UnknownExchange:  # an answer that failed half way
                logger.info("vote on no answer", extra={"exchange": exchange_id})

    async def _keep(self, exchange_id: str, person: int, value: RatingValue) -> ChatbotError | None:
        """Keep a button's vote; return why it could not be kept."""
        async with self._turn(exchange_id, person):
            try:
                await self._rate(exchange_id, person, value, via="button")
            except ChatbotError as error:
                return error
        return None

    def _turn(self, exchange_id: str, person: int) -> asyncio.Lock:
        return self._turns.setdefault((exchange_id, person), asyncio.Lock())

    async def _rate(self, exchange_id: str, person: int, value: RatingValue | None, *, via: RatingVia) -> None:
        await self._engine.rate(Rating(exchange_id, str(person), PLATFORM, value, via, utcnow()))


async def _ask_why(interaction: discord.Interaction[Any], form: discord.ui.Modal) -> None:
    try:
        await interaction.response.send_modal(form)
    except FAULTS as error:  # the vote is kept
        logger.info("reason not asked", extra={"error": type(error).__name__})


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
