"""Slack's requests to us over HTTP: bounded and well-formed before anything else looks at them."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

logger = logging.getLogger(__name__)

LARGEST_BODY_BYTES: Final = 1_000_000

Handler = Callable[[Request, bytes], Awaitable[Response]]


@dataclass(slots=True)
class Handlers:
    """Who takes what; None where nobody does."""

    events: Handler | None = None
    install: Handler | None = None
    oauth_redirect: Handler | None = None


class SlackHttp:
    """
    The ASGI application beneath `/slack`: `events` (all that Slack sends), `install` and `oauth_redirect` (an operator's browser).

    Until `handlers` are set, which is once Slack was reached, it says that it is not ready; Slack then sends again.
    """

    def __init__(self) -> None:
        self.handlers: Handlers | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self.handlers is None:
            return PlainTextResponse("not ready", 503, {"Retry-After": "5"})
        match request.method, _name(request.scope):
            case "POST", "events":
                handler = self.handlers.events
            case "GET", "install":
                handler = self.handlers.install
            case "GET", "oauth_redirect":
                handler = self.handlers.oauth_redirect
            case _:
                handler = None
        if handler is None:
            return PlainTextResponse("not found", 404)
        body = await _bounded(request)
        if body is None:
            return PlainTextResponse("too large", 413)
        if body and not _is_well_formed(body, request.headers.get("content-type", "")):
            return PlainTextResponse("malformed", 400)
        return await handler(request, body)


def form_of(body: bytes) -> dict[str, str]:
    """Return the fields of a form."""
    return {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def _name(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).removeprefix("/slack").strip("/")


async def _bounded(request: Request) -> bytes | None:
    """Read a body, as far as it may be; None where it is longer, whatever its header says."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > LARGEST_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            return None
    return bytes(body)


def _is_well_formed(body: bytes, content_type: str) -> bool:
    """Tell whether a body is what Bolt takes for granted: a JSON object, or a form whose `payload`, where it has one, is such."""
    try:
        text = body.decode()
        if content_type.split(";", maxsplit=1)[0].strip().lower() == "application/x-www-form-urlencoded":
            payloads = parse_qs(text).get("payload", ["{}"])
            return all(isinstance(json.loads(each), dict) for each in payloads)
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
