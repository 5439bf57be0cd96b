"""How a fake Slack delivers: over sockets or to a request URL, again where nobody acknowledged, doubled and out of order where told to."""

import asyncio
import hashlib
import hmac
import io
import itertools
import json
import random
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.fakes.slack_workspace import BOT_USER, TEAM

Kind = Literal["events_api", "interactive", "slash_commands"]

_SOCKETS = 10  # https://docs.slack.dev/apis/events-api/using-socket-mode#connections
_HELD_BACK_S = 0.5


@dataclass(frozen=True)
class Ack:
    """An acknowledgement with what it carried."""

    payload: Any = None


@dataclass(frozen=True)
class Disorder:
    """
    What goes wrong with deliveries: shares of events sent twice and held back for a moment; a socket dropped after every so many sent.

    Drawn from `seed`.
    """

    doubled: float = 0.0
    reordered: float = 0.0
    drop_every: int = 0
    seed: int = 1


@dataclass(frozen=True)
class Reply:
    """What a request URL answered."""

    status: int
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, eq=False)
class _Link:
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None


class Delivery:
    """
    Deliveries to one app.

    `ack_timeout_s` and `retry_after_s` say when an unacknowledged event comes again; `deliveries` are (event id, attempt, acknowledged);
    a `muted` Slack takes no acknowledgement. With a `request_url` everything is posted there, signed with `signing_secret`.
    `acks` are the acknowledgements of everything but events, `seconds` the times that acknowledgements took.
    """

    def __init__(self, *, ack_timeout_s: float, retry_after_s: tuple[float, ...], disorder: Disorder) -> None:
        self.ack_timeout_s = ack_timeout_s
        self.retry_after_s = retry_after_s
        self.disorder = disorder
        self.deliveries: list[tuple[str, int, bool]] = []
        self.acks: list[tuple[Kind, Any]] = []
        self.seconds: list[float] = []
        self.muted = False
        self.request_url = ""
        self.signing_secret = "signing-secret"
        self._rng = random.Random(disorder.seed)
        self._tickets: set[str] = set()
        self._links: list[_Link] = []
        self._connected = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ids = itertools.count(1)
        self._sent = 0
        self._unwanted: set[str] = set()  # events that a request URL refused for good
        self._session: aiohttp.ClientSession | None = None

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._links)

    @property
    def under_way(self) -> int:
        """How many events are still to be delivered or tried again."""
        return len(self._tasks)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """
        Ask every socket to leave (`warning`, `refresh_requested`, `link_disabled`, `too_many_websockets`).

        No reason: drop it without a word.
        """
        for link in list(self._links):
            if reason:
                await link.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}})
            else:
                await link.socket.close()

    async def post(self, body: bytes, headers: dict[str, str]) -> Reply:
        """Post to the request URL, exactly this."""
        self._session = self._session or aiohttp.ClientSession()
        async with self._session.post(self.request_url, data=io.BytesIO(body), headers=headers, allow_redirects=False) as answer:
            return Reply(answer.status, await answer.text(), dict(answer.headers))

    def signed(self, body: bytes, content_type: str, *, at: float | None = None) -> dict[str, str]:
        """Return the headers of a request signed at a moment (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(self.signing_secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"Content-Type": content_type, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    def envelope(self, event: dict[str, Any], team: str = TEAM) -> dict[str, Any]:
        """Return what goes around an event."""
        installed = {"team_id": team, "user_id": BOT_USER, "is_bot": True}
        return {
            "token": "t", "team_id": team, "api_app_id": "A0APP", "event": event, "type": "event_callback", "event_time": int(time.time()),
            "event_id": f"Ev{next(self._ids):08d}", "is_ext_shared_channel": False,
            "authorizations": [{"enterprise_id": None, **installed, "is_enterprise_install": False}],
        }  # fmt: skip

    async def interact(self, kind: Kind, payload: dict[str, Any]) -> Ack | None:
        """Deliver what a person did, which is never tried again; None where it was not acknowledged in time."""
        ack = await self._deliver_once(kind, payload, 0)
        if ack:
            self.acks.append((kind, ack.payload))
        return ack

    def _announce(self, event: dict[str, Any], team: str = TEAM) -> None:
        payload = self.envelope(event, team)
        held_back_s = self._rng.uniform(0.05, _HELD_BACK_S) if self._rng.random() < self.disorder.reordered else 0.0
        self._spawn(self._deliver(payload, held_back_s))
        if self._rng.random() < self.disorder.doubled:
            self._spawn(self._deliver(payload, self._rng.uniform(0, _HELD_BACK_S)))

    async def _deliver(self, payload: dict[str, Any], held_back_s: float) -> None:
        for attempt, wait_s in enumerate((held_back_s, *self.retry_after_s)):
            await asyncio.sleep(wait_s)
            ack = await self._deliver_once("events_api", payload, attempt)
            self.deliveries.append((payload["event_id"], attempt, ack is not None))
            if ack or payload["event_id"] in self._unwanted:
                return

    async def _deliver_once(self, kind: Kind, payload: dict[str, Any], attempt: int) -> Ack | None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.ack_timeout_s):
                answered = await (
                    self._over_http(kind, payload, attempt) if self.request_url else self._over_socket(kind, payload, attempt)
                )
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            return None
        if answered:
            self.seconds.append(time.monotonic() - began)
        return answered

    async def _over_socket(self, kind: Kind, payload: dict[str, Any], attempt: int) -> Ack:
        envelope_id = str(uuid.uuid4())
        acknowledged = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        retry = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""} if kind == "events_api" else {}
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api", **retry}
        try:
            await self._connected.wait()
            link = self._links[next(self._ids) % len(self._links)]
            await link.socket.send_json(envelope)
            self._drop_in_turn(link)
            return Ack(await acknowledged)
        finally:
            self._waiting.pop(envelope_id, None)

    async def _over_http(self, kind: Kind, payload: dict[str, Any], attempt: int) -> Ack | None:
        body, content_type = encoded(kind, payload)
        again = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        reply = await self.post(body, {**self.signed(body, content_type), **again})
        if reply.headers.get("X-Slack-No-Retry") == "1":
            self._unwanted.add(payload.get("event_id", ""))
        if reply.status != 200 or self.muted:
            return None
        if not reply.body:
            return Ack()
        return Ack(json.loads(reply.body) if "json" in reply.headers.get("Content-Type", "") else {"text": reply.body})

    def _drop_in_turn(self, link: _Link) -> None:
        self._sent += 1
        if self.disorder.drop_every and self._sent % self.disorder.drop_every == 0 and link.transport:
            link.transport.abort()

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") not in self._tickets:
            return web.Response(status=408, text="ticket expired")
        self._tickets.discard(request.query["ticket"])
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self._links) + 1, "connection_info": {"app_id": "A0APP"}})
        if len(self._links) >= _SOCKETS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._listen(_Link(socket, request.transport))
        return socket

    async def _listen(self, link: _Link) -> None:
        self._links.append(link)
        self._connected.set()
        try:
            async for message in link.socket:
                if message.type == WSMsgType.TEXT and not self.muted:
                    told = json.loads(message.data)
                    answered = self._waiting.get(told.get("envelope_id"))
                    if answered and not answered.done():
                        answered.set_result(told.get("payload"))
        finally:
            self._links.remove(link)
            if not self._links:
                self._connected.clear()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in list(self._links):
            await link.socket.close()
        if self._session:
            await self._session.close()


def encoded(kind: Kind, payload: dict[str, Any]) -> tuple[bytes, str]:
    """Return the body and content type with which Slack posts a payload."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"
