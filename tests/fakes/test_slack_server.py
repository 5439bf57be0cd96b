"""The fake Slack refuses what Slack refuses: a test that passes against it must mean something."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, FakeSlack, Fault
from tests.fakes.slack_workspace import BOT_USER

Call = tuple[str, dict[str, Any], str]
BUTTON = {"text": {"type": "plain_text", "text": "Good"}, "value": "v"}
FEEDBACK = {"type": "feedback_buttons", "action_id": "a", "positive_button": BUTTON, "negative_button": BUTTON}
STREAM = {"channel": "C1", "recipient_team_id": "T0TEAM", "recipient_user_id": "U1"}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(ack_timeout_s=0.2, retry_after_s=(0.0, 0.05, 0.05)).serving() as served:
        yield served


def client(slack: FakeSlack, token: str = BOT_TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.settings.api_url, retry_handlers=[])


async def refusal(slack: FakeSlack, method: str, args: dict[str, Any], token: str = BOT_TOKEN) -> str:
    """Return the error that a call gets."""
    with pytest.raises(SlackApiError) as caught:
        await client(slack, token).api_call(method, json=args)
    return str(caught.value.response["error"])


def blocks(*given: Any) -> dict[str, Any]:
    return {"channel": "C1", "text": "t", "blocks": list(given)}


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("chat.nonsense", {}, "unknown_method"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C9", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1", "text": " "}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
        ("chat.postMessage", {"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "metadata": {"event_type": "e"}}, "invalid_metadata_format"),
        ("chat.postMessage", blocks({"type": "nonsense"}), "invalid_blocks"),
        ("chat.postMessage", blocks("text"), "invalid_blocks"),
        ("chat.postMessage", blocks(*[{"type": "markdown", "text": "x"}] * 51), "invalid_blocks"),
        ("chat.postMessage", blocks({"type": "markdown", "text": "x" * 12_001}), "invalid_blocks"),
        ("chat.postMessage", blocks(*[{"type": "markdown", "text": "x" * 7_000}] * 2), "msg_blocks_too_long"),
        ("chat.postMessage", blocks(*[{"type": "markdown", "text": "x", "block_id": "b"}] * 2), "invalid_blocks"),
        ("chat.postMessage", blocks({"type": "context", "elements": []}), "invalid_blocks"),
        ("chat.postMessage", blocks({"type": "context", "elements": [{"type": "mrkdwn", "text": "x" * 2_001}]}), "invalid_blocks"),
        ("chat.postMessage", blocks({"type": "context_actions", "elements": [{**FEEDBACK, "action_id": ""}]}), "invalid_blocks"),
        ("chat.postMessage", blocks({"type": "actions", "elements": [{"type": "button"}]}), "invalid_blocks"),
        ("chat.update", {"channel": "C1", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.startStream", {"channel": "C1", "thread_ts": "1.1", "markdown_text": "x"}, "missing_recipient_team_id"),
        ("chat.startStream", {**STREAM, "thread_ts": "1.1", "markdown_text": "x"}, "thread_not_found"),
        ("chat.startStream", {**STREAM, "thread_ts": "1.1", "chunks": [{"type": "odd"}]}, "invalid_chunks"),
        ("chat.startStream", {**STREAM, "thread_ts": "1.1", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ("conversations.replies", {"channel": "C1", "ts": "1.1"}, "thread_not_found"),
        ("reactions.get", {"channel": "C1", "timestamp": "1.1"}, "message_not_found"),
        ("users.info", {"user": "U9"}, "user_not_found"),
        ("assistant.threads.setStatus", {"channel_id": "C9", "thread_ts": "1.1", "status": "s"}, "channel_not_found"),
    ],
)
async def test_wrong_calls_are_refused(slack: FakeSlack, method: str, args: dict[str, Any], error: str) -> None:
    """Each is an error that real Slack gives and that a lenient fake would hide."""
    assert await refusal(slack, method, args) == error


async def test_tokens_and_scopes_are_checked(slack: FakeSlack) -> None:
    """Set-up mistakes show only where tokens and scopes mean something."""
    assert await refusal(slack, "auth.test", {}, "xoxb-other") == "invalid_auth"
    assert await refusal(slack, "auth.test", {}, "") == "not_authed"
    assert await refusal(slack, "auth.test", {}, APP_TOKEN) == "not_allowed_token_type"
    assert await refusal(slack, "apps.connections.open", {}) == "not_allowed_token_type"
    slack.scopes = "im:history"
    assert await refusal(slack, "chat.postMessage", {"channel": "C1", "text": "x"}) == "missing_scope"
    slack.tokens[BOT_TOKEN] = "token_revoked"
    assert await refusal(slack, "auth.test", {}) == "token_revoked"


async def test_a_stream_has_its_states(slack: FakeSlack) -> None:
    """Appending to what is no stream, editing what is one, and outliving its time are the three ways to lose an answer."""
    web, root = client(slack), slack.say("U1", "C1", "hi")
    begun = await web.api_call("chat.startStream", json={**STREAM, "thread_ts": root.ts, "markdown_text": "a"})
    here = {"channel": "C1", "ts": begun["ts"]}

    await web.api_call("chat.appendStream", json={**here, "markdown_text": "b"})
    assert await refusal(slack, "chat.appendStream", here) == "no_text"
    assert await refusal(slack, "chat.update", {**here, "text": "x"}) == "streaming_state_conflict"
    await web.api_call(
        "chat.stopStream", json={**here, "markdown_text": "c", "blocks": [{"type": "context_actions", "elements": [FEEDBACK]}]}
    )
    assert await refusal(slack, "chat.appendStream", {**here, "markdown_text": "d"}) == "message_not_in_streaming_state"
    assert await refusal(slack, "chat.update", {"channel": "C1", "ts": root.ts, "text": "x"}) == "cant_update_message"
    (answer,) = slack.workspace.answers("C1", root.ts)
    assert (answer.shown, answer.buttons) == ("abc", FEEDBACK)
    slack.workspace.stream_life_s = 0
    begun = await web.api_call("chat.startStream", json={**STREAM, "channel": "D1", "thread_ts": slack.say("U1", "D1", "x").ts})
    late = {"channel": "D1", "ts": begun["ts"], "markdown_text": "b"}
    assert await refusal(slack, "chat.appendStream", late) == "message_not_in_streaming_state"


async def test_limits_answer_429_with_the_seconds_to_wait() -> None:
    """Slack counts a minute per method, posts per channel."""
    async with FakeSlack(limits=True).serving() as slack:
        web, root = client(slack), slack.say("U1", "C1", "hi")
        for _ in range(20):
            await web.api_call("chat.startStream", json={**STREAM, "thread_ts": root.ts, "markdown_text": "a"})

        with pytest.raises(SlackApiError) as caught:
            await web.api_call("chat.startStream", json={**STREAM, "thread_ts": root.ts, "markdown_text": "a"})

        assert caught.value.response.status_code == 429
        assert 50 < int(caught.value.response.headers["Retry-After"]) <= 61


async def test_pings_are_noticed(slack: FakeSlack) -> None:
    """A test can only prove that nobody is pinged where pings are seen."""
    await client(slack).chat_postMessage(channel="C1", text="<!channel> &lt;!here&gt;", blocks=[{"type": "markdown", "text": "<@U1>"}])

    assert slack.workspace.pings == ["<!channel", "<@U1"]


async def connect(slack: FakeSlack, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """Open a socket by hand."""
    opened = await client(slack, APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)
    socket = await session.ws_connect(opened["url"])
    assert (await socket.receive_json())["type"] == "hello"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(opened["url"])  # a ticket is good for one connection
    return socket


async def test_events_come_again_until_they_are_acknowledged(slack: FakeSlack) -> None:
    """At least once, with the count of tries, and never again once acknowledged."""
    async with aiohttp.ClientSession() as session:
        socket = await connect(slack, session)
        slack.say("U1", "D1", "hello")
        first, second = await socket.receive_json(), await socket.receive_json()
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await slack.until(lambda: len(slack.deliveries) == 2)
        await asyncio.sleep(0.2)

        assert first["payload"] == second["payload"]
        assert [first["retry_attempt"], second["retry_attempt"]] == [0, 1]
        assert [acknowledged for _, _, acknowledged in slack.deliveries] == [False, True]
        await slack.disconnect()
        assert (await socket.receive_json())["type"] == "disconnect"


async def test_mentions_arrive_twice_and_clicks_once(slack: FakeSlack) -> None:
    """The doubled mention is what makes naive bots answer twice."""
    async with aiohttp.ClientSession() as session:
        socket = await connect(slack, session)
        said = slack.say("U1", "C1", f"<@{BOT_USER}> hi")
        events = [await socket.receive_json(), await socket.receive_json()]
        said.blocks = [{"type": "context_actions", "elements": [FEEDBACK]}]
        clicked = asyncio.create_task(slack.click("U1", said, "positive_button"))
        while (envelope := await socket.receive_json())["type"] != "interactive":
            continue
        await socket.send_json({"envelope_id": envelope["envelope_id"]})

        assert {event["payload"]["event"]["type"] for event in events} == {"message", "app_mention"}
        assert len({event["payload"]["event_id"] for event in events}) == 2
        assert envelope["payload"]["actions"][0]["value"] == "v"
        assert await clicked


async def test_faults_happen_once_and_as_told(slack: FakeSlack) -> None:
    """A lost reply and an unheard call look alike from outside, and differ in what is left behind."""
    for kind, left in (("lost", 1), ("unheard", 1), ("broken", 1)):
        slack.faults["chat.postMessage"].append(Fault(kind))  # type: ignore[arg-type]
        with pytest.raises((aiohttp.ClientError, SlackApiError)):
            await client(slack).chat_postMessage(channel="C1", text=kind)

        assert len(slack.workspace.messages) == left
    await client(slack).chat_postMessage(channel="C1", text="well")
    assert len(slack.workspace.messages) == 2


async def test_a_thread_is_read_with_metadata_only_when_asked_for(slack: FakeSlack) -> None:
    """Finding one's own message again depends on an argument that is easily forgotten."""
    web, root = client(slack), slack.say("U1", "C1", "hi")
    marked = {"event_type": "e", "event_payload": {"id": 1}}
    await web.chat_postMessage(channel="C1", thread_ts=root.ts, text="one", metadata=marked)
    await web.chat_postMessage(channel="C1", thread_ts=root.ts, text="two")

    plain = await web.conversations_replies(channel="C1", ts=root.ts)
    told = await web.conversations_replies(channel="C1", ts=root.ts, include_all_metadata=True, limit=2, oldest=root.ts)

    assert [message.get("metadata") for message in plain["messages"]] == [None, None, None]
    assert told["messages"][1]["metadata"] == marked
    assert told["has_more"]
