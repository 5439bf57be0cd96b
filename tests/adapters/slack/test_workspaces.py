"""The workspaces: found, made once, forgotten when idle, left when their token dies."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.slack import workspaces as module
from adapters.slack.events import Spot
from adapters.slack.faults import SlackRevoked
from adapters.slack.workspaces import Workspace, Workspaces
from bot.chat_settings import SlackSettings
from bot.errors import ChatbotError, Misconfigured
from bot.messages import Answer, Question
from tests.adapters.slack.stage import Stage
from tests.fakes.slack_server import FakeSlack


class Nothing:
    """Nothing follows an answer."""

    async def answered(self, question: Question, spot: Spot, answer: Answer, workspace: Workspace) -> None:
        """Do nothing."""


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serving() as served:
        yield served


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


def of(slack: FakeSlack, session: aiohttp.ClientSession, settings: SlackSettings, **installed: str) -> Workspaces:
    """Return workspaces with teams and organisations installed, by their tokens."""
    stage = Stage(slack)
    for owner, token in installed.items():
        team, enterprise = ("", owner) if owner.startswith("E") else (owner, "")
        kept = {"team": team, "enterprise": enterprise, "token": token, "user": "U0BOT", "bot_id": "B0BOT"}
        stage.vault.values[f"slack:install:{owner}"] = json.dumps(kept)
    return Workspaces(stage.services, settings, session, Nothing())


async def test_one_token_is_one_workspace(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    """Whatever else arrives is none of ours."""
    workspaces = of(slack, session, slack.settings)
    await workspaces.identify()

    own = await workspaces.of("T0TEAM")
    assert own is not None
    assert own is await workspaces.of("")
    assert await workspaces.of("T9") is None


async def test_an_organisation_is_one_installation_for_all_its_teams(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    """Events name the team; the token is the organisation's."""
    workspaces = of(slack, session, slack.oauth_settings, E1="xoxb-org", T1="xoxb-team")
    await workspaces.identify()

    org = await workspaces.of("T7", "E1")
    assert org is not None
    assert org is await workspaces.of("T8", "E1")
    team = await workspaces.of("T1", "E1")
    assert (org.web.client.token, org.web.bot.organisation) == ("xoxb-org", "E1")
    assert team is not None
    assert team.web.client.token == "xoxb-team"


async def test_an_own_token_may_be_an_organisations(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    """auth.test says so."""
    told = {"team_id": "T0TEAM", "user_id": "U0BOT", "bot_id": "B0BOT", "enterprise_id": "E1", "is_enterprise_install": True}
    slack.workspace.methods["auth.test"] = lambda args: told
    workspaces = of(slack, session, slack.settings)
    await workspaces.identify()

    assert await workspaces.of("T9", "E1") is not None
    assert await workspaces.of("T9", "E2") is None


async def test_idle_workspaces_are_forgotten(slack: FakeSlack, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand installations must not be a thousand caches; what is busy stays."""
    monkeypatch.setattr(module, "_KEPT", 2)
    monkeypatch.setattr(module, "_WARNED", 1)
    workspaces = of(slack, session, slack.oauth_settings, T1="xoxb-1", T2="xoxb-2", T3="xoxb-3")
    first, second = await workspaces.of("T1"), await workspaces.of("T2")
    await workspaces.of("T1")
    await workspaces.of("T3")

    assert await workspaces.of("T1") is first
    assert await workspaces.of("T2") is not second
    workspaces.note_stranger("T8")
    workspaces.note_stranger("T9")
    workspaces.note_stranger("T9")
    await workspaces.close(0.1)
    assert await workspaces.of("T2") is not None
    assert await workspaces.of("T3") is None


async def test_a_dead_token_ends_the_only_workspace(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    """The operator reads which setting it is; later calls do not say it again."""
    workspaces = of(slack, session, slack.settings)
    await workspaces.identify()
    own = await workspaces.of("T0TEAM")
    assert own is not None
    slack.tokens["xoxb-1-valid"] = "account_inactive"

    for _ in range(2):
        with pytest.raises(SlackRevoked):
            await own.web.tell(Spot("C1", "1.1", "1.1"), "hello")

    assert isinstance(workspaces.ended.result(), Misconfigured)
    assert "slack.bot_token: the app was removed from the workspace (account_inactive)" in str(workspaces.ended.result())
    assert await workspaces.of("T0TEAM") is None
    await workspaces.forget("T0TEAM")
    await workspaces.close(0.1)


async def test_an_own_token_beside_oauth_may_die_alone(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    """The installed workspaces go on."""
    settings = slack.oauth_settings.model_copy(update={"bot_token": slack.settings.bot_token})
    workspaces = of(slack, session, settings, T1="xoxb-1")
    await workspaces.identify()
    await workspaces.forget("T0TEAM")

    assert not workspaces.ended.done()
    assert await workspaces.of("T1") is not None
    await workspaces.close(0.1)


async def test_a_missing_scope_is_named_with_its_line(
    slack: FakeSlack, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a scope, not once a call."""
    workspaces = of(slack, session, slack.settings)
    await workspaces.identify()
    own = await workspaces.of("T0TEAM")
    assert own is not None
    slack.scopes = "app_mentions:read"

    for _ in range(3):
        with pytest.raises(ChatbotError):
            await own.web.tell(Spot("C1", "1.1", "1.1"), "hello")

    lines = [record for record in caplog.records if record.message == "a Slack scope is missing"]
    assert [line.__dict__["add_to_manifest"] for line in lines] == ["oauth_config.scopes.bot: - chat:write"]
