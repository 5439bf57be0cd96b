"""Waiting for a Slack that does not answer: one asks, everybody else waits for what it learns."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.slack.faults import SlackSilent
from bot.errors import ChatbotError

logger = logging.getLogger(__name__)

LATEST_S: Final = 3600.0  # who asked an hour ago has long gone elsewhere
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 30.0


class Outage:
    """Whether Slack is silent, by what calls to it learned."""

    def __init__(self, probe: Callable[[], Awaitable[object]]) -> None:
        """Ask with *probe*, which raises `SlackSilent` while the silence lasts."""
        self._probe = probe
        self._silent = False
        self._asking = asyncio.Lock()

    def begin(self) -> None:
        """Note that call after call went unanswered."""
        if not self._silent:
            logger.warning("Slack does not answer: answers wait")
        self._silent = True

    async def over(self) -> None:
        """
        Return once Slack answers; at once where it was not known to be silent.

        Raises:
            TimeoutError: It was silent for an hour.
        """
        if self._silent:
            async with asyncio.timeout(LATEST_S):
                await self._wait()

    async def _wait(self) -> None:
        wait_s = _FIRST_WAIT_S
        while self._silent:
            async with self._asking:
                if not self._silent:
                    return
                await asyncio.sleep(wait_s)
                try:
                    await self._probe()
                except SlackSilent:
                    wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                    continue
                except ChatbotError:
                    pass  # no is an answer, too
                self._silent = False
                logger.info("Slack answers again")
