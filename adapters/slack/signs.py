"""The signs that a question is being worked on: a status with changing words, and a session that can be stopped."""

import asyncio
import logging
from typing import Final

from adapters.slack.events import Spot
from adapters.slack.faults import SlackBusy, SlackGone, SlackRefused
from adapters.slack.pacing import Budget
from adapters.slack.web import SlackWeb
from bot.errors import ChatbotError
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

# Courtesies: an answer does not wait for them longer than this.
_PATIENCE_S: Final = 1.0
# Refusals that say nothing of the next thread.
_OF_THE_PLACE: Final = frozenset({"invalid_thread_ts", "channel_type_not_supported", "message_not_found", "user_not_found"})
_LOADING: Final = (
    N_("Reading your question…"),
    N_("Looking through what I was given to read…"),
    N_("Choosing the words…"),
)


class Courtesy:
    """A method that shows something beside the answers: within its budget, never waited for, and given up once Slack says never."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.offered = True

    def free(self, calls: int) -> bool:
        """Take *calls* of the budget where the method is offered and they are free."""
        return self.offered and self._budget.try_take(calls)

    def refused(self, error: ChatbotError) -> None:
        """Note that a call failed."""
        if isinstance(error, SlackBusy):
            self._budget.hold(error.retry_after_s)
        elif isinstance(error, SlackRefused) and not isinstance(error, SlackGone) and error.code not in _OF_THE_PLACE:
            self.offered = False
            logger.info("not offered by this workspace", extra={"reason": error.code})


class Signs:
    """What a workspace lets us show."""

    def __init__(self, web: SlackWeb) -> None:
        self.web = web
        self.statuses = Courtesy(web.budgets.statuses)
        self.sessions = Courtesy(web.budgets.sessions)

    def begin(self, spot: Spot, locale: str) -> "Sign":
        """Show at once that work on the question at *spot* has begun."""
        return Sign(self, spot, locale)

    def none(self, spot: Spot) -> "Sign":
        """Show nothing: what is left to do takes a moment."""
        return Sign(self, spot, "", shown=False)

    async def end_session(self, spot: Spot) -> None:
        """End a session that was begun by nobody who is still at work."""
        if self.sessions.free(1):
            await self.set_session(spot, "active")

    async def set_status(self, spot: Spot, words: str, *, loading: list[str] | None = None) -> None:
        """Show *words* beneath the thread, with changing texts of *loading*; empty words take them away."""
        client = self.web.client
        try:
            await self.web.call(
                client.assistant_threads_setStatus(
                    channel_id=spot.channel, thread_ts=spot.thread_ts, status=words, loading_messages=loading
                )
            )
        except ChatbotError as error:
            self.statuses.refused(error)

    async def set_session(self, spot: Spot, status: str) -> bool:
        """Move the thread's session on; False where Slack has none."""
        client = self.web.client
        try:
            await self.web.call(client.agents_sessions_setStatus(channel_id=spot.channel, thread_ts=spot.thread_ts, status=status))
        except ChatbotError as error:
            self.sessions.refused(error)
            return False
        return True


class Sign:
    """The signs of one running answer; whoever began it calls `end`."""

    def __init__(self, signs: Signs, spot: Spot, locale: str, *, shown: bool = True) -> None:
        self._signs = signs
        self._spot = spot
        self._locale = locale
        self._in_session = False
        self._showing: asyncio.Task[None] | None = None
        status, session = shown and signs.statuses.free(1), shown and signs.sessions.free(2)  # a session takes two calls, its end included
        if status or session:
            self._showing = asyncio.create_task(self._show(status=status, session=session))

    async def shown(self) -> bool:
        """Return once the signs stand, for one that came after the answer would stay; tell whether there is a session to be ended."""
        if self._showing and not self._showing.done():
            await asyncio.wait({self._showing}, timeout=_PATIENCE_S)
        return self._in_session

    async def waiting(self, ahead: int) -> None:
        """Say how many questions are before this one."""
        await self.shown()
        if self._signs.statuses.free(1):
            await self._signs.set_status(self._spot, translate(self._locale, "is waiting; {ahead} before this", ahead=ahead))

    def ended(self) -> None:
        """Note that Slack ended the session with the stream."""
        self._in_session = False

    async def end(self, *, posted: bool) -> None:
        """End what is still shown; a message *posted* takes the status away by itself."""
        if self._showing and not self._showing.done():
            self._showing.cancel()
            await asyncio.wait({self._showing})
        if self._in_session:
            self._in_session = False
            await self._signs.set_session(self._spot, "active")
        if self._showing and not posted and self._signs.statuses.free(1):
            await self._signs.set_status(self._spot, "")

    async def _show(self, *, status: bool, session: bool) -> None:
        if status:
            await self._signs.set_status(
                self._spot, translate(self._locale, "is on it…"), loading=[translate(self._locale, each) for each in _LOADING]
            )
        if session:
            self._in_session = await self._signs.set_session(self._spot, "processing")
