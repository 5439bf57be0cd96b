"""Interaction payloads as our types: what is whole is read, what is damaged is nothing, nothing crashes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.payloads import (
    Command,
    Explained,
    Opened,
    Press,
    read_chosen,
    read_command,
    read_explained,
    read_opened,
    read_press,
)

SUBMITTED: dict[str, Any] = {
    "type": "view_submission",
    "user": {"id": "U1"},
    "view": {
        "callback_id": "aprendiz_reason",
        "private_metadata": "01EXCHANGE",
        "state": {
            "values": {
                "reason": {"reason": {"type": "radio_buttons", "selected_option": {"value": "outdated"}}},
                "comment": {"comment": {"type": "plain_text_input", "value": "It was 2020."}},
            }
        },
    },
}
PRESSED: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U1"},
    "trigger_id": "1.2.x",
    "response_url": "https://hooks.slack.com/actions/1",
    "container": {"type": "message", "message_ts": "2.0", "channel_id": "C1", "thread_ts": "1.0"},
    "actions": [{"action_id": "aprendiz_consent:yes", "value": "yes"}],
}
CHOSEN: dict[str, Any] = {
    "type": "message_action",
    "user": {"id": "U1", "team_id": "T2"},
    "team": {"id": "T1"},
    "channel": {"id": "C1"},
    "message": {"type": "message", "user": "U2", "ts": "1.0", "text": "Why?"},
    "response_url": "https://hooks.slack.com/actions/1",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "values", "reason", "value"]), inner),
    max_leaves=10,
)
NAMES = ["actions", "user", "view", "event", "container", "message", "channel", "team", "type", "command", "user_id", "trigger_id"]


def test_a_command_is_read() -> None:
    """The person, their words and the trigger that tells this command from another."""
    body = {
        "command": "/ask",
        "text": "Why?",
        "user_id": "U1",
        "team_id": "T1",
        "trigger_id": "1.2",
        "response_url": "https://hooks.slack.com/commands/1",
    }

    assert read_command(body) == Command("/ask", "Why?", "U1", "T1", "1.2", "https://hooks.slack.com/commands/1")
    assert read_command({**body, "trigger_id": ""}) is None
    assert read_command(PRESSED) is None


def test_a_press_names_its_action_without_its_value() -> None:
    """Slack wants unlike ids in one block; we want one name for both buttons."""
    assert read_press(PRESSED) == Press("aprendiz_consent", "yes", "U1", "C1", "1.0", "1.2.x", "https://hooks.slack.com/actions/1")


def test_a_press_in_app_home_has_no_channel() -> None:
    """Nothing is to be replaced there but the home itself."""
    home = {**PRESSED, "container": {"type": "view", "view_id": "V1"}}
    del home["response_url"]

    pressed = read_press(home)

    assert pressed is not None
    assert (pressed.channel, pressed.thread_ts, pressed.response_url) == ("", "", "")


@pytest.mark.parametrize("part", ["user", "actions"])
def test_a_press_without_a_part_is_none(part: str) -> None:
    """A press of nobody, or of nothing, is nothing."""
    assert read_press({**PRESSED, part: None}) is None


def test_a_chosen_message_is_told_from_its_chooser() -> None:
    """The words are their author's; the answer is the chooser's wish."""
    chosen = read_chosen(CHOSEN)

    assert chosen is not None
    assert (chosen.user, chosen.user_team, chosen.team) == ("U1", "T2", "T1")
    assert chosen.event == {"type": "message", "user": "U2", "ts": "1.0", "text": "Why?", "channel": "C1"}
    assert read_chosen({**CHOSEN, "channel": {}}) is None


def test_a_submitted_form_is_read() -> None:
    """Reason and words, and the exchange that the form was opened for."""
    assert read_explained(SUBMITTED) == Explained("01EXCHANGE", "U1", "outdated", "It was 2020.")


def test_a_form_without_a_known_reason_says_so() -> None:
    """A code that is none of ours is not stored."""
    values = {"reason": {"reason": {"selected_option": {"value": "spite"}}}}
    view = {**SUBMITTED["view"], "state": {"values": values}}

    assert read_explained({**SUBMITTED, "view": view}) == Explained("01EXCHANGE", "U1", None, "")


@pytest.mark.parametrize("changed", [{"callback_id": "other"}, {"private_metadata": "../../x"}, {"private_metadata": ""}])
def test_another_form_is_none_of_ours(changed: dict[str, str]) -> None:
    """A form of an older version, or of nobody, writes nothing."""
    assert read_explained({**SUBMITTED, "view": {**SUBMITTED["view"], **changed}}) is None


def test_what_was_opened_is_read() -> None:
    """Home and conversation are two tabs of one event; the older assistant view has an event and a thread of its own."""
    home = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"}
    thread = {"user_id": "U1", "channel_id": "D1", "thread_ts": "1.0"}

    assert read_opened({"event": home}) == Opened("U1", "D1", "", home=True)
    assert read_opened({"event": {**home, "tab": "messages"}}) == Opened("U1", "D1", "", home=False)
    assert read_opened({"event": {"type": "assistant_thread_started", "assistant_thread": thread}}) == Opened("U1", "D1", "1.0", home=False)
    assert read_opened({"event": {**home, "tab": "about"}}) is None
    assert read_opened({"event": {**home, "user": ""}}) is None


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_damaged_payloads_are_nothing_or_something_but_no_crash(body: dict[str, Any]) -> None:
    """Whatever a payload lacks, reading it must not be an error."""
    for read in (read_command, read_press, read_chosen, read_explained, read_opened):
        read(body)
