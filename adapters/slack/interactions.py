"""What Slack sends that is no message: commands, clicks, shortcuts, forms, App Home being opened; each goes to who handles it."""

from typing import Any

from adapters.chat import ChatServices, consent_thanks
from adapters.slack.acknowledged import after_acknowledgement
from adapters.slack.asking import Asking
from adapters.slack.blocks import ANSWER_SHORTCUT, CONSENT_ACTION, PRIVACY_ACTION, RATING_ACTION, escape
from adapters.slack.consent import Consent
from adapters.slack.events import Spot
from adapters.slack.home import Home
from adapters.slack.payloads import Command, Opened, Press, read_command, read_opened, read_press
from adapters.slack.prompts import suggest
from adapters.slack.reasons import Voting
from adapters.slack.response_urls import tell_privately
from adapters.slack.workspaces import Workspace
from bot.messages import Answer, Question


class Interactions:
    """
    Handles what is no message, for every workspace.

    What must not be lost is kept before the acknowledgement; an error leaves a payload unacknowledged, which Slack shows where the
    person clicked.
    """

    def __init__(self, services: ChatServices) -> None:
        self._services = services
        self._asking = Asking(services)
        self._consent = Consent(services)
        self._home = Home(services)
        self._voting = Voting(services)

    async def take(self, body: dict[str, Any], workspace: Workspace) -> dict[str, Any] | str | None:
        """Handle a payload, and return the acknowledgement's body; None: an empty one."""
        if command := read_command(body):
            return await self._command(command, workspace)
        match body.get("type"):
            case "block_actions":
                await self._pressed(body, workspace)
            case "message_action" if body.get("callback_id") == ANSWER_SHORTCUT:
                await self._asking.shortcut(body, workspace)
            case "view_submission":
                return await self._voting.explained(body, workspace)
        return None

    async def event(self, body: dict[str, Any], workspace: Workspace) -> None:
        """Handle an event that is no message, once it is acknowledged: App Home or the agent view was opened."""
        if opened := read_opened(body):
            after_acknowledgement(lambda: workspace.answering.also(self._opened(opened, workspace)))

    async def answered(self, question: Question, spot: Spot, answer: Answer, workspace: Workspace) -> None:  # noqa: ARG002 - agreed
        """Ask for consent beneath a person's first answer."""
        await self._consent.ask_once(question, spot, workspace)

    async def _command(self, command: Command, workspace: Workspace) -> dict[str, Any] | None:
        if command.name != "/privacy":
            return await self._asking.command(command, workspace)
        locale = (await workspace.web.person(command.user)).locale or self._services.language
        text, blocks = await self._consent.shown(command.user, locale)
        return {"response_type": "ephemeral", "text": escape(text), "blocks": blocks}

    async def _pressed(self, body: dict[str, Any], workspace: Workspace) -> None:
        press = read_press(body)
        if press is None:
            return
        if press.action == RATING_ACTION:
            await self._voting.clicked(body, workspace)
        elif press.action in (CONSENT_ACTION, PRIVACY_ACTION):
            granted = await self._consent.decide(press.user, press.value)
            if granted is not None:
                after_acknowledgement(lambda: workspace.answering.also(self._decided(press, workspace, granted=granted)))

    async def _decided(self, press: Press, workspace: Workspace, *, granted: bool) -> None:
        """Say thank you in place of the question, and show the decision in App Home."""
        if press.response_url or press.channel:
            locale = (await workspace.web.person(press.user)).locale or self._services.language
            text = consent_thanks(locale, granted=granted)
            spot = Spot(press.channel, press.thread_ts, "", user=press.user)
            await tell_privately(workspace.web, spot, text, response_url=press.response_url, replace=True)
        await self._home.publish(press.user, workspace)

    async def _opened(self, opened: Opened, workspace: Workspace) -> None:
        if opened.home:
            await self._home.publish(opened.user, workspace)
        else:
            await suggest(self._services, workspace, user=opened.user, channel=opened.channel, thread_ts=opened.thread_ts)
