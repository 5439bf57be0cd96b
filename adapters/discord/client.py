"""The Discord client: hears messages, commands, buttons and votes, and hands each to who deals with it."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, cast

import discord
from discord.utils import utcnow
from yarl import URL

from adapters.chat import ChatServices
from adapters.discord import events
from adapters.discord.address import return_to
from adapters.discord.asking import Asking
from adapters.discord.attachments import said
from adapters.discord.commands import command_tree, sync_changed
from adapters.discord.consent import Consent, DecisionButton
from adapters.discord.conversations import Conversations
from adapters.discord.gaps import catch_up
from adapters.discord.giving import Giving
from adapters.discord.interactions import Interactions
from adapters.discord.limits import LONGEST_WAIT_S, Limits, let_requests_end
from adapters.discord.mirroring import Mirroring
from adapters.discord.parts import RatingButton
from adapters.discord.posts import Posts
from adapters.discord.reasons import Reasons, sent_form
from adapters.discord.refusals import privately
from adapters.discord.skew import Skew
from adapters.discord.votes import Votes
from bot.chat_settings import DiscordSettings
from bot.errors import ChatbotError, TryAgainLater
from bot.exchanges import OpenExchange
from bot.messages import RatingValue
from bot.texts import translate

logger = logging.getLogger(__name__)

_EDIT_INTERVAL_S: Final = 1.0
_GUILD_WAIT_S: Final = 0.5  # until we call ourselves ready; a server that comes later is served like the others
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
        limits = Limits()
        super().__init__(
            intents=intents(message_content=settings.message_content),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,  # raw events serve uncached messages as well
            member_cache_flags=discord.MemberCacheFlags.none(),
            guild_ready_timeout=_GUILD_WAIT_S,
            max_ratelimit_timeout=LONGEST_WAIT_S,
            http_trace=limits.trace(),
        )
        let_requests_end(self.http)
        self.tree = command_tree(self)
        self._services = services
        self._ledger = services.ledger
        self._posts = Posts(services.ledger, limits)
        self._giving = Giving(services, settings, self._posts, self, edit_interval_s=edit_interval_s)
        conversations = Conversations(services.ledger, self._posts, frozenset(settings.thread_channels))
        self._asking = Asking(services, settings.access, conversations, self._giving)
        self._interactions = Interactions(services.engine, conversations, self._giving)
        self._votes = Votes(services.engine)
        self._reasons = Reasons(services.engine)
        self._consent = Consent(services.engine)
        self._mirroring = Mirroring(services, self._posts)
        self._skew = Skew()
        self._work: set[asyncio.Task[Any]] = set()
        self._open: Sequence[OpenExchange] = ()
        self._accepting = True
        self.when_ready: Callable[[], None] = lambda: None

    async def setup_hook(self) -> None:
        """Before any event arrives: learn the buttons of earlier processes, the questions that they left open, our commands."""
        self.add_dynamic_items(RatingButton, DecisionButton)
        self._open = await self._ledger.open_exchanges(events.PLATFORM, since=utcnow() - _TAKEN_UP)
        await sync_changed(self.tree, self._services.vault)

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
            await catch_up(self, self._services, self._posts)
            await self._asking.refusals.forget()

    async def on_left_open(self, left: OpenExchange) -> None:
        """Answer a question that an earlier process accepted."""
        with self._at_work():
            await self._giving.resume(left)

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that is for us."""
        if not self._accepting or events.is_ignored(message):
            return
        self._skew.compare(message.created_at, utcnow(), may_be_old=True)
        with self._at_work():
            await self._asking.hear(message, me=self._me)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Tell the operator that a server has sent us away; answers under way there end by themselves."""
        logger.warning("removed from a server; whoever runs it can add the app again", extra={"guild": guild.id})

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Follow an author's change."""
        with self._at_work():
            await self._mirroring.edited(event, self)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Forget what was deleted."""
        with self._at_work():
            await self._mirroring.deleted(event, self)

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget what was deleted."""
        with self._at_work():
            await self._mirroring.deleted(event, self)

    async def on_ask(self, interaction: discord.Interaction[Any], question: str, file: discord.Attachment | None) -> None:
        """Answer `/ask`."""
        if await self._takes(interaction):
            with self._at_work():
                await self._interactions.ask(interaction, question, file, me=self._me)

    async def on_answer_this(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Answer the message that somebody pointed at."""
        if await self._takes(interaction):
            with self._at_work():
                await self._interactions.answer_this(interaction, message, me=self._me)

    async def on_privacy(self, interaction: discord.Interaction[Any]) -> None:
        """Show what is kept of a person."""
        with self._at_work():
            await self._consent.show(interaction)

    async def on_decision(self, interaction: discord.Interaction[Any], granted: bool) -> None:
        """Keep what a person decided about their words."""
        with self._at_work():
            await self._consent.decide(interaction, granted=granted)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Keep what a form says; discord.py knows only the forms of its own process."""
        if form := sent_form(interaction):
            with self._at_work():
                await self._reasons.keep(interaction, *form)

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
        """Log a bug or an outage, and do not leave the asker without a word."""
        error = sys.exception()
        if isinstance(error, ChatbotError):
            logger.warning("event failed", extra={"event": event_method, "error": type(error).__name__, "detail": str(error)})
        else:
            logger.exception("event failed", extra={"event": event_method})
        problem = error if isinstance(error, ChatbotError) else ChatbotError()
        if args and isinstance(args[0], discord.Interaction):
            await privately(args[0], said(problem, str(args[0].locale)))
        elif event_method == "on_message":
            await self._asking.refusals.reply(args[0], problem)

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

    async def _takes(self, interaction: discord.Interaction[Any]) -> bool:
        """Tell whether a command is taken; while we stop, the person hears so."""
        self._skew.compare(interaction.created_at, utcnow(), may_be_old=False)
        if not self._accepting:
            await privately(interaction, translate(str(interaction.locale), TryAgainLater.user_text))
        return self._accepting

    async def _react(self, event: discord.RawReactionActionEvent) -> None:
        if events.thumb(event.emoji) is None:
            return
        with self._at_work():
            exchange_id = await self._posts.exchange_of(event.channel_id, str(event.message_id))
            if exchange_id is None:
                return
            await self._giving.finished(exchange_id)  # only a whole answer can be rated
            await self._votes.react(event, exchange_id, self.get_partial_messageable(event.channel_id, guild_id=event.guild_id))

    @property
    def _me(self) -> int:
        return cast(discord.ClientUser, self.user).id  # known before the first event

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        task = cast(asyncio.Task[Any], asyncio.current_task())  # events run as tasks
        self._work.add(task)
        try:
            yield
        finally:
            self._work.discard(task)
