"""What an installation by OAuth needs of the settings: https://docs.slack.dev/authentication/installing-with-oauth."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from adapters.slack.faults import GROUPS_SCOPE, NEEDED_SCOPES, USEFUL_SCOPES
from bot.chat_settings import SlackSettings
from bot.errors import Misconfigured

INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"


@dataclass(frozen=True, slots=True)
class OAuth:
    """The app's credentials, what it asks for, and where people are sent."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    authorize_url: str
    redirect_url: str
    install_url: str


def oauth_of(settings: SlackSettings, public_url: str) -> OAuth | None:
    """
    Return what the settings say of OAuth, None where the app is not to be installed so.

    Raises:
        Misconfigured: One of client_id and client_secret is missing, or `web.public_url` is, or would carry codes in the clear.
    """
    secret = settings.client_secret.get_secret_value().strip()
    if not settings.client_id and not secret:
        return None
    if not (settings.client_id and secret):
        missing = "slack.client_secret" if settings.client_id else "slack.client_id"
        variable = missing.replace(".", "__").upper()
        raise Misconfigured(f"{missing} is empty: set APRENDIZ_{variable}, for the other half of the app's credentials is set")
    if not public_url:
        raise Misconfigured(
            "web.public_url is empty: set it (APRENDIZ_WEB__PUBLIC_URL) to the https address that Slack's install page returns to"
        )
    address, api = urlsplit(public_url), urlsplit(settings.api_url)
    if address.scheme != "https" and not _is_loopback(address.hostname or ""):
        raise Misconfigured(f"web.public_url {public_url} is not https: Slack sends installation codes there (APRENDIZ_WEB__PUBLIC_URL)")
    named = bool(settings.access.allow_groups or settings.access.block_groups)
    base = public_url.rstrip("/")
    return OAuth(
        client_id=settings.client_id,
        client_secret=secret,
        scopes=(*NEEDED_SCOPES, *USEFUL_SCOPES, *((GROUPS_SCOPE,) if named else ())),
        authorize_url=f"{api.scheme}://{api.netloc}/oauth/v2/authorize",
        redirect_url=f"{base}{REDIRECT_PATH}",
        install_url=f"{base}{INSTALL_PATH}",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
