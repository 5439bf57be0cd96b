"""Slack archives: threads of public channels as questions and answers, nothing private, nobody's data, nothing that calls anybody."""

import json
from typing import Any

import pytest

from store.readers.document import Unreadable
from store.readers.read import read_document
from tests.store.readers.export_files import noted, pack, sample, slack_export, slack_files, told

ASKED = "1767348000.000100"


def _message(author: str, words: str, at: str = ASKED, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "user": author, "text": words, "ts": at, "thread_ts": ASKED} | fields


def _answer_to(question: str, answer: str, **fields: Any) -> str:
    """Return how *answer* is told."""
    messages = [_message("U1", question), _message("U2", answer, "1767348001.000100", **fields)]
    document = read_document(slack_export(messages, [{"id": "U9", "name": "Zoe Quill", "profile": {"real_name": "Zoe Quill"}}]), "s.zip")
    return document.excerpts[0].text.removesuffix("\n(2026-01-02)")


def test_threads_become_questions_and_answers() -> None:
    """Replies of another day belong to the thread; its first words are the question though they came after a greeting."""
    document = sample("slack")

    assert told(document.excerpts) == [
        (
            "Um cliente perdeu a chave do cadeado CX-7. Conseguimos outra? O telefone dele é [PHONE_1]",
            "sim: peça o número de série e abra um pedido em Chaves (https://pedalar.example/chaves), custa R$ 35 & chega em 5 dias.\n"
            "E se ele não tiver o número?\nA [PERSON_1] já testou, funciona.\n"
            "Sem o número, a nota fiscal serve; fale com [PERSON_2] ou com [PERSON_2] no #workshop.\n(2026-03-03)",
        ),
        (
            "which torque for the stem bolts of the Marlin 29?",
            "5 Nm, never more than 6. Write to me at [EMAIL_1] if in doubt.\n(2026-03-04)",
        ),
    ]
    assert [(excerpt.row, excerpt.language) for excerpt in document.excerpts] == [
        ("C0SUPORTE/p1772445600000100", "pt"),
        ("C0WORKSHOP/p1772618400000100", "en"),
    ]


def test_what_is_left_out_is_counted() -> None:
    """An operator who misses a thread sees why: private, a bot's, unanswered, begun before the export, damaged."""
    document = sample("slack")

    assert noted(document) == {
        "private conversations": 2,
        "messages of bots and of the service": 3,
        "messages that cannot be read": 1,
        "messages that nobody answered": 1,
        "threads whose first message is not in the export or not a person's": 1,
    }
    assert [note.where for note in document.notes if note.where] == ["suporte/2026-03-02.json#11"]


def test_an_export_packed_again_with_its_folder_is_the_same() -> None:
    """Unpacked and packed again, an export stands in a folder, beside what macOS adds."""
    files = slack_files("Pedalar Slack export/") | {"__MACOSX/channels.json": b"junk", "Pedalar Slack export/suporte/canvas.json": b"{"}

    assert read_document(pack(files), "slack.zip").excerpts == sample("slack").excerpts


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Ask in <#C5|ops> or <#C6>.", "Ask in #ops or #C6."),
        ("See <https://a.example/x>.", "See https://a.example/x."),
        ("See <https://a.example|a.example> now.", "See https://a.example now."),
        ("<!channel> The <!subteam^S1|@helpers> know since <!date^1^{date}|May>.", "The helpers know since May."),
        ("<@U9>, <@U8>: use 5 &lt; 6 :rocket: at 10:30:45", "use 5 < 6 at 10:30:45"),
        ("Call <@U9> or <@U8> or <tel:+5511987654321|us>.", "Call [PERSON_1] or [PERSON_2] or [PHONE_1]."),
        ("Line one\u0000\r\nline two \ud83d\ude00", "Line one\nline two 😀"),
        ("Set:  this\n```\na:\n    b: 1\n```", "Set: this\n```\na:\n    b: 1\n```"),
    ],
)
def test_markup_becomes_plain_words(words: str, plain: str) -> None:
    """What calls people in a chat must call nobody when it is quoted, and a link must keep its address."""
    assert _answer_to("What now?", words) == plain


@pytest.mark.parametrize("fields", [{"bot_id": "B1"}, {"subtype": "bot_message"}, {"subtype": "channel_topic"}, {"user": "USLACKBOT"}])
def test_bots_answer_nothing(fields: dict[str, str]) -> None:
    """A bot's reminder under a question is no answer of the company's."""
    with pytest.raises(Unreadable, match="nothing in it was asked and answered") as caught:
        _answer_to("What now?", "I am a bot", **fields)

    assert noted(caught.value) == {"messages of bots and of the service": 1, "messages that nobody answered": 1}


@pytest.mark.parametrize("wrong", [{"user": None}, {"user": ["U2"]}, {"subtype": {}}, {"ts": "yesterday"}, {"ts": 5}, {"text": 7}])
def test_messages_of_another_shape_are_counted_with_their_place(wrong: dict[str, Any]) -> None:
    """One damaged message of a hundred thousand must not cost the others."""
    messages = [
        _message("U1", "What now?"),
        _message("U2", "Wait.", "1767348001.000100"),
        _message("U3", "No", "1767348002.000100", **wrong),
    ]

    document = read_document(slack_export([*messages, "text"]), "s.zip")

    assert told(document.excerpts) == [("What now?", "Wait.\n(2026-01-02)")]
    assert [(note.count, note.where) for note in document.notes] == [(2, "help/2026-01-02.json#3")]


def test_an_empty_day_costs_no_other() -> None:
    """Of an export copied over a bad line one file of a thousand may be nothing."""
    messages = [_message("U1", "What now?"), _message("U2", "Wait.", "1767348001.000100")]

    days = {"2026-01-02": json.dumps(messages), "2026-01-03": " \n", "2026-01-04": ""}
    lists = {"channels.json": '[{"id": "C1", "name": "help"}]', "users.json": "[]"}

    document = read_document(pack({**lists, **{f"help/{day}.json": written for day, written in days.items()}}), "s.zip")

    assert told(document.excerpts) == [("What now?", "Wait.\n(2026-01-02)")]
    assert noted(document) == {"days whose file is empty": 2}
    assert [note.where for note in document.notes] == ["help/2026-01-03.json"]


def test_names_of_all_members_are_hidden_however_they_are_written() -> None:
    """Whom a message names need not be in its thread; ‘quill’ alone in small letters is a quill."""
    assert _answer_to("Who?", "zoe quill, Zoe or ZOE QUILL, with a quill") == "[PERSON_1], [PERSON_1] or [PERSON_1], with a quill"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"channels.json": "[", "users.json": "[]"}, r"s.zip > channels.json: its JSON is damaged or cut off at line 1, column 2"),
        ({"channels.json": "{}"}, r"s.zip > channels.json: it holds no list"),
        ({"channels.json": "[7]"}, r"s.zip > channels.json: an entry of it is no channel"),
        ({"channels.json": "[]", "users.json": '[{"id": {}}]'}, r"s.zip > users.json: an entry of it is no member"),
        ({"channels.json": "[]", "users.json": b'[{"id": "\xff"}]'}, r"s.zip > users.json: its text is damaged or not UTF-8"),
        ({"channels.json": '[{"id": "C1", "name": "a"}]', "a/2026-01-02.json": "{}"}, r"s.zip > a/2026-01-02.json: it holds no list"),
        ({"channels.json": "[" + "9" * 5000 + "]"}, r"s.zip > channels.json: its JSON holds a number that is no number"),
    ],
)
def test_damaged_entries_are_named(files: dict[str, str], problem: str) -> None:
    """An archive of a thousand files is only mended by whoever knows which one is broken."""
    with pytest.raises(Unreadable, match=problem):
        read_document(pack(files), "s.zip")


def test_a_private_channel_with_the_name_of_a_public_one_hides_both() -> None:
    """In an organisation's export the folder does not tell whose it is."""
    day = json.dumps([_message("U1", "What now?"), _message("U2", "Wait.", "1767348001.000100")])
    channels = json.dumps([{"id": "C1", "name": "plans"}])
    files = {"channels.json": channels, "groups.json": channels, "plans/2026-01-02.json": day}

    with pytest.raises(Unreadable) as caught:
        read_document(pack(files), "s.zip")

    assert noted(caught.value) == {"private conversations": 1}


def test_short_and_odd_names_are_hidden_where_they_are_mentioned() -> None:
    """‘Jo’ is too short to be looked for in every text, but a mention is no text."""
    users = [{"id": "U3", "real_name": "Jo"}, {"id": "U4", "real_name": "★★★"}]
    messages = [_message("U1", "Who?"), _message("U2", "See <@U3> or <@U4>.", "1767348001.000100")]

    assert told(read_document(slack_export(messages, users), "s.zip").excerpts) == [("Who?", "See [PERSON_1] or [PERSON_2].\n(2026-01-02)")]


def test_private_flags_count_where_an_export_has_no_list_of_its_own_for_them() -> None:
    """Other exporters write private channels and direct messages into channels.json."""
    flagged = [{"id": f"C{at}", "name": f"n{at}", key: True} for at, key in enumerate(("is_private", "is_im", "is_mpim", "is_group"))]
    day = json.dumps([_message("U1", "What now?"), _message("U2", "Wait.", "1767348001.000100")])
    files = {"channels.json": json.dumps(flagged)} | {f"n{at}/2026-01-02.json": day for at in range(4)}

    with pytest.raises(Unreadable) as caught:
        read_document(pack(files), "s.zip")

    assert noted(caught.value) == {"private conversations": 4}
