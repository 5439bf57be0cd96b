"""Calls to Slack's Web API: addresses, errors, waiting, and what is remembered of people."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.slack import web as module
from adapters.slack.events import Person, Spot
from adapters.slack.faults import SlackBusy, SlackRefused, SlackRevoked, SlackSilent, as_misconfigured
from adapters.slack.pacing import Posts
from adapters.slack.web import SlackWeb, make_client, proxy_for
from bot.chat_settings import SlackSettings
from tests.fakes.slack_server import FakeSlack, Fault

SPOT = Spot("C1", "1.1", "1.1", "T0TEAM", "U1", "en")


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serving() as served:
        yield served


@pytest.fixture
async def web(slack: FakeSlack) -> AsyncIterator[SlackWeb]:
    async with aiohttp.ClientSession() as session:
        yield SlackWeb(slack.settings, session)


async def test_people_are_asked_for_once_and_forgotten_in_time(slack: FakeSlack, web: SlackWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    """users.info is limited too; and what is kept of people must not grow for ever."""
    monkeypatch.setattr(module, "_PEOPLE_KEPT", 2)

    assert await web.person("U2") == Person("pt-BR", ("Person U2", "u2"))
    await web.person("U2")
    assert slack.calls["users.info"] == 1
    await web.person("U1")
    await web.person("U3")
    await web.person("U2")
    assert slack.calls["users.info"] == 4


async def test_an_unknown_person_is_answered_all_the_same(web: SlackWeb) -> None:
    """The scope may be missing: then the language is the operator's, and no name is redacted."""
    assert await web.person("U9") == Person()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("error", "is_archived"), SlackRefused),
        (Fault("error", "internal_error"), SlackSilent),
        (Fault("broken"), SlackSilent),
        (Fault("unheard"), SlackSilent),
    ],
)
async def test_every_fault_becomes_ours(slack: FakeSlack, web: SlackWeb, fault: Fault, error: type[Exception]) -> None:
    """What may be carried out already, what was not, and what never will be are three different things."""
    slack.faults["chat.postMessage"].append(fault)

    with pytest.raises(error):
        await web.tell(SPOT, "hello")


async def test_a_call_not_worth_waiting_for_is_busy_at_once(slack: FakeSlack, web: SlackWeb) -> None:
    """A stream that may not start now is a post; waiting a minute for it would be worse."""
    slack.faults["chat.startStream"].append(Fault("throttle", retry_after_s=500))

    with pytest.raises(SlackBusy) as caught:
        await web.append(web.stream(SPOT), "hello")

    assert caught.value.retry_after_s == 60  # never longer, whatever Slack says


async def test_patience_ends(slack: FakeSlack, web: SlackWeb) -> None:
    """A workspace that throttles for ever must not keep an answer's task for ever."""
    slack.always["chat.postMessage"] = Fault("throttle", retry_after_s=0)

    with pytest.raises(SlackBusy):
        await web.tell(SPOT, "hello")

    assert slack.calls["chat.postMessage"] == 5


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_silence_is_given_up_after_a_few_tries(slack: FakeSlack, web: SlackWeb, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Where Slack is away for good, the answer stays in the ledger and the task ends."""
    monkeypatch.setattr(module, "_BACKOFF_S", 0.001)
    web.budgets.posts = Posts(interval_s=0.0)
    slack.say("U1", "C1", "root")
    (root,) = slack.workspace.messages.values()
    spot = Spot("C1", root.ts, root.ts)
    slack.always[method] = Fault("broken")

    async def call() -> None:
        if method == "chat.update":
            await web.update(spot, "1.2", "x", below=(), exchange_id="E")
        else:
            await web.post(spot, "x", below=(), exchange_id="E")

    with pytest.raises(SlackSilent):
        await call()

    assert slack.calls[method] == 4


async def test_a_page_that_is_not_json_is_silence(web: SlackWeb) -> None:
    """Proxies answer with pages of their own."""
    from aiohttp import web as server

    async def page(request: server.Request) -> server.Response:
        return server.Response(text="<html>", content_type="application/json")

    app = server.Application()
    app.router.add_route("*", "/api/{method}", page)
    runner = server.AppRunner(app)
    await runner.setup()
    await server.TCPSite(runner, "127.0.0.1", 0).start()
    web.client.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    try:
        with pytest.raises(SlackSilent):
            await web.tell(SPOT, "hello")
    finally:
        await runner.cleanup()


async def test_a_reaction_that_slack_does_not_tell_is_none(slack: FakeSlack, web: SlackWeb) -> None:
    """A vote taken back is taken back also where the message is gone."""
    assert await web.thumb_left("C1", "9.9", "U1") is None
    said = slack.say("U1", "C1", "root")
    assert await web.thumb_left("C1", said.ts, "U1") is None


async def test_every_request_goes_to_the_set_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """GovSlack, proxies and test servers: not a single request may go elsewhere, nor through a proxy that cannot see this machine."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    async with aiohttp.ClientSession() as session:
        local = make_client(SlackSettings(api_url="http://127.0.0.1:9/api"), session)
        assert (local.base_url, local.proxy) == ("http://127.0.0.1:9/api/", None)
        far = make_client(SlackSettings(api_url="https://slack-gov.com/api/"), session)
        assert (far.base_url, far.proxy) == ("https://slack-gov.com/api/", "http://proxy.example:3128")

    assert proxy_for("https://slack.inside.example/api/", "http://proxy.example:3128") is None


def test_a_refused_token_names_setting_and_remedy() -> None:
    """Codes that Slack invents later still make a sentence."""
    sentence = str(as_misconfigured(SlackRefused("new_code"), setting="slack.app_token", variable="APRENDIZ_SLACK__APP_TOKEN"))

    assert sentence.startswith("slack.app_token: Slack refuses it (new_code); set APRENDIZ_SLACK__APP_TOKEN")
    assert "that it needs" in str(as_misconfigured(SlackRefused("missing_scope"), setting="slack.bot_token", variable="V"))


async def test_useful_scopes_are_only_missed_in_the_log(slack: FakeSlack, web: SlackWeb, caplog: pytest.LogCaptureFixture) -> None:
    """Private channels may be left out on purpose: that is no reason not to start."""
    slack.scopes = "app_mentions:read,channels:history,chat:write,im:history,reactions:read"

    await web.identify()
    await asyncio.sleep(0)

    (told,) = (record for record in caplog.records if record.message == "Slack scopes are missing")
    assert "oauth_config.scopes.bot: - assistant:write, - channels:read, - commands" in getattr(told, "add_to_manifest", "")
    assert web.bot.user == "U0BOT"


async def test_a_dead_token_is_noted_where_nobody_listens(slack: FakeSlack, web: SlackWeb, caplog: pytest.LogCaptureFixture) -> None:
    """A client of its own has no workspace to leave."""
    slack.tokens["xoxb-1-valid"] = "invalid_auth"

    with pytest.raises(SlackRevoked):
        await web.tell(SPOT, "hello")

    assert "no longer takes the token" in caplog.text


async def test_a_whisper_beneath_a_lone_message_is_said_beside_it(slack: FakeSlack, web: SlackWeb) -> None:
    """Slack shows a private sentence in a thread only where there is a thread."""
    root = slack.say("U1", "C1", "root")
    reply = slack.say("U1", "C1", "reply", root.ts)

    await web.whisper(Spot("C1", root.ts, root.ts, "T0TEAM", "U1"), "alone")
    await web.whisper(Spot("C1", root.ts, reply.ts, "T0TEAM", "U1"), "in the thread")

    assert [(each.text, each.thread_ts) for each in slack.workspace.whispers] == [("alone", ""), ("in the thread", root.ts)]
