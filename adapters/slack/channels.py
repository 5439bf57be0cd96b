"""Which channels only those let in can read: Slack says so with most events, and is asked where it does not."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any, Final

from bot.errors import ChatbotError

logger = logging.getLogger(__name__)

# https://docs.slack.dev/reference/events/message: channel, group, im, mpim; a mention's own event tells none.
_PUBLIC: Final = "channel"
_DIRECT: Final = "D"  # what the id of a direct message begins with
_KEPT_S: Final = 300.0
_KEPT: Final = 10_000
_TIMEOUT_S: Final = 1.0  # an acknowledgement is due within 3 s, and who a person is takes its time, too


class Channels:
    """What is known of channels, each asked for with *fetch* (Slack's `conversations.info`) once in five minutes at most."""

    def __init__(self, fetch: Callable[[str], Awaitable[Mapping[str, Any]]], *, clock: Callable[[], float] = monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()  # when it was learnt, and whether it is private

    async def is_private(self, channel: str, channel_type: str = "") -> bool:
        """
        Tell whether only those who were let in read along in *channel*; True where nobody tells.

        Args:
            channel: Its id.
            channel_type: What the event says of it, empty where that says nothing.
        """
        if channel_type:
            return self._note(channel, private=channel_type != _PUBLIC)
        if channel.startswith(_DIRECT):
            return True
        known = self._known.get(channel)
        if known is not None and self._clock() - known[0] < _KEPT_S:
            return known[1]
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                told = await self._fetch(channel)
        except (ChatbotError, TimeoutError) as error:
            logger.info("not known whether a channel is private", extra={"reason": f"{type(error).__name__} {error}"})
            return self._note(channel, private=True)
        direct = told.get("is_im") or told.get("is_mpim")
        return self._note(channel, private=bool(direct) or told.get("is_private") is not False)

    def _note(self, channel: str, *, private: bool) -> bool:
        self._known.pop(channel, None)
        self._known[channel] = self._clock(), private
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return private
