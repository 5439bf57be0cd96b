"""Checks of the platforms: tokens, scopes, and what may be done with people's words."""

import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from adapters.cli.findings import Finding
from bot.messages import RightsPolicy
from bot.settings import Settings
from bot.texts import N_, translate

# What the app asks Slack for; the manifest grants the same.
SLACK_SCOPES: Final = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
        "usergroups:read",
        "im:write",
        "chat:write",
        "commands",
        "users:read",
        "reactions:read",
        "assistant:write",
    }
)
# https://docs.discord.com/developers/resources/application#application-object-application-flags
_MESSAGE_CONTENT: Final = (1 << 18) | (1 << 19)
_TIMEOUT_S: Final = 10.0

SLACK_POLICY = "https://slack.com/terms-of-service/api"
DISCORD_POLICY = "https://support-dev.discord.com/hc/en-us/articles/8563934450327"
_LINKS = {"slack": SLACK_POLICY, "discord": DISCORD_POLICY, "web": ""}
_POLICIES: Mapping[RightsPolicy, str] = {
    "refuse": N_("refuse: nobody's words train a model."),
    "consent": N_("consent: the words of people who agreed train a model."),
    "allow": N_("allow: everybody's words train a model; you state that you have the rights."),
}


class Calls:
    """Requests to the platforms; `ahead_s` gathers by how many seconds our clock is ahead of each platform's."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Open no connection yet; *transport* stands for the network."""
        self.ahead_s: dict[str, float] = {}
        self.client = httpx2.AsyncClient(transport=transport, timeout=_TIMEOUT_S)

    async def call(self, name: str, method: str, url: str, headers: Mapping[str, str]) -> httpx2.Response | None:
        """Return the answer, None where there is none."""
        try:
            response = await self.client.request(method, url, headers=dict(headers))
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return None
        if date := response.headers.get("date"):
            with suppress(ValueError):
                self.ahead_s[name] = time.time() - parsedate_to_datetime(date).timestamp()
        return response


async def check(settings: Settings, calls: Calls) -> list[Finding]:
    """Check Slack and Discord."""
    async with calls.client:
        return [*await slack(settings, calls), *await discord(settings, calls)]


async def slack(settings: Settings, calls: Calls) -> list[Finding]:
    """Check both tokens and the bot's scopes with Slack itself."""
    language = settings.language
    bot, app = settings.slack.bot_token.get_secret_value(), settings.slack.app_token.get_secret_value()
    if not bot and not app:
        detail = translate(language, "Not set up: set APRENDIZ_SLACK__BOT_TOKEN and APRENDIZ_SLACK__APP_TOKEN to connect.")
        return [Finding("slack", "ok", detail)]
    return [await _slack_bot(settings, bot, calls), await _slack_app(settings, app, calls)]


async def _slack_bot(settings: Settings, token: str, calls: Calls) -> Finding:
    language, name = settings.language, "slack bot token"
    if not token:
        detail = translate(language, "Missing; the app token alone cannot answer.")
        return Finding(name, "fail", detail, translate(language, "Set APRENDIZ_SLACK__BOT_TOKEN (xoxb-…)."))
    body, scopes, failure = await _slack_call(settings, "auth.test", token, calls)
    if body is None:
        return Finding(name, "fail", *failure)
    missing = sorted(SLACK_SCOPES - scopes)
    if missing:
        detail = translate(language, "The app lacks the scopes {scopes}.", scopes=" ".join(missing))
        remedy = translate(language, "Add them under OAuth & Permissions and install the app again.")
        return Finding(name, "fail", detail, remedy)
    detail = translate(language, "{user} in {team}, all scopes granted.", user=body.get("user", "?"), team=body.get("team", "?"))
    return Finding(name, "ok", detail)


async def _slack_app(settings: Settings, token: str, calls: Calls) -> Finding:
    language, name = settings.language, "slack app token"
    if not token:
        detail = translate(language, "Missing; without it Slack sends no events.")
        remedy = translate(language, "Set APRENDIZ_SLACK__APP_TOKEN (xapp-…, with connections:write).")
        return Finding(name, "fail", detail, remedy)
    body, _, failure = await _slack_call(settings, "apps.connections.open", token, calls)
    if body is None:
        return Finding(name, "fail", *failure)
    return Finding(name, "ok", translate(language, "Socket Mode is open."))


async def _slack_call(
    settings: Settings, method: str, token: str, calls: Calls
) -> tuple[dict[str, Any] | None, frozenset[str], tuple[str, str]]:
    """Return the body and scopes; no body with (detail, remedy) where Slack refused or is out of reach."""
    language = settings.language
    url = f"{settings.slack.api_url.rstrip('/')}/{method}"
    response = await calls.call("Slack", "POST", url, {"Authorization": f"Bearer {token}"})
    if response is None:
        return None, frozenset(), _unreachable(language, settings.slack.api_url)
    body = _json(response)
    if body.get("ok") is True:
        scopes = response.headers.get("x-oauth-scopes", "")
        return body, frozenset(scope.strip() for scope in scopes.split(",")), ("", "")
    detail = translate(language, "Slack refuses it: {error}.", error=body.get("error") or f"HTTP {response.status_code}")
    remedy = translate(language, "Copy the token again from api.slack.com/apps; install the app again where it was revoked.")
    return None, frozenset(), (detail, remedy)


async def discord(settings: Settings, calls: Calls) -> list[Finding]:
    """Check the token and the message content intent with Discord itself."""
    language, token = settings.language, settings.discord.token.get_secret_value()
    if not token:
        return [Finding("discord", "ok", translate(language, "Not set up: set APRENDIZ_DISCORD__TOKEN to connect."))]
    url = settings.discord.api_url.rstrip("/")
    headers = {"Authorization": f"Bot {token}", "User-Agent": "DiscordBot (aprendiz, 0)"}
    me = await calls.call("Discord", "GET", f"{url}/users/@me", headers)
    if me is None:
        return [Finding("discord", "fail", *_unreachable(language, settings.discord.api_url))]
    if not me.is_success:
        detail = translate(language, "Discord refuses the token: HTTP {status}.", status=me.status_code)
        remedy = translate(language, "Reset the token under Bot at discord.com/developers and set APRENDIZ_DISCORD__TOKEN.")
        return [Finding("discord", "fail", detail, remedy)]
    detail = translate(language, "Connected as {user}.", user=_json(me).get("username", "?"))
    return [Finding("discord", "ok", detail), await _discord_intent(settings, f"{url}/applications/@me", headers, calls)]


async def _discord_intent(settings: Settings, url: str, headers: Mapping[str, str], calls: Calls) -> Finding:
    language, name = settings.language, "discord intent"
    response = await calls.call("Discord", "GET", url, headers)
    if response is None or not response.is_success:
        detail = translate(language, "Discord does not tell which intents are on.")
        return Finding(name, "warn", detail, translate(language, "Run aprendiz doctor again in a minute."))
    granted = bool(int(_json(response).get("flags") or 0) & _MESSAGE_CONTENT)
    if settings.discord.message_content and not granted:
        detail = translate(language, "Message content is asked for, but off.")
        remedy = translate(
            language,
            "Switch on Message Content Intent under Bot at discord.com/developers, or set APRENDIZ_DISCORD__MESSAGE_CONTENT to false.",
        )
        return Finding(name, "fail", detail, remedy)
    if settings.discord.message_content:
        return Finding(name, "ok", translate(language, "Message content is on: threads go on without a mention."))
    return Finding(name, "ok", translate(language, "Message content is not asked for: mentions, replies and direct messages do without."))


def rights(settings: Settings) -> list[Finding]:
    """Explain what each platform's setting means for training; a warning where it rests on the operator's word."""
    language = settings.language
    chosen: dict[str, RightsPolicy] = {
        "slack": settings.rights.slack,
        "discord": settings.rights.discord,
        "web": settings.rights.web,
    }
    return [_right(language, platform, policy) for platform, policy in chosen.items()]


def _right(language: str, platform: str, policy: RightsPolicy) -> Finding:
    detail, link = translate(language, _POLICIES[policy]), _LINKS[platform]
    name = f"rights {platform}"
    if policy != "allow" or not link:
        return Finding(name, "ok", f"{detail} {link}".strip())
    remedy = translate(
        language,
        "Make sure that {link} permits it for you, or set APRENDIZ_RIGHTS__{platform} to consent.",
        link=link,
        platform=platform.upper(),
    )
    return Finding(name, "warn", detail, remedy)


def _unreachable(language: str, address: str) -> tuple[str, str]:
    detail = translate(language, "{address} cannot be reached.", address=address)
    return detail, translate(language, "Check the network, a proxy, and the address.")


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
