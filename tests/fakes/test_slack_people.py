"""What people do in the fake Slack reaches the app as Slack would send it, and what the app answers is shown as Slack would show it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack_listener import Listener
from tests.fakes.slack_server import BOT_TOKEN, FakeSlack

PLAIN = {"type": "plain_text", "text": "Words"}
BUTTON = {"type": "button", "action_id": "go", "text": PLAIN, "value": "yes"}
BUTTONS = {"type": "actions", "elements": [BUTTON]}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(ack_timeout_s=0.3, retry_after_s=(0.0,)).serving() as served:
        yield served


@pytest.fixture
async def app(slack: FakeSlack) -> AsyncIterator[Listener]:
    async with Listener().connected(slack) as listener:
        yield listener


def client(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=slack.settings.api_url, retry_handlers=[])


async def refusal(slack: FakeSlack, method: str, **args: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await client(slack).api_call(method, json=args)
    return str(caught.value.response["error"])


async def test_a_command_shows_what_its_acknowledgement_says(slack: FakeSlack, app: Listener) -> None:
    """The sentence is for the person alone; nothing of it stays in the channel."""
    app.answers = [{"text": "Soon."}, None]
    ack = await slack.command("U1", "C1", "/ask", "why?")
    await slack.command("U2", "C1", "/ask")

    assert ack is not None
    assert [(whisper.channel, whisper.shown) for whisper in slack.workspace.seen_by("U1")] == [("C1", "Soon.")]
    assert not slack.workspace.seen_by("U2")
    assert [(got["command"], got["text"], got["user_id"]) for got in app.got] == [("/ask", "why?", "U1"), ("/ask", "", "U2")]
    assert slack.acks == [("slash_commands", {"text": "Soon."}), ("slash_commands", None)]


async def test_what_is_not_acknowledged_is_not_tried_again(slack: FakeSlack, app: Listener) -> None:
    """Slack shows the person an error instead."""
    app.quiet = True

    assert await slack.command("U1", "C1", "/ask", "why?") is None


async def test_a_whisper_is_replaced_and_deleted_through_its_response_url(slack: FakeSlack, app: Listener) -> None:
    """An ephemeral message has no other handle."""
    web = client(slack)
    await web.chat_postEphemeral(channel="C1", user="U1", text="Consent?", blocks=[BUTTONS])
    (whisper,) = slack.workspace.seen_by("U1")
    await slack.press("U1", whisper, "go", "yes")
    url = AsyncWebhookClient(app.got[0]["response_url"])
    await url.send(text="Thanks", replace_original=True)
    replaced = whisper.shown
    await url.send(delete_original=True)

    assert (replaced, slack.workspace.seen_by("U1")) == ("Thanks", [])
    assert app.got[0]["container"]["is_ephemeral"]
    assert "message" not in app.got[0]
    assert slack.workspace.ephemeral == [("C1", "U1", "Consent?")]
    assert await refusal(slack, "chat.postEphemeral", channel="C1", user="U9", text="x") == "user_not_in_channel"
    with pytest.raises(ValueError, match="nothing called"):
        await slack.press("U1", whisper, "stop")


async def test_a_response_url_works_five_times_and_half_an_hour(slack: FakeSlack, app: Listener) -> None:
    """Beyond that it is dead, and says so by its status."""
    said = slack.say("U1", "C1", "hi")
    await slack.shortcut("U2", said, "answer")
    await slack.until(lambda: len(app.got) == 2)
    url = AsyncWebhookClient(next(got["response_url"] for got in app.got if "response_url" in got))
    answers = [await url.send(text="x", response_type=kind) for kind in ("ephemeral", "in_channel", "ephemeral", "ephemeral")]
    wrong = await url.send(text=" ")
    spent = await url.send(text="x")
    slack.responses.life_s = 0

    assert {answer.status_code for answer in answers} == {200}
    assert (wrong.status_code, spent.status_code) == (400, 404)
    assert "used_url" in spent.body
    assert "expired_url" in (await url.send(text="x")).body
    assert len(slack.workspace.seen_by("U2")) == 3
    assert [message.text for message in slack.workspace.messages.values()] == ["hi", "x"]


async def test_a_message_can_be_replaced_and_deleted_through_its_response_url(slack: FakeSlack, app: Listener) -> None:
    """A visible message changes for everyone."""
    posted = await client(slack).chat_postMessage(channel="C1", text="Choose", blocks=[BUTTONS])
    message = slack.workspace.messages["C1", posted["ts"]]
    await slack.press("U1", message, "go")
    url = AsyncWebhookClient(next(got["response_url"] for got in app.got if "response_url" in got))
    await url.send(text="Chosen", replace_original=True)
    shown = message.shown
    await url.send(delete_original=True)

    assert (shown, slack.workspace.messages) == ("Chosen", {})


async def test_a_shortcut_carries_the_message(slack: FakeSlack, app: Listener) -> None:
    """Who wrote it and who asked are two people."""
    said = slack.say("U1", "C1", "When?")
    await slack.shortcut("U2", said, "answer_this")

    (got,) = (each for each in app.got if each["type"] == "message_action")
    assert (got["callback_id"], got["user"]["id"], got["message"]["user"], got["message"]["ts"]) == ("answer_this", "U2", "U1", said.ts)


async def test_edits_previews_and_deletions_are_announced(slack: FakeSlack, app: Listener) -> None:
    """A preview is announced as a change too; a thread's first message leaves a tombstone, which is announced as a change."""
    root = slack.say("U1", "C1", "When?")
    slack.edit(root, "Where?")
    slack.unfurl(root)
    reply = slack.say("U1", "C1", "There.", root.ts)
    slack.delete(root)
    slack.delete(reply)
    await slack.until(lambda: len(app.got) == 6)

    by_kind: dict[str, list[dict[str, Any]]] = {}
    for event in app.events():
        by_kind.setdefault(event.get("subtype", "said"), []).append(event)
    changes = sorted(by_kind["message_changed"], key=lambda event: event["ts"])
    assert [event["message"]["text"] for event in changes] == ["Where?", "Where?", "This message was deleted."]
    assert [event["previous_message"]["text"] for event in changes] == ["When?", "Where?", "Where?"]
    assert [event["message"].get("subtype") for event in changes] == [None, None, "tombstone"]
    assert [event["deleted_ts"] for event in by_kind["message_deleted"]] == [reply.ts]


async def test_an_agent_has_statuses_prompts_and_sessions(slack: FakeSlack, app: Listener) -> None:
    """The stop button ends the thread's streams and tells the app, which must end the session itself."""
    web, root = client(slack), slack.say("U1", "D1", "hi")
    here: dict[str, Any] = {"channel_id": "D1", "thread_ts": root.ts}
    await web.assistant_threads_setStatus(**here, status="thinks", loading_messages=["a", "b"])
    await web.assistant_threads_setSuggestedPrompts(channel_id="D1", prompts=[{"title": "t", "message": "m"}])
    await web.agents_sessions_setStatus(**here, status="processing", title="Filters")
    await web.agents_sessions_rename(**here, title="Filter")
    begun = await web.chat_startStream(channel="D1", thread_ts=root.ts, markdown_text="a")
    slack.stop_session("U1", "D1", root.ts)
    await slack.until(lambda: any(event["type"] == "agent_session_stopped" for event in app.events()))

    agents = slack.workspace.agents
    assert (agents.status("D1", root.ts), agents.statuses[0].loading_messages) == ("thinks", ("a", "b"))
    assert agents.prompts == {"D1": [("t", "m")]}
    assert (agents.sessions["D1", root.ts].title, agents.sessions["D1", root.ts].states) == ("Filter", ["processing"])
    stopped = next(event for event in app.events() if event["type"] == "agent_session_stopped")
    assert stopped["streaming_message_ts"] == [begun["ts"]]
    assert await refusal(slack, "chat.appendStream", channel="D1", ts=begun["ts"], markdown_text="b") == "message_not_in_streaming_state"
    await web.assistant_threads_setStatus(**here, status="")
    assert slack.workspace.statuses == ["thinks", ""]


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("assistant.threads.setStatus", {"status": "s", "loading_messages": ["x"] * 11}, "invalid_arguments"),
        ("assistant.threads.setStatus", {"status": "s", "thread_ts": "1.1"}, "invalid_thread_ts"),
        ("assistant.threads.setSuggestedPrompts", {"prompts": [{"title": "t", "message": "m"}] * 5}, "invalid_arguments"),
        ("assistant.threads.setSuggestedPrompts", {"prompts": [{"title": "t"}]}, "invalid_arguments"),
        ("agents.sessions.setStatus", {"status": "odd"}, "invalid_status"),
        ("agents.sessions.setStatus", {"status": "active", "title": "x" * 201}, "invalid_arguments"),
        ("agents.sessions.rename", {"title": "x"}, "session_not_found"),
        ("agents.sessions.rename", {"title": "x" * 201}, "invalid_arguments"),
    ],
)
async def test_wrong_calls_of_an_agent_are_refused(slack: FakeSlack, method: str, args: dict[str, Any], error: str) -> None:
    """As documented for each."""
    root = slack.say("U1", "D1", "hi")

    assert await refusal(slack, method, **{"channel_id": "D1", "thread_ts": root.ts, **args}) == error


async def test_an_app_that_is_no_agent_has_no_sessions(slack: FakeSlack) -> None:
    """Older apps must go on without."""
    root = slack.say("U1", "D1", "hi")
    slack.workspace.agents.declared = False

    assert await refusal(slack, "agents.sessions.setStatus", channel_id="D1", thread_ts=root.ts, status="active") == "app_not_agent"


async def test_a_stopped_stream_can_end_the_session(slack: FakeSlack) -> None:
    """One call fewer."""
    web, root = client(slack), slack.say("U1", "D1", "hi")
    begun = await web.chat_startStream(channel="D1", thread_ts=root.ts, markdown_text="a")
    await web.chat_stopStream(channel="D1", ts=begun["ts"], session_status="active")

    assert slack.workspace.agents.sessions["D1", root.ts].states == ["active"]


async def test_people_groups_links_and_conversations_are_found(slack: FakeSlack) -> None:
    """Small questions that features ask."""
    web, said = client(slack), slack.say("U1", "C1", "hi")
    slack.workspace.groups["S1"] = ["U1"]
    slack.workspace.names["U1"] = "<!channel>"

    assert (await web.conversations_open(users="U2"))["channel"]["id"] == "D2"
    assert (await web.chat_postMessage(channel="U2", text="x"))["channel"] == "D2"
    assert (await web.users_info(user="U1"))["user"]["profile"]["display_name"] == "<!channel>"
    assert (await web.usergroups_users_list(usergroup="S1"))["users"] == ["U1"]
    assert said.ts.replace(".", "") in (await web.chat_getPermalink(channel="C1", message_ts=said.ts))["permalink"]
    assert await refusal(slack, "usergroups.users.list", usergroup="S9") == "no_such_subteam"
    assert await refusal(slack, "conversations.open", users="U9") == "user_not_found"
    assert await refusal(slack, "conversations.open", users="U1,U2") == "method_not_supported_for_channel_type"
    assert await refusal(slack, "chat.getPermalink", channel="C1", message_ts="1.1") == "message_not_found"


async def test_own_messages_can_be_deleted_and_no_others(slack: FakeSlack) -> None:
    """A bot token deletes the bot's."""
    web, said = client(slack), slack.say("U1", "C1", "hi")
    posted = await web.chat_postMessage(channel="C1", text="x")
    await web.chat_delete(channel="C1", ts=posted["ts"])

    assert list(slack.workspace.messages) == [("C1", said.ts)]
    assert await refusal(slack, "chat.delete", channel="C1", ts=said.ts) == "cant_delete_message"


async def test_a_channel_that_is_gone_refuses_every_call(slack: FakeSlack) -> None:
    """Archived, deleted, or the bot was removed from it: each in its own word."""
    slack.workspace.troubles = {"C1": "is_archived", "C2": "not_in_channel"}

    assert await refusal(slack, "chat.postMessage", channel="C1", text="x") == "is_archived"
    assert await refusal(slack, "conversations.replies", channel="C2", ts="1.1") == "not_in_channel"


async def test_files_are_for_those_with_a_token(slack: FakeSlack, app: Listener) -> None:
    """Whoever has none gets the sign-in page, with status 200, instead of the file."""
    said = slack.upload("U1", "C1", "see", "a.txt", b"content")
    url = said.files[0]["url_private_download"]
    await slack.until(lambda: len(app.got) == 1)
    async with aiohttp.ClientSession() as session:
        async with session.get(url, headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as good:
            content = await good.read()
        async with session.get(url) as bad:
            page = await bad.text()
        async with session.get(f"{url.replace('F0', 'F9')}", headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as missing:
            assert missing.status == 404

    assert (content, bad.status, "Sign in" in page) == (b"content", 200, True)
    assert (app.events()[0]["subtype"], app.events()[0]["files"][0]["size"]) == ("file_share", 7)


async def test_a_workspace_that_is_down_says_503(slack: FakeSlack, app: Listener) -> None:
    """Calls and response_urls fail alike, and come back alike."""
    await slack.command("U1", "C1", "/ask", "a")
    url = AsyncWebhookClient(app.got[0]["response_url"])
    with slack.down():
        with pytest.raises(SlackApiError):
            await client(slack).auth_test()
        failed = await url.send(text="x")
    await asyncio.sleep(0)

    assert failed.status_code == 503
    assert (await url.send(text="x")).status_code == 200
    assert (await client(slack).auth_test())["ok"]
