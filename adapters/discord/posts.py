"""Our posts: which answer each is, also while one is on its way, and which answers are being written."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Protocol

from adapters.discord.events import PLATFORM
from adapters.discord.limits import Limits
from bot.ports import Ledger

_REMEMBERED: Final = 1000


class Stoppable(Protocol):
    """An answer under way."""

    async def stop(self) -> None:
        """See `adapters.discord.answering.RunningAnswer.stop`."""


class Posts:
    """
    Finds the answer that a message is, and the one that is being written.

    People see a post before Discord has told us its id and the ledger has kept it: a vote or reply in that moment waits for it.
    `limits` are those of the client that posts.
    """

    def __init__(self, ledger: Ledger, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._ledger = ledger
        self._underway: defaultdict[int, set[asyncio.Event]] = defaultdict(set)  # by channel
        self._lines: Counter[int] = Counter()  # by channel
        self._running: dict[str, Stoppable] = {}  # by exchange
        self._gone: dict[int, None] = {}  # messages that were deleted lately, oldest first

    @asynccontextmanager
    async def underway(self, channel_id: int) -> AsyncIterator[None]:
        """Say that a post is on its way into the channel, until the ledger has its id."""
        landed = asyncio.Event()
        self._underway[channel_id].add(landed)
        try:
            yield
        finally:
            landed.set()
            self._underway[channel_id].discard(landed)
            if not self._underway[channel_id]:
                del self._underway[channel_id]

    async def exchange_of(self, channel_id: int, message_ref: str) -> str | None:
        """Return the exchange whose answer is that message, None where it is none of ours."""
        underway = list(self._underway.get(channel_id, ()))
        found = await self._ledger.exchange_of(PLATFORM, channel=str(channel_id), message_ref=message_ref)
        if found is None and underway:
            for landed in underway:
                await landed.wait()
            found = await self._ledger.exchange_of(PLATFORM, channel=str(channel_id), message_ref=message_ref)
        return found

    @contextmanager
    def in_line(self, channel_id: int) -> Iterator[None]:
        """Say that an answer waits for its turn in the channel."""
        self._lines[channel_id] += 1
        try:
            yield
        finally:
            self._lines[channel_id] -= 1
            if not self._lines[channel_id]:
                del self._lines[channel_id]

    def is_line(self, channel_id: int) -> bool:
        """Tell whether any answer waits for its turn in the channel."""
        return channel_id in self._lines

    @contextmanager
    def writing(self, exchange_id: str, answer: Stoppable) -> Iterator[None]:
        """Say that an answer is being written."""
        self._running[exchange_id] = answer
        try:
            yield
        finally:
            del self._running[exchange_id]

    def is_writing(self, exchange_id: str) -> bool:
        """Tell whether that exchange's answer is being written."""
        return exchange_id in self._running

    async def stop(self, exchange_id: str) -> None:
        """Stop writing that answer, and take away what was posted of it."""
        if running := self._running.get(exchange_id):
            await running.stop()

    def forget(self, message_id: int) -> None:
        """Note that a message was deleted: its event may overtake the question's own way to its answer."""
        self._gone[message_id] = None
        if len(self._gone) > _REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def is_gone(self, message_id: int) -> bool:
        """Tell whether the message was deleted lately."""
        return message_id in self._gone
