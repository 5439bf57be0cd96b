"""A fake Slack over real sockets: Web API, Socket Mode, events over HTTP, OAuth; it refuses what Slack refuses."""

import asyncio
import contextlib
import json
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from pydantic import SecretStr

from bot.chat_settings import SlackSettings
from tests.fakes.slack_delivery import Disorder
from tests.fakes.slack_limits import Budgets
from tests.fakes.slack_oauth import OAuth
from tests.fakes.slack_people import People
from tests.fakes.slack_rules import ALL_SCOPES, METHODS, Args, Refusal
from tests.fakes.slack_workspace import TEAM, Workspace

BOT_TOKEN = "xoxb-1-valid"
APP_TOKEN = "xapp-1-valid"
_JSON_ARGUMENTS = ("blocks", "metadata", "chunks", "view", "prompts", "loading_messages")


@dataclass(frozen=True)
class Fault:
    """What happens to one call: refused with an error, throttled, answered with HTTP 500, or carried out and its answer lost."""

    kind: Literal["error", "throttle", "broken", "lost", "unheard"]
    code: str = ""
    retry_after_s: int = 0


class FakeSlack(People):
    """
    Workspaces behind HTTP and WebSocket, one app installed in the first.

    `limits` turns the documented budgets on; `distributed` makes it an app sold outside the Marketplace, which reads one thread a minute.
    `calls` counts calls by method, `refused` the errors given.
    """

    def __init__(
        self,
        *,
        limits: bool = False,
        distributed: bool = False,
        ack_timeout_s: float = 3.0,
        retry_after_s: tuple[float, ...] = (0.0, 60.0, 300.0),
        disorder: Disorder | None = None,
    ) -> None:
        super().__init__(ack_timeout_s=ack_timeout_s, retry_after_s=retry_after_s, disorder=disorder or Disorder())
        self.budgets = Budgets(on=limits)
        self.distributed = distributed
        self.scopes = ALL_SCOPES
        self.tokens: dict[str, str] = {BOT_TOKEN: "", APP_TOKEN: ""}  # token -> error, empty where it is valid
        self.teams = {BOT_TOKEN: TEAM}
        self.oauth = OAuth(self)
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.port = 0
        self._is_down = False

    @property
    def address(self) -> str:
        """Where Slack is, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> SlackSettings:
        """Settings of an app that talks to this server over Socket Mode."""
        return SlackSettings(bot_token=SecretStr(BOT_TOKEN), app_token=SecretStr(APP_TOKEN), api_url=f"{self.address}/api/")

    @property
    def http_settings(self) -> SlackSettings:
        """Settings of an app that gets its events over HTTP."""
        return SlackSettings(bot_token=SecretStr(BOT_TOKEN), signing_secret=SecretStr(self.signing_secret), api_url=f"{self.address}/api/")

    @property
    def oauth_settings(self) -> SlackSettings:
        """Settings of an app that workspaces install, with its events over HTTP."""
        return SlackSettings(
            signing_secret=SecretStr(self.signing_secret),
            client_id=self.oauth.client_id,
            client_secret=SecretStr(self.oauth.client_secret),
            api_url=f"{self.address}/api/",
        )

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator["FakeSlack"]:
        """Serve on loopback."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/link", self._link)
        app.router.add_post("/actions/{name}", self._respond)
        app.router.add_get("/files-pri/{file_id}/download/{name}", self._download)
        app.router.add_get("/signin", self._sign_in)
        app.router.add_get("/oauth/v2/authorize", self.oauth.authorize)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await self._stop()
            await runner.cleanup()

    def add_team(self, team: str) -> Workspace:
        """Add a workspace, which has not installed the app, with channels C{team}1, C{team}2 and persons U{team}1 to U{team}3."""

        def announce(event: dict[str, Any]) -> None:
            self._announce(event, team)

        workspace = self.workspaces[team] = Workspace(announce, team=team)
        workspace.channels = {f"{kind[0]}{team}{kind[1:]}": value for kind, value in workspace.channels.items()}
        workspace.people = {f"U{team}{user[1:]}": locale for user, locale in workspace.people.items()}
        workspace.direct = {f"U{team}{user[1:]}": f"D{team}{channel[1:]}" for user, channel in workspace.direct.items()}
        return workspace

    @contextmanager
    def down(self) -> Iterator[None]:
        """Answer every call and response_url with HTTP 503 for as long as the context lasts; sockets stay."""
        self._is_down = True
        try:
            yield
        finally:
            self._is_down = False

    async def until(self, check: Any, *, seconds: float = 20.0) -> None:
        """Wait until *check()* holds."""
        async with asyncio.timeout(seconds):
            while not check():  # noqa: ASYNC110 - what tests wait for has no event
                await asyncio.sleep(0.01)

    # Web API.

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        fault = self.faults[method].popleft() if self.faults[method] else self.always.get(method)
        fault = Fault("broken") if self._is_down else fault
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
        if fault and fault.kind == "error":
            raise Refusal(fault.code)
        if method == "oauth.v2.access":
            return self.oauth.access(request, args)
        if method not in METHODS:
            raise Refusal("unknown_method")
        needed, scope, per_minute = METHODS[method]
        token = _bearer(request) or str(args.get("token") or "")
        self._check_token(method, token, scope)
        team = self.teams.get(token, "")
        self.budgets.spend(team, method, per_minute=self._budget(method, per_minute), channel=str(args.get("channel")))
        if missing := [name for name in needed if args.get(name) is None or (args[name] == "" and name != "status")]:
            raise Refusal(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}" for name in missing]}
            )
        if method == "apps.connections.open":
            ticket = uuid.uuid4().hex
            self._tickets.add(ticket)
            return {"url": f"ws://127.0.0.1:{self.port}/link?ticket={ticket}"}
        if method == "auth.revoke":
            self.tokens[token] = "token_revoked"
            return {"revoked": True}
        if self.distributed and method == "conversations.replies":
            args["limit"] = min(int(args.get("limit") or 15), 15)
        return self.workspaces[team].methods[method](args)

    def _budget(self, method: str, per_minute: int) -> int:
        return 1 if self.distributed and method == "conversations.replies" else per_minute

    def _check_token(self, method: str, token: str, scope: str) -> None:
        if not token:
            raise Refusal("not_authed")
        if problem := self.tokens.get(token, "invalid_auth"):
            raise Refusal(problem)
        if token.startswith("xapp-") != (method == "apps.connections.open"):
            raise Refusal("not_allowed_token_type")
        if scope and token.startswith("xoxb-") and scope not in self.scopes.split(","):
            raise Refusal("missing_scope", needed=scope, provided=self.scopes)

    def _fail(self, request: web.Request, method: str, fault: Fault) -> web.StreamResponse:
        self.refused[f"{method} {fault.kind}"] += 1
        if fault.kind == "throttle":
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(fault.retry_after_s)})
        if fault.kind == "broken":
            return web.Response(status=503 if self._is_down else 500, text="Server Error", content_type="text/html")
        if request.transport:
            request.transport.abort()
        return web.Response()

    # Beside it.

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=503) if self._is_down else await self.responses.take(request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Serve a private file; whoever may not read it is sent to the sign-in page, as browsers are."""
        token = _bearer(request)
        allowed = self.tokens.get(token) == "" and token in self.teams and "files:read" in self.scopes.split(",")
        if not allowed:
            raise web.HTTPFound(f"{self.address}/signin")
        if request.match_info["file_id"] not in self.files:
            return web.Response(status=404, text="file not found")
        content, mimetype = self.files[request.match_info["file_id"]]
        return web.Response(body=content, content_type=mimetype)

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html><title>Sign in | Slack</title></html>", content_type="text/html")


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _arguments(request: web.Request) -> Args:
    if request.content_type == "application/json":
        given = await request.json()
        if not isinstance(given, dict):
            raise Refusal("json_not_object")
        return {**request.query, **given}
    args: Args = {**request.query, **(await request.post())}
    for name in _JSON_ARGUMENTS:
        if isinstance(args.get(name), str):
            with contextlib.suppress(ValueError):
                args[name] = json.loads(args[name])
    return args
