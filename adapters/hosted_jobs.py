"""Training jobs at providers, composed of the settings, the ledger and the home's folder; and the clock that takes them up."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from adapters.clock import Job
from bot.errors import Refused
from bot.model_settings import ADDRESSES, ProviderSettings
from bot.settings import Settings
from finetune.hosted.kinds import kind_at, provider_of
from finetune.hosted.provider import Access, Provider
from store.database import Database
from store.hosted_jobs import SqlHostedJobs
from store.jobs import JobRuns
from store.training_costs import book_trainings

if TYPE_CHECKING:
    from finetune.hosted.life import HostedJobs

FOLDER: Final = "jobs"  # in the home
_LOOKS_EVERY_S: Final = 60.0
_KEY_SETTINGS: Final = {"openai": "APRENDIZ_OPENAI__API_KEY"}


def providers_of(settings: Settings) -> Mapping[str, Access]:
    """Return the providers that the settings name."""
    openai = settings.openai
    own = Access(kind_at(openai.base_url), openai.api_key.get_secret_value(), openai.base_url)
    return {"openai": own, **{name: _access(each) for name, each in settings.providers.items()}}


def _access(named: ProviderSettings) -> Access:
    return Access(named.kind, named.api_key.get_secret_value(), named.base_url or ADDRESSES[named.kind], named.api_version)


def access_to(name: str, settings: Settings) -> Access:
    """
    Return where the provider called *name* is.

    Raises:
        Refused: The settings name no such provider.
    """
    known = providers_of(settings)
    if name not in known:
        raise Refused(
            f"the settings know no provider {name}; they know {', '.join(known)}: write a [providers.{name}] table, or correct the name"
        )
    return known[name]


@asynccontextmanager
async def open_provider(name: str, settings: Settings) -> AsyncIterator[Provider]:
    """
    Open the provider called *name*.

    Raises:
        Refused: The settings name no such provider.
        Misconfigured: Its key cannot be used.
    """
    access = access_to(name, settings)
    await asyncio.to_thread(importlib.import_module, "finetune.hosted.openai_format")  # its SDK takes a second
    key_setting = _KEY_SETTINGS.get(name, f"providers.{name}.api_key")
    async with provider_of(name, access, now=_now, key_setting=key_setting) as provider:
        yield provider


@asynccontextmanager
async def hosted_jobs_on(database: Database, settings: Settings, *, fresh_s: float = 2.0) -> "AsyncIterator[HostedJobs]":
    """
    Give what works on jobs; a provider is connected to when a job first needs it, and not asked what it told less than *fresh_s* ago.

    Raises:
        Misconfigured: The home cannot be written.
    """
    life = await asyncio.to_thread(importlib.import_module, "finetune.hosted.life")  # with what draws, which few processes need
    folder = await asyncio.to_thread(_made, settings.home / FOLDER)
    async with AsyncExitStack() as stack:
        opened: dict[str, Provider] = {}

        async def provider(name: str) -> Provider:
            if name not in opened:
                opened[name] = await stack.enter_async_context(open_provider(name, settings))
            return opened[name]

        yield life.HostedJobs(life.LifeParts(SqlHostedJobs(database), JobRuns(database, folder), provider, folder, _now, fresh_s=fresh_s))


def hosted_clock_jobs(database: Database, settings: Settings) -> tuple[Job, ...]:
    """Return what the clock does for jobs: those that may go on are taken up, whoever began them."""

    async def take_up() -> None:
        if await SqlHostedJobs(database).unended():
            async with hosted_jobs_on(database, settings) as jobs:
                await jobs.advance_all()
            await book_trainings(database, settings.prices, zone=ZoneInfo(settings.timezone))

    return (Job("hosted_jobs", take_up, every_s=_LOOKS_EVERY_S),)


def _made(folder: Path) -> Path:
    """Return the folder, made where it is missing, by its whole path: the ledger tells of what lies in it."""
    from finetune.whole import cannot_write

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder.absolute()


def _now() -> datetime:
    return datetime.now(UTC)
