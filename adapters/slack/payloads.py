"""Slack's interaction payloads as our types: commands, clicks, submitted forms. Pure translation; what does not concern us is None."""

import re
from dataclasses import dataclass
from typing import Any, Final, get_args

from adapters.slack.blocks import REASON_VIEW
from bot.ratings import VoteReason

REASON_FIELD: Final = "reason"
COMMENT_FIELD: Final = "comment"

_EXCHANGE: Final = re.compile(r"\w{1,26}")


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command (https://docs.slack.dev/interactivity/implementing-slash-commands): `team` is the person's."""

    name: str
    text: str
    user: str
    team: str
    trigger_id: str
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A click on a button of ours: `action` without what its id ends in; channel and thread are empty outside messages."""

    action: str
    value: str
    user: str
    channel: str
    thread_ts: str
    trigger_id: str
    response_url: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A message shortcut: `event` is the message as an event would bring it; `user` chose it, not wrote it."""

    event: dict[str, Any]
    user: str
    user_team: str
    team: str
    response_url: str


@dataclass(frozen=True, slots=True)
class Explained:
    """The submitted form that asks why an answer is bad; `reason` is None where none was chosen."""

    exchange_id: str
    user: str
    reason: VoteReason | None
    comment: str


@dataclass(frozen=True, slots=True)
class Opened:
    """App Home (`home`) or the conversation with us was opened; `thread_ts` is set in the older assistant view alone."""

    user: str
    channel: str
    thread_ts: str
    home: bool


def read_command(body: dict[str, Any]) -> Command | None:
    """Return the slash command in *body*, None where it is something else."""
    name, user, trigger = _text(body, "command"), _text(body, "user_id"), _text(body, "trigger_id")
    if not (name and user and trigger):
        return None
    return Command(name, _text(body, "text"), user, _text(body, "team_id"), trigger, _text(body, "response_url"))


def read_press(body: dict[str, Any]) -> Press | None:
    """Return the click in a `block_actions` payload, None where it is nobody's or on nothing that has an id."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    user = _text(_part(body, "user"), "id")
    if not isinstance(first, dict) or not user or not _text(first, "action_id"):
        return None
    container = _part(body, "container")
    return Press(
        action=_text(first, "action_id").partition(":")[0],
        value=_text(first, "value"),
        user=user,
        channel=_text(container, "channel_id") or _text(_part(body, "channel"), "id"),
        thread_ts=_text(container, "thread_ts") or _text(_part(body, "message"), "thread_ts") or _text(container, "message_ts"),
        trigger_id=_text(body, "trigger_id"),
        response_url=_text(body, "response_url"),
    )


def read_chosen(body: dict[str, Any]) -> Chosen | None:
    """Return the message that a `message_action` payload is about, None where a part of it is missing."""
    user, message, channel = _part(body, "user"), _part(body, "message"), _text(_part(body, "channel"), "id")
    if not (_text(user, "id") and channel and message.get("ts")):
        return None
    team = _text(_part(body, "team"), "id")
    event = {**message, "type": "message", "channel": channel}
    return Chosen(event, _text(user, "id"), _text(user, "team_id") or team, team, _text(body, "response_url"))


def read_explained(body: dict[str, Any]) -> Explained | None:
    """Return the form in a `view_submission` payload, None where it is another or damaged."""
    view, user = _part(body, "view"), _text(_part(body, "user"), "id")
    exchange_id = _text(view, "private_metadata")
    if view.get("callback_id") != REASON_VIEW or not user or not _EXCHANGE.fullmatch(exchange_id):
        return None
    values = _part(_part(view, "state"), "values")
    chosen = _text(_part(_input(values, REASON_FIELD), "selected_option"), "value")
    reason = next((code for code in get_args(VoteReason) if code == chosen), None)
    return Explained(exchange_id, user, reason, _text(_input(values, COMMENT_FIELD), "value"))


def read_opened(body: dict[str, Any]) -> Opened | None:
    """Return what was opened in an `app_home_opened` or `assistant_thread_started` event, None where it is something else."""
    event = _part(body, "event")
    thread = _part(event, "assistant_thread")
    match event.get("type"), event.get("tab"):
        case "app_home_opened", "home":
            opened = Opened(_text(event, "user"), _text(event, "channel"), "", home=True)
        case "app_home_opened", "messages":
            opened = Opened(_text(event, "user"), _text(event, "channel"), "", home=False)
        case "assistant_thread_started", _:
            opened = Opened(_text(thread, "user_id"), _text(thread, "channel_id"), _text(thread, "thread_ts"), home=False)
        case _:
            return None
    return opened if opened.user and (opened.home or opened.channel) else None


def _input(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the state of an input; its block and its action bear the same name."""
    return _part(_part(values, name), name)


def _part(payload: dict[str, Any], name: str) -> dict[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _text(payload: dict[str, Any], name: str) -> str:
    found = payload.get(name)
    return found if isinstance(found, str) else ""
