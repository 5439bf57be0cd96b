"""Discord exports: replies and forum posts as questions and answers."""

import json
from typing import Any

import pytest

from store.readers.document import Unreadable
from store.readers.read import read_document
from tests.store.readers.export_files import EXPORTS, noted, sample, told


def _export(*messages: dict[str, Any], kind: str = "GuildTextChat") -> bytes:
    return json.dumps(
        {"guild": {"id": "1", "name": "G"}, "channel": {"id": "2", "type": kind, "name": "help"}, "messages": messages}
    ).encode()


def _message(number: int, called: str, words: str, answers: int = 0, **fields: Any) -> dict[str, Any]:
    reference = {"reference": {"messageId": str(answers)}} if answers else {}
    base = {"id": str(number), "type": "Reply" if answers else "Default", "timestamp": "2026-01-02T10:00:00+00:00", "content": words}
    return base | {"author": {"id": called, "name": f"{called}name", "isBot": False}} | reference | fields


def test_replies_to_replies_belong_to_the_question() -> None:
    """A reply names only the message before it; whoever is addressed at its beginning is left out."""
    document = sample("discord_help.json")

    assert told(document.excerpts) == [
        (
            "my TW-40 pump hums but gives no water. What can I do?",
            "open the bleed screw for 10 seconds, then start it again.\nThat is what [PERSON_1] did, my mobile is [PHONE_1].\n(2026-02-10)",
        )
    ]
    assert (document.title, document.excerpts[0].row) == ("Tidewick Pumps > Support > help", "7001/9001")
    assert noted(document) == {
        "messages of bots and of the service": 2,
        "threads whose first message is not in the export or not a person's": 1,
        "messages that nobody answered": 1,
    }


def test_a_forum_post_is_one_question_with_its_title() -> None:
    """In a thread nobody needs to press ‘reply’."""
    assert told(sample("discord_forum_post.json").excerpts) == [
        ("Garantia da bomba TW-40\nComprei em 2024, ainda tenho garantia?", "Sim, são 3 anos a partir da nota fiscal.\n(2026-02-11)")
    ]


@pytest.mark.parametrize("kind", ["ThreadStarterMessage", "21"])
def test_a_threads_name_stands_for_the_message_it_was_opened_on(kind: str) -> None:
    """That message is in the channel's export; the thread's begins with an empty one."""
    messages = (_message(1, "ann", "", type=kind), _message(2, "bob", "Above the door."))

    assert told(read_document(_export(*messages, kind="GuildPublicThread"), "d.json").excerpts) == [
        ("help", "Above the door.\n(2026-01-02)")
    ]


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        ("<@123> <@!45>, press F5 <:ok:123> <a:dance:4> now", "press F5 now"),
        ("ask <@123> in <#99> @everyone", "ask [PERSON_1] in"),
        ("Set:  this\n```\na:\n    b: 1\n```", "Set: this\n```\na:\n    b: 1\n```"),
        ("@bobby @bob try F5 :smile: at 10:30:20", "try F5 at 10:30:20"),
    ],
)
def test_markup_becomes_plain_words(content: str, plain: str) -> None:
    """What pings on Discord must not ping when it is quoted there."""
    mentions = [{"id": "5", "name": "bob"}, {"id": "6", "name": "bobby"}]
    messages = (_message(1, "ann", "Help?"), _message(2, "kim", content, 1, mentions=mentions))

    assert read_document(_export(*messages), "d.json").excerpts[0].text == f"{plain}\n(2026-01-02)"


@pytest.mark.parametrize(
    "wrong", [{"author": None}, {"author": {"id": ""}}, {"id": "x"}, {"content": 5}, {"type": []}, {"mentions": 5}, {"reference": [1]}]
)
def test_messages_of_another_shape_are_counted_with_their_place(wrong: dict[str, Any]) -> None:
    """One damaged message must not cost the others."""
    messages = (_message(1, "ann", "Help?"), _message(2, "bob", "Press F5.", 1), _message(3, "kim", "No.", 1, **wrong))

    document = read_document(_export(*messages), "d.json")

    assert told(document.excerpts) == [("Help?", "Press F5.\n(2026-01-02)")]
    assert [(note.count, note.where) for note in document.notes] == [(1, "#3")]


def test_replies_in_a_circle_end() -> None:
    """Nothing stops a file from claiming that two messages answer each other."""
    with pytest.raises(Unreadable, match="nothing in it was asked and answered"):
        read_document(_export(_message(1, "ann", "Help?", 2), _message(2, "bob", "Press F5.", 1)), "d.json")


@pytest.mark.parametrize("kind", ["DirectTextChat", "DirectGroupTextChat", "GuildPrivateThread", "Unheard"])
def test_private_talk_is_refused(kind: str) -> None:
    """What two people said to each other answers nobody else; an unknown kind may be private."""
    with pytest.raises(Unreadable, match="direct messages or a private thread"):
        read_document(_export(kind=kind), "d.json")


def test_the_sample_of_direct_messages_is_refused() -> None:
    """The exporter writes the same shape for them."""
    with pytest.raises(Unreadable, match=r"discord_direct\.json: it holds direct messages"):
        read_document((EXPORTS / "discord_direct.json").read_bytes(), "discord_direct.json")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_export(_message(1, "ann", "Help?"))[:-30], "d.json: its JSON is damaged or cut off at line 1"),
        (b'{"guild": [], "channel": {}, "messages": []}', "d.json: its guild, channel or messages are not as"),
        (b'{"guild": {}, "channel": {}, "messages": {}}', "d.json: its guild, channel or messages are not as"),
    ],
)
def test_damaged_files_are_refused(data: bytes, problem: str) -> None:
    """A download that broke off is downloaded again."""
    with pytest.raises(Unreadable, match=problem):
        read_document(data, "d.json")
