"""Slack's payloads: what concerns us, and what its markup says in plain words."""

from typing import Any

import pytest

from adapters.slack.address import Address, FileRef
from adapters.slack.events import (
    Bot,
    Click,
    Edited,
    Person,
    Reaction,
    Stopped,
    hear,
    place_spot,
    plain,
    read_click,
    read_edit,
    read_reaction,
    read_stop,
)

BOT = Bot("T1", "UBOT", "B1")


def payload(**event: Any) -> dict[str, Any]:
    return {
        "team_id": "T1",
        "event_id": "Ev1",
        "event": {"type": "message", "user": "U1", "ts": "1700000000.000100", "channel": "C1", **event},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@UBOT> hi", "hi"),
        ("<@UBOT|aprendiz>: hi", ": hi"),
        ("ask <@U7> or <@U8|ana> or <@U7>", "ask [PERSON_1] or [PERSON_2] or [PERSON_1]"),
        ("in <#C1|general> and <#C2>", "in #general and #channel"),
        ("<!here> <!subteam^S1|@team> <!subteam^S1> <!date^1^{date}|today>", "@here @team @subteam today"),
        ("<https://a.b/c> <https://a.b|label> <mailto:a@b.c|a@b.c> <tel:+55|+55>", "https://a.b/c label (https://a.b) a@b.c +55"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;"),
        ("a < b > c <>", "a < b > c <>"),
        ("Ship it :tada: at 10:30:45", "Ship it :tada: at 10:30:45"),
        (":tada: :+1::skin-tone-2:", ""),
        ("<@UBOT> :flag-br:!", "!"),
    ],
)
def test_markup_becomes_plain_words(text: str, expected: str) -> None:
    """The model should read what people read, and no colleague's id may be kept."""
    assert plain(text, BOT) == expected


@pytest.mark.parametrize(
    ("event", "surface"),
    [
        ({"type": "app_mention", "text": "<@UBOT> hi"}, "mention"),
        ({"text": "<@UBOT> hi", "channel_type": "channel"}, "mention"),
        ({"text": "hi", "channel_type": "im"}, "direct_message"),
        ({"text": "hi", "channel_type": "im", "thread_ts": "1600000000.000100"}, "direct_message"),
        ({"text": "hi", "thread_ts": "1600000000.000100"}, "thread"),
        ({"text": "hi", "channel_type": "im", "subtype": "file_share", "files": [{}]}, "direct_message"),
        ({"text": "<@UBOT> hi", "subtype": "thread_broadcast", "thread_ts": "1600000000.000100"}, "mention"),
    ],
)
def test_what_people_say_to_us_is_heard(event: dict[str, Any], surface: str) -> None:
    """Mentions, direct messages and threads each have their rules."""
    heard = hear(payload(**event), BOT)

    assert heard is not None
    assert heard.surface == surface
    assert heard.text == "hi"


@pytest.mark.parametrize(
    "event",
    [
        {"text": "hi", "channel_type": "channel"},
        {"text": "<@UBOT> hi", "user": "UBOT"},
        {"text": "<@UBOT> hi", "bot_id": "B2"},
        {"text": "<@UBOT> hi", "user": ""},
        {"text": "<@UBOT> hi", "channel": ""},
        {"text": "<@UBOT> hi", "ts": "yesterday"},
        {"text": "<@UBOT> hi", "subtype": "message_changed"},
        {"text": "<@UBOT> hi", "subtype": "message_deleted"},
    ],
)
def test_what_is_not_for_us_is_not_heard(event: dict[str, Any]) -> None:
    """Answering bots, edits or other people's talk makes an assistant a nuisance."""
    assert hear(payload(**event), BOT) is None
    assert hear({}, BOT) is None


def test_a_message_is_known_by_its_event_and_by_itself() -> None:
    """A mention arrives as two events; only the message's own key makes them one."""
    first = hear(payload(type="app_mention", text="<@UBOT> hi"), BOT)
    second = hear({**payload(text="<@UBOT> hi", channel_type="channel"), "event_id": "Ev2"}, BOT)
    assert first is not None
    assert second is not None

    one, two = first.incoming(Person("pt-BR", ("Ana",)), private=False), second.incoming(Person(), private=False)

    assert set(one.keys) & set(two.keys) == {"slack:message:T1:C1:1700000000.000100"}
    assert one.keys[0] == "slack:event:Ev1"
    assert one.place.conversation_id == "slack:T1:C1:1700000000.000100"
    assert (one.locale, one.names, one.received_at.year, one.message_ref) == ("pt-BR", ("Ana",), 2023, "1700000000.000100")
    assert place_spot(one.place.conversation_id, one.message_ref, "pt-BR").thread_ts == "1700000000.000100"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("+1", "up"),
        ("thumbsup", "up"),
        ("+1::skin-tone-2", "up"),
        ("-1", "down"),
        ("thumbsdown::skin-tone-6", "down"),
        ("tada", None),
        ("", None),
    ],
)
def test_thumbs_of_every_colour_count(name: str, value: str | None) -> None:
    """A vote must not depend on the colour of a hand; other emoji are no votes."""
    item = {"type": "message", "channel": "C1", "ts": "1.1"}
    read = read_reaction({"event": {"type": "reaction_added", "user": "U1", "reaction": name, "item": item, "event_ts": "1700000000.5"}})

    assert (read.value if read else None) == value


def test_only_reactions_to_messages_count() -> None:
    """Files can be reacted to as well."""
    event = {"type": "reaction_removed", "user": "U1", "reaction": "+1", "item": {"type": "file"}}
    assert read_reaction({"event": event}) is None

    read = read_reaction({"event": {**event, "item": {"type": "message", "channel": "C1", "ts": "1.1"}}})
    assert isinstance(read, Reaction)
    assert not read.added


@pytest.mark.parametrize("value", ["up", "", None, "up:", "sideways:abc", "up:" + "x" * 40, "up:a b"])
def test_a_click_that_is_not_ours_is_passed_over(value: str | None) -> None:
    """Action values come back from clients: whatever is not exactly ours is nothing."""
    assert read_click({"user": {"id": "U1"}, "actions": [{"value": value}]}) is None


def test_a_click_names_exchange_and_vote() -> None:
    """The value alone must tell, for nothing else survives a restart."""
    container = {"channel_id": "C1", "message_ts": "2.2"}
    click = read_click({"user": {"id": "U1"}, "actions": [{"value": "down:0ABC", "action_ts": "1700000000.5"}], "container": container})

    assert isinstance(click, Click)
    assert (click.exchange_id, click.value, click.channel, click.thread_ts) == ("0ABC", "down", "C1", "2.2")
    assert read_click({"actions": [{"value": "down:0ABC"}]}) is None
    assert read_click({}) is None


AUTHORED = {"user": "U1", "ts": "1700000000.000100", "text": "new <@UBOT>", "edited": {"user": "U1", "ts": "1"}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"subtype": "message_changed", "message": AUTHORED, "previous_message": {"text": "old"}}, "new"),
        ({"subtype": "message_changed", "message": AUTHORED, "previous_message": {"text": "new <@UBOT>"}}, None),
        ({"subtype": "message_changed", "message": {**AUTHORED, "edited": {"user": "U9"}}, "previous_message": {}}, None),
        ({"subtype": "message_changed", "message": {**AUTHORED, "edited": None}, "previous_message": {}}, None),
        ({"subtype": "message_changed", "message": {**AUTHORED, "user": "UBOT"}, "previous_message": {}}, None),
        ({"subtype": "message_changed", "message": {**AUTHORED, "bot_id": "B2"}, "previous_message": {}}, None),
        ({"subtype": "message_changed", "channel": "", "message": AUTHORED}, None),
        ({"subtype": "channel_join"}, None),
        ({"subtype": "message_deleted", "deleted_ts": "", "previous_message": {}}, None),
        ({"subtype": "message_deleted", "deleted_ts": "1.1", "previous_message": {"bot_id": "B1"}}, None),
    ],
)
def test_an_edit_is_what_an_author_did_to_their_words(event: dict[str, Any], expected: str | None) -> None:
    """Previews, counted replies, bots and others' hands change messages, too; none of them is the author's word."""
    read = read_edit(payload(**event), BOT)

    assert (read.text if read else None) == expected


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_deleted", "deleted_ts": "1.1", "previous_message": {"user": "U1"}},
        {"subtype": "message_changed", "message": {"subtype": "tombstone", "ts": "1.1"}, "previous_message": {"user": "U1"}},
    ],
)
def test_a_deletion_is_told_in_two_ways(event: dict[str, Any]) -> None:
    """A deleted message that others answered leaves a tombstone."""
    assert read_edit(payload(**event), BOT) == Edited("C1", "1.1", "U1", None)


def test_a_stop_names_its_thread() -> None:
    """Without one there is nothing to stop."""
    assert read_stop({"event": {"channel": "C1", "thread_ts": "1.1", "user": "U1"}}) == Stopped("C1", "1.1", "U1")
    assert read_stop({"event": {"channel": "C1", "user": "U1"}}) is None


def test_files_travel_with_the_address() -> None:
    """What is read for a question must be read again after a restart."""
    file = {"name": "a.md", "url_private_download": "https://files.slack.com/a", "size": 12, "mimetype": "text/markdown"}
    heard = hear(payload(text="hi", channel_type="im", subtype="file_share", files=[file, "odd", {"id": "F2", "size": "?"}]), BOT)
    assert heard is not None

    address = Address.from_text(heard.incoming(Person(), private=True, conversation_id="slack:T1:ask:1", groups=frozenset({"S1"})).address)

    assert address == Address(
        "U1", "T1", (FileRef("a.md", "https://files.slack.com/a", 12, "text/markdown"), FileRef("?", "", 0, "")), organisation=""
    )
    assert Address.from_text("") is None
    assert Address.from_text('{"user": 1}') is None
