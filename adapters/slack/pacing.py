"""
Slack's budgets of one workspace, shared by all its running answers.

They are counted by method and workspace over a minute, posts by channel over a second: https://docs.slack.dev/apis/web-api/rate-limits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from adapters.delivery import Pacer

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_SPAN_S: Final = 60.5  # a minute, and what a network may bring calls closer together
_POST_INTERVAL_S: Final = 1.0
_CHANNELS: Final = 1_000
_OF_A_CHANNEL_S: Final = 5.0  # a channel's own limit is a matter of a second
_FORGOTTEN_AFTER_S: Final = 60.0


class Budget:
    """At most `calls` calls in any minute; whoever waits is served in order."""

    def __init__(self, calls: int, *, clock: Clock = monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._calls = calls
        self._clock = clock
        self._sleep = sleep
        self._made: deque[float] = deque()
        self._held_until = float("-inf")
        self._queue = asyncio.Lock()

    def try_take(self, count: int = 1) -> bool:
        """Take *count* calls where they are free at once and nobody waits for them."""
        if self._queue.locked() or self._wait_s(count) > 0:
            return False
        self._made.extend([self._clock()] * count)
        return True

    async def take(self) -> None:
        """Return when the next call may be made."""
        async with self._queue:
            while (wait_s := self._wait_s(1)) > 0:
                await self._sleep(wait_s)
            self._made.append(self._clock())

    def hold(self, seconds: float) -> None:
        """Give nothing for *seconds* from now on: Slack said so."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def _wait_s(self, count: int) -> float:
        now = self._clock()
        while self._made and now - self._made[0] >= _SPAN_S:
            self._made.popleft()
        wait_s = self._held_until - now
        if (excess := len(self._made) + count - self._calls) > 0:
            wait_s = max(wait_s, self._made[excess - 1] + _SPAN_S - now)
        return wait_s


class Streams:
    """
    Places for streams, where Slack counts them: it grants 20 beginnings a minute or more, as many as it likes.

    Until it first refuses one there is no limit here; from then on `places` are begun, and at most as many ended, in any minute. A
    place is then free again a minute after its stream's end, for ends are counted as beginnings are.
    """

    def __init__(self, places: int, *, clock: Clock = monotonic) -> None:
        self._places = places
        self._clock = clock
        self._counted = False
        self._running = 0
        self._ended: deque[float] = deque()
        self._held_until = float("-inf")

    def try_take(self) -> bool:
        """Take a place where one is free."""
        now = self._clock()
        while self._ended and now - self._ended[0] >= _SPAN_S:
            self._ended.popleft()
        if self._counted and (now < self._held_until or self._running + len(self._ended) >= self._places):
            return False
        self._running += 1
        return True

    def give_back(self, *, used: bool) -> None:
        """Give a place back: for at once where no stream was begun, for a minute later where one was."""
        self._running -= 1
        if used:
            self._ended.append(self._clock())

    def hold(self, seconds: float) -> None:
        """Give no place for *seconds* from now on, and count from now on: Slack said so."""
        self._counted = True
        self._held_until = max(self._held_until, self._clock() + seconds)


@dataclass(slots=True)
class _Channel:
    pacer: Pacer
    waiting: int = 0
    used_at: float = 0.0


class Posts:
    """
    One post a second and channel; channels that nobody posts in are forgotten.

    Slack grants a workspace "several hundred" a minute: there is no limit here until it refuses one, and `per_minute` from then on.
    """

    def __init__(
        self,
        *,
        interval_s: float = _POST_INTERVAL_S,
        per_minute: int = 300,
        clock: Clock = monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._of_all = Budget(per_minute, clock=clock, sleep=sleep)
        self._counted = False
        self._channels: dict[str, _Channel] = {}
        self._sweep_at = _CHANNELS

    def __len__(self) -> int:
        """Return how many channels are remembered."""
        return len(self._channels)

    async def turn(self, channel: str) -> None:
        """Return when the next post to *channel* may be made."""
        known = self._channels.get(channel) or self._new(channel)
        known.waiting += 1
        try:
            await known.pacer.turn()
            if self._counted:
                await self._of_all.take()
        finally:
            known.waiting -= 1
            known.used_at = self._clock()

    def hold(self, seconds: float) -> None:
        """Give no turn in any channel for *seconds* from now on, and count from now on: Slack said so."""
        self._counted = True
        self._of_all.hold(seconds)

    def _new(self, channel: str) -> _Channel:
        if len(self._channels) >= self._sweep_at:
            oldest = self._clock() - max(_FORGOTTEN_AFTER_S, self._interval_s)
            self._channels = {name: each for name, each in self._channels.items() if each.waiting or each.used_at > oldest}
            self._sweep_at = max(_CHANNELS, 2 * len(self._channels))  # twice, so that sweeping stays cheap
        made = self._channels[channel] = _Channel(
            Pacer(interval_s=self._interval_s, clock=self._clock, sleep=self._sleep), used_at=self._clock()
        )
        return made


class Budgets:
    """
    All budgets of one workspace.

    chat.update is of tier 3 (50 a minute), chat.appendStream of tier 4 (100), chat.startStream and chat.stopStream of tier 2 (20),
    chat.postEphemeral of tier 4, conversations.replies and agents.sessions.setStatus of tier 3; assistant.threads.setStatus has a
    limit of its own: 600 a minute, app and team.
    """

    def __init__(self) -> None:
        self.updates = Pacer(interval_s=1.2)
        self.appends = Pacer(interval_s=0.6)
        self.streams = Streams(20)
        self.posts = Posts()
        self.whispers = Budget(100)
        self.replies = Budget(50)
        self.statuses = Budget(600)
        self.sessions = Budget(50)

    def refused(self, method: str, wait_s: float) -> None:
        """Note that Slack asked to wait before *method* is called again."""
        match method:
            case "chat.update":
                self.updates.hold(wait_s)
            case "chat.stopStream":
                self.streams.hold(wait_s)
            case "chat.postMessage" if wait_s > _OF_A_CHANNEL_S:
                self.posts.hold(wait_s)
            case "chat.postEphemeral":
                self.whispers.hold(wait_s)
            case "conversations.replies":
                self.replies.hold(wait_s)
