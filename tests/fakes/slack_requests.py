"""Requests that a request URL must refuse, or take without harm: malformed, unsigned, stale, replayed, oversized, of an unknown team."""

import json
import time
from typing import Any

from tests.fakes.slack_delivery import Delivery, Reply, encoded

_JSON = "application/json"
_STALE_S = 301  # https://docs.slack.dev/authentication/verifying-requests-from-slack: more than five minutes is a replay


class Requests:
    """Someone who posts to the request URL of *slack*, the signing secret known to them or not."""

    def __init__(self, slack: Delivery) -> None:
        self._slack = slack

    async def good(self, event: dict[str, Any]) -> Reply:
        """Post an event as Slack does."""
        return await self._post(self._body(event))

    async def challenge(self, challenge: str) -> Reply:
        """Verify the address, as the app's settings do (https://docs.slack.dev/reference/events/url_verification)."""
        return await self._post(json.dumps({"token": "t", "challenge": challenge, "type": "url_verification"}).encode())

    async def malformed(self, body: bytes = b'{"type": "event_callback", "event": [', content_type: str = _JSON) -> Reply:
        """Post what is no payload, well signed."""
        return await self._slack.post(body, self._slack.signed(body, content_type))

    async def unsigned(self, event: dict[str, Any]) -> Reply:
        """Post an event without a signature."""
        return await self._slack.post(self._body(event), {"Content-Type": _JSON})

    async def wrongly_signed(self, event: dict[str, Any]) -> Reply:
        """Post an event with the signature of another body."""
        return await self._slack.post(self._body(event), self._slack.signed(b"{}", _JSON))

    async def stale(self, event: dict[str, Any], *, age_s: float = _STALE_S) -> Reply:
        """Post an event well signed, long ago (or, with a negative age, in the future)."""
        body = self._body(event)
        return await self._slack.post(body, self._slack.signed(body, _JSON, at=time.time() - age_s))

    async def replayed(self, event: dict[str, Any]) -> tuple[Reply, Reply]:
        """Post the very same request twice."""
        body = self._body(event)
        headers = self._slack.signed(body, _JSON)
        return await self._slack.post(body, headers), await self._slack.post(body, headers)

    async def oversized(self, event: dict[str, Any], *, size_bytes: int = 2_000_000) -> Reply:
        """Post an event of that many bytes and more, well signed."""
        return await self._post(self._body({**event, "filler": "x" * size_bytes}))

    async def unknown_team(self, event: dict[str, Any], team: str = "T0NOBODY") -> Reply:
        """Post an event of a team that never installed the app."""
        return await self._post(self._body(event, team))

    async def interaction(self, payload: dict[str, Any]) -> Reply:
        """Post an interaction, whatever it holds."""
        body, content_type = encoded("interactive", payload)
        return await self._slack.post(body, self._slack.signed(body, content_type))

    def _body(self, event: dict[str, Any], team: str = "") -> bytes:
        envelope = self._slack.envelope(event, team) if team else self._slack.envelope(event)
        return json.dumps(envelope).encode()

    async def _post(self, body: bytes) -> Reply:
        return await self._slack.post(body, self._slack.signed(body, _JSON))
