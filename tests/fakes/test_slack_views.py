"""Modals and homes of the fake Slack: what it takes, what it refuses, and what the app is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_listener import Listener
from tests.fakes.slack_rules import Refusal
from tests.fakes.slack_server import BOT_TOKEN, FakeSlack

PLAIN = {"type": "plain_text", "text": "Words"}
BUTTON = {"type": "button", "action_id": "go", "text": PLAIN, "value": "yes"}
BUTTONS = {"type": "actions", "elements": [BUTTON]}
OPTION = {"text": PLAIN, "value": "wrong"}
REASON = {
    "type": "input",
    "block_id": "why",
    "label": PLAIN,
    "element": {"type": "radio_buttons", "action_id": "reason", "options": [OPTION]},
}
COMMENT = {
    "type": "input",
    "block_id": "more",
    "label": PLAIN,
    "optional": True,
    "element": {"type": "plain_text_input", "action_id": "comment", "multiline": True, "max_length": 10},
}
MODAL = {"type": "modal", "callback_id": "c", "title": PLAIN, "submit": PLAIN, "private_metadata": "m", "blocks": [REASON, COMMENT]}
HOME = {"type": "home", "blocks": [{"type": "header", "text": PLAIN}, {"type": "divider"}, BUTTONS]}


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


async def test_a_trigger_opens_one_modal_within_its_time(slack: FakeSlack, app: Listener) -> None:
    """Three seconds and one use: what comes later gets an error and no modal."""
    await slack.command("U1", "C1", "/ask", "a")
    await slack.command("U1", "C1", "/ask", "b")
    first, second = (got["trigger_id"] for got in app.got)
    opened = await client(slack).views_open(trigger_id=first, view=MODAL)

    assert opened["view"]["private_metadata"] == "m"
    assert slack.workspace.views.modal_of("U1").shown == "Words\nWords\nWords"
    assert await refusal(slack, "views.open", trigger_id=first, view=MODAL) == "exchanged_trigger_id"
    assert await refusal(slack, "views.open", trigger_id="9.9.x", view=MODAL) == "invalid_trigger_id"
    slack.workspace.views.trigger_life_s = 0
    assert await refusal(slack, "views.open", trigger_id=second, view=MODAL) == "expired_trigger_id"


async def opened(slack: FakeSlack, app: Listener, **changed: Any) -> None:
    await slack.command("U1", "C1", "/ask", "a")
    await client(slack).views_open(trigger_id=app.got[-1]["trigger_id"], view={**MODAL, **changed})


async def test_a_modal_is_sent_with_what_was_entered(slack: FakeSlack, app: Listener) -> None:
    """The state's shape is what the app reads; the modal closes unless the acknowledgement says otherwise."""
    await opened(slack, app)
    view = slack.workspace.views.modal_of("U1")
    with pytest.raises(ValueError, match="reason must be"):
        await slack.submit("U1", view)
    with pytest.raises(ValueError, match="no option"):
        await slack.submit("U1", view, reason="odd")
    with pytest.raises(ValueError, match="holds no 11"):
        await slack.submit("U1", view, reason="wrong", comment="x" * 11)
    app.answers = [
        {"response_action": "errors", "errors": {"why": "No."}},
        {"response_action": "update", "view": {**MODAL, "title": PLAIN}},
    ]
    await slack.submit("U1", view, reason="wrong", comment="x")
    await slack.submit("U1", view, reason="wrong")
    assert slack.workspace.views.open
    await slack.submit("U1", view, reason="wrong")

    assert not slack.workspace.views.open
    entered = app.got[1]["view"]["state"]["values"]
    assert entered["why"]["reason"]["selected_option"]["value"] == "wrong"
    assert entered["more"]["comment"]["value"] == "x"
    assert app.got[2]["view"]["state"]["values"]["more"]["comment"]["value"] is None


async def test_a_wrong_answer_to_a_modal_is_refused(slack: FakeSlack, app: Listener) -> None:
    """Slack shows "trouble connecting" where an app answers nonsense."""
    await opened(slack, app)
    view = slack.workspace.views.modal_of("U1")
    app.answers = [{"response_action": "odd"}, {"response_action": "errors", "errors": {"none": "No."}}]
    for code in ("invalid_response_action", "invalid_errors"):
        with pytest.raises(Refusal, match=code):
            await slack.submit("U1", view, reason="wrong")
    app.answers = [{"response_action": "push", "view": MODAL}, {"response_action": "clear"}]
    await slack.submit("U1", view, reason="wrong")
    assert len(slack.workspace.views.open) == 2
    await slack.submit("U1", slack.workspace.views.modal_of("U1"), reason="wrong")
    assert len(slack.workspace.views.open) == 1


async def test_closing_is_told_only_where_it_was_asked_for(slack: FakeSlack, app: Listener) -> None:
    """Most apps never hear of a dismissed modal."""
    await opened(slack, app)
    await slack.dismiss("U1", slack.workspace.views.modal_of("U1"))
    await opened(slack, app, notify_on_close=True)
    await slack.dismiss("U1", slack.workspace.views.modal_of("U1"))

    assert [got.get("type") for got in app.got] == [None, None, "view_closed"]
    assert not slack.workspace.views.open


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "odd"},
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"title": {"type": "mrkdwn", "text": "x"}},
        {"private_metadata": "x" * 3_001},
        {"callback_id": "x" * 256},
        {"submit": None},
        {"blocks": [REASON, REASON]},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"blocks": [{**REASON, "block_id": ""}]},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [{"type": "section"}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}]},
        {"blocks": [{**REASON, "element": {"type": "radio_buttons", "action_id": "r", "options": [OPTION, OPTION]}}]},
        {"blocks": [{**REASON, "element": {"type": "radio_buttons", "action_id": "r", "options": [OPTION] * 11}}]},
        {"blocks": [{**REASON, "element": {"type": "plain_text_input", "action_id": "r", "max_length": 3_001}}]},
        {"blocks": [{**REASON, "label": {"type": "mrkdwn", "text": "x"}}]},
        {"blocks": [{"type": "actions", "elements": [BUTTON, BUTTON]}]},
        {"blocks": [{"type": "actions", "elements": [{**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}}]}]},
        {"blocks": [{"type": "actions", "elements": [{**BUTTON, "style": "odd"}]}]},
        {"blocks": "x"},
    ],
)
async def test_wrong_views_are_refused(slack: FakeSlack, app: Listener, changed: dict[str, Any]) -> None:
    """Each is an error that real Slack gives and that a lenient fake would hide."""
    await slack.command("U1", "C1", "/ask", "a")
    view = {name: value for name, value in {**MODAL, **changed}.items() if value is not None}

    assert await refusal(slack, "views.open", trigger_id=app.got[0]["trigger_id"], view=view) == "invalid_arguments"


async def test_too_large_a_view_is_refused(slack: FakeSlack, app: Listener) -> None:
    """Within every single limit a view may still be beyond the whole's."""
    section = {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2_000}] * 10}
    await slack.command("U1", "C1", "/ask", "a")

    assert (
        await refusal(slack, "views.open", trigger_id=app.got[0]["trigger_id"], view={**MODAL, "blocks": [section] * 20})
        == "view_too_large"
    )


async def test_a_home_is_published_and_its_buttons_work(slack: FakeSlack, app: Listener) -> None:
    """Each person has one of their own; opening it tells the app what they see."""
    slack.open_home("U1")
    await client(slack).views_publish(user_id="U1", view=HOME)
    slack.open_home("U1")
    slack.open_home("U1", "messages")
    await slack.press("U1", slack.workspace.views.homes["U1"], "go")
    await slack.until(lambda: len(app.got) == 4)

    opened = app.events()
    assert [("view" in event, event["tab"], event["channel"]) for event in opened] == [
        (False, "home", "D1"),
        (True, "home", "D1"),
        (False, "messages", "D1"),
    ]
    (pressed,) = (got for got in app.got if got["type"] == "block_actions")
    assert pressed["container"]["type"] == "view"
    assert "response_url" not in pressed
    assert await refusal(slack, "views.publish", user_id="U9", view=HOME) == "user_not_found"
    assert await refusal(slack, "views.publish", user_id="U1", view=MODAL) == "invalid_arguments"
    assert await refusal(slack, "views.publish", user_id="U1", view=HOME, hash="old") == "hash_conflict"
    assert await refusal(slack, "views.update", view_id="V9", view=MODAL) == "not_found"


async def test_a_modal_can_be_changed_while_it_is_open(slack: FakeSlack, app: Listener) -> None:
    """A change that missed another is refused."""
    await opened(slack, app)
    view = slack.workspace.views.modal_of("U1")
    await client(slack).views_update(view_id=view.view_id, hash=view.hash, view={**MODAL, "private_metadata": "n"})

    assert view.content["private_metadata"] == "n"
    assert await refusal(slack, "views.update", view_id=view.view_id, hash="1.a", view=MODAL) == "hash_conflict"
