"""Votes by button, and why an answer is bad: the vote is kept before anybody is asked, and the form is asked for by a press of 👎."""

import asyncio
import logging
from functools import partial
from typing import Any, Final

from adapters.chat import ChatServices, reasons
from adapters.slack.acknowledged import after_acknowledgement
from adapters.slack.blocks import BUTTON_CHARACTERS, REASON_VIEW, Block, escape, plain_text, section
from adapters.slack.events import Click, Spot, read_click
from adapters.slack.payloads import COMMENT_FIELD, REASON_FIELD, read_explained
from adapters.slack.workspaces import Workspace
from bot.errors import ChatbotError, UnknownExchange
from bot.ratings import Rating
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

COMMENT_CHARACTERS: Final = 2_000
_TITLE_CHARACTERS = 24  # of a modal's title and buttons: https://docs.slack.dev/reference/views/modal-views
_LABEL_CHARACTERS = 2_000
_PLACEHOLDER_CHARACTERS = 150
NO_LONGER_DOWN = N_("You no longer rate that answer as bad, so there is nothing to explain. Thank you all the same!")


class Voting:
    """Keeps the votes of buttons, in the order of their arrival, and the reasons for those against an answer."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services
        self._order = asyncio.Lock()

    async def clicked(self, body: dict[str, Any], workspace: Workspace) -> None:
        """Keep a vote; once it is acknowledged, ask why it is down."""
        click = read_click(body)
        if click is None:
            return
        async with self._order:
            try:
                await self._services.engine.rate(Rating(click.exchange_id, click.user, "slack", click.value, "button", click.at))
            except UnknownExchange as error:
                after_acknowledgement(partial(self._refuse, click, error, workspace))
                return
        if click.value == "down":
            trigger = str(body.get("trigger_id") or "")
            after_acknowledgement(lambda: workspace.answering.also(self._ask(click, trigger, workspace)))

    async def explained(self, body: dict[str, Any], workspace: Workspace) -> dict[str, Any] | None:
        """Keep why a vote is down, and return what the form shows next; None closes it."""
        given = read_explained(body)
        if given is None:
            return None
        locale = (await workspace.web.person(given.user)).locale or self._services.language
        if given.reason is None:
            return {"response_action": "errors", "errors": {REASON_FIELD: translate(locale, "Please choose one of these.")}}
        kept = await self._services.engine.explain(
            given.exchange_id, "slack", given.user, reason=given.reason, comment=given.comment[:COMMENT_CHARACTERS]
        )
        return None if kept else {"response_action": "update", "view": notice_view(locale, translate(locale, NO_LONGER_DOWN))}

    def _refuse(self, click: Click, error: ChatbotError, workspace: Workspace) -> None:
        spot = Spot(click.channel, click.thread_ts, "", user=click.user)
        workspace.answering.also(workspace.answering.sentence(spot, error, privately=True))

    async def _ask(self, click: Click, trigger: str, workspace: Workspace) -> None:
        web = workspace.web
        locale = (await web.person(click.user)).locale or self._services.language
        try:
            await web.call(web.client.views_open(trigger_id=trigger, view=reason_view(locale, click.exchange_id)))
        except ChatbotError as error:
            # A trigger is good for 3 s, once. The vote is kept; pressing again asks again.
            logger.info("reason not asked", extra={"reason": f"{type(error).__name__} {error}"})


def reason_view(locale: str, exchange_id: str) -> Block:
    """Return the form that asks why an answer is bad."""
    return {
        "type": "modal",
        "callback_id": REASON_VIEW,
        "private_metadata": exchange_id,
        "title": plain_text(translate(locale, "What was wrong?"), _TITLE_CHARACTERS),
        "submit": plain_text(translate(locale, "Send"), _TITLE_CHARACTERS),
        "close": plain_text(translate(locale, "Skip"), _TITLE_CHARACTERS),
        "blocks": [_reason(locale), _comment(locale)],
    }


def notice_view(locale: str, sentence: str) -> Block:
    """Return a window that says one sentence."""
    return {
        "type": "modal",
        "title": plain_text(translate(locale, "Your vote"), _TITLE_CHARACTERS),
        "close": plain_text(translate(locale, "Close"), _TITLE_CHARACTERS),
        "blocks": [section(escape(sentence))],
    }


def _reason(locale: str) -> Block:
    options = [{"text": plain_text(words, BUTTON_CHARACTERS), "value": code} for code, words in reasons(locale)]
    return {
        "type": "input",
        "block_id": REASON_FIELD,
        "label": plain_text(translate(locale, "Your vote is kept. What is wrong with the answer?"), _LABEL_CHARACTERS),
        "element": {"type": "radio_buttons", "action_id": REASON_FIELD, "options": options},
    }


def _comment(locale: str) -> Block:
    placeholder = translate(locale, "What should the answer have said? Where does it stand?")
    return {
        "type": "input",
        "block_id": COMMENT_FIELD,
        "optional": True,
        "label": plain_text(translate(locale, "In your own words"), _LABEL_CHARACTERS),
        "element": {
            "type": "plain_text_input",
            "action_id": COMMENT_FIELD,
            "multiline": True,
            "max_length": COMMENT_CHARACTERS,
            "placeholder": plain_text(placeholder, _PLACEHOLDER_CHARACTERS),
        },
    }
