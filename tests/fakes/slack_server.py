"""A fake Slack over real sockets: the Web API and Socket Mode, written from the documentation, refusing what Slack refuses."""

import asyncio
import contextlib
import itertools
import json
import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import WSMsgType, web
from pydantic import SecretStr

from bot.settings import SlackSettings
from tests.fakes.slack_rules import ALL_SCOPES, METHODS, Args, Refusal
from tests.fakes.slack_workspace import BOT_USER, TEAM, Posted, Workspace

BOT_TOKEN = "xoxb-1-valid"
APP_TOKEN = "xapp-1-valid"


@dataclass(frozen=True)
class Fault:
    """What happens to one call: refused with an error, throttled, answered with HTTP 500, or carried out and its answer lost."""

    kind: Literal["error", "throttle", "broken", "lost", "unheard"]
    code: str = ""
    retry_after_s: int = 0


class FakeSlack:
    """
    A workspace behind HTTP and WebSocket.

    `limits` turns the rate limits on; `ack_timeout_s` and `retry_after_s` say when an unacknowledged event comes again. `calls` counts
    calls by method, `refused` the errors given, `deliveries` (event id, attempt, acknowledged).
    """

    def __init__(self, *, limits: bool = False, ack_timeout_s: float = 3.0, retry_after_s: tuple[float, ...] = (0.0, 60.0, 300.0)) -> None:
        self.workspace = Workspace(self._announce)
        self.limits = limits
        self.ack_timeout_s = ack_timeout_s
        self.retry_after_s = retry_after_s
        self.scopes = ALL_SCOPES
        self.tokens: dict[str, str] = {BOT_TOKEN: "", APP_TOKEN: ""}  # token -> error, empty where it is valid
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.deliveries: list[tuple[str, int, bool]] = []
        self.muted = False  # a muted Slack takes no acknowledgement: events come again
        self.port = 0
        self._calls_at: defaultdict[str, deque[float]] = defaultdict(deque)
        self._tickets: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []
        self._connected = asyncio.Event()
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ids = itertools.count(1)

    @property
    def settings(self) -> SlackSettings:
        """Settings of an app that talks to this server."""
        return SlackSettings(bot_token=SecretStr(BOT_TOKEN), app_token=SecretStr(APP_TOKEN), api_url=f"http://127.0.0.1:{self.port}/api/")

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator["FakeSlack"]:
        """Serve on loopback."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/link", self._link)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for socket in self._sockets:
                await socket.close()
            await runner.cleanup()

    # What people do.

    def say(self, user: str, channel: str, text: str, thread_ts: str = "", **extra: Any) -> Posted:
        """Let a person write; a mention is announced twice, as Slack does."""
        ts = self.workspace.new_ts()
        message = Posted(channel, ts, user, thread_ts or ts, text)
        self.workspace.messages[channel, ts] = message
        root = {"thread_ts": thread_ts} if thread_ts else {}
        event = {"type": "message", "user": user, "text": text, "ts": ts, "channel": channel, "team": TEAM, "event_ts": ts, **root, **extra}
        self._announce({**event, "channel_type": self.workspace.channels[channel]})
        if f"<@{BOT_USER}>" in text and self.workspace.channels[channel] != "im":
            self._announce({**event, "type": "app_mention"})
        return message

    def react(self, user: str, message: Posted, name: str) -> None:
        """Let a person put a reaction on a message."""
        message.reactions.setdefault(name, []).append(user)
        self._announce(self._reaction("reaction_added", user, message, name))

    def unreact(self, user: str, message: Posted, name: str) -> None:
        """Let a person take a reaction away."""
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self._announce(self._reaction("reaction_removed", user, message, name))

    async def click(self, user: str, message: Posted, button: Literal["positive_button", "negative_button"]) -> bool:
        """Let a person click a feedback button; False where the app did not acknowledge in time."""
        element = message.buttons
        assert element is not None, "the message has no buttons"
        action = {"type": "feedback_buttons", "action_id": element["action_id"], "block_id": "b1", "action_ts": self.workspace.new_ts()}
        payload = {
            "type": "block_actions", "user": {"id": user, "team_id": TEAM}, "team": {"id": TEAM, "domain": "acme"}, "api_app_id": "A0APP",
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel, "thread_ts": message.thread_ts},
            "channel": {"id": message.channel}, "message": message.as_json(), "trigger_id": "1.2.x",
            "actions": [{**action, "value": element[button]["value"]}],
        }  # fmt: skip
        return await self._deliver_once("interactive", payload, 0)

    async def until(self, check: Any, *, seconds: float = 20.0) -> None:
        """Wait until *check()* holds."""
        async with asyncio.timeout(seconds):
            while not check():  # noqa: ASYNC110 - what tests wait for has no event
                await asyncio.sleep(0.01)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to leave, then close it; no reason: drop it without a word."""
        for socket in list(self._sockets):
            if reason:
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}})
            else:
                await socket.close()

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._sockets)

    # Events.

    def _announce(self, event: dict[str, Any]) -> None:
        payload = {
            "token": "t", "team_id": TEAM, "api_app_id": "A0APP", "event": event, "type": "event_callback", "event_time": int(time.time()),
            "event_id": f"Ev{next(self._ids):08d}", "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        }  # fmt: skip
        self._spawn(self._deliver(payload))

    async def _deliver(self, payload: dict[str, Any]) -> None:
        for attempt, wait_s in enumerate((0.0, *self.retry_after_s)):
            await asyncio.sleep(wait_s)
            acknowledged = await self._deliver_once("events_api", payload, attempt)
            self.deliveries.append((payload["event_id"], attempt, acknowledged))
            if acknowledged:
                return

    async def _deliver_once(self, kind: str, payload: dict[str, Any], attempt: int) -> bool:
        envelope_id = str(uuid.uuid4())
        acknowledged = self._acks[envelope_id] = asyncio.get_running_loop().create_future()
        retry = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""} if kind == "events_api" else {}
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api", **retry}
        try:
            async with asyncio.timeout(self.ack_timeout_s):
                await self._connected.wait()
                await self._sockets[next(self._ids) % len(self._sockets)].send_json(envelope)
                await acknowledged
        except (TimeoutError, ConnectionError):
            return False
        finally:
            self._acks.pop(envelope_id, None)
        return True

    @staticmethod
    def _reaction(kind: str, user: str, message: Posted, name: str) -> dict[str, Any]:
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        return {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user, "event_ts": f"{time.time():.6f}"}

    # Sockets.

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") not in self._tickets:
            return web.Response(status=408, text="ticket expired")
        self._tickets.discard(request.query["ticket"])
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets) + 1, "connection_info": {"app_id": "A0APP"}})
        self._sockets.append(socket)
        self._connected.set()
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT and not self.muted:
                    answered = self._acks.get(json.loads(message.data).get("envelope_id"))
                    if answered and not answered.done():
                        answered.set_result(None)
        finally:
            self._sockets.remove(socket)
            if not self._sockets:
                self._connected.clear()
        return socket

    # Web API.

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        fault = self.faults[method].popleft() if self.faults[method] else self.always.get(method)
        if fault and fault.kind in ("broken", "throttle", "unheard"):
            return self._fail(request, method, fault)
        try:
            args = await _arguments(request)
            answer = {"ok": True, **self._answer(method, request, args, fault)}
        except Refusal as refusal:
            self.refused[f"{method} {refusal.code}"] += 1
            if refusal.code == "ratelimited":
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": refusal.extra["wait"]})
            answer = {"ok": False, "error": refusal.code, **refusal.extra}
        if fault and fault.kind == "lost":
            return self._fail(request, method, fault)
        return web.json_response(answer, headers={"x-oauth-scopes": self.scopes})

    def _answer(self, method: str, request: web.Request, args: Args, fault: Fault | None) -> dict[str, Any]:
        if method not in METHODS:
            raise Refusal("unknown_method")
        if fault and fault.kind == "error":
            raise Refusal(fault.code)
        needed, scope, per_minute = METHODS[method]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        self._check_token(method, token, scope)
        self._check_rate(method if method != "chat.postMessage" else f"{method} {args.get('channel')}", per_minute)
        if missing := [name for name in needed if args.get(name) in (None, "")]:
            raise Refusal(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}" for name in missing]}
            )
        if method == "apps.connections.open":
            ticket = uuid.uuid4().hex
            self._tickets.add(ticket)
            return {"url": f"ws://127.0.0.1:{self.port}/link?ticket={ticket}"}
        return self.workspace.methods[method](args)

    def _check_token(self, method: str, token: str, scope: str) -> None:
        if not token:
            raise Refusal("not_authed")
        if problem := self.tokens.get(token, "invalid_auth"):
            raise Refusal(problem)
        if token.startswith("xapp-") != (method == "apps.connections.open"):
            raise Refusal("not_allowed_token_type")
        if scope and token.startswith("xoxb-") and scope not in self.scopes.split(","):
            raise Refusal("missing_scope", needed=scope, provided=self.scopes)

    def _check_rate(self, key: str, per_minute: int) -> None:
        now, calls = time.monotonic(), self._calls_at[key]
        while calls and now - calls[0] > 60:
            calls.popleft()
        if self.limits and len(calls) >= per_minute:
            raise Refusal("ratelimited", wait=str(int(60 - (now - calls[0])) + 1))
        calls.append(now)

    def _fail(self, request: web.Request, method: str, fault: Fault) -> web.StreamResponse:
        self.refused[f"{method} {fault.kind}"] += 1
        if fault.kind == "throttle":
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(fault.retry_after_s)})
        if fault.kind == "broken":
            return web.Response(status=500, text="Server Error", content_type="text/html")
        if request.transport:
            request.transport.abort()
        return web.Response()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _arguments(request: web.Request) -> Args:
    if request.content_type == "application/json":
        given = await request.json()
        if not isinstance(given, dict):
            raise Refusal("json_not_object")
        return {**request.query, **given}
    args: Args = {**request.query, **(await request.post())}
    for name in ("blocks", "metadata", "chunks"):
        if isinstance(args.get(name), str):
            with contextlib.suppress(ValueError):
                args[name] = json.loads(args[name])
    return args
