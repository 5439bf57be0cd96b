"""A service that trains and answers at one address, as OpenAI does: each model says what a test lets it say."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.openai_server import OpenAIServer
from tests.fakes.provider import ProviderServer


@dataclass
class Speaking(OpenAIServer):
    """Answers by its model's name: `said` are the pieces of each, which may hang on what was asked."""

    said: Mapping[str, Sequence[str]] = field(default_factory=dict)

    async def _stream(self, request: web.Request, body: dict[str, Any], fault: str) -> web.StreamResponse:
        self.pieces = self.said.get(body["model"], self.pieces)
        return await super()._stream(request, body, fault)

    def asked_of(self, model: str) -> int:
        """Return how many answers a model gave."""
        return sum(body["model"] == model for body in self.requests)


@dataclass
class HostedService:
    """Both sides of it."""

    chat: Speaking
    training: ProviderServer

    @property
    def address(self) -> str:
        """The base URL of both."""
        return self.training.address


@contextmanager
def hosted_service() -> Iterator[HostedService]:
    """Serve from a thread of its own, for commands that bring their own event loop."""
    service, begun, ended = HostedService(Speaking(), ProviderServer()), threading.Event(), threading.Event()

    async def run() -> None:
        training, chat = service.training, service.chat
        app = web.Application(middlewares=[training.serve], client_max_size=1 << 30)
        models = [web.get("/v1/models", chat.models), web.get("/v1/models/{name}", chat.models)]
        chats = [web.post("/v1/chat/completions", chat.complete), web.post("/v1/completions", chat.complete)]
        app.add_routes([*training.routes("/v1"), *chats, *models])
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        training.address = f"http://{host}:{port}/v1"
        begun.set()
        await asyncio.to_thread(ended.wait)
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    begun.wait(30)
    try:
        yield service
    finally:
        ended.set()
        thread.join(30)
