"""The Discord client: hears questions and votes, and answers each question once in its place."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakValueDictionary

import discord
from discord.utils import utcnow
from yarl import URL

from adapters.chat import ChatServices
from adapters.delivery import Pacer
from adapters.discord import events
from adapters.discord.address import return_to
from adapters.discord.answering import Posted, RunningAnswer, Spot
from adapters.discord.conversations import conversation_of
from adapters.discord.faults import FAULTS
from adapters.discord.parts import RatingButton
from adapters.discord.posts import Posts
from adapters.discord.recovery import missed_messages, posted_parts
from adapters.discord.votes import Votes
from bot.errors import ChatbotError
from bot.messages import OpenExchange, Question, RatingValue
from bot.settings import DiscordSettings
from bot.texts import N_, translate

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

ONLY_TEXT = N_("I can read text only, not attachments. Please write your question in words.")

_EDIT_INTERVAL_S: Final = 1.0
_GUILD_WAIT_S: Final = 0.5  # until we call ourselves ready; a server that comes later is served like the others
_READ_AGAIN: Final = timedelta(minutes=15)
_TAKEN_UP: Final = timedelta(hours=1)


def intents(*, message_content: bool) -> discord.Intents:
    """Return what the client hears of; message content is a privileged intent, the others are free."""
    return discord.Intents(
        guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True, message_content=message_content
    )


class Client(discord.AutoShardedClient):
    """
    One connection to Discord.

    Events run as discord.py's tasks; those at work are kept in `_work`, so that `drain` can wait for them.
    """

    def __init__(self, services: ChatServices, settings: DiscordSettings, *, edit_interval_s: float = _EDIT_INTERVAL_S) -> None:
        """Prepare; nothing is sent before `start`."""
        super().__init__(
            intents=intents(message_content=settings.message_content),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,  # raw events serve uncached messages as well
            member_cache_flags=discord.MemberCacheFlags.none(),
            guild_ready_timeout=_GUILD_WAIT_S,
        )
        self.engine = services.engine
        self._ledger = services.ledger
        self._posts = Posts(services.ledger)
        self._language = services.language
        self._edit_interval_s = edit_interval_s
        self._votes = Votes(services.engine)
        self._pacers: WeakValueDictionary[int, Pacer] = WeakValueDictionary()
        self._work: set[asyncio.Task[Any]] = set()
        self._running: dict[str, asyncio.Task[Any]] = {}  # by exchange, while its answer is being given
        self._open: Sequence[OpenExchange] = ()
        self._accepting = True
        self.when_ready: Callable[[], None] = lambda: None

    async def setup_hook(self) -> None:
        """Before any event arrives: learn the buttons of earlier processes and the questions that they left open."""
        self.add_dynamic_items(RatingButton)
        self._open = await self._ledger.open_exchanges(events.PLATFORM, since=utcnow() - _TAKEN_UP)

    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard, and remember where."""
        return_to(gateway)
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def on_ready(self) -> None:
        """Tell that we are here, and take up what was left open or missed; runs again after every new session."""
        self.when_ready()
        left, self._open = self._open, ()
        logger.info("discord ready", extra={"guilds": len(self.guilds), "shards": self.shard_count, "left_open": len(left)})
        for exchange in left:
            self.dispatch("left_open", exchange)
        with self._at_work():
            async for message in missed_messages(self.guilds, me=self._me, since=utcnow() - _READ_AGAIN):
                self.dispatch("message", message)  # what was heard before is claimed, and so not answered twice

    async def on_left_open(self, left: OpenExchange) -> None:
        """Answer a question that an earlier process accepted, in the messages that it may have posted."""
        place = left.question.place
        guild_id = int(place.workspace) if place.workspace else None
        channel = self.get_partial_messageable(int(place.channel), guild_id=guild_id)
        reply_to = channel.get_partial_message(int(left.message_ref)).to_reference(fail_if_not_exists=False)
        with self._at_work():
            try:
                posted = await posted_parts(left, channel, me=self._me, ledger=self._ledger)
            except FAULTS as error:  # post anew: the nonce still keeps a recent post from appearing twice
                logger.warning("channel not read", extra={"exchange": left.question.exchange_id, "error": type(error).__name__})
                posted = []
            await self._answer(left.question, channel, reply_to, posted)

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that is for us."""
        if not self._accepting or events.is_ignored(message):
            return
        with self._at_work():
            conversation_id = await conversation_of(message, me=self._me, ledger=self._ledger, posts=self._posts)
            if conversation_id is not None:
                await self._ask(message, conversation_id)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Keep a thumb as a vote."""
        if event.member is None or not event.member.bot:
            await self._react(event)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Take a thumb's vote back."""
        await self._react(event)

    async def on_vote(self, interaction: discord.Interaction[Any], exchange_id: str, value: RatingValue) -> None:
        """Keep a button's vote."""
        with self._at_work():
            await self._votes.click(interaction, exchange_id, value)

    async def on_error(self, event_method: str, /, *args: Any, **_: Any) -> None:
        """Log a bug, and do not leave the asker without a word."""
        logger.exception("event failed", extra={"event": event_method})
        if event_method == "on_message":
            await self._say(args[0], ChatbotError.user_text)

    async def drain(self, grace_s: float) -> None:
        """Take no more questions; let what runs end within *grace_s* seconds, then leave it open for the next start."""
        self._accepting = False
        if self._work:
            _, pending = await asyncio.wait(self._work, timeout=grace_s)
            for task in pending:
                task.cancel()
            if pending:
                logger.info("answers left open", extra={"count": len(pending)})
                await asyncio.wait(pending)

    async def _ask(self, message: discord.Message, conversation_id: str) -> None:
        incoming = events.incoming(message, conversation_id, self._me)
        if not incoming.text and message.attachments:
            return await self._say(message, ONLY_TEXT)
        try:
            question = await self.engine.accept(incoming)
        except ChatbotError as error:
            return await self._say(message, error.user_text, **error.fields)
        if question is not None:
            await self._answer(question, message.channel, message.to_reference(fail_if_not_exists=False))
        return None

    async def _answer(
        self, question: Question, channel: "MessageableChannel", reply_to: discord.MessageReference, posted: Sequence[Posted] = ()
    ) -> None:
        self._running[question.exchange_id] = _current_task()
        pacer = self._pacers.setdefault(channel.id, Pacer(interval_s=self._edit_interval_s, clock=self.loop.time))
        spot = Spot(channel, reply_to, pacer, question.locale or self._language)
        try:
            await RunningAnswer(question, spot, ledger=self._ledger, posts=self._posts, posted=posted).run(self.engine)
        finally:
            del self._running[question.exchange_id]

    async def _react(self, event: discord.RawReactionActionEvent) -> None:
        if events.thumb(event.emoji) is None:
            return
        with self._at_work():
            exchange_id = await self._posts.exchange_of(event.channel_id, str(event.message_id))
            if exchange_id is None:
                return
            if running := self._running.get(exchange_id):  # only a whole answer can be rated
                await asyncio.wait((running,))
            await self._votes.react(event, exchange_id, self.get_partial_messageable(event.channel_id, guild_id=event.guild_id))

    async def _say(self, message: discord.Message, sentence: str, **fields: object) -> None:
        """Reply with one translated sentence, once however often the event is delivered."""
        locale = events.locale_of(message.guild) or self._language
        try:
            await message.reply(translate(locale, sentence, **fields), nonce=f"{message.id}-say")
        except FAULTS as error:
            logger.warning("reply not posted", extra={"error": type(error).__name__})

    @property
    def _me(self) -> int:
        return cast(discord.ClientUser, self.user).id  # known before the first event

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        task = _current_task()
        self._work.add(task)
        try:
            yield
        finally:
            self._work.discard(task)


def _current_task() -> asyncio.Task[Any]:
    return cast(asyncio.Task[Any], asyncio.current_task())  # events run as tasks
