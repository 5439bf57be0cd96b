"""Checks of the watched folders: whether they can be read, and how the last look at them ended."""

import asyncio
import os
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.cli.findings import Finding
from adapters.cli.wording import sentence
from adapters.compose import open_records
from adapters.watch import LastLook, last_look, watched_folders
from bot.errors import ChatbotError
from bot.settings import Settings
from bot.texts import translate


def check(settings: Settings) -> list[Finding]:
    """Look at the folders themselves, and ask the ledger for the last look; nothing where none is watched."""
    folders = [each.path for each in watched_folders(settings.knowledge)]
    if not folders:
        return []
    language = settings.language
    findings = [_folder(path, language) for path in folders]
    if settings.home.exists():
        try:
            looked = asyncio.run(_last_look(settings))
        except ChatbotError as error:
            findings.append(Finding("watched folders", "fail", sentence(error, language), translate(language, "Look at the database.")))
        else:
            findings.append(_told(looked, settings))
    return findings


def _folder(path: Path, language: str) -> Finding:
    remedy = translate(language, "Mount it, or correct knowledge.watch; its documents are kept meanwhile.")
    try:
        with os.scandir(path) as entries:
            empty = not any(entries)
    except OSError as error:
        detail = translate(language, "{path} cannot be opened ({reason}).", path=path, reason=error.strerror or type(error).__name__)
        return Finding("watched folder", "warn", detail, remedy)
    if empty:
        return Finding("watched folder", "warn", translate(language, "{path} is empty.", path=path), remedy)
    return Finding("watched folder", "ok", str(path))


async def _last_look(settings: Settings) -> LastLook | None:
    async with open_records(settings) as records:
        return await last_look(records.runs)


def _told(looked: LastLook | None, settings: Settings) -> Finding:
    language = settings.language
    if looked is None:
        return Finding(
            "watched folders", "warn", translate(language, "Never looked at."), translate(language, "aprendiz serve looks at them.")
        )
    line = said(looked, settings)
    remedy = translate(language, "Its log names them; aprendiz knowledge add FOLDER says it all again.")
    attention = bool(looked.failed or looked.counts.get("skipped") or looked.counts.get("warnings"))
    return Finding("watched folders", "warn" if attention else "ok", line, remedy if attention else "")


def said(looked: LastLook, settings: Settings) -> str:
    """Return one line on the last look."""
    time = looked.at.astimezone(ZoneInfo(settings.timezone)).isoformat(sep=" ", timespec="minutes")
    if looked.failed:
        return translate(settings.language, "The last look at {time} failed: {problem}", time=time, problem=looked.failed)
    return translate(
        settings.language,
        "Last look at {time}: {added} added, {changed} changed, {removed} removed; {skipped} skipped; warnings: {warnings}.",
        **({"added": 0, "changed": 0, "removed": 0, "skipped": 0, "warnings": 0} | looked.counts),
        time=time,
    )
