"""Several workspaces by OAuth: installed from a page, each answered with its own token, left when it leaves us."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from adapters.slack.installations import Pending
from adapters.slack.oauth import oauth_of
from adapters.slack.pages import accepted_language, install_page, not_installed_page
from bot.chat_settings import Access, SlackSettings
from bot.errors import Misconfigured
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.backend import ScriptedBackend
from tests.fakes.slack_requests import Requests
from tests.fakes.slack_server import APP_TOKEN, FakeSlack, Fault
from tests.fakes.vault import MemoryVault

SECRET = SecretStr("client-secret")


@asynccontextmanager
async def sold(slack: FakeSlack, **kwargs: Any) -> AsyncIterator[tuple[Stage, str]]:
    """Run an app that workspaces install; yield the stage and the app's address."""
    stage = Stage(slack, settings=ALLOWED, **kwargs)
    settings = slack.oauth_settings
    async with stage.reachable() as address:
        stage.services = stage.services_at(address)
        async with stage.playing(settings):
            slack.request_url = f"{address}/slack/events"
            yield stage, address


async def answered(stage: Stage, user: str, channel: str) -> str:
    asked = stage.slack.say(user, channel, f"{MENTION} When?")
    workspace = stage.slack.at(channel)
    await stage.slack.until(lambda: any(answer.buttons for answer in workspace.answers(channel, asked.ts)))
    return workspace.answers(channel, asked.ts)[0].body


async def test_two_workspaces_install_and_are_answered_each_for_itself() -> None:
    """One server for several teams: tokens, people and messages stay apart."""
    async with FakeSlack().serving() as slack:
        slack.add_team("TB")
        async with sold(slack) as (stage, address):
            for team in ("T0TEAM", "TB"):
                page = await slack.oauth.install(f"{address}/slack/install", team)
                assert page.status == 200
                assert "installed" in page.text

            assert await answered(stage, "U1", "C1") == "Yes. Every six months."
            assert await answered(stage, "UTB1", "CTB1") == "Yes. Every six months."
            assert {kept.question.place.workspace for kept in stage.memory.kept.values()} == {"T0TEAM", "TB"}
            assert {name for name in stage.vault.values if "install" in name} == {"slack:install:T0TEAM", "slack:install:TB"}


async def test_an_installation_survives_a_restart() -> None:
    """The vault knows it, and what was open is taken up with its token."""
    async with FakeSlack().serving() as slack:
        vault = MemoryVault()
        async with sold(slack, vault=vault) as (stage, address):
            await slack.oauth.install(f"{address}/slack/install", "T0TEAM")
        async with sold(slack, vault=vault) as (stage, _):
            assert await answered(stage, "U1", "C1") == "Yes. Every six months."


async def test_the_install_page_works_beside_a_socket() -> None:
    """Events may come over a socket, while others install from the page."""
    async with FakeSlack().serving() as slack:
        slack.add_team("TB")
        stage = Stage(slack, settings=ALLOWED)
        settings = slack.oauth_settings.model_copy(update={"app_token": SecretStr(APP_TOKEN), "signing_secret": SecretStr("")})
        async with stage.reachable() as address:
            stage.services = stage.services_at(address)
            async with stage.playing(settings):
                await slack.oauth.install(f"{address}/slack/install", "TB")
                assert await answered(stage, "UTB1", "CTB1") == "Yes. Every six months."
                slack.request_url = f"{address}/slack/events"
                assert (await Requests(slack).challenge("abc")).status == 404


async def test_a_removed_app_is_forgotten_and_installed_anew() -> None:
    """The token is no longer ours to keep; later events of that team are left alone until it installs again."""
    async with FakeSlack().serving() as slack, sold(slack) as (stage, address):
        await slack.oauth.install(f"{address}/slack/install", "T0TEAM")
        await answered(stage, "U1", "C1")
        slack.oauth.uninstall("T0TEAM")
        await slack.until(lambda: not any("install" in name for name in stage.vault.values))
        slack.say("U1", "C1", f"{MENTION} Still there?")
        await slack.until(lambda: len(slack.deliveries) >= 6)
        assert len(stage.memory.kept) == 1

        await slack.oauth.install(f"{address}/slack/install", "T0TEAM")
        assert await answered(stage, "U1", "C1") == "Yes. Every six months."


async def test_a_removed_app_ends_what_it_is_saying() -> None:
    """Nothing crashes, and the model does not go on for nobody."""
    async with FakeSlack().serving() as slack:
        backend = ScriptedBackend(["word. "] * 500, delay_s=0.05)
        async with sold(slack, backend=backend) as (_, address):
            await slack.oauth.install(f"{address}/slack/install", "T0TEAM")
            slack.say("U1", "C1", f"{MENTION} Tell me all")
            await slack.until(lambda: backend.running == 1)
            slack.oauth.uninstall("T0TEAM")
            await slack.until(lambda: backend.running == 0)


async def test_a_token_that_dies_unannounced_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """The event may be late or lost: the first call that fails tells, the operator reads one line, the others go on."""
    async with FakeSlack().serving() as slack:
        slack.add_team("TB")
        async with sold(slack) as (stage, address):
            for team in ("T0TEAM", "TB"):
                await slack.oauth.install(f"{address}/slack/install", team)
            await answered(stage, "U1", "C1")
            slack.oauth.revoke("T0TEAM", silently=True)
            for _ in range(3):
                slack.say("U2", "C1", f"{MENTION} And now?")
            await slack.until(lambda: "slack:install:T0TEAM" not in stage.vault.values)
            assert await answered(stage, "UTB1", "CTB1") == "Yes. Every six months."

        lines = [record.message for record in caplog.records if record.levelname == "ERROR"]
        assert lines == [
            "slack: workspace T0TEAM: the token was revoked (token_revoked); it is left alone until the app is installed there anew"
        ]


async def test_installing_again_replaces_the_token() -> None:
    """Whoever installs twice gets a new token; the old one may be dead."""
    async with FakeSlack().serving() as slack, sold(slack) as (stage, address):
        await slack.oauth.install(f"{address}/slack/install", "T0TEAM")
        await answered(stage, "U1", "C1")
        for token in [each for each, team in slack.teams.items() if team == "T0TEAM"]:
            slack.tokens[token] = "token_revoked"
        await slack.oauth.install(f"{address}/slack/install", "T0TEAM")

        assert await answered(stage, "U1", "C1") == "Yes. Every six months."


async def test_a_refused_installation_says_so() -> None:
    """Nothing is kept, and there is a way back."""
    async with FakeSlack().serving() as slack, sold(slack) as (stage, address):
        page = await slack.oauth.install(f"{address}/slack/install", "T0TEAM", refuse=True)

        assert "Nothing was installed" in page.text
        assert 'href="/slack/install"' in page.text
        assert not any("install" in name for name in stage.vault.values)


async def test_a_forged_or_repeated_return_installs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A state is good once, in the browser that began; codes are never logged."""
    async with FakeSlack().serving() as slack, sold(slack) as (stage, address), aiohttp.ClientSession() as session:
        page = f"{address}/slack/oauth_redirect"
        async with session.get(f"{page}?code=1.code&state=invented") as answer:
            assert answer.status == 400
        state = await Pending(stage.vault).async_issue()
        cookie = {"Cookie": f"slack-app-oauth-state={state}"}
        async with session.get(f"{page}?code=9.unknown&state={state}", headers=cookie) as answer:
            assert (answer.status, "did not work" in await answer.text()) == (401, True)
        async with session.get(f"{page}?code=9.unknown&state={state}", headers=cookie) as answer:
            assert answer.status == 401

        assert not any("install" in name for name in stage.vault.values)
        assert "9.unknown" not in caplog.text


async def test_a_silent_slack_during_installation_is_a_page() -> None:
    """The person can begin again; no error page of the server's."""
    async with FakeSlack().serving() as slack, sold(slack) as (stage, address), aiohttp.ClientSession() as session:
        state = await Pending(stage.vault).async_issue()
        slack.always["oauth.v2.access"] = Fault("unheard")
        headers = {"Cookie": f"slack-app-oauth-state={state}", "Accept-Language": "pt-BR,pt;q=0.9"}
        async with session.get(f"{address}/slack/oauth_redirect?code=1&state={state}", headers=headers) as answer:
            assert answer.status == 503


async def test_a_state_is_good_once_and_for_ten_minutes() -> None:
    """Whatever a browser brings back later was not begun by its person just now."""
    vault = MemoryVault()
    pending = Pending(vault)
    state = await pending.async_issue()
    old = await pending.async_issue()
    vault.values[f"slack:state:{old}"] = (datetime.now(UTC) - timedelta(minutes=11)).isoformat()

    assert await pending.async_consume(state)
    assert not await pending.async_consume(state)
    assert not await pending.async_consume(old)


@pytest.mark.parametrize(
    ("settings", "public_url", "expected"),
    [
        (SlackSettings(client_id="1"), "https://a.example", "slack.client_secret is empty: set APRENDIZ_SLACK__CLIENT_SECRET"),
        (SlackSettings(client_secret=SECRET), "https://a.example", "slack.client_id is empty: set APRENDIZ_SLACK__CLIENT_ID"),
        (SlackSettings(client_id="1", client_secret=SECRET), "", "web.public_url is empty"),
        (SlackSettings(client_id="1", client_secret=SECRET), "http://a.example", "is not https"),
    ],
)
def test_what_oauth_lacks_is_named(settings: SlackSettings, public_url: str, expected: str) -> None:
    """One sentence, with the setting and its variable."""
    with pytest.raises(Misconfigured) as caught:
        oauth_of(settings, public_url)

    assert expected in str(caught.value)


def test_oauth_asks_for_what_it_needs_where_slack_is() -> None:
    """GovSlack has an address of its own; groups are asked for only where a list names some."""
    settings = SlackSettings(client_id="1", client_secret=SECRET, api_url="https://slack-gov.com/api/", access=Access(allow_groups=("S1",)))
    found = oauth_of(settings, "https://a.example/")

    assert found is not None
    assert found.authorize_url == "https://slack-gov.com/oauth/v2/authorize"
    assert found.redirect_url == "https://a.example/slack/oauth_redirect"
    assert "usergroups:read" in found.scopes
    assert oauth_of(SlackSettings(), "") is None
    assert oauth_of(SlackSettings(client_id="1", client_secret=SECRET), "http://localhost:1") is not None


def test_pages_are_escaped_and_translated() -> None:
    """An address is whatever a browser asked for."""
    page = install_page("en", 'https://slack.example/?a=1&b="><script>')

    assert "<script>" not in page
    assert "a=1&amp;b=" in page
    assert 'lang="pt-BR"' in not_installed_page(accepted_language("pt-PT;q=0.8,en"), again="/slack/install", cancelled=True)
    assert accepted_language("") == "en"


async def test_a_damaged_installation_is_none() -> None:
    """What another version or key wrote must not stop the others."""
    async with FakeSlack().serving() as slack:
        vault = MemoryVault()
        vault.values["slack:install:T0TEAM"] = json.dumps({"team": 1})
        async with sold(slack, vault=vault) as (stage, _):
            slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: len(slack.deliveries) >= 2)
            assert not stage.memory.kept
