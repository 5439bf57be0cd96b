"""Tokens tried against the platforms themselves, as `aprendiz doctor` does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from adapters.cli import doctor_discord, doctor_slack
from adapters.cli.doctor_calls import Calls
from adapters.cli.doctor_platforms import check
from adapters.cli.findings import Finding
from bot.settings import Settings

Check = Callable[[Settings, Calls], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it; `answered` tells a refusal from a platform that is out of reach, which says nothing of the token."""

    finding: Finding
    answered: bool


def slack_bot_token(settings: Settings) -> Tried:
    """Try the bot token and its scopes."""
    return _try(doctor_slack.bot_token, settings)


def slack_app_token(settings: Settings) -> Tried:
    """Try whether the app token opens a socket."""
    return _try(doctor_slack.app_token, settings)


def discord_token(settings: Settings) -> Tried:
    """Try the bot token."""
    return _try(doctor_discord.bot_token, settings)


def discord_application(settings: Settings) -> tuple[str, Finding]:
    """Return the application's id, empty where Discord does not tell, and whether the intent that is asked for is on."""
    calls = Calls()  # before the loop runs, because it reads certificates

    async def ask() -> dict[str, Any]:
        async with calls.client:
            return await doctor_discord.application_of(settings, calls)

    application = asyncio.run(ask())
    return str(application.get("id", "")), doctor_discord.intent(settings, application)


def everything(settings: Settings) -> tuple[list[Finding], frozenset[str]]:
    """Return what the doctor says of both platforms, and the names (`slack`, `discord`) of those that did not answer."""
    calls = Calls()
    return asyncio.run(check(settings, calls)), frozenset(name.lower() for name in calls.silent)


def _try(look: Check, settings: Settings) -> Tried:
    calls = Calls()

    async def run() -> Finding:
        async with calls.client:
            return await look(settings, calls)

    return Tried(asyncio.run(run()), not calls.silent)
