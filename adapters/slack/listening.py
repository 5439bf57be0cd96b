"""What happens to an event before and after it is acknowledged: first it is kept, then Slack is told, then the work begins."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import WeakValueDictionary

from adapters.chat import ChatServices
from adapters.slack.acknowledged import after_acknowledgement
from adapters.slack.answering import Answering
from adapters.slack.events import Edited, Heard, Reaction, hear, read_edit, read_reaction, read_stop
from adapters.slack.interactions import Interactions
from adapters.slack.roots import in_command
from adapters.slack.workspaces import Workspace, Workspaces
from bot.errors import BadRequest, UnknownExchange
from bot.ratings import Rating

logger = logging.getLogger(__name__)

_HEARD_KEPT: Final = 10_000
_EARLY_KEPT: Final = 1_000  # edits and deletions; a message that was not acknowledged is sent again for six minutes


class Listening:
    """
    What Bolt calls.

    An error that is not the asker's leaves the event unacknowledged: Slack sends it again, and the keys in the ledger tell whether it
    was kept the first time. That is why no event is dropped for being a retry.
    """

    def __init__(self, services: ChatServices, workspaces: Workspaces, interactions: Interactions) -> None:
        self._engine = services.engine
        self._ledger = services.ledger
        self._workspaces = workspaces
        self._interactions = interactions
        self._votes = asyncio.Lock()  # in the order of arrival: a thumb up and its removal must not overtake each other
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._hearing: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._early: OrderedDict[tuple[str, str], Edited] = OrderedDict()  # by channel and ts: what overtook its message
        self._taking: set[asyncio.Task[Any]] = set()

    async def noted(self, *_: object) -> None:
        """Note the task of this delivery, which ends with the acknowledgement sent; a listener of the socket."""
        if task := asyncio.current_task():
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    async def take(self, body: dict[str, Any], workspace: Workspace) -> None:
        """Commit what an event brings; the work begins when the task of this delivery ends, after the acknowledgement."""
        event = body.get("event") or {}
        match event.get("type"):
            case "message" if event.get("subtype") in ("message_changed", "message_deleted"):
                if edited := read_edit(body, workspace.web.bot):
                    await self._edit(edited, workspace)
            case "app_mention" | "message":
                if (heard := hear(body, workspace.web.bot)) and (work := await self._hear(heard, workspace)):
                    after_acknowledgement(work)
            case "reaction_added" | "reaction_removed":
                if reaction := read_reaction(body):
                    await self._react(reaction, workspace)
            case "agent_session_stopped":
                if stop := read_stop(body):
                    workspace.answering.stop(stop.channel, stop.thread_ts, stop.user)
            case "app_home_opened" | "assistant_thread_started":
                await self._interactions.event(body, workspace)

    async def removed(self, body: dict[str, Any], team: str, enterprise: str) -> None:
        """Leave the workspace that removed the app, or took its bot's token back."""
        event = body.get("event") or {}
        if event.get("type") == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
            await self._workspaces.forget(team, enterprise)

    async def close(self, grace_s: float) -> None:
        """Let deliveries under way be kept and acknowledged."""
        if self._taking:
            await asyncio.wait(self._taking, timeout=grace_s)

    async def _hear(self, heard: Heard, workspace: Workspace) -> Callable[[], None] | None:
        if heard.surface == "thread" and not await self._ledger.takes_part(heard.conversation_id):
            return None
        # A mention arrives twice within moments: the second need not ask the ledger, but must wait until the first is kept.
        async with self._turn(heard.channel, heard.ts):
            early = self._early.get((heard.channel, heard.ts))
            if heard.message_key in self._heard or (early and early.text is None):
                return None
            work = await self._accept(heard, workspace)
            if early:
                await self._follow(early, workspace)
            self._heard[heard.message_key] = None
            if len(self._heard) > _HEARD_KEPT:
                self._heard.popitem(last=False)
            return work

    async def _accept(self, heard: Heard, workspace: Workspace) -> Callable[[], None] | None:
        """Keep a question in the ledger, and return what is to be done once it is acknowledged."""
        web, answering = workspace.web, workspace.answering
        async with asyncio.TaskGroup() as group:  # asked for at once, because an acknowledgement is due within 3 s
            naming, grouping = group.create_task(web.person(heard.user)), group.create_task(web.groups_of(heard.user))
            placing = group.create_task(web.is_private(heard.channel, heard.channel_type))
        person = naming.result()
        spot = heard.spot(person)
        conversation_id = await self._conversation_of(heard) if heard.surface == "direct_message" and heard.in_thread else ""
        try:
            question = await self._engine.accept(
                heard.incoming(person, private=placing.result(), conversation_id=conversation_id, groups=grouping.result())
            )
        except BadRequest as error:
            # To its author alone: in a thread an emoji is often meant for another, and a refusal is nobody else's business.
            refusal = error
            return lambda: answering.also(answering.sentence(spot, refusal, privately=True))
        return partial(answering.start, question, spot, files=heard.files) if question else None

    async def _conversation_of(self, heard: Heard) -> str:
        """Return the conversation whose command began the thread of a direct message; empty where none did."""
        exchange_id = await self._ledger.exchange_of("slack", channel=heard.channel, message_ref=heard.thread_ts)
        place = await self._ledger.place_of(exchange_id) if exchange_id else None
        return place.conversation_id if place and in_command(place) else ""

    def _turn(self, channel: str, ts: str) -> asyncio.Lock:
        """Return whose turn it is with a message."""
        return self._hearing.setdefault((channel, ts), asyncio.Lock())

    async def _edit(self, edited: Edited, workspace: Workspace) -> None:
        """Let the ledger follow what an author did to their words, now or once they come: Slack keeps no order."""
        async with self._turn(edited.channel, edited.ts):
            if await self._follow(edited, workspace):
                return
            self._early[edited.channel, edited.ts] = edited
            if len(self._early) > _EARLY_KEPT:
                self._early.popitem(last=False)

    async def _follow(self, edited: Edited, workspace: Workspace) -> bool:
        """Put an edit or deletion into the ledger; False where no question is known to it."""
        channel, ts = edited.channel, edited.ts
        if edited.text is None:
            exchange_id = await self._engine.erase("slack", channel=channel, message_ref=ts)
            if exchange_id:
                workspace.answering.retract(exchange_id)
            return exchange_id is not None
        # Most edits are of messages that were no questions: nobody is asked for their authors' names.
        if not await self._ledger.asked_with("slack", channel=channel, message_ref=ts):
            return False
        names = (await workspace.web.person(edited.user)).names
        await self._engine.revise("slack", channel=channel, message_ref=ts, text=edited.text, names=names)
        return True

    async def _react(self, reaction: Reaction, workspace: Workspace) -> None:
        async with self._votes:
            exchange_id = await self._ledger.exchange_of("slack", channel=reaction.channel, message_ref=reaction.message_ts)
            if exchange_id is None:
                return
            web = workspace.web
            value = reaction.value if reaction.added else await web.thumb_left(reaction.channel, reaction.message_ts, reaction.user)
            rating = Rating(exchange_id, reaction.user, "slack", value, "reaction", reaction.at)
            try:
                await self._engine.rate(rating)
            except UnknownExchange:
                # A thumb on an answer still being written: it counts once the answer is.
                workspace.answering.also(self._rate_later(rating, workspace.answering))

    async def _rate_later(self, rating: Rating, answering: Answering) -> None:
        await answering.ended(rating.exchange_id)
        try:
            await self._engine.rate(rating)
        except UnknownExchange:
            logger.info("vote on what was never answered")
