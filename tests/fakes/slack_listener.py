"""The plainest Slack app there is, over a socket of its own or a request URL: it keeps what it gets and acknowledges as told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_server import APP_TOKEN, FakeSlack


class Listener:
    """`got` are the payloads received; `answers` what the next acknowledgements carry; silent while `quiet`, for good if `final`."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[Any] = []
        self.quiet = False
        self.final = False

    def events(self) -> list[dict[str, Any]]:
        """Return the events among them."""
        return [payload["event"] for payload in self.got if "event" in payload]

    @asynccontextmanager
    async def connected(self, slack: FakeSlack) -> AsyncIterator["Listener"]:
        """Be connected by socket."""
        client = AsyncWebClient(APP_TOKEN, base_url=slack.settings.api_url)
        address = str((await client.apps_connections_open(app_token=APP_TOKEN))["url"])
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
            await socket.receive_json()
            reading = asyncio.create_task(self._read(socket))
            try:
                yield self
            finally:
                reading.cancel()
                await asyncio.wait({reading})

    @asynccontextmanager
    async def serving(self, slack: FakeSlack) -> AsyncIterator["Listener"]:
        """Be the request URL."""
        app = web.Application()
        app.router.add_post("/slack/events", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            envelope = json.loads(message.data)
            if envelope.get("type") == "disconnect":
                self.got.append(envelope)
            elif not self.quiet:
                self.got.append(envelope["payload"])
                carried = {"payload": self.answers.pop(0)} if self.answers and envelope["accepts_response_payload"] else {}
                await socket.send_json({"envelope_id": envelope["envelope_id"], **carried})

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        body = await request.text()
        if request.content_type == "application/json":
            self.got.append(json.loads(body))
            return web.Response(status=500 if self.quiet else 200, headers={"X-Slack-No-Retry": "1"} if self.final else {})
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        self.got.append(json.loads(fields["payload"]) if "payload" in fields else fields)
        answer = self.answers.pop(0) if self.answers else None
        return web.Response() if answer is None else web.json_response(answer)
