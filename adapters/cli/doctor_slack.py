"""Checks of Slack: tokens, scopes, and how its events reach us."""

from dataclasses import dataclass
from typing import Any

from adapters.cli.doctor_calls import Calls, body_of, unreachable
from adapters.cli.findings import Finding
from adapters.cli.slack_manifest import BOT_SCOPES, EVENTS_PATH
from adapters.slack.faults import NEEDED_SCOPES
from adapters.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.settings import Settings
from bot.texts import translate


@dataclass(frozen=True, slots=True)
class _Said:
    """Slack's answer; no body where it refused or is out of reach, which `detail` and `remedy` then tell."""

    body: dict[str, Any] | None
    scopes: frozenset[str] = frozenset()
    detail: str = ""
    remedy: str = ""


async def slack(settings: Settings, calls: Calls) -> list[Finding]:
    """Check the tokens and the bot's scopes with Slack itself, and the settings of whichever way events come."""
    language, chosen = settings.language, settings.slack
    secrets = (chosen.bot_token, chosen.app_token, chosen.signing_secret, chosen.client_secret)
    if not any(secret.get_secret_value() for secret in secrets) and not chosen.client_id:
        detail = translate(language, "Not set up: set APRENDIZ_SLACK__BOT_TOKEN and APRENDIZ_SLACK__APP_TOKEN to connect.")
        return [Finding("slack", "ok", detail)]
    many = bool(chosen.client_id or chosen.client_secret.get_secret_value())
    bot = [] if many and not chosen.bot_token.get_secret_value() else [await bot_token(settings, calls)]
    return [*bot, await events(settings, calls), *([_install(settings)] if many else [])]


async def bot_token(settings: Settings, calls: Calls) -> Finding:
    """Check the bot token and its scopes."""
    language, name = settings.language, "slack bot token"
    token = settings.slack.bot_token.get_secret_value()
    if not token:
        detail = translate(language, "Missing; without it nothing is answered.")
        return Finding(name, "fail", detail, translate(language, "Set APRENDIZ_SLACK__BOT_TOKEN (xoxb-…)."))
    said = await _asked(settings, "auth.test", token, calls)
    if said.body is None:
        return Finding(name, "fail", said.detail, said.remedy)
    if missing := sorted(set(BOT_SCOPES) - said.scopes):
        return _lacking(language, name, missing)
    detail = translate(language, "{user} in {team}, all scopes granted.", user=said.body.get("user", "?"), team=said.body.get("team", "?"))
    return Finding(name, "ok", detail)


def _lacking(language: str, name: str, missing: list[str]) -> Finding:
    """Say which scopes are missing: a failure where nothing would be heard or answered without one, else a warning."""
    detail = translate(language, "The app lacks the scopes {scopes}.", scopes=" ".join(missing))
    remedy = translate(
        language,
        "Add to the app's manifest, under oauth_config: scopes: bot:, the lines {lines}, and install the app again.",
        lines=", ".join(f'"- {scope}"' for scope in missing),
    )
    return Finding(name, "fail" if set(missing) & set(NEEDED_SCOPES) else "warn", detail, remedy)


async def events(settings: Settings, calls: Calls) -> Finding:
    """Check the way on which events come: our own socket where there is an app token, else HTTP."""
    if settings.slack.app_token.get_secret_value():
        return await app_token(settings, calls)
    if settings.slack.signing_secret.get_secret_value():
        return _over_http(settings)
    language = settings.language
    detail = translate(language, "Missing; without it Slack sends no events.")
    remedy = translate(
        language, "Set APRENDIZ_SLACK__APP_TOKEN (xapp-…, with connections:write), or APRENDIZ_SLACK__SIGNING_SECRET for events over HTTP."
    )
    return Finding("slack app token", "fail", detail, remedy)


async def app_token(settings: Settings, calls: Calls) -> Finding:
    """Check that the app token opens a socket."""
    said = await _asked(settings, "apps.connections.open", settings.slack.app_token.get_secret_value(), calls)
    if said.body is None:
        return Finding("slack app token", "fail", said.detail, said.remedy)
    return Finding("slack app token", "ok", translate(settings.language, "Socket Mode is open."))


def _over_http(settings: Settings) -> Finding:
    language, name, url = settings.language, "slack events", settings.web.public_url
    if not url.startswith("https://"):
        return Finding(name, "fail", *_no_address(language, url))
    detail = translate(language, "Over HTTP at {url}, signatures checked.", url=url.rstrip("/") + EVENTS_PATH)
    return Finding(name, "ok", detail)


def _install(settings: Settings) -> Finding:
    """Check what other workspaces need to install the app."""
    language, name, url = settings.language, "slack install page", settings.web.public_url
    if not (settings.slack.client_id and settings.slack.client_secret.get_secret_value()):
        detail = translate(language, "Only one of client id and client secret is set.")
        remedy = translate(
            language, "Set both APRENDIZ_SLACK__CLIENT_ID and APRENDIZ_SLACK__CLIENT_SECRET, from Basic Information of the app, or neither."
        )
        return Finding(name, "fail", detail, remedy)
    if not url.startswith("https://"):
        return Finding(name, "fail", *_no_address(language, url))
    base = url.rstrip("/")
    detail = translate(
        language,
        "Workspaces install the app at {page}; Slack returns to {redirect}.",
        page=base + INSTALL_PATH,
        redirect=base + REDIRECT_PATH,
    )
    return Finding(name, "ok", detail)


def _no_address(language: str, url: str) -> tuple[str, str]:
    """Return what is wrong with the public address, and what to do."""
    empty = translate(language, "web.public_url is empty: Slack does not know where this server is.")
    detail = translate(language, "web.public_url {url} is no https:// address; Slack takes no other.", url=url) if url else empty
    return detail, translate(language, "Set APRENDIZ_WEB__PUBLIC_URL to the https:// address at which Slack reaches this server.")


async def _asked(settings: Settings, method: str, token: str, calls: Calls) -> _Said:
    language = settings.language
    url = f"{settings.slack.api_url.rstrip('/')}/{method}"
    response = await calls.call("Slack", "POST", url, {"Authorization": f"Bearer {token.strip()}"})
    if response is None:
        detail, remedy = unreachable(language, settings.slack.api_url)
        return _Said(None, detail=detail, remedy=remedy)
    body = body_of(response)
    if body.get("ok") is True:
        scopes = response.headers.get("x-oauth-scopes", "")
        return _Said(body, frozenset(scope.strip() for scope in scopes.split(",")))
    detail = translate(language, "Slack refuses it: {error}.", error=body.get("error") or f"HTTP {response.status_code}")
    remedy = translate(language, "Copy the token again from api.slack.com/apps; install the app again where it was revoked.")
    return _Said(None, detail=detail, remedy=remedy)
