"""The real Slack adapter and the real engine, between a fake Slack and fakes of everything behind the engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from adapters.chat import ChatServices
from adapters.slack.app import SlackApp
from adapters.web.app import serve
from bot.chat_settings import SlackSettings
from bot.engine import Engine, EngineParts
from bot.model_settings import ModelSettings
from bot.ports import Ledger
from bot.settings import RightsSettings, Settings
from tests.fakes.backend import ScriptedBackend
from tests.fakes.chat import chat_services
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Readable
from tests.fakes.redactor import CrossingOut
from tests.fakes.retriever import ScriptedRetriever, passage
from tests.fakes.slack_server import FakeSlack
from tests.fakes.slack_workspace import BOT_USER
from tests.fakes.standing_by import standing_by
from tests.fakes.vault import MemoryVault

SETTINGS = Settings()  # reads files, so not inside a loop
ALLOWED = Settings(rights=RightsSettings(slack="allow"))  # nobody is asked for consent
TALKATIVE = Settings(model=ModelSettings(max_tokens=8_000))
MENTION = f"<@{BOT_USER}>"
GUIDE = (passage("Replace the filter every six months.", source="https://example.com/filters.md"),)


class Stage:
    """A fake Slack, an engine and, while `playing`, the adapter between them."""

    def __init__(
        self,
        slack: FakeSlack,
        backend: ScriptedBackend | None = None,
        *,
        ledger: Ledger | None = None,
        settings: Settings = SETTINGS,
        vault: MemoryVault | None = None,
        fallback: ScriptedBackend | None = None,
    ) -> None:
        self.slack = slack
        self.app: SlackApp | None = None
        self.memory = MemoryLedger()
        self.ledger = ledger or self.memory
        self.backend = backend or ScriptedBackend(("Yes. ", "Every six ", "months."))
        self.retriever = ScriptedRetriever({"": GUIDE})
        parts = EngineParts(
            self.ledger, self.retriever, self.backend, CrossingOut(), Readable(), identify=lambda text: "en", now=lambda: datetime.now(UTC)
        )
        if fallback:
            parts, settings = standing_by(parts, settings, fallback)
        self.engine = Engine(parts, settings)
        self.vault = vault or MemoryVault()
        self.services = chat_services(self.engine, self.ledger, vault=self.vault, policy=settings.policy)

    def services_at(self, public_url: str) -> ChatServices:
        """Return the services of a server that the outside reaches there."""
        return replace(self.services, public_url=public_url)

    @asynccontextmanager
    async def playing(self, settings: SlackSettings | None = None) -> AsyncIterator[asyncio.Task[None]]:
        """Run the adapter."""
        ready = asyncio.Event()
        app = self.app = SlackApp(self.services, settings or self.slack.settings)
        task = asyncio.create_task(app.run(ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        waiting.cancel()
        if task.done():
            await task
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @asynccontextmanager
    async def reachable(self) -> AsyncIterator[str]:
        """Serve what the adapter that is about to play mounts at `/slack`, as the web server does; yield its address."""

        async def forwarded(scope: Scope, receive: Receive, send: Send) -> None:
            assert self.app is not None
            assert self.app.http is not None
            await self.app.http(scope, receive, send)

        site = FastAPI()
        site.mount("/slack", forwarded)
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(site, host="127.0.0.1", port=0, ready=address.set_result))
        try:
            yield (await address).rstrip("/")
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def finished(self, channel: str, thread_ts: str, count: int = 1, *, seconds: float = 20.0) -> None:
        """Wait until the thread has *count* answers with rating buttons."""
        await self.slack.until(
            lambda: sum(answer.buttons is not None for answer in self.slack.workspace.answers(channel, thread_ts)) >= count, seconds=seconds
        )
