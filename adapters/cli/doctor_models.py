"""Checks of hosted models beyond whether they answer: each of equal servers, and how long the model will be there."""

import asyncio
from typing import TYPE_CHECKING

from adapters.cli.findings import Finding
from adapters.cli.wording import sentence
from adapters.compose_models import chosen_models, hosted_servers
from bot.errors import ChatbotError
from bot.settings import Settings
from bot.texts import N_, translate

if TYPE_CHECKING:
    from bot.backends.openai import OpenAIBackend

_SERVER = N_("Its equal servers answer in its place: start it again, or take it out of servers.")
_END = N_("Name another model in its place, or train one here: aprendiz round.")


def check(settings: Settings) -> list[Finding]:
    """Return what is to be warned of; nothing where all is well, or where no model is hosted."""
    hosted = {name: model for name, model in chosen_models(settings).items() if model.backend == "openai" and model.name}
    return [finding for name in hosted for finding in asyncio.run(_looked(name, settings))]


async def _looked(name: str, settings: Settings) -> list[Finding]:
    model = settings.models[name] if name else settings.model
    label = f"model {name}".strip()
    try:
        servers = await asyncio.to_thread(hosted_servers, model, settings)
    except ChatbotError:
        return []  # the check of the model itself says it
    problems = [await _problem(server) for server in servers]
    language = settings.language
    found = [
        Finding(label, "warn", sentence(problem, language), translate(language, _SERVER))
        for problem in problems
        if problem and len(servers) > 1
    ]
    if end := next((said for server in servers if (said := server.end)), ""):
        found.append(Finding(label, "warn", f"{end}.", translate(language, _END)))
    return found


async def _problem(server: "OpenAIBackend") -> ChatbotError | None:
    try:
        async with server:
            await server.check()
    except ChatbotError as error:
        return error
    return None
