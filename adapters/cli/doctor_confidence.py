"""A check of `answers.precision`: whether ratings say that any threshold reaches it."""

import asyncio
from typing import TYPE_CHECKING

from adapters.cli.confidence import missed_sentence
from adapters.cli.findings import Finding
from adapters.cli.wording import sentence
from adapters.compose import open_records
from bot.errors import ChatbotError
from bot.settings import Settings
from bot.texts import translate

if TYPE_CHECKING:
    from store.calibration import Fitted


def check(settings: Settings) -> list[Finding]:
    """Look at the calibration in force; nothing where no precision is wanted, or it is reached, or nobody can tell yet."""
    if settings.answers.precision is None or not settings.home.exists():
        return []
    language = settings.language
    try:
        fitted = asyncio.run(_fitted(settings))
    except ChatbotError as error:
        return [Finding("precision", "fail", sentence(error, language), translate(language, "Look at the database."))]
    missed = missed_sentence(fitted, settings.answers, language) if fitted else ""
    remedy = translate(language, "Change one of the two settings; aprendiz conversations list --rating down names what was wrong.")
    return [Finding("precision", "warn", missed, remedy)] if missed else []


async def _fitted(settings: Settings) -> "Fitted | None":
    async with open_records(settings) as records:
        return await records.calibrations.newest()
