"""Questions that come by `/ask` and by the message shortcut "Answer this"."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from adapters.chat import ChatServices, sentence_of
from adapters.slack.acknowledged import after_acknowledgement
from adapters.slack.address import Address
from adapters.slack.blocks import escape
from adapters.slack.events import Heard, Person, Spot, hear, plain
from adapters.slack.faults import SlackGone, SlackRefused
from adapters.slack.payloads import Chosen, Command, read_chosen
from adapters.slack.response_urls import tell_privately
from adapters.slack.roots import command_conversation, spot_of
from adapters.slack.web import SlackWeb
from adapters.slack.workspaces import Workspace
from bot.errors import BadRequest, ChatbotError
from bot.messages import Incoming, Place, Question
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

# Questions left open are taken up again after a minute: by then this one has its root, or nobody is at it any more.
_ROOT_S: Final = 45.0
_LOOK_S: Final = 1.5  # an acknowledgement is due within 3 s

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
        bot = workspace.web.bot
        person, groups, _ = await _who(workspace.web, command.user)
        locale = person.locale or self._services.language
        text = plain(command.text, bot)
        if not text:
            return _told(translate(locale, USAGE, command=command.name))
        team = command.team or bot.team
        address = Address(command.user, team, organisation=bot.organisation)
        incoming = Incoming(
            text=text,
            person=command.user,
            # Wherever it was asked, the answer comes as a direct message.
            place=Place("slack", "slash_command", command_conversation(team, command.trigger_id), team, private=True),
            keys=(f"slack:command:{command.trigger_id}",),
            received_at=datetime.now(UTC),
            locale=person.locale,
            names=person.names,
            groups=groups,
            address=address.to_text(),
        )
        try:
            question = await self._services.engine.accept(incoming)
        except ChatbotError as error:
            return _told(sentence_of(error, locale))
        if question is None:
            return None
        after_acknowledgement(lambda: workspace.answering.also(self._begin(question, address, command, workspace)))
        return _told(translate(locale, COMING))

    async def shortcut(self, body: dict[str, Any], workspace: Workspace) -> None:
        """Keep the message of "Answer this" as a question; its answer goes into that message's thread."""
        chosen = read_chosen(body)
        if chosen is None:
            return
        web = workspace.web
        # Read as a direct message is: whoever's it is, it was meant for us by whoever chose it.
        heard = hear({"team_id": chosen.team, "event": {**chosen.event, "channel_type": "im"}}, web.bot)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(_who(web, chosen.user, heard.user if heard else ""))
            looking = group.create_task(_may_write(chosen, web))
            secret = group.create_task(web.is_private(str(chosen.event["channel"])))
        chooser, groups, author = asking.result()
        error: ChatbotError | None = NotAPersons() if looking.result() else NotThere()
        if heard and looking.result():
            incoming = _incoming(heard, chosen, chooser=chooser, author=author, groups=groups, private=secret.result())
            error = await self._keep(incoming, heard, _spot(chosen, chooser), workspace)
        if error:
            text = sentence_of(error, chooser.locale or self._services.language)
            spot = _spot(chosen, chooser)
            tell = partial(tell_privately, web, spot, text, response_url=chosen.response_url)
            after_acknowledgement(lambda: workspace.answering.also(tell()))

    async def _keep(self, incoming: Incoming, heard: Heard, spot: Spot, workspace: Workspace) -> ChatbotError | None:
        """Accept a message and begin to answer it; return what is to be said to whoever chose it instead."""
        try:
            question = await self._services.engine.accept(incoming)
        except ChatbotError as error:
            return error
        if question is None:
            return AlreadyTaken()
        after_acknowledgement(lambda: workspace.answering.start(question, spot, files=heard.files))
        return None

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


class NotThere(BadRequest):
    """We are no member of the conversation."""

    user_text = N_("I am not in this conversation, so I cannot answer here. Please invite me, then choose “Answer this” again.")


class NotAPersons(BadRequest):
    """The message is a bot's, ours for one, or Slack's own."""

    user_text = _NOT_A_PERSONS


def _incoming(heard: Heard, chosen: Chosen, *, chooser: Person, author: Person, groups: frozenset[str], private: bool) -> Incoming:
    """Return the question that a chosen message asks, for whoever chose it, whose *groups* count."""
    return Incoming(
        text=heard.text,
        person=heard.user,
        place=Place("slack", "shortcut", heard.conversation_id, heard.team, heard.channel, private=private),
        keys=(heard.message_key,),
        received_at=datetime.now(UTC),
        locale=chooser.locale,
        names=author.names,
        message_ref=heard.ts,
        asked_by=chosen.user,
        groups=groups,
        address=Address(chosen.user, chosen.user_team, heard.files, heard.organisation).to_text(),
    )


def _told(sentence: str) -> dict[str, Any]:
    """Return an acknowledgement of a command that its person alone sees."""
    return {"response_type": "ephemeral", "text": escape(sentence)}


def _spot(chosen: Chosen, chooser: Person) -> Spot:
    """Return where a chosen message is answered, for whoever chose it."""
    ts = str(chosen.event["ts"])
    thread_ts = str(chosen.event.get("thread_ts") or ts)
    return Spot(str(chosen.event["channel"]), thread_ts, ts, chosen.user_team, chosen.user, chooser.locale)


async def _who(web: SlackWeb, user: str, other: str = "") -> tuple[Person, frozenset[str], Person]:
    """Return a person with their groups, and another person; asked for at once, because an acknowledgement is due within 3 s."""
    async with asyncio.TaskGroup() as group:
        person, groups = group.create_task(web.person(user)), group.create_task(web.groups_of(user))
        author = group.create_task(web.person(other)) if other else None
    return person.result(), groups.result(), author.result() if author else Person()


async def _may_write(chosen: Chosen, web: SlackWeb) -> bool:
    """Tell whether we are where a message stands: it can be chosen anywhere. True where Slack does not tell in time."""
    if not web.budgets.replies.try_take():
        return True
    try:
        async with asyncio.timeout(_LOOK_S):
            spot = _spot(chosen, Person())
            await web.call(web.client.conversations_replies(channel=spot.channel, ts=spot.thread_ts, limit=1))
    except SlackGone:
        return False
    except (ChatbotError, TimeoutError) as error:
        logger.info("not known whether the message can be answered", extra={"reason": type(error).__name__})
    return True
