"""Consent on Discord: asked once, shown and changed by `/privacy`."""

import logging
from typing import Any, Final, Literal, Self, cast

import discord

from adapters.chat import consent_question, consent_thanks, privacy_choice
from adapters.discord.attachments import said
from adapters.discord.events import PLATFORM
from adapters.discord.faults import FAULTS
from adapters.discord.refusals import conclude, privately, think_privately
from bot.engine import Engine
from bot.errors import ChatbotError
from bot.messages import Place

logger = logging.getLogger(__name__)

Decision = Literal["consent:yes", "consent:no", "privacy:allow", "privacy:withdraw"]

_GRANTING: Final = ("consent:yes", "privacy:allow")


class DecisionButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"aprendiz:(?P<decision>consent:(?:yes|no)|privacy:(?:allow|withdraw))"
):
    """A decision about one's own words: what it stands for is in its id, so that it works for messages of an earlier process."""

    def __init__(self, decision: Decision, *, label: str | None = None) -> None:
        granting = decision in _GRANTING
        style = discord.ButtonStyle.primary if granting else discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(style=style, label=label, custom_id=f"aprendiz:{decision}"))
        self.granting = granting

    @classmethod
    async def from_custom_id(cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: Any, /) -> Self:
        """See discord.py: makes the button anew from its id."""
        return cls(cast(Decision, match["decision"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the decision to the client as the event `decision`."""
        interaction.client.dispatch("decision", interaction, self.granting)


def consent_view(locale: str) -> discord.ui.View:
    """Return the two answers to the question that is asked once."""
    choice = consent_question(locale)
    return _view(("consent:yes", choice.yes), ("consent:no", choice.no))


def privacy_view(locale: str) -> discord.ui.View:
    """Return the two decisions beneath `/privacy`."""
    choice = privacy_choice(locale, "unasked", "consent")
    return _view(("privacy:allow", choice.yes), ("privacy:withdraw", choice.no))


class Consent:
    """Asks people whether their words may train, and keeps what they say."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ask_once(self, interaction: discord.Interaction[Any], place: Place) -> None:
        """Ask whoever asked a question, where they were never asked and their words could train."""
        try:
            due = await self._engine.asks_consent(place, str(interaction.user.id))
        except ChatbotError as error:
            logger.warning("consent not asked", extra={"error": type(error).__name__})
            return
        if not due:
            return
        locale = str(interaction.locale)
        await privately(interaction, consent_question(locale).text, view=consent_view(locale))

    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Show what is kept and what the person decided."""
        locale = str(interaction.locale)
        await think_privately(interaction)
        try:
            state = await self._engine.consent_of(PLATFORM, str(interaction.user.id))
        except ChatbotError as error:
            await conclude(interaction, said(error, locale))
            return
        await conclude(interaction, privacy_choice(locale, state, self._engine.policy_on(PLATFORM)).text, view=privacy_view(locale))

    async def decide(self, interaction: discord.Interaction[Any], *, granted: bool) -> None:
        """Keep a decision, and put our thanks in the place of the question; pressed again it is kept again."""
        locale = str(interaction.locale)
        try:
            await interaction.response.defer()
        except FAULTS as error:  # the decision counts even where it cannot be shown
            logger.info("decision not acknowledged", extra={"error": type(error).__name__})
        try:
            await self._engine.set_consent(PLATFORM, str(interaction.user.id), granted=granted)
        except ChatbotError as error:  # the buttons stay, to be pressed again
            await privately(interaction, said(error, locale))
            return
        try:
            await interaction.edit_original_response(content=consent_thanks(locale, granted=granted), view=None)
        except FAULTS as error:
            logger.info("no thanks shown", extra={"error": type(error).__name__})


def _view(*buttons: tuple[Decision, str]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for decision, label in buttons:
        view.add_item(DecisionButton(decision, label=label))
    return view
