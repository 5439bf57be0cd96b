"""What happens to an event before and after it is acknowledged: first it is kept, then Slack is told, then the work begins."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final
from weakref import WeakValueDictionary

from adapters.slack.answering import Answering
from adapters.slack.events import Click, Heard, Reaction, Spot, hear, read_click, read_reaction
from adapters.slack.faults import UnreadableAttachment
from adapters.slack.web import SlackWeb
from bot.engine import Engine
from bot.errors import BadRequest, ChatbotError, UnknownExchange
from bot.messages import Question, Rating
from bot.ports import Ledger

logger = logging.getLogger(__name__)

_HEARD_KEPT: Final = 10_000


class Listening:
    """
    What Bolt calls.

    An error that is not the asker's leaves the event unacknowledged: Slack sends it again, and the keys in the ledger tell whether it
    was kept the first time. That is why no event is dropped for being a retry.
    """

    def __init__(self, engine: Engine, ledger: Ledger, web: SlackWeb, answering: Answering) -> None:
        self._engine = engine
        self._ledger = ledger
        self._web = web
        self._answering = answering
        self._votes = asyncio.Lock()  # in the order of arrival: a thumb up and its removal must not overtake each other
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._hearing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._taking: set[asyncio.Task[Any]] = set()

    async def noted(self, *_: object) -> None:
        """Socket Mode listener: note the SDK's task for this delivery, which ends with the acknowledgement sent."""
        if task := asyncio.current_task():
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    async def take(self, body: dict[str, Any]) -> None:
        """Commit what an event brings; the work begins when the SDK's task for this delivery ends, after the acknowledgement."""
        match (body.get("event") or {}).get("type"):
            case "app_mention" | "message":
                if (heard := hear(body, self._web.bot)) and (work := await self._hear(heard)) and (task := asyncio.current_task()):
                    task.add_done_callback(lambda _: work())
            case "reaction_added" | "reaction_removed":
                if reaction := read_reaction(body):
                    await self._react(reaction)

    async def clicked(self, ack: Callable[[], Awaitable[None]], body: dict[str, Any]) -> None:
        """Listener of the rating buttons: the vote is kept before Slack is told; a lost one shows as an error at the button."""
        click = read_click(body)
        if click is not None:
            await self._click(click)
        await ack()

    async def close(self, grace_s: float) -> None:
        """Let deliveries under way be kept and acknowledged."""
        if self._taking:
            await asyncio.wait(self._taking, timeout=grace_s)

    async def _hear(self, heard: Heard) -> Callable[[], None] | None:
        if heard.surface == "thread" and not await self._ledger.takes_part(heard.conversation_id):
            return None
        # A mention arrives twice within moments: the second need not ask the ledger, but must wait until the first is kept.
        turn = self._hearing.setdefault(heard.message_key, asyncio.Lock())
        async with turn:
            if heard.message_key in self._heard:
                return None
            work = await self._accept(heard)
            self._heard[heard.message_key] = None
            if len(self._heard) > _HEARD_KEPT:
                self._heard.popitem(last=False)
            return work

    async def _accept(self, heard: Heard) -> Callable[[], None] | None:
        """Keep a question in the ledger, and return what is to be done once it is acknowledged."""
        person = await self._web.person(heard.user)
        spot = heard.spot(person)
        try:
            question = await self._engine.accept(heard.incoming(person))
        except BadRequest as error:
            # In a thread of several people an emoji is often meant for another: only its author is told.
            refusal = UnreadableAttachment() if heard.has_files else error
            return partial(self._say, spot, refusal, privately=heard.surface == "thread")
        return partial(self._begin, question, spot, has_files=heard.has_files) if question else None

    def _begin(self, question: Question, spot: Spot, *, has_files: bool) -> None:
        self._answering.start(question, spot)
        if has_files:
            self._say(spot, UnreadableAttachment(), privately=True)

    def _say(self, spot: Spot, error: ChatbotError, *, privately: bool) -> None:
        self._answering.also(self._answering.sentence(spot, error, privately=privately))

    async def _react(self, reaction: Reaction) -> None:
        async with self._votes:
            exchange_id = await self._ledger.exchange_of("slack", channel=reaction.channel, message_ref=reaction.message_ts)
            if exchange_id is None:
                return
            value = reaction.value if reaction.added else await self._web.thumb_left(reaction.channel, reaction.message_ts, reaction.user)
            rating = Rating(exchange_id, reaction.user, "slack", value, "reaction", reaction.at)
            try:
                await self._engine.rate(rating)
            except UnknownExchange:
                # A thumb on an answer still being written: it counts once the answer is.
                self._answering.also(self._rate_later(rating))

    async def _rate_later(self, rating: Rating) -> None:
        await self._answering.ended(rating.exchange_id)
        try:
            await self._engine.rate(rating)
        except UnknownExchange:
            logger.info("vote on what was never answered")

    async def _click(self, click: Click) -> None:
        async with self._votes:
            try:
                await self._engine.rate(Rating(click.exchange_id, click.user, "slack", click.value, "button", click.at))
            except UnknownExchange as error:
                spot = Spot(click.channel, click.thread_ts, click.thread_ts, user=click.user)
                self._say(spot, error, privately=True)
