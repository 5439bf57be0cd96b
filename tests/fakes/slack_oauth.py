"""A fake Slack's OAuth: a person consents in their browser, the app exchanges the code for the workspace's token, and loses it again."""

import base64
import html
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
from aiohttp import web

from tests.fakes.slack_rules import Args, Refusal
from tests.fakes.slack_workspace import BOT_USER

if TYPE_CHECKING:
    from tests.fakes.slack_server import FakeSlack

_AUTHORIZE = "/oauth/v2/authorize"


@dataclass(frozen=True)
class Page:
    """What a browser shows in the end."""

    status: int
    text: str
    address: str


@dataclass
class _Code:
    team: str
    scopes: str
    redirect_uri: str
    used: bool = False


class OAuth:
    """The app's registration: `client_id`, `client_secret`, the addresses to which Slack sends people back (empty: any)."""

    def __init__(self, slack: "FakeSlack") -> None:
        self._slack = slack
        self.client_id = "111.222"
        self.client_secret = "client-secret"
        self.redirect_uris: tuple[str, ...] = ()
        self._codes: dict[str, _Code] = {}
        self._ids = itertools.count(1)

    def token_of(self, team: str) -> str:
        """Return the valid bot token of a team, empty where the app is not installed there."""
        valid = [token for token, owner in self._slack.teams.items() if owner == team and not self._slack.tokens[token]]
        return valid[-1] if valid else ""

    def installed(self, team: str) -> str:
        """Give the app a new token for a team, and return it."""
        token = f"xoxb-{team}-{next(self._ids)}"
        self._slack.tokens[token], self._slack.teams[token] = "", team
        return token

    def uninstall(self, team: str) -> None:
        """Let a workspace remove the app: its tokens die, and the app is told twice (https://docs.slack.dev/reference/events/app_uninstalled)."""
        self._end(team, "account_inactive")
        self._slack._announce({"type": "app_uninstalled"}, team)
        self._slack._announce({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}}, team)

    def revoke(self, team: str, *, silently: bool = False) -> None:
        """Revoke a workspace's tokens; *silently*, without the event (which may be late or lost)."""
        self._end(team, "token_revoked")
        if not silently:
            self._slack._announce({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}}, team)

    async def install(self, page: str, team: str, *, refuse: bool = False) -> Page:
        """
        Let a person of *team* install the app from its install page, in a browser that keeps cookies.

        Raises:
            ValueError: The page leads to no consent page of Slack.
        """
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.get(page, allow_redirects=False) as answer:
                there = answer.headers.get("Location") or _link_in(await answer.text())
            query = {**dict(parse_qsl(urlsplit(there).query)), "team": team, **({"refuse": "1"} if refuse else {})}
            consent = f"{self._slack.address}{_AUTHORIZE}?{urlencode(query)}"
            async with browser.get(consent) as answer:
                return Page(answer.status, await answer.text(), str(answer.url))

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Show the consent page, at which this person has clicked already."""
        asked = request.query
        target = asked.get("redirect_uri") or next(iter(self.redirect_uris), "")
        if asked.get("client_id") != self.client_id:
            return web.Response(status=400, text="invalid_client_id")
        if not target or (self.redirect_uris and target not in self.redirect_uris):
            return web.Response(status=400, text="bad_redirect_uri")
        if unknown := set(asked.get("scope", "").split(",")) - set(self._slack.scopes.split(",")):
            return web.Response(status=400, text=f"invalid_scope {sorted(unknown)}")
        state = {"state": asked["state"]} if "state" in asked else {}
        if "refuse" in asked:
            raise web.HTTPFound(f"{target}?{urlencode({'error': 'access_denied', **state})}")
        code = f"{next(self._ids)}.code"
        self._codes[code] = _Code(asked["team"], asked.get("scope", ""), asked.get("redirect_uri", ""))
        raise web.HTTPFound(f"{target}?{urlencode({'code': code, **state})}")

    def access(self, request: web.Request, args: Args) -> dict[str, Any]:
        """Answer oauth.v2.access. Raises `Refusal` (https://docs.slack.dev/reference/methods/oauth.v2.access#errors)."""
        client_id, secret = _credentials(request) or (args.get("client_id"), args.get("client_secret"))
        if client_id != self.client_id:
            raise Refusal("invalid_client_id")
        if secret != self.client_secret:
            raise Refusal("bad_client_secret")
        code = self._codes.get(str(args.get("code") or ""))
        if code is None:
            raise Refusal("invalid_code")
        if code.used:
            raise Refusal("code_already_used")
        if (args.get("redirect_uri") or "") != code.redirect_uri:
            raise Refusal("bad_redirect_uri")
        code.used = True
        return {
            "app_id": "A0APP", "authed_user": {"id": next(iter(self._slack.workspaces[code.team].people))}, "scope": code.scopes,
            "token_type": "bot", "access_token": self.token_of(code.team) or self.installed(code.team), "bot_user_id": BOT_USER,
            "team": {"id": code.team, "name": f"Team {code.team}"}, "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    def _end(self, team: str, error: str) -> None:
        for token, owner in self._slack.teams.items():
            if owner == team:
                self._slack.tokens[token] = error


def _link_in(page: str) -> str:
    found = re.search(r'href="([^"]*/oauth/v2/authorize\?[^"]*)"', page)
    if found is None:
        raise ValueError("the page leads to no consent page of Slack")
    return html.unescape(found[1])


def _credentials(request: web.Request) -> tuple[str, str] | None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    client_id, _, secret = base64.b64decode(given).decode().partition(":")
    return client_id, secret
