"""Checks of money: whether it is known what hosted models cost, and how the budget stands."""

import asyncio
from typing import TYPE_CHECKING

from adapters.cli.costs import told_standing
from adapters.cli.findings import Finding
from adapters.cli.wording import sentence
from adapters.compose import open_records
from adapters.compose_models import chosen_models
from bot.errors import ChatbotError
from bot.settings import Settings
from bot.spending import price_of
from bot.texts import translate

if TYPE_CHECKING:
    from bot.spending import Standing


def check(settings: Settings) -> list[Finding]:
    """Look at the prices of the hosted models, and at the budget where there is one."""
    prices = _prices(settings)
    budget = settings.budget
    limited = budget.per_day is not None or budget.per_month is not None
    return [*prices, *([_budget(settings)] if limited and settings.home.exists() else [])]


def _prices(settings: Settings) -> list[Finding]:
    language = settings.language
    hosted = sorted({model.name for model in chosen_models(settings).values() if model.backend == "openai" and model.name})
    if not hosted:
        return []
    unknown = [name for name in hosted if price_of(settings.prices, name) is None]
    if not unknown:
        return [Finding("prices", "ok", translate(language, "Known of {models}.", models=", ".join(hosted)))]
    detail = translate(language, "Nobody knows what answers of {models} cost.", models=", ".join(unknown))
    remedy = translate(language, 'Write a [prices."MODEL"] table with input_per_million and output_per_million for each.')
    return [Finding("prices", "warn", detail, remedy)]


def _budget(settings: Settings) -> Finding:
    try:
        standings = asyncio.run(_standings(settings))
    except ChatbotError as error:
        remedy = translate(settings.language, "Correct it and run aprendiz doctor again.")
        return Finding("budget", "fail", sentence(error, settings.language), remedy)
    limited = [each for each in standings if each.limit is not None]
    detail = " ".join(told_standing(each, settings.language) for each in limited)
    if any(each.stopped_at for each in limited):
        remedy = translate(
            settings.language, "Hosted models are not asked where it has no room: raise [budget], or wait for the next day or month."
        )
        return Finding("budget", "warn", detail, remedy)
    if any(each.share >= settings.budget.warn_at for each in limited):
        return Finding("budget", "warn", detail, translate(settings.language, "It is nearly spent: aprendiz costs tells on what."))
    return Finding("budget", "ok", detail)


async def _standings(settings: Settings) -> "tuple[Standing, ...]":
    async with open_records(settings) as records:
        return await records.purse.standings()
