"""The fake Slack delivers over sockets and HTTP, with the disorder it was told to make; it installs, revokes and counts like Slack."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_delivery import Disorder
from tests.fakes.slack_listener import Listener
from tests.fakes.slack_oauth import Page
from tests.fakes.slack_requests import Requests
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, FakeSlack

EVENT = {"type": "message", "text": "hi", "user": "U1", "channel": "C1", "ts": "1.1"}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(ack_timeout_s=0.3, retry_after_s=(0.0, 0.05)).serving() as served:
        yield served


def client(slack: FakeSlack, token: str = BOT_TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.settings.api_url, retry_handlers=[])


async def refusal(slack: FakeSlack, token: str, method: str, **args: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await client(slack, token).api_call(method, json=args)
    return str(caught.value.response["error"])


async def test_events_are_doubled_and_reordered_as_told() -> None:
    """The shares are drawn from a seed: one test run is like the next."""
    disorder = Disorder(doubled=0.2, reordered=0.2, seed=7)
    async with FakeSlack(disorder=disorder).serving() as slack, Listener().connected(slack) as app:
        for number in range(200):
            slack.say("U1", "D1", str(number))
        await slack.until(lambda: len(slack.deliveries) >= 200)
        await asyncio.sleep(0.6)

        texts = [event["text"] for event in app.events()]
        assert set(texts) == {str(number) for number in range(200)}
        assert 20 <= sum(count > 1 for count in Counter(texts).values()) <= 60
        first = sorted(set(texts), key=texts.index)
        assert sum(int(later) < int(earlier) for earlier, later in pairwise(first)) > 10


async def test_a_socket_is_dropped_in_turn() -> None:
    """Without a word, as networks do; what was under way on it comes again."""
    async with FakeSlack(disorder=Disorder(drop_every=3), ack_timeout_s=0.2, retry_after_s=(0.0, 0.2)).serving() as slack:
        async with Listener().connected(slack) as app:
            for number in range(3):
                slack.say("U1", "D1", str(number))
            await slack.until(lambda: slack.sockets == 0)
        slack.disorder = Disorder()
        async with Listener().connected(slack) as other:
            await slack.until(lambda: sum(acknowledged for _, _, acknowledged in slack.deliveries) >= 3)

        assert {event["text"] for event in app.events() + other.events()} >= {"0", "1", "2"}
        assert len(slack.seconds) == 3


async def test_the_eleventh_socket_is_sent_away(slack: FakeSlack) -> None:
    """Ten may be open at once."""
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            address = (await client(slack).apps_connections_open(app_token=APP_TOKEN))["url"]
            sockets.append(await session.ws_connect(address))
            assert (await sockets[-1].receive_json())["type"] == "hello"

        assert (await sockets[-1].receive_json())["reason"] == "too_many_websockets"
        assert slack.sockets == 10


async def test_a_warning_leaves_the_socket_open(slack: FakeSlack) -> None:
    """It only announces what is coming; no reason is a socket that ends without a word."""
    async with Listener().connected(slack) as app:
        await slack.disconnect("warning")
        await slack.until(lambda: bool(app.got))

        assert (app.got[0]["reason"], slack.sockets) == ("warning", 1)
        await slack.disconnect("")
        await slack.until(lambda: slack.sockets == 0)


async def test_a_request_url_gets_signed_requests_until_it_answers(slack: FakeSlack) -> None:
    """Each try says which it is; the signature is the one that the SDK checks."""
    verifier = SignatureVerifier(slack.signing_secret)
    async with Listener().serving(slack) as app:
        app.quiet = True
        slack.say("U1", "D1", "hello")
        await slack.until(lambda: len(slack.deliveries) == 3)
        app.quiet = False
        slack.say("U1", "D1", "again")
        await slack.until(lambda: len(slack.deliveries) == 4)

        assert [headers.get("X-Slack-Retry-Num") for headers in app.headers] == [None, "1", "2", None]
        assert [acknowledged for _, _, acknowledged in slack.deliveries] == [False, False, False, True]
        body = b'{"a": 1}'
        assert verifier.is_valid_request(body, slack.signed(body, "application/json"))
        assert not verifier.is_valid_request(b"{}", slack.signed(body, "application/json"))


async def test_a_request_url_may_refuse_an_event_for_good(slack: FakeSlack) -> None:
    """With a header of its own: what is broken now would be broken later."""
    async with Listener().serving(slack) as app:
        app.quiet = app.final = True
        slack.say("U1", "D1", "hello")
        await slack.until(lambda: len(slack.deliveries) == 1)
        await asyncio.sleep(0.2)

        assert len(app.got) == 1


async def test_interactions_come_to_a_request_url_as_forms(slack: FakeSlack) -> None:
    """Commands field by field, anything else as one field of JSON; the answer's body is what is shown."""
    async with Listener().serving(slack) as app:
        app.answers = [{"text": "Soon."}]
        await slack.command("U1", "C1", "/ask", "why & how?")
        await slack.shortcut("U1", slack.workspace.messages["C1", slack.say("U2", "C1", "hi").ts], "answer")

        commands = [got for got in app.got if got.get("command")]
        assert commands[0]["text"] == "why & how?"
        assert [got["callback_id"] for got in app.got if got.get("type") == "message_action"] == ["answer"]
        assert [whisper.shown for whisper in slack.workspace.seen_by("U1")] == ["Soon."]


async def test_requests_that_must_be_refused_can_be_made(slack: FakeSlack) -> None:
    """Against an app that checks nothing, all of them arrive: whoever refuses them is the app."""
    verifier = SignatureVerifier(slack.signing_secret)
    async with Listener().serving(slack) as app:
        requests = Requests(slack)
        first, second = await requests.replayed(EVENT)
        replies = [
            await requests.good(EVENT),
            await requests.unsigned(EVENT),
            await requests.wrongly_signed(EVENT),
            await requests.stale(EVENT),
            await requests.unknown_team(EVENT),
            await requests.challenge("c"),
            await requests.interaction({"type": "odd"}),
            await requests.malformed(b"{}"),
        ]

        assert {reply.status for reply in (first, second, *replies)} == {200}
        assert app.got[0]["event_id"] == app.got[1]["event_id"]
        assert [got.get("team_id") for got in app.got[2:]] == ["T0TEAM"] * 4 + ["T0NOBODY", None, None, None]
        assert "X-Slack-Signature" not in app.headers[3]
        assert not verifier.is_valid_request("", app.headers[5])
        assert (await requests.oversized(EVENT)).status == 413


async def exchange(slack: FakeSlack, code: str, **changed: str) -> Any:
    """Exchange a code as an app does."""
    given = {"client_id": "111.222", "client_secret": "client-secret", "code": code, "redirect_uri": "http://127.0.0.1/back", **changed}
    return await AsyncWebClient(base_url=slack.settings.api_url).api_call("oauth.v2.access", data=given)


async def consented(slack: FakeSlack, **changed: str) -> aiohttp.ClientResponse:
    """Be the browser of a person who consents."""
    asked = {"client_id": "111.222", "scope": "chat:write", "redirect_uri": "http://127.0.0.1/back", "state": "s", "team": "T2", **changed}
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(f"{slack.address}/oauth/v2/authorize", params=asked, allow_redirects=False) as page,
    ):
        return page


async def code_of(slack: FakeSlack) -> str:
    return str((await consented(slack)).headers["Location"].partition("code=")[2].partition("&")[0])


async def test_a_workspace_installs_the_app_and_gets_a_token_of_its_own(slack: FakeSlack) -> None:
    """Calls with it act in that workspace alone."""
    slack.add_team("T2")
    answer = await exchange(slack, await code_of(slack))

    assert (answer["team"]["id"], answer["scope"]) == ("T2", "chat:write")
    assert (await client(slack, answer["access_token"]).auth_test())["team_id"] == "T2"
    assert await refusal(slack, answer["access_token"], "chat.postMessage", channel="C1", text="x") == "channel_not_found"
    await client(slack, answer["access_token"]).chat_postMessage(channel="CT21", text="x")
    said = slack.say("UT21", "CT21", "hi")
    assert len(slack.workspaces["T2"].messages) == 2
    assert (said.team, slack.workspace.messages) == ("T2", {})


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "9"}, "invalid_client_id"),
        ({"client_secret": "9"}, "bad_client_secret"),
        ({"code": "9"}, "invalid_code"),
        ({"redirect_uri": "http://127.0.0.1/other"}, "bad_redirect_uri"),
    ],
)
async def test_a_wrong_exchange_is_refused(slack: FakeSlack, changed: dict[str, str], error: str) -> None:
    """As documented for oauth.v2.access."""
    slack.add_team("T2")
    code = changed.pop("code", "") or await code_of(slack)
    with pytest.raises(SlackApiError, match=error):
        await exchange(slack, code, **changed)


async def test_a_code_is_good_once(slack: FakeSlack) -> None:
    """Whoever comes second gets nothing."""
    slack.add_team("T2")
    code = await code_of(slack)
    await exchange(slack, code)
    with pytest.raises(SlackApiError, match="code_already_used"):
        await exchange(slack, code)


async def test_the_app_may_name_itself_in_a_header(slack: FakeSlack) -> None:
    """As the SDK does."""
    slack.add_team("T2")
    headers = {"Authorization": aiohttp.encode_basic_auth("111.222", "client-secret")}
    given = {"code": await code_of(slack), "redirect_uri": "http://127.0.0.1/back"}
    address = f"{slack.address}/api/oauth.v2.access"
    async with aiohttp.ClientSession() as session, session.post(address, data=given, headers=headers) as answer:
        assert (await answer.json())["ok"]


async def test_a_wrong_consent_page_is_refused(slack: FakeSlack) -> None:
    """An unknown app, an address that was not registered, a scope that there is not."""
    slack.oauth.redirect_uris = ("http://127.0.0.1/back",)

    assert (await consented(slack, client_id="9")).status == 400
    assert (await consented(slack, redirect_uri="http://127.0.0.1/evil")).status == 400
    assert (await consented(slack, scope="odd:scope")).status == 400
    refused = await consented(slack, refuse="1")
    assert "error=access_denied&state=s" in refused.headers["Location"]


async def test_a_browser_follows_the_install_page(slack: FakeSlack) -> None:
    """From the app's link through consent to the app's last page, with its cookies."""
    app = aiohttp.web.Application()

    async def install(request: aiohttp.web.Request) -> aiohttp.web.Response:
        link = f"https://slack.com/oauth/v2/authorize?client_id=111.222&amp;scope=chat:write&amp;redirect_uri=http://{request.host}/back"
        page = aiohttp.web.Response(text=f'<a href="{link}">Add</a>', content_type="text/html")
        page.set_cookie("state", "s")
        return page

    async def back(request: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.Response(text=f"{request.cookies['state']} {request.query.get('error')}")

    app.router.add_get("/install", install)
    app.router.add_get("/back", back)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    pages = [await slack.oauth.install(f"{base}/install", "T2"), await slack.oauth.install(f"{base}/install", "T2", refuse=True)]
    with pytest.raises(ValueError, match="leads to no consent"):
        await slack.oauth.install(f"{base}/back", "T2")
    await runner.cleanup()

    assert [page.text for page in pages] == ["s None", "s access_denied"]
    assert isinstance(pages[0], Page)


async def test_an_uninstalled_app_loses_its_token_and_is_told(slack: FakeSlack) -> None:
    """Both events come, in no order; a silent revocation shows only at the next call."""
    async with Listener().connected(slack) as app:
        slack.oauth.revoke("T0TEAM", silently=True)
        assert await refusal(slack, BOT_TOKEN, "auth.test") == "token_revoked"
        slack.oauth.uninstall("T0TEAM")
        slack.oauth.revoke("T0TEAM")
        await slack.until(lambda: len(app.got) == 3)

        assert Counter(event["type"] for event in app.events()) == {"app_uninstalled": 1, "tokens_revoked": 2}
    token = slack.oauth.installed("T0TEAM")
    assert (await client(slack, token).auth_revoke())["revoked"]
    assert slack.oauth.token_of("T0TEAM") == ""


async def test_posts_have_a_budget_by_channel_and_by_workspace() -> None:
    """A short burst and then one a second; all channels together several hundred a minute."""
    async with FakeSlack(limits=True).serving() as slack:
        web = client(slack)
        for _ in range(5):
            await web.chat_postMessage(channel="C1", text="x")
        with pytest.raises(SlackApiError) as caught:
            await web.chat_postMessage(channel="C1", text="x")
        assert caught.value.response.headers["Retry-After"] == "1"
        await web.chat_postMessage(channel="C2", text="x")
        slack.workspace.channels |= {f"C{number}": "channel" for number in range(100, 400)}
        for number in range(100, 394):
            await web.chat_postMessage(channel=f"C{number}", text="x")
        assert await refusal(slack, BOT_TOKEN, "chat.postMessage", channel="C399", text="x") == "ratelimited"


async def test_an_app_sold_elsewhere_reads_one_thread_a_minute() -> None:
    """And fifteen messages of it."""
    async with FakeSlack(limits=True, distributed=True).serving() as slack:
        root = slack.say("U1", "C1", "hi")
        for _ in range(20):
            slack.say("U1", "C1", "more", root.ts)
        read = await client(slack).conversations_replies(channel="C1", ts=root.ts)

        assert len(read["messages"]) == 15
        assert await refusal(slack, BOT_TOKEN, "conversations.replies", channel="C1", ts=root.ts) == "ratelimited"
