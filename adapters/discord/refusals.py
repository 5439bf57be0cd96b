"""Sentences to one person: to an interaction only they see them, beneath a message they go away by themselves."""

import logging
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any, Final

import discord
from discord.utils import MISSING, utcnow

from adapters.discord.attachments import said
from adapters.discord.events import locale_of
from adapters.discord.faults import FAULTS
from bot.errors import BadRequest, ChatbotError
from bot.ports import Vault

logger = logging.getLogger(__name__)

_REFUSED: Final = "discord:refused:"
_NEW: Final = timedelta(minutes=1)
_READ_AGAIN: Final = timedelta(hours=1)  # longer than gaps are read back
_SHOWN_S: Final = 30.0
_EVERY_S: Final = 60.0
_REMEMBERED: Final = 1000  # people, before those whose minute is over are forgotten


class Refusals:
    """Says why a message is not answered: to each person at most once a minute."""

    def __init__(self, vault: Vault, *, language: str, clock: Callable[[], float] = monotonic) -> None:
        """Prepare; *language* is spoken where a server has chosen none."""
        self._vault = vault
        self._language = language
        self._clock = clock
        self._told: dict[int, float] = {}  # by person

    async def reply(self, message: discord.Message, error: ChatbotError) -> None:
        """Reply with the sentence of *error*, once however often the event is delivered; what the asker can mend goes after 30 s."""
        refused = isinstance(error, BadRequest)
        if refused:
            await self._note(message)
            if not self._may_tell(message.author.id):
                return
        sentence = said(error, locale_of(message.guild) or self._language)
        goes = refused and message.guild is not None  # a direct message is private already
        try:
            reply = await message.reply(sentence, nonce=f"{message.id}-say")
            if goes:
                await reply.delete(delay=_SHOWN_S)
        except FAULTS as fault:
            logger.warning("reply not posted", extra={"error": type(fault).__name__})

    async def were_told(self, message: discord.Message) -> bool:
        """Tell whether an old message, read again after an outage, was refused before: its minute may be over, but it was answered so."""
        if message.created_at > utcnow() - _NEW:
            return False
        return await self._vault.get(f"{_REFUSED}{message.id}") is not None

    async def forget(self) -> None:
        """Forget the messages that are too old to be read again."""
        await self._vault.forget(_REFUSED, before=utcnow() - _READ_AGAIN)

    async def _note(self, message: discord.Message) -> None:
        try:
            await self._vault.put(f"{_REFUSED}{message.id}", "", at=utcnow())
        except ChatbotError as error:
            logger.warning("refusal not noted", extra={"error": type(error).__name__})

    def _may_tell(self, person: int) -> bool:
        now = self._clock()
        if now - self._told.get(person, -_EVERY_S) < _EVERY_S:
            return False
        if len(self._told) >= _REMEMBERED:
            self._told = {each: at for each, at in self._told.items() if now - at < _EVERY_S}
        self._told[person] = now
        return True


async def privately(interaction: discord.Interaction[Any], sentence: str, *, view: discord.ui.View = MISSING) -> None:
    """Say *sentence* to whoever pressed, asked or sent, seen by nobody else."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True, view=view)
        else:
            await interaction.response.send_message(sentence, ephemeral=True, view=view)
    except FAULTS as error:
        logger.info("not said", extra={"error": type(error).__name__})


async def conclude(interaction: discord.Interaction[Any], sentence: str, *, view: discord.ui.View | None = None) -> None:
    """Put *sentence* where "thinking" is shown, or say it privately where nothing is shown yet."""
    if not interaction.response.is_done():
        await privately(interaction, sentence, view=view or MISSING)
        return
    try:
        await interaction.edit_original_response(content=sentence, view=view)
    except FAULTS as error:
        logger.info("not said", extra={"error": type(error).__name__})


async def think_privately(interaction: discord.Interaction[Any]) -> None:
    """Answer Discord in time; what follows counts even where that fails."""
    try:
        await interaction.response.defer(ephemeral=True, thinking=True)
    except FAULTS as error:
        logger.info("not acknowledged", extra={"error": type(error).__name__})
