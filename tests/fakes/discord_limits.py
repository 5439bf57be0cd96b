"""How Discord paces and fails: 429 with Retry-After for a route and for all, and spans of 5xx."""

import time
from collections import defaultdict, deque
from typing import Any, Final

from aiohttp import web

# The global limit is documented, those of a channel are what its headers tell apps:
# https://docs.discord.com/developers/topics/rate-limits
_GLOBAL: Final = (50, 1.0)
_PER_CHANNEL: Final = (5, 5.0)  # posts, and edits, of each channel or interaction
_EXEMPT: Final = ("interactions", "webhooks")


class Throttle:
    """
    Decides what becomes of each request before it is looked at.

    `refusals` many posts and edits are answered with 429 first, `refused_everywhere` is the Retry-After of one refusal of everything,
    `failing_until` ends a span of 503 by the monotonic clock; `documented` says whether the documented limits hold. `told` counts the
    429s, `revoked` whether the app's token holds no longer.
    """

    def __init__(self) -> None:
        self.refusals = 0
        self.retry_after_s = 0.05
        self.refused_everywhere = 0.0
        self.failing_until = 0.0
        self.documented = False
        self.revoked = False
        self.told = 0
        self._requests: deque[float] = deque()
        self._buckets: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, request: web.Request) -> web.Response | None:
        """Return the refusal of a request, None where it may go on."""
        now = time.monotonic()
        if now < self.failing_until:
            return answer({"message": "503: Service Unavailable", "code": 0}, status=503)
        if self.refused_everywhere:
            retry, self.refused_everywhere = self.refused_everywhere, 0.0
            return self._refuse(retry, everywhere=True)
        writes = request.method in ("POST", "PATCH") and "messages" in request.path
        if self.refusals > 0 and writes:
            self.refusals -= 1
            return self._refuse(self.retry_after_s)
        if self.documented:
            if not any(part in request.path for part in _EXEMPT) and (wait := _wait(self._requests, _GLOBAL, now)):
                return self._refuse(wait, everywhere=True)
            if writes and (wait := _wait(self._bucket(request), _PER_CHANNEL, now)):
                return self._refuse(wait)
        return None

    def headers(self, request: web.Request) -> dict[str, str]:
        """Return what Discord tells of a route's limit."""
        if not (self.documented and request.method in ("POST", "PATCH") and "channel" in request.match_info):
            return {}
        most, span_s = _PER_CHANNEL
        taken = self._bucket(request)
        left = max(0, most - len(taken))
        reset_s = max(0.0, taken[0] + span_s - time.monotonic()) if taken else span_s
        told = {"X-RateLimit-Limit": most, "X-RateLimit-Remaining": left, "X-RateLimit-Reset-After": f"{reset_s:.3f}"}
        return {key: str(value) for key, value in told.items()} | {"X-RateLimit-Bucket": request.method.lower()}

    def _bucket(self, request: web.Request) -> deque[float]:
        return self._buckets[request.method, request.match_info.get("channel") or request.match_info.get("token", "")]

    def _refuse(self, retry_after_s: float, *, everywhere: bool = False) -> web.Response:
        self.told += 1
        body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": everywhere}
        headers = {"Via": "1.1 google", "Retry-After": str(int(retry_after_s) + 1), "X-RateLimit-Scope": "global" if everywhere else "user"}
        return answer(body, status=429, headers=headers)


def _wait(taken: deque[float], limit: tuple[int, float], now: float) -> float:
    """Take a place in the span, or return for how many seconds there is none."""
    most, span_s = limit
    while taken and taken[0] <= now - span_s:
        taken.popleft()
    if len(taken) >= most:
        return taken[0] + span_s - now
    taken.append(now)
    return 0.0


def answer(data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return JSON; discord.py reads it only where the type is named without a charset, as Discord names it."""
    response = web.json_response(data, status=status, headers=headers)
    response.headers["Content-Type"] = "application/json"
    return response
