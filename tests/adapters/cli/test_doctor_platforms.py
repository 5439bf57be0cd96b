"""What `aprendiz doctor` says of tokens, scopes and rights, against platforms that answer as the real ones do."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from pydantic import SecretStr

from adapters.cli.discord_invite import ALL, PERMISSIONS
from adapters.cli.doctor_calls import Calls
from adapters.cli.doctor_discord import discord
from adapters.cli.doctor_platforms import check, rights
from adapters.cli.doctor_slack import slack
from adapters.cli.findings import Finding
from adapters.cli.slack_manifest import BOT_SCOPES
from bot.chat_settings import DiscordSettings, SlackSettings
from bot.settings import RightsSettings, Settings, WebSettings

BOT, APP, DISCORD = "xoxb-1", "xapp-1", "discord-1"
SLACK = SlackSettings(bot_token=SecretStr(BOT), app_token=SecretStr(APP), api_url="https://slack.test/api/")
FULL = ",".join(BOT_SCOPES)
OVER_HTTP = SlackSettings(bot_token=SecretStr(BOT), signing_secret=SecretStr("8f7"), api_url="https://slack.test/api/")
PUBLIC = WebSettings(public_url="https://aprendiz.example/")

Check = Callable[[Settings, Calls], Awaitable[list[Finding]]]


class Platforms:
    """Slack and Discord as far as the doctor goes; what they answer is set by the test."""

    def __init__(self) -> None:
        self.scopes = FULL
        self.slack_error = ""
        self.flags = 0
        self.servers: object = [{"id": "7", "name": "Acme", "permissions": str(ALL)}]
        self.down: set[str] = set()
        self.behind = timedelta()
        self.body: bytes | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as the platform's documentation says."""
        if request.url.path in self.down:
            raise httpx2.ConnectError("refused", request=request)
        headers = {"date": format_datetime(datetime.now(UTC) - self.behind)}
        if self.body is not None:
            return httpx2.Response(502, headers=headers, content=self.body)
        if request.url.host == "slack.test":
            return self._slack(request, headers)
        if request.headers["authorization"] != f"Bot {DISCORD}":
            return httpx2.Response(401, headers=headers, json={"message": "401: Unauthorized", "code": 0})
        if request.url.path.endswith("/users/@me"):
            return httpx2.Response(200, headers=headers, json={"id": "1", "username": "aprendiz"})
        if request.url.path.endswith("/guilds"):
            return httpx2.Response(200, headers=headers, json=self.servers)
        return httpx2.Response(200, headers=headers, json={"id": "1", "flags": self.flags})

    def _slack(self, request: httpx2.Request, headers: dict[str, str]) -> httpx2.Response:
        expected = APP if request.url.path.endswith("apps.connections.open") else BOT
        if self.slack_error or request.headers["authorization"] != f"Bearer {expected}":
            return httpx2.Response(200, headers=headers, json={"ok": False, "error": self.slack_error or "invalid_auth"})
        body = {"ok": True, "url": "wss://slack.test/link", "team": "Acme", "user": "aprendiz"}
        return httpx2.Response(200, headers=headers | {"x-oauth-scopes": self.scopes}, json=body)


def found(check: Check, settings: Settings, platforms: Platforms) -> tuple[list[Finding], dict[str, float]]:
    """Run *check* and return its findings and the clock differences that it saw."""

    async def run() -> tuple[list[Finding], dict[str, float]]:
        async with calls.client:
            return await check(settings, calls), calls.ahead_s

    calls = Calls(httpx2.MockTransport(platforms))
    return asyncio.run(run())


@pytest.fixture
def platforms() -> Platforms:
    """Return platforms where all is well."""
    return Platforms()


def test_without_tokens_it_says_how_to_connect(platforms: Platforms) -> None:
    """Nobody has to look up what the settings are called; nothing is asked of the network."""
    platforms.down = {"/"}
    slack_found, _ = found(slack, Settings(), platforms)
    discord_found, _ = found(discord, Settings(), platforms)

    assert [finding.mark for finding in slack_found + discord_found] == ["ok", "ok"]
    assert "APRENDIZ_SLACK__BOT_TOKEN and APRENDIZ_SLACK__APP_TOKEN" in slack_found[0].detail
    assert "APRENDIZ_DISCORD__TOKEN" in discord_found[0].detail


def test_good_slack_tokens_name_the_workspace(platforms: Platforms) -> None:
    """The operator sees which workspace the token belongs to: mixing them up is easy."""
    findings, ahead = found(slack, Settings(slack=SLACK), platforms)

    assert [finding.mark for finding in findings] == ["ok", "ok"]
    assert "aprendiz in Acme" in findings[0].detail
    assert abs(ahead["Slack"]) < 5


def test_missing_scopes_are_named_with_their_lines_in_the_manifest(platforms: Platforms) -> None:
    """Without the scope events silently never come; the doctor is where that is noticed."""
    platforms.scopes = ",".join(set(BOT_SCOPES) - {"reactions:read", "im:history"})
    findings, _ = found(slack, Settings(slack=SLACK), platforms)

    assert findings[0].mark == "fail"
    assert "im:history reactions:read" in findings[0].detail
    assert '"- im:history", "- reactions:read"' in findings[0].remedy
    assert "oauth_config" in findings[0].remedy
    assert "install the app again" in findings[0].remedy


def test_a_missing_scope_that_only_a_feature_needs_is_a_warning(platforms: Platforms) -> None:
    """An administrator may refuse files:read: the assistant answers all the same, and the doctor must not fail a deployment."""
    platforms.scopes = ",".join(set(BOT_SCOPES) - {"files:read"})
    findings, _ = found(slack, Settings(slack=SLACK), platforms)

    assert [finding.mark for finding in findings] == ["warn", "ok"]
    assert '"- files:read"' in findings[0].remedy


def test_a_revoked_token_is_told_apart_from_a_dead_network(platforms: Platforms) -> None:
    """One is mended at api.slack.com, the other at the proxy."""
    platforms.slack_error = "token_revoked"
    revoked, _ = found(slack, Settings(slack=SLACK), platforms)
    platforms.down = {"/api/auth.test", "/api/apps.connections.open"}
    unreachable, _ = found(slack, Settings(slack=SLACK), platforms)

    assert all(finding.mark == "fail" for finding in revoked + unreachable)
    assert "token_revoked" in revoked[0].detail
    assert "https://slack.test/api/ cannot be reached" in unreachable[0].detail


def test_a_proxy_page_instead_of_json_is_a_failure(platforms: Platforms) -> None:
    """A captive portal answers everything with HTML."""
    platforms.body = b"<html>"
    findings, _ = found(slack, Settings(slack=SLACK), platforms)

    assert findings[0].mark == "fail"
    assert "HTTP 502" in findings[0].detail


@pytest.mark.parametrize(
    ("half", "name"),
    [
        (SLACK.model_copy(update={"app_token": SecretStr("")}), "APRENDIZ_SLACK__APP_TOKEN"),
        (SLACK.model_copy(update={"bot_token": SecretStr("")}), "APRENDIZ_SLACK__BOT_TOKEN"),
    ],
)
def test_one_slack_token_alone_is_a_failure(platforms: Platforms, half: SlackSettings, name: str) -> None:
    """Half a set-up looks like one and answers nobody."""
    findings, _ = found(slack, Settings(slack=half), platforms)

    assert sorted(finding.mark for finding in findings) == ["fail", "ok"]
    assert any(name in finding.remedy for finding in findings)


def test_without_app_token_and_signing_secret_both_ways_are_named(platforms: Platforms) -> None:
    """Which of the two fits is the operator's choice; that one is needed is not."""
    findings, _ = found(slack, Settings(slack=SLACK.model_copy(update={"app_token": SecretStr("")})), platforms)

    assert "APRENDIZ_SLACK__APP_TOKEN" in findings[1].remedy
    assert "APRENDIZ_SLACK__SIGNING_SECRET" in findings[1].remedy


def test_events_over_http_name_their_address(platforms: Platforms) -> None:
    """That address stands in the app's settings too: here it can be compared."""
    findings, _ = found(slack, Settings(slack=OVER_HTTP, web=PUBLIC), platforms)

    assert [finding.mark for finding in findings] == ["ok", "ok"]
    assert "https://aprendiz.example/slack/events," in findings[1].detail


@pytest.mark.parametrize(
    ("address", "said"), [("", "public_url is empty"), ("http://aprendiz.example", "http://aprendiz.example is no https")]
)
def test_events_over_http_need_an_https_address(platforms: Platforms, address: str, said: str) -> None:
    """Slack delivers to https only; without the address the manifest cannot be made either."""
    findings, _ = found(slack, Settings(slack=OVER_HTTP, web=WebSettings(public_url=address)), platforms)

    assert findings[1].mark == "fail"
    assert said in findings[1].detail
    assert "APRENDIZ_WEB__PUBLIC_URL" in findings[1].remedy


def many(**changes: object) -> SlackSettings:
    """Return settings of an app that several workspaces install, with *changes*."""
    oauth = {"client_id": "1.2", "client_secret": SecretStr("c5"), "bot_token": SecretStr("")}
    return OVER_HTTP.model_copy(update=oauth | changes)


def test_an_app_for_several_workspaces_needs_no_bot_token(platforms: Platforms) -> None:
    """Each workspace brings its own when it installs the app; both addresses are told."""
    findings, _ = found(slack, Settings(slack=many(), web=PUBLIC), platforms)

    assert [(finding.check, finding.mark) for finding in findings] == [("slack events", "ok"), ("slack install page", "ok")]
    assert "https://aprendiz.example/slack/install;" in findings[1].detail
    assert "https://aprendiz.example/slack/oauth_redirect." in findings[1].detail


@pytest.mark.parametrize("half", [{"client_id": ""}, {"client_secret": SecretStr("")}])
def test_half_an_oauth_client_is_a_failure(platforms: Platforms, half: dict[str, object]) -> None:
    """The install page would send people to Slack, and Slack would send them back with an error."""
    findings, _ = found(slack, Settings(slack=many(**half), web=PUBLIC), platforms)

    assert findings[-1].mark == "fail"
    assert "APRENDIZ_SLACK__CLIENT_SECRET" in findings[-1].remedy


def test_an_install_page_needs_an_https_address(platforms: Platforms) -> None:
    """Slack returns people to it."""
    socket = many(app_token=SecretStr(APP), bot_token=SecretStr(BOT))
    findings, _ = found(slack, Settings(slack=socket), platforms)

    assert [finding.mark for finding in findings] == ["ok", "ok", "fail"]
    assert "APRENDIZ_WEB__PUBLIC_URL" in findings[2].remedy


def of_discord(*, token: str = DISCORD, message_content: bool = False) -> Settings:
    """Return settings with a Discord token."""
    settings = DiscordSettings(token=SecretStr(token), api_url="https://discord.test/api/v10", message_content=message_content)
    return Settings(discord=settings)


def test_a_good_discord_token_names_the_bot(platforms: Platforms) -> None:
    """The message content intent is not needed, so its absence is no failure."""
    findings, ahead = found(discord, of_discord(), platforms)

    assert [finding.mark for finding in findings] == ["ok", "ok", "ok"]
    assert "aprendiz" in findings[0].detail
    assert "Discord" in ahead


def test_a_server_where_the_bot_lacks_permissions_is_named(platforms: Platforms) -> None:
    """An answer that cannot be posted is noticed by whoever asked, and by nobody who can mend it; the link asks for what lacks."""
    short = ALL & ~PERMISSIONS["Send Messages in Threads"] & ~PERMISSIONS["Attach Files"]
    platforms.servers = [{"name": "Acme", "permissions": str(ALL)}, {"name": "Beta", "permissions": str(short)}]
    findings, _ = found(discord, of_discord(), platforms)

    assert [finding.mark for finding in findings] == ["ok", "ok", "warn"]
    assert "In Beta the bot lacks: Attach Files, Send Messages in Threads." in findings[2].detail
    assert f"client_id=1&permissions={ALL}" in findings[2].remedy


def test_an_administrator_lacks_nothing(platforms: Platforms) -> None:
    """Discord's administrator bit stands for every other."""
    platforms.servers = [{"name": "Acme", "permissions": "8"}]

    assert found(discord, of_discord(), platforms)[0][2].mark == "ok"


def test_a_bot_in_no_server_is_told_how_to_be_invited(platforms: Platforms) -> None:
    """The token works, and nobody can ask: the commonest state after the portal."""
    platforms.servers = []
    findings, _ = found(discord, of_discord(), platforms)

    assert findings[2].mark == "warn"
    assert "https://discord.com/oauth2/authorize?client_id=1" in findings[2].remedy


def test_unknown_permissions_are_a_warning(platforms: Platforms) -> None:
    """The doctor must not claim what it does not know."""
    platforms.down = {"/api/v10/users/@me/guilds"}
    findings, _ = found(discord, of_discord(), platforms)

    assert [finding.mark for finding in findings] == ["ok", "ok", "warn"]


def test_servers_that_are_no_list_count_as_none(platforms: Platforms) -> None:
    """A proxy answers anything."""
    platforms.servers = {"message": "no"}

    assert found(discord, of_discord(), platforms)[0][2].mark == "warn"


def test_both_platforms_are_checked_and_the_connections_closed(platforms: Platforms) -> None:
    """What `aprendiz doctor` runs."""
    calls = Calls(httpx2.MockTransport(platforms))
    findings = asyncio.run(check(of_discord().model_copy(update={"slack": SLACK}), calls))

    assert [finding.mark for finding in findings] == ["ok"] * 5
    assert calls.client.is_closed


def test_a_refused_discord_token_has_a_remedy(platforms: Platforms) -> None:
    """A reset token is the commonest failure."""
    findings, _ = found(discord, of_discord(token="old"), platforms)

    assert [finding.mark for finding in findings] == ["fail"]
    assert "HTTP 401" in findings[0].detail
    assert "discord.com/developers" in findings[0].remedy


def test_discord_out_of_reach_is_said_so(platforms: Platforms) -> None:
    """No answer says nothing about the token."""
    platforms.down = {"/api/v10/users/@me"}
    findings, _ = found(discord, of_discord(), platforms)

    assert "cannot be reached" in findings[0].detail


@pytest.mark.parametrize(("flags", "mark"), [(0, "fail"), (1 << 18, "ok"), (1 << 19, "ok")])
def test_an_intent_that_is_asked_for_must_be_on(platforms: Platforms, flags: int, mark: str) -> None:
    """With the intent off in the portal Discord closes the connection; both flags stand for it, small and verified bots."""
    platforms.flags = flags
    findings, _ = found(discord, of_discord(message_content=True), platforms)

    assert findings[1].mark == mark


def test_unknown_intents_are_a_warning(platforms: Platforms) -> None:
    """Mentions work without; the doctor must not claim what it does not know."""
    platforms.down = {"/api/v10/oauth2/applications/@me"}
    findings, _ = found(discord, of_discord(), platforms)

    assert findings[1].mark == "warn"


def test_the_platforms_clocks_are_compared(platforms: Platforms) -> None:
    """Slack refuses requests signed minutes off: its own clock is the one that counts."""
    platforms.behind = timedelta(minutes=10)
    _, ahead = found(slack, Settings(slack=SLACK), platforms)

    assert ahead["Slack"] == pytest.approx(600, abs=5)


def test_rights_are_explained_with_the_policy(platforms: Platforms) -> None:
    """The decision is the operator's; what it means and where the rules stand is the software's to say."""
    findings = rights(Settings())

    assert [finding.check for finding in findings] == ["rights slack", "rights discord", "rights web"]
    assert all(finding.mark == "ok" for finding in findings)
    assert "https://slack.com/terms-of-service/api" in findings[0].detail
    assert "https://support-dev.discord.com" in findings[1].detail


def test_allowing_everything_on_a_platform_is_a_warning() -> None:
    """`allow` rests on a permission that the software cannot see."""
    findings = rights(Settings(rights=RightsSettings(discord="allow", web="allow")))

    assert [finding.mark for finding in findings] == ["ok", "warn", "ok"]
    assert "APRENDIZ_RIGHTS__DISCORD" in findings[1].remedy
