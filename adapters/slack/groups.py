"""Which user groups a person belongs to, where a list of those who may ask names any."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Final

from bot.chat_settings import Access
from bot.errors import ChatbotError

logger = logging.getLogger(__name__)

_KEPT_S: Final = 300.0
_TIMEOUT_S: Final = 1.0  # an acknowledgement is due within 3 s, and who a person is takes its time, too


class Groups:
    """The members of the groups that an operator names, each asked for with *fetch* once in five minutes."""

    def __init__(self, access: Access, fetch: Callable[[str], Awaitable[Iterable[str]]], *, clock: Callable[[], float] = monotonic) -> None:
        self._named = tuple(dict.fromkeys((*access.allow_groups, *access.block_groups)))
        self._fetch = fetch
        self._clock = clock
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._asking = asyncio.Lock()

    async def of(self, user: str) -> frozenset[str]:
        """Return those of the named groups that the person is in; where Slack does not tell in time, what it told last."""
        if not self._named:
            return frozenset()
        try:
            async with asyncio.timeout(_TIMEOUT_S), self._asking:
                for group in self._named:
                    await self._refresh(group)
        except (ChatbotError, TimeoutError) as error:
            logger.warning("user groups not read", extra={"reason": f"{type(error).__name__} {error}"})
        return frozenset(group for group, (_, members) in self._members.items() if user in members)

    async def _refresh(self, group: str) -> None:
        known = self._members.get(group)
        if known is None or self._clock() - known[0] >= _KEPT_S:
            self._members[group] = (self._clock(), frozenset(await self._fetch(group)))
