"""Our whole Discord app against the small Discord, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from discord.utils import utcnow
from pydantic import SecretStr

from adapters.discord.app import DiscordApp
from bot.chat_settings import DiscordSettings
from bot.engine import Engine, EngineParts
from bot.ports import Ledger
from tests.adapters.discord.world import SETTINGS
from tests.fakes.backend import ScriptedBackend
from tests.fakes.chat import chat_services
from tests.fakes.discord_server import CHANNEL, ME, TOKEN, DiscordServer
from tests.fakes.pseudonyms import Readable
from tests.fakes.redactor import CrossingOut
from tests.fakes.retriever import ScriptedRetriever, passage

ASKED = f"<@{ME}> When do I change the filter?"
WHOLE = "Yes. Every six months. So it is.\n-# Sources\n-# Filters (filters.md)"
PIECES = ("Yes. ", "Every six months. ", "So it is.")


def app_with(ledger: Ledger, backend: ScriptedBackend | None = None, *, grace_s: float = 5, **settings: Any) -> DiscordApp:
    """Return the app on a real engine that has something to read about filters."""
    retriever = ScriptedRetriever({"filter": (passage("Replace the filter every six months.", source="filters.md"),)})
    parts = EngineParts(
        ledger, retriever, backend or ScriptedBackend(PIECES), CrossingOut(), Readable(), identify=lambda text: "en", now=utcnow
    )
    return DiscordApp(chat_services(Engine(parts, SETTINGS), ledger), DiscordSettings(token=SecretStr(TOKEN), **settings), grace_s=grace_s)


@asynccontextmanager
async def running(app: DiscordApp) -> AsyncIterator[None]:
    """Run the app once it is ready, and stop it afterwards."""
    ready = asyncio.Event()
    task = asyncio.create_task(app.run(ready.set))
    try:
        async with asyncio.timeout(20):
            await asyncio.wait((task, asyncio.create_task(ready.wait())), return_when=asyncio.FIRST_COMPLETED)
        assert not task.done(), task.exception()
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


def buttons(message: dict[str, Any]) -> list[str]:
    """Return the ids of a message's buttons."""
    return [button["custom_id"] for row in message["components"] for button in row["components"]]


def whole(server: DiscordServer, channel: int = CHANNEL) -> list[str]:
    """Return the texts of the finished answers in a channel."""
    return [message["content"] for message in server.answers(channel) if buttons(message)]


async def eventually(predicate: Callable[[], bool], *, timeout_s: float = 10) -> None:
    """Wait for something to become true of which nobody tells, such as what a ledger holds."""
    async with asyncio.timeout(timeout_s):
        while not predicate():  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.01)
