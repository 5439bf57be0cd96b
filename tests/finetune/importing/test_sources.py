"""Every kind of file, told by its content."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BadRequest
from tests.finetune.importing.made import imported, lines_of, refused_in, rows_in, said_in, write_lines, zendesk

ASKED, TOLD = "How do I change the filter of the pump?", "Close the valve, then turn the filter to the left."


def test_tickets_of_zendesk_a_line_each(tmp_path: Path) -> None:
    """The export; with the ticket's number and category, without greeting, signature and personal data."""
    question = f"Hello,\n{ASKED} Call me at (11) 98888-7777.\n\nKind regards,\nAna Lima"
    tickets = [
        zendesk(7, question, f"Hi Ana,\n{TOLD}\n\nBest regards,\nRui", category="pumps"),
        zendesk(8, "And the lamp? It does not work.", "Wait.", status="open"),
        zendesk(9, "Thank you!", "Anytime."),
    ]
    imported([write_lines(tmp_path / "t.jsonl", tickets)], tmp_path / "out", system="Be kind.")

    (row,) = rows_in(tmp_path / "out")
    assert [(each["role"], each["content"]) for each in row["messages"]] == [
        ("system", "Be kind."),
        ("user", f"{ASKED} Call me at [PHONE_1]."),
        ("assistant", TOLD),
    ]
    origin = {"file": "t.jsonl", "line": 1, "ticket": "7"}
    assert row["metadata"] == {"origin": origin, "category": "pumps", "language": "en", "rights": "own"}
    assert refused_in(tmp_path / "out") == [("t.jsonl", "8", "unsolved"), ("t.jsonl", "9", "no_question")]


@pytest.mark.parametrize("order", [("users", "tickets"), ("tickets", "users")])
def test_tickets_within_an_object_beside_their_users(tmp_path: Path, order: tuple[str, str]) -> None:
    """As the API gives them: who is an agent is told by the users, wherever they stand."""
    customer, agent = {"id": 1007, "role": "end-user", "name": "Ana Lima"}, {"id": 7, "role": "agent", "name": "Rui Dias"}
    parts = {"users": [customer, agent], "tickets": [zendesk(7, ASKED, f"{TOLD} Rui Dias"), zendesk(8, "x", "y", comments=3)]}
    path = tmp_path / "t.json"
    path.write_text('{"count": 2, "next": {"tickets": []},\n' + ",\n".join(f'"{key}": {json.dumps(parts[key])}' for key in order) + "}")

    imported([path], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[ASKED, f"{TOLD} [PERSON_1]"]]
    assert refused_in(tmp_path / "out") == [("t.json", 2 if order[0] == "tickets" else 3, "bad_ticket")]


@pytest.mark.parametrize("name", ["found.json", "found.jsonl"])
def test_tickets_that_a_search_found(tmp_path: Path, name: str) -> None:
    """The page was taken for one ticket without a question, and nothing was learnt from any on it."""
    person = {"result_type": "user", "id": 7, "role": "agent", "name": "Rui Dias"}
    found = [person, zendesk(7, ASKED, TOLD, result_type="ticket"), zendesk(8, "Wait?", "Yes.", result_type="ticket", status="open")]
    page = {"count": 3, "facets": None, "next_page": None, "results": found}

    imported([write_lines(tmp_path / name, [page])], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[ASKED, TOLD]]
    assert refused_in(tmp_path / "out") == [(name, "8", "unsolved")]


def test_tickets_of_freshdesk(tmp_path: Path) -> None:
    """A list of tickets with conversations in HTML."""
    answer = {"body": f"<div>{TOLD}</div><blockquote>{ASKED}</blockquote>", "private": False, "incoming": False, "created_at": "2026-01-02"}
    ticket = {"id": 3, "subject": "", "status": 5, "description": f"<p>{ASKED}</p>", "requester_id": 1, "responder_id": 2, "type": "Filter"}
    path = tmp_path / "f.json"
    path.write_text(json.dumps([{**ticket, "conversations": [answer]}, {**ticket, "id": 4, "spam": True}]))

    imported([path], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[ASKED, TOLD]]
    assert refused_in(tmp_path / "out") == [("f.json", "4", "deleted")]


def test_a_table_whose_columns_are_named(tmp_path: Path) -> None:
    """Subject and question make one text; the operator's names win."""
    path = tmp_path / "t.csv"
    path.write_text(f"No;Topic;Issue;Fix\n5;Pumps;{ASKED};{TOLD}\n6;Pumps;;{TOLD}\n")

    imported([path], tmp_path / "out", columns={"question": "Issue", "answer": "Fix", "category": "Topic"})

    (row,) = rows_in(tmp_path / "out")
    assert (said_in(tmp_path / "out"), row["metadata"]["category"]) == ([[ASKED, TOLD]], "Pumps")
    assert row["metadata"]["origin"] == {"file": "t.csv", "line": 2, "record": "5"}
    assert refused_in(tmp_path / "out") == [("t.csv", "6", "no_value")]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """One clear sentence, and nothing written."""
    path = tmp_path / "t.csv"
    path.write_text("Issue,Fix\na,b\n")

    with pytest.raises(BadRequest, match=r"t\.csv has no column Solution: its columns are Issue, Fix; name one of them with --map"):
        imported([path], tmp_path / "out", columns={"question": "Issue", "answer": "Solution"})
    with pytest.raises(BadRequest, match=r"t\.csv lacks a question or an answer: name both"):
        imported([path], tmp_path / "out", columns={"question": "Issue"})
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("name", ["faq.csv", "faq.jsonl", "faq.json", "faq.md"])
def test_questions_and_answers_are_known_by_their_names(tmp_path: Path, name: str) -> None:
    """A company's FAQ in whatever it keeps it."""
    entry = {"pergunta": "Como troco o filtro da bomba?", "resposta": "Feche a válvula e gire o filtro para a esquerda."}
    content = {
        "faq.csv": f"{','.join(entry)}\n{','.join(entry.values())}\n",
        "faq.jsonl": json.dumps(entry),
        "faq.json": json.dumps({"Bombas": [entry]}),
        "faq.md": f"Pergunta: {entry['pergunta']}\nResposta: {entry['resposta']}\n",
    }
    (tmp_path / name).write_text(content[name])

    imported([tmp_path / name], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[*entry.values()]]


def slack_archive(path: Path) -> Path:
    """Write a small export of Slack's."""
    users = [{"id": "U1", "profile": {"real_name": "Ana Lima"}}, {"id": "U2", "profile": {"real_name": "Rui Dias"}}]
    first = {"type": "message", "user": "U1", "ts": "1700000000.000100", "text": f"<@U2> {ASKED}"}
    second = {
        "type": "message",
        "user": "U2",
        "ts": "1700000001.000100",
        "thread_ts": "1700000000.000100",
        "text": f"{TOLD} Ana Lima knows.",
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", json.dumps(users))
        archive.writestr("channels.json", json.dumps([{"id": "C1", "name": "help"}]))
        archive.writestr("help/2026-03-01.json", json.dumps([first, second]))
    return path


def test_threads_of_slack(tmp_path: Path) -> None:
    """Members' names are taken out, and a row leads back to its thread."""
    imported([slack_archive(tmp_path / "slack.zip")], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[ASKED, f"{TOLD} [PERSON_1] knows."]]
    assert rows_in(tmp_path / "out")[0]["metadata"]["origin"] == {"file": "slack.zip", "record": "C1/p1700000000000100"}


def test_an_unpacked_export_of_slack_is_read_as_the_archive(tmp_path: Path) -> None:
    """In whatever folder it lies, beside other files; the manifest tells whether it is the same."""
    folder = tmp_path / "material" / "slack"
    with zipfile.ZipFile(slack_archive(tmp_path / "slack.zip")) as archive:
        archive.extractall(folder)
    (tmp_path / "material" / "faq.csv").write_text("question,answer\nWhere is the shop?,In the main street.\n")
    manifest = imported([tmp_path / "material"], tmp_path / "out")

    assert sorted(said_in(tmp_path / "out")) == sorted(
        [[ASKED, f"{TOLD} [PERSON_1] knows."], ["Where is the shop?", "In the main street."]]
    )
    assert refused_in(tmp_path / "out") == []
    assert [each["file"] for each in manifest["sources"]] == ["faq.csv", "slack"]


def discord_channel() -> dict[str, Any]:
    """Return a channel as DiscordChatExporter writes it."""
    ana, rui = {"id": "1", "name": "ana", "nickname": "Ana Lima"}, {"id": "2", "name": "rui", "nickname": "Rui"}
    day = "2026-03-01T10:00:00+00:00"
    asked = {"id": "10", "type": "Default", "timestamp": day, "content": ASKED, "author": ana}
    told = {"id": "11", "type": "Reply", "timestamp": day, "content": TOLD, "author": rui, "reference": {"messageId": "10"}}
    alone = {"id": "12", "type": "Default", "timestamp": day, "content": "Is anybody there at all?", "author": ana}
    return {"guild": {"name": "Shop"}, "channel": {"id": "5", "type": "GuildTextChat", "name": "help"}, "messages": [asked, told, alone]}


def test_answers_on_discord(tmp_path: Path) -> None:
    """What nobody answered is counted."""
    (tmp_path / "d.json").write_text(json.dumps(discord_channel()))
    imported([tmp_path / "d.json"], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[ASKED, TOLD]]
    assert refused_in(tmp_path / "out") == [("d.json", None, "unanswered")]


def test_an_archive_of_files_and_the_archive_within_it(tmp_path: Path) -> None:
    """Entries are read as files are; a further archive is named."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a/faq.csv", f'question,answer\n{ASKED},"{TOLD}"\n')
        archive.write(slack_archive(tmp_path / "inner.zip"), "inner.zip")
        archive.writestr("b.exe", b"MZ")
        archive.writestr("c.csv", b"\x00\x01")
    imported([tmp_path / "all.zip"], tmp_path / "out")

    assert rows_in(tmp_path / "out")[0]["metadata"]["origin"] == {"file": "all.zip > a/faq.csv", "line": 2}
    told = [(file, reason) for file, _, reason in refused_in(tmp_path / "out")]
    assert told == [("all.zip > b.exe", "other_file"), ("all.zip > c.csv", "file"), ("all.zip > inner.zip", "nested_archive")]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "user", "content": ASKED}, {"role": "assistant", "content": TOLD}]},
        [{"role": "user", "content": ASKED}, {"role": "assistant", "content": TOLD}],
        {"prompt": ASKED, "completion": TOLD},
        {"input": ASKED, "output": TOLD},
        {"prompt": ASKED, "chosen": TOLD, "rejected": "I do not know."},
        {"prompt": ASKED, "completion": TOLD, "label": True},
    ],
)
def test_rows_that_were_made_for_training_before(tmp_path: Path, row: Any) -> None:
    """In whatever format."""
    imported([write_lines(tmp_path / "rows.jsonl", [row])], tmp_path / "out")

    assert said_in(tmp_path / "out") == [[ASKED, TOLD]]


def test_weights_stay_and_bad_answers_go(tmp_path: Path) -> None:
    """An answer of weight 0 is read but not learnt from."""
    said = [("user", ASKED), ("assistant", "No idea at all, sorry."), ("user", "Really?"), ("assistant", TOLD)]
    messages = [{"role": role, "content": content} | ({"weight": 0} if place == 1 else {}) for place, (role, content) in enumerate(said)]
    imported([write_lines(tmp_path / "rows.jsonl", [{"messages": messages}])], tmp_path / "out")
    thumbs = [{"prompt": ASKED, "completion": "x", "label": False}]
    imported([write_lines(tmp_path / "thumbs.jsonl", thumbs)], tmp_path / "none")

    assert rows_in(tmp_path / "out")[0]["messages"] == messages
    assert refused_in(tmp_path / "none") == [("thumbs.jsonl", 1, "converted")]


def test_documents_and_plain_text_are_rows_of_text(tmp_path: Path) -> None:
    """In files of their own."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "guide.md").write_text("# Manual\n\n## Pumps\n\nThe pump runs at night and is cleaned every week.\n")
    (tmp_path / "in" / "notes.txt").write_text("First paragraph of the notes.\n\n" + "Second, much longer one. " * 100 + "\n")
    manifest = imported([tmp_path / "in"], tmp_path / "out")

    assert sum(manifest["counts"]["rows"].values()) == 3
    assert set(manifest["counts"]["rows"]) <= {"text-train.jsonl", "text-validation.jsonl", "text-test.jsonl"}
    assert said_in(tmp_path / "out")[0] == ["Pumps\nThe pump runs at night and is cleaned every week."]


def test_drafts_and_what_only_some_readers_may_see_are_not_learnt(tmp_path: Path) -> None:
    """A model that has learnt an unpublished price tells it to everybody, and nobody can take it back."""
    article = {"id": 1, "title": "Filter", "body": f"<p>{TOLD}</p>", "draft": False, "user_segment_id": None}
    (tmp_path / "guide.json").write_text(json.dumps({"articles": [article, article | {"draft": True}, article | {"user_segment_id": 5}]}))
    (tmp_path / "faq.csv").write_text(f'question,answer,status\n{ASKED},"{TOLD}",published\nAnd in May?,It costs 40.,draft\n')

    imported([tmp_path / "guide.json", tmp_path / "faq.csv"], tmp_path / "out")

    assert sorted(said_in(tmp_path / "out")) == [[f"Filter\n{TOLD}"], [ASKED, TOLD]]
    assert sorted(refused_in(tmp_path / "out"), key=str) == [
        ("faq.csv", 3, "draft"),
        ("guide.json", None, "draft"),
        ("guide.json", None, "restricted"),
    ]


def test_a_kind_that_does_not_fit_is_refused_file_by_file(tmp_path: Path) -> None:
    """The others are read."""
    (tmp_path / "a.txt").write_text("Only a note.")
    imported([tmp_path / "a.txt"], tmp_path / "out", kind="slack")

    assert refused_in(tmp_path / "out") == [("a.txt", None, "file")]
    assert lines_of(tmp_path / "out" / "train.jsonl") == []
