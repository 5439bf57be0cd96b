"""A playground served on a real socket: the real engine, with a scripted model and knowledge."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx2
from pydantic import SecretStr

from adapters.web.app import create_app, serve
from adapters.web.services import Check, WebServices
from bot.engine import Engine, EngineParts
from bot.messages import Approved, Passage, Viewer
from bot.settings import Settings, WebSettings
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Readable
from tests.fakes.redactor import CrossingOut
from tests.fakes.retriever import ScriptedRetriever, passage
from tests.fakes.standing_by import standing_by

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = Settings()
OPERATOR_TOKEN = "operator-token-of-the-tests"
FILTERS = "How often do I change the filter?"
GUIDE = (
    passage("Replace the filter every six months.", source="guides/filters.md", score=0.87),
    passage("Filters are blue.", source="guides/colours.md", score=0.41),
)
APPROVED = Approved("A1", "Who pays?", "The **company** pays.", "all", "5f" * 16, NOW)


class SearchableRetriever(ScriptedRetriever):
    """The scripted retriever, which can also be searched."""

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return what `find` would use."""
        return (await self.find(query, viewer=viewer)).passages[:limit]


@dataclass
class Site:
    """
    What a test arranges before it opens the site, and looks at afterwards.

    `checks` is what readiness reports; `options` are further fields of `WebServices`.
    """

    backend: ScriptedBackend = field(default_factory=lambda: ScriptedBackend(("Every ", "**six** ", "months.")))
    settings: WebSettings = field(default_factory=WebSettings)
    language: str = "en"
    checks: tuple[Check, ...] = (("model", True, "scripted"), ("ledger", True, "in memory"))
    options: dict[str, object] = field(default_factory=dict)
    spoken: str = "en"
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    retriever: SearchableRetriever = field(default_factory=lambda: SearchableRetriever({"filter": GUIDE}, {"who pays": APPROVED}))
    url: str = ""
    engine_settings: Settings = SETTINGS
    fallback: ScriptedBackend | None = None

    @property
    def services(self) -> WebServices:
        """The services as `create_app` takes them."""

        async def ready() -> tuple[Check, ...]:
            return self.checks

        parts = EngineParts(
            self.ledger,
            self.retriever,
            self.backend,
            CrossingOut("Ana"),
            Readable(),
            identify=lambda _: self.spoken,
            now=lambda: NOW,
            courtesy_of=lambda message: "thanks" if message == "Thanks!" else None,
        )
        settings = self.engine_settings
        if self.fallback:
            parts, settings = standing_by(parts, settings, self.fallback)
        services = WebServices(
            Engine(parts, settings),
            self.ledger,
            self.retriever,
            self.settings,
            self.language,
            ready,
            OPERATOR_TOKEN,
            now=lambda: NOW,
        )
        return replace(services, **self.options)  # type: ignore[arg-type]

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Site"]:
        """Serve on a free port of loopback for as long as the context lasts."""
        listening = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(create_app(self.services), host="127.0.0.1", port=0, ready=listening.set_result))
        try:
            await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
            self.url = listening.result().rstrip("/")
            yield self
        finally:
            serving.cancel()
            await asyncio.wait({serving})

    @asynccontextmanager
    async def program(self, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        """Open the site and give a program's client to it."""
        async with self.open(), httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=20) as client:
            yield client

    def browser(self, **headers: str) -> httpx2.AsyncClient:
        """Return a client that behaves like a browser with a cookie jar of its own (use within `open`)."""
        return httpx2.AsyncClient(base_url=self.url, headers={"Sec-Fetch-Site": "same-origin", "Origin": self.url, **headers}, timeout=20)


def guarded(token: str = "a-long-enough-token", *, host: str = "127.0.0.1") -> WebSettings:
    """Return settings with an admin token."""
    return WebSettings(host=host, admin_token=SecretStr(token))


async def events_of(client: httpx2.AsyncClient, text: str, **fields: object) -> list[dict[str, object]]:
    """Ask, and return all events of the answer."""
    response = await client.post("/api/ask", json={"input_text": text, **fields})
    response.raise_for_status()
    return [httpx2.Response(200, content=line).json() for line in response.text.splitlines()]


async def until(condition: Callable[[], object], *, seconds: float = 5) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for has no event to tell of it
            await asyncio.sleep(0.01)
