"""A check of `knowledge.links`: whether the beginnings of paths are any document's."""

import asyncio

from adapters.cli.findings import Finding
from adapters.cli.wording import sentence
from adapters.compose import open_records
from bot.errors import ChatbotError
from bot.settings import Settings
from bot.texts import translate


def check(settings: Settings) -> list[Finding]:
    """Compare with the documents there are; nothing where no links are set, or nothing was imported."""
    if not settings.knowledge.links or not settings.home.exists():
        return []
    language = settings.language
    try:
        paths = asyncio.run(_paths(settings))
    except ChatbotError as error:
        return [Finding("links", "fail", sentence(error, language), translate(language, "Look at the database."))]
    return [_told(beginning, paths, language) for beginning in settings.knowledge.links] if paths else []


async def _paths(settings: Settings) -> list[str]:
    async with open_records(settings) as records:
        return [each.shown for each in await records.knowledge.list()]


def _told(beginning: str, paths: list[str], language: str) -> Finding:
    count = sum(path.startswith(beginning) for path in paths)
    if count:
        return Finding("links", "ok", translate(language, 'Documents that "{beginning}" opens: {count}.', beginning=beginning, count=count))
    return Finding(
        "links",
        "warn",
        translate(language, 'No document\'s path begins with "{beginning}".', beginning=beginning),
        translate(language, 'Write the beginning in knowledge.links as aprendiz knowledge list shows it; "" stands for every file.'),
    )
