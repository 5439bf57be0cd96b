"""Consent: asked once, beneath a person's first answer, and decided by a button that only they see; changed by `/privacy` or App Home."""

import asyncio
import logging
from typing import Final

from adapters.chat import ChatServices, consent_question, privacy_choice
from adapters.slack.blocks import CONSENT_ACTION, PRIVACY_ACTION, Block, button, decision, escape
from adapters.slack.events import Spot
from adapters.slack.workspaces import Workspace
from bot.errors import ChatbotError
from bot.messages import ConsentState, Question, RightsPolicy

logger = logging.getLogger(__name__)

_GRANTS: Final = {"yes": True, "allow": True, "no": False, "withdraw": False}


class Consent:
    """Asks people whether their words may train, and keeps what they say in the order in which they say it."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services
        self._order = asyncio.Lock()

    async def ask_once(self, question: Question, spot: Spot, workspace: Workspace) -> None:
        """Ask whoever was answered at *spot*, if they were never asked; beneath another's message the words are not theirs to give."""
        if not spot.user or question.place.surface == "shortcut":
            return
        if not await self._services.engine.asks_consent(question.place, spot.user):
            return
        locale = spot.locale or self._services.language
        web = workspace.web
        text = escape(consent_question(locale).text)
        await web.budgets.whispers.take()
        request = web.client.chat_postEphemeral(
            channel=spot.channel, user=spot.user, thread_ts=spot.thread_ts, text=text, blocks=consent_blocks(locale)
        )
        try:
            await web.call(request)
        except ChatbotError as error:
            logger.info("consent not asked", extra={"reason": f"{type(error).__name__} {error}"})

    async def decide(self, user: str, value: str) -> bool | None:
        """Keep what a button called *value* says, and return it; None where it says nothing."""
        granted = _GRANTS.get(value)
        if granted is not None:
            async with self._order:
                await self._services.engine.set_consent("slack", user, granted=granted)
        return granted

    async def shown(self, user: str, locale: str) -> tuple[str, list[Block]]:
        """Return what a person decided, and the same with the buttons that change it."""
        state = await self._services.engine.consent_of("slack", user)
        policy = self._services.engine.policy_on("slack")
        return privacy_choice(locale, state, policy).text, privacy_blocks(locale, state, policy)


def consent_blocks(locale: str) -> list[Block]:
    """Return the question with its two buttons."""
    asked = consent_question(locale)
    return decision(asked.text, button(CONSENT_ACTION, "yes", asked.yes, primary=True), button(CONSENT_ACTION, "no", asked.no))


def privacy_blocks(locale: str, state: ConsentState, policy: RightsPolicy) -> list[Block]:
    """Return what `/privacy` shows: what was decided, and what else can be."""
    asked = privacy_choice(locale, state, policy)
    allow, withdraw = button(PRIVACY_ACTION, "allow", asked.yes, primary=True), button(PRIVACY_ACTION, "withdraw", asked.no)
    buttons = {"unasked": (allow, withdraw), "granted": (withdraw,), "refused": (allow,)}
    return decision(asked.text, *buttons[state])
