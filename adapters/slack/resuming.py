"""Questions that were accepted and are answered by nobody: those of a process before this one, and those that Slack's silence left."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.slack.address import Address
from adapters.slack.workspaces import Workspaces
from bot.errors import ChatbotError
from bot.exchanges import OpenExchange
from bot.ports import Ledger

logger = logging.getLogger(__name__)

_TAKEN_UP_FOR: Final = timedelta(hours=1)  # an older question's asker has long gone elsewhere
_UNDERWAY: Final = timedelta(minutes=1)  # a younger question may be about to be begun here
_EVERY_S: Final = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


class Resuming:
    """Takes up what is open in the ledger; one process at a time answers for a ledger."""

    def __init__(self, ledger: Ledger, workspaces: Workspaces, *, now: Callable[[], datetime] = _now, every_s: float = _EVERY_S) -> None:
        self._ledger = ledger
        self._workspaces = workspaces
        self._now = now
        self._every_s = every_s

    async def at_start(self) -> None:
        """Take up everything that a process before this one left open, and complete what it recorded and may not have posted."""
        unconfirmed = await self._workspaces.unconfirmed.take_over()
        left = await self._ledger.open_exchanges("slack", since=self._now() - _TAKEN_UP_FOR)
        await self._take_up(left)
        still_open = {each.question.exchange_id for each in left}
        for begun in unconfirmed:
            workspace = await self._workspaces.of(begun.team) if begun.exchange_id not in still_open else None
            if workspace:
                workspace.answering.complete(begun)

    async def run(self) -> None:
        """Take up what this process left unposted, every minute, until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            now = self._now()
            try:
                left = await self._ledger.open_exchanges("slack", since=now - _TAKEN_UP_FOR)
                await self._take_up([each for each in left if each.question.asked_at < now - _UNDERWAY])
            except ChatbotError as error:
                logger.warning("what was left is not taken up", extra={"reason": type(error).__name__})

    async def _take_up(self, left: Sequence[OpenExchange]) -> None:
        for each in left:
            question, address = each.question, Address.from_text(each.address)
            workspace = await self._workspaces.of(question.place.workspace, address.organisation if address else "")
            if workspace and not workspace.answering.knows(question.exchange_id):
                workspace.answering.resume(question, each.message_ref, address)
