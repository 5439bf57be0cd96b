"""The budgets of a fake Slack: calls a minute by method and workspace, posts by channel (https://docs.slack.dev/apis/web-api/rate-limits)."""

import time
from collections import defaultdict, deque

from tests.fakes.slack_rules import Refusal

POST_BURST = 5  # "one message per second per channel … short bursts of >1 allowed"
POSTS_A_MINUTE = 300  # "several hundred messages per minute" for a workspace


class Budgets:
    """What was spent of each budget; `on` False counts and refuses nothing."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self._calls_at: defaultdict[tuple[str, ...], deque[float]] = defaultdict(deque)
        self._channels: dict[tuple[str, str], tuple[float, float]] = {}

    def spend(self, team: str, method: str, *, per_minute: int, channel: str) -> None:
        """
        Count a call.

        Raises:
            Refusal: `ratelimited`, with the seconds to `wait`; a refused call costs nothing.
        """
        if not self.on:
            return
        if method == "chat.postMessage":
            left = self._refilled(team, channel)
            if left < 1:
                raise Refusal("ratelimited", wait="1")
            self._spend_in_a_minute((team, method), POSTS_A_MINUTE)
            self._channels[team, channel] = left - 1, time.monotonic()
        else:
            self._spend_in_a_minute((team, method), per_minute)

    def _refilled(self, team: str, channel: str) -> float:
        left, since = self._channels.get((team, channel), (float(POST_BURST), 0.0))
        return min(float(POST_BURST), left + time.monotonic() - since)

    def _spend_in_a_minute(self, key: tuple[str, ...], most: int) -> None:
        now, calls = time.monotonic(), self._calls_at[key]
        while calls and now - calls[0] > 60:
            calls.popleft()
        if len(calls) >= most:
            raise Refusal("ratelimited", wait=str(int(60 - (now - calls[0])) + 1))
        calls.append(now)
