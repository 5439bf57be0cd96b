"""Checks of Discord: the token, the privileged intent, and what the bot may do in each server."""

from typing import Any, Final

import httpx2

from adapters.cli.discord_invite import invite_link, lacking
from adapters.cli.doctor_calls import Calls, body_of, rows_of, unreachable
from adapters.cli.findings import Finding
from bot.settings import Settings
from bot.texts import translate

# https://docs.discord.com/developers/resources/application#application-object-application-flags
_MESSAGE_CONTENT: Final = (1 << 18) | (1 << 19)
_SERVERS: Final = "/users/@me/guilds?limit=200"  # one page: https://docs.discord.com/developers/resources/user#get-current-user-guilds


async def discord(settings: Settings, calls: Calls) -> list[Finding]:
    """Check the token, the message content intent and the permissions with Discord itself."""
    language = settings.language
    if not settings.discord.token.get_secret_value().strip():
        return [Finding("discord", "ok", translate(language, "Not set up: set APRENDIZ_DISCORD__TOKEN to connect."))]
    finding = await bot_token(settings, calls)
    if finding.mark == "fail":
        return [finding]
    application = await application_of(settings, calls)
    if not application:
        detail = translate(language, "Discord does not tell which intents are on.")
        return [finding, Finding("discord intent", "warn", detail, translate(language, "Run aprendiz doctor again in a minute."))]
    return [finding, intent(settings, application), *await _permissions(settings, calls, invite=invite_link(str(application.get("id"))))]


async def bot_token(settings: Settings, calls: Calls) -> Finding:
    """Check that Discord takes the token."""
    language = settings.language
    me = await _get(settings, "/users/@me", calls)
    if me is None:
        return Finding("discord", "fail", *unreachable(language, settings.discord.api_url))
    if me.is_success:
        return Finding("discord", "ok", translate(language, "Connected as {user}.", user=body_of(me).get("username", "?")))
    detail = translate(language, "Discord refuses the token: HTTP {status}.", status=me.status_code)
    remedy = translate(language, "Reset the token under Bot at discord.com/developers and set APRENDIZ_DISCORD__TOKEN.")
    return Finding("discord", "fail", detail, remedy)


async def application_of(settings: Settings, calls: Calls) -> dict[str, Any]:
    """Return the bot's application, with its `id` and `flags`; empty where Discord does not tell."""
    response = await _get(settings, "/oauth2/applications/@me", calls)
    return body_of(response) if response is not None and response.is_success else {}


def intent(settings: Settings, application: dict[str, Any]) -> Finding:
    """Check that the message content intent is on where it is asked for."""
    language, name = settings.language, "discord intent"
    if not settings.discord.message_content:
        return Finding(
            name, "ok", translate(language, "Message content is not asked for: mentions, replies and direct messages do without.")
        )
    if int(application.get("flags") or 0) & _MESSAGE_CONTENT:
        return Finding(name, "ok", translate(language, "Message content is on: threads go on without a mention."))
    detail = translate(language, "Message content is asked for, but off.")
    remedy = translate(
        language,
        "Switch on Message Content Intent under Bot at discord.com/developers, or set APRENDIZ_DISCORD__MESSAGE_CONTENT to false.",
    )
    return Finding(name, "fail", detail, remedy)


async def _permissions(settings: Settings, calls: Calls, *, invite: str) -> list[Finding]:
    """Name the servers where the bot's roles lack a permission; what a single channel takes away is not seen here."""
    language, name = settings.language, "discord permissions"
    response = await _get(settings, _SERVERS, calls)
    if response is None or not response.is_success:
        detail = translate(language, "Discord does not tell what the bot may do in its servers.")
        return [Finding(name, "warn", detail, translate(language, "Run aprendiz doctor again in a minute."))]
    servers = rows_of(response)
    remedy = translate(language, "Open {link} and choose the server.", link=invite)
    if not servers:
        return [Finding(name, "warn", translate(language, "The bot is in no server yet."), remedy)]
    short = [(server, missing) for server in servers if (missing := lacking(int(server.get("permissions") or 0)))]
    details = [
        translate(language, "In {server} the bot lacks: {permissions}.", server=server.get("name", "?"), permissions=", ".join(missing))
        for server, missing in short
    ]
    if not details:
        return [Finding(name, "ok", translate(language, "All there; servers: {servers}.", servers=len(servers)))]
    return [Finding(name, "warn", detail, remedy) for detail in details]


async def _get(settings: Settings, path: str, calls: Calls) -> httpx2.Response | None:
    token = settings.discord.token.get_secret_value().strip()
    headers = {"Authorization": f"Bot {token}", "User-Agent": "DiscordBot (aprendiz, 0)"}
    return await calls.call("Discord", "GET", settings.discord.api_url.rstrip("/") + path, headers)
