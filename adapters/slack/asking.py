"""Questions that come by `/ask` and by the message shortcut "Answer this"."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from adapters.chat import ChatServices
from adapters.slack.acknowledged import after_acknowledgement
from adapters.slack.address import Address, read_files_of
from adapters.slack.blocks import escape
from adapters.slack.events import Spot, plain
from adapters.slack.faults import SlackRefused
from adapters.slack.payloads import Chosen, Command, read_chosen
from adapters.slack.response_urls import tell_privately
from adapters.slack.roots import command_conversation, spot_of
from adapters.slack.workspaces import Workspace
from bot.errors import BadRequest, ChatbotError
from bot.messages import Incoming, Place, Question
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

# Questions left open are taken up again after a minute: by then this one has its root, or nobody is at it any more.
_ROOT_S: Final = 45.0

USAGE = N_("Write your question after the command, for example: {command} How do I get a new badge?")
COMING = N_("I am on it: the answer comes in your direct messages with me.")
ANSWERED = N_("I have taken up that message already: look in its thread.")
UNREACHED = N_("I could not write to you directly, so your question stays unanswered. Please ask me in a channel.")
_NOT_A_PERSONS = N_("I can answer only what a person wrote.")


class Asking:
    """Takes questions that are no messages to us."""

    def __init__(self, services: ChatServices) -> None:
        self._services = services

    async def command(self, command: Command, workspace: Workspace) -> dict[str, Any] | None:
        """Keep the question of `/ask`, and return what the person alone is told at once; None where it was kept before."""
        person = await workspace.web.person(command.user)
        locale = person.locale or self._services.language
        text = plain(command.text, workspace.web.bot)
        if not text:
            return _told(translate(locale, USAGE, command=command.name))
        team = workspace.web.bot.team
        address = Address(command.user, command.team or team)
        incoming = Incoming(
            text=text,
            person=command.user,
            place=Place("slack", "slash_command", command_conversation(team, command.trigger_id), team),
            keys=(f"slack:command:{command.trigger_id}",),
            received_at=datetime.now(UTC),
            locale=person.locale,
            names=person.names,
            groups=await workspace.web.groups_of(command.user),
            address=address.to_text(),
        )
        try:
            question = await self._services.engine.accept(incoming)
        except BadRequest as error:
            return _told(translate(locale, error.user_text, **error.fields))
        if question is None:
            return None
        after_acknowledgement(lambda: workspace.answering.also(self._begin(question, address, command, workspace)))
        return _told(translate(locale, COMING))

    async def shortcut(self, body: dict[str, Any], workspace: Workspace) -> None:
        """Keep the message of "Answer this" as a question; its answer goes into that message's thread."""
        chosen = read_chosen(body)
        if chosen is None:
            return
        person = await workspace.web.person(chosen.user)
        spot = _spot(chosen, person.locale)
        sentence = await self._keep(chosen, spot, workspace)
        if sentence:
            text = translate(person.locale or self._services.language, sentence.user_text, **sentence.fields)
            tell = partial(tell_privately, workspace.web, spot, text, response_url=chosen.response_url)
            after_acknowledgement(lambda: workspace.answering.also(tell()))

    async def _keep(self, chosen: Chosen, spot: Spot, workspace: Workspace) -> ChatbotError | None:
        """Accept and begin to answer a message; return what to say to whoever chose it instead."""
        event, bot = chosen.event, workspace.web.bot
        author = event.get("user")
        if not isinstance(author, str) or author == bot.user or event.get("bot_id"):
            return NotAPersons()
        try:
            question = await self._services.engine.accept(await self._incoming(chosen, spot, author, workspace))
        except BadRequest as error:
            return error
        if question is None:
            return AlreadyTaken()
        after_acknowledgement(lambda: workspace.answering.start(question, spot, files=read_files_of(event)))
        return None

    async def _incoming(self, chosen: Chosen, spot: Spot, author: str, workspace: Workspace) -> Incoming:
        names = (await workspace.web.person(author)).names
        team, ts = chosen.team or workspace.web.bot.team, spot.asked_ts
        return Incoming(
            text=plain(str(chosen.event.get("text") or ""), workspace.web.bot),
            person=author,
            place=Place("slack", "shortcut", f"slack:{team}:{spot.channel}:{spot.thread_ts}", team, spot.channel),
            keys=(f"slack:message:{team}:{spot.channel}:{ts}",),
            received_at=datetime.now(UTC),
            locale=spot.locale,
            names=names,
            message_ref=ts,
            asked_by=chosen.user,
            groups=await workspace.web.groups_of(chosen.user),
            address=Address(spot.user, spot.team, read_files_of(chosen.event)).to_text(),
        )

    async def _begin(self, question: Question, address: Address, command: Command, workspace: Workspace) -> None:
        """Post the root and answer beneath it; what Slack's silence prevents is taken up again later, for the question stays open."""
        web = workspace.web
        try:
            async with asyncio.timeout(_ROOT_S):
                spot = await spot_of(question, "", address, web, self._services.ledger)
        except SlackRefused as error:
            logger.warning("no direct messages to answer in", extra={"reason": error.code})
            await self._services.ledger.abandon(question.exchange_id, reason=error.code)
            text = translate(question.locale or self._services.language, UNREACHED)
            await tell_privately(web, Spot("", "", "", user=command.user), text, response_url=command.response_url)
        except (ChatbotError, TimeoutError) as error:
            logger.warning("answer waits for its thread", extra={"reason": type(error).__name__})
        else:
            workspace.answering.start(question, spot)


class AlreadyTaken(BadRequest):
    """The message was answered before, or is being answered."""

    user_text = ANSWERED


class NotAPersons(BadRequest):
    """The message is a bot's, ours for one, or Slack's own."""

    user_text = _NOT_A_PERSONS


def _told(sentence: str) -> dict[str, Any]:
    """Return an acknowledgement of a command that its person alone sees."""
    return {"response_type": "ephemeral", "text": escape(sentence)}


def _spot(chosen: Chosen, locale: str) -> Spot:
    ts = str(chosen.event["ts"])
    thread_ts = str(chosen.event.get("thread_ts") or ts)
    return Spot(str(chosen.event["channel"]), thread_ts, ts, chosen.user_team, chosen.user, locale)
