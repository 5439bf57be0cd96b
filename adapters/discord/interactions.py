"""`/ask` and "Answer this": a first response within Discord's 3 seconds, then the answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord

from adapters.discord import events
from adapters.discord.asker import file_refs
from adapters.discord.asking import accept
from adapters.discord.attachments import said
from adapters.discord.conversations import Conversations
from adapters.discord.faults import FAULTS
from adapters.discord.giving import Giving, think
from adapters.discord.permissions import log_missing, missing
from adapters.discord.refusals import conclude, privately, think_privately
from bot.engine import Engine
from bot.errors import ChatbotError, NotAllowedHere
from bot.messages import Question
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

COMING: Final = N_("I am answering it there: {link}")
ALREADY: Final = N_("That message has its answer already, or is being answered.")
NOT_PEOPLE: Final = N_("I answer what people write, not messages of apps or of Discord.")

_PATIENCE_S: Final = 2.0  # of the 3 s in which Discord wants a first response


class Interactions:
    """Accepts questions that people ask by commands."""

    def __init__(self, engine: Engine, conversations: Conversations, giving: Giving) -> None:
        """Accept through *engine*; answers are given by *giving*."""
        self._engine = engine
        self._conversations = conversations
        self._giving = giving

    async def ask(self, interaction: discord.Interaction[Any], text: str, file: discord.Attachment | None, *, me: int) -> None:
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
            return await accept(self._engine, events.command(interaction, text, conversation_id, me, refs), files)

        outcome = await _in_time(claim(), lambda: think(interaction))
        if isinstance(outcome, ChatbotError):
            await _refuse(interaction, outcome)
        elif outcome is not None:
            await self._giving.in_response_to(outcome, interaction, refs)

    async def answer_this(self, interaction: discord.Interaction[Any], message: discord.Message, *, me: int) -> None:
        """Answer the message that somebody pointed at; each message is answered once."""
        locale = str(interaction.locale)
        if problem := _pointless(interaction, message):
            await privately(interaction, translate(locale, problem))
            return

        async def claim() -> Question | None:
            conversation_id = await self._conversations.around(message)
            return await accept(self._engine, events.pointed_at(message, conversation_id, me, interaction), message.attachments)

        outcome = await _in_time(claim(), lambda: think_privately(interaction))
        if isinstance(outcome, ChatbotError):
            await conclude(interaction, said(outcome, locale))
        elif outcome is None:
            await conclude(interaction, translate(locale, ALREADY))
        else:
            await conclude(interaction, translate(locale, COMING, link=message.jump_url))
            await self._giving.in_place_of(outcome, message)


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
        log_missing(interaction.channel_id, lacks)
        return NotAllowedHere.user_text
    return ""
