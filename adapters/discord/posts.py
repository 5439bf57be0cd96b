"""Our posts: which answer each is, also while one is on its way."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.discord.events import PLATFORM
from bot.ports import Ledger


class Posts:
    """
    Finds the answer that a message is.

    People see a post before Discord has told us its id and the ledger has kept it: a vote or reply in that moment waits for it.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._underway: defaultdict[int, set[asyncio.Event]] = defaultdict(set)  # by channel

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
