"""Checks of what answers rest on: database, index, model and its languages."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from adapters.cli import running
from adapters.cli.findings import Finding
from adapters.cli.running_server import RunningServer
from adapters.cli.wording import sentence
from adapters.compose import open_indexed, open_records, open_services
from bot.errors import ChatbotError
from bot.settings import Settings
from bot.texts import N_, translate

Look = Callable[[Settings], Awaitable[Finding]]


def check(settings: Settings) -> list[Finding]:
    """Open each part as `serve` would, or ask the server that runs; a home that is not there yet stays so."""
    server = running.find(settings.home)
    if server:
        return [*asyncio.run(_told(settings, server)), _languages(settings)]
    if settings.home.exists():
        return [*asyncio.run(_opened(settings)), _languages(settings)]
    with tempfile.TemporaryDirectory(prefix="aprendiz-doctor-") as folder:
        trial = settings.model_copy(update={"home": Path(folder)})
        return [*asyncio.run(_opened(trial)), _languages(settings)]


async def _opened(settings: Settings) -> list[Finding]:
    found = [await _looked(look, settings) for look in (_database, _index, _model)]
    models = await _models(settings) if found[-1].mark == "ok" and settings.models else []
    versions = [await _looked(_version, settings)] if found[0].mark == "ok" else []
    return [*found, *models, *versions]


async def _looked(look: Look, settings: Settings) -> Finding:
    try:
        return await look(settings)
    except ChatbotError as error:
        remedy = translate(settings.language, "Correct it and run aprendiz doctor again.")
        return Finding(look.__name__.removeprefix("_"), "fail", sentence(error, settings.language), remedy)


async def _database(settings: Settings) -> Finding:
    async with open_records(settings) as records:
        counts = await records.ledger.counts()
        detail = translate(
            settings.language, "{place}, migrated; questions: {exchanges}.", place=records.database.place, exchanges=counts.exchanges
        )
    return Finding("database", "ok", detail)


async def _index(settings: Settings) -> Finding:
    language = settings.language
    async with open_indexed(settings) as indexed:
        report = await indexed.outbox.check()
    if report.equal:
        entries = sum(each.entries for each in report.collections)
        return Finding("index", "ok", translate(language, "Equal to the ledger; entries: {entries}.", entries=entries))
    differing = sum(len(each.missing) + len(each.surplus) + len(each.differing) for each in report.collections)
    text = N_("Entries that differ from the ledger: {differing}; changes that wait: {pending}.")
    detail = translate(language, text, differing=differing, pending=report.pending)
    return Finding(
        "index", "warn", detail, translate(language, "aprendiz serve carries changes over; if it does not, run aprendiz index rebuild.")
    )


async def _model(settings: Settings) -> Finding:
    async with open_services(settings) as services:
        return Finding("model", "ok", await services.backend.check())


async def _version(settings: Settings) -> Finding:
    async with open_records(settings) as records:
        return Finding("version", "ok", await records.registry.check())


async def _models(settings: Settings) -> list[Finding]:
    """Look at the further models that channels choose; those that cannot be opened have failed `_model` already."""
    async with open_services(settings) as services:
        further = [check for check in await services.checks() if check[0].startswith("model ")]
    return [Finding(name, "ok" if works else "fail", detail) for name, works, detail in further]


async def _told(settings: Settings, server: RunningServer) -> list[Finding]:
    """Return what the running server says of its parts."""
    try:
        async with server:
            parts = await server.ready(settings.web.admin_token.get_secret_value())
    except ChatbotError as error:
        return [Finding("server", "fail", str(error), translate(settings.language, "Look at its log, or start it again."))]
    remedy = translate(settings.language, "Look at the server's log.")
    where = translate(settings.language, "running at {url}", url=server.url)
    return [
        Finding("server", "ok", where),
        *(Finding(name, "ok" if works else "fail", detail, "" if works else remedy) for name, works, detail in parts if name != "disk"),
    ]


def _languages(settings: Settings) -> Finding:
    language, spoken = settings.language, settings.model.languages
    if "*" in spoken:
        return Finding("languages", "ok", translate(language, "The model is trusted with every language."))
    detail = translate(language, "The model speaks {languages}; other languages are answered by quotation.", languages=", ".join(spoken))
    return Finding("languages", "ok", detail)
