"""Tickets of Zendesk and Freshdesk: what solved them in public is told, what agents say among themselves never."""

import json
from typing import Any

import pytest

from store.readers.document import Unreadable
from store.readers.omissions import NO_REPLIES
from store.readers.read import read_document
from tests.store.readers.export_files import noted, sample, told

DAY = "2026-01-02T10:00:00Z"


def _comment(body: str, author: object = 7, **fields: Any) -> dict[str, Any]:
    return {"author_id": author, "plain_body": body, "public": True, "created_at": DAY} | fields


def _zendesk(*comments: object, **fields: Any) -> dict[str, Any]:
    ticket = {
        "id": 5,
        "subject": "Keys",
        "raw_subject": "Keys",
        "description": "Where are the keys?",
        "status": "solved",
        "requester_id": 1,
    }
    return ticket | {"comments": [_comment("Where are the keys?", 1), *comments]} | fields


def _read(*tickets: object, name: str = "t.json") -> Any:
    return read_document(json.dumps(list(tickets)).encode(), name)


def test_zendesks_json_lines_are_read() -> None:
    """The last public answer counts, but for its "you're welcome"; the mail it quotes and the signature are gone."""
    document = sample("zendesk_tickets.ndjson")

    assert told(document.excerpts) == [
        (
            "Pedido atrasado\nmeu pedido 55871 não chegou. Meu celular: [PHONE_1].",
            "Pedidos em atraso são reenviados depois de 10 dias úteis; o CPF [CPF_1] já está no cadastro.\n(2026-01-05)",
        )
    ]
    assert document.excerpts[0].row == "101"
    assert noted(document) == {
        "tickets without a public answer": 1,
        "tickets that are not solved": 1,
        "tickets without a question": 1,
        "deleted tickets and spam": 1,
        "tickets that cannot be read": 1,
    }
    assert [note.where for note in document.notes if note.where] == ["#6"]


def test_roles_tell_agents_from_customers() -> None:
    """A second customer's "me too" stands last and is no answer."""
    assert told(sample("zendesk_api.json").excerpts) == [
        ("Opening hours?\nWhen are you open?", "From nine to five, says [PERSON_1].\n(2026-02-01)")
    ]


def test_freshdesks_tickets_are_read() -> None:
    """What is marked as the solution goes before what was said last; quotations marked in HTML are gone, lists stay."""
    document = sample("freshdesk_tickets.json")

    assert told(document.excerpts) == [
        ("Trocar a senha\nComo troco a senha do portal?", "no portal abra:\n- Perfil\n- Segurança\n(2026-03-08)"),
        (
            "Invoice copy\nWhere do I get a copy of my invoice?",
            "Under Billing, Invoices, then the arrow beside the month. [PERSON_1] can also call 0800 123 4567.\n(2026-03-09)",
        ),
    ]
    assert noted(document) == {"tickets that are not solved": 1, "deleted tickets and spam": 1, "tickets without a public answer": 1}


def test_freshdesks_first_version_is_read() -> None:
    """Old accounts' exports wrap tickets and notes in objects of their own."""
    document = sample("freshdesk_version_1.json")

    assert told(document.excerpts) == [
        ("Battery life\nHow long does the battery of the K2 last?", "About 14 hours, [PERSON_1].\n(2025-11-02)")
    ]
    assert document.excerpts[0].row == "138"


@pytest.mark.parametrize("public", [False, None, "true", 1])
def test_comments_not_said_to_be_public_are_never_told(public: object) -> None:
    """One internal note told to a customer is one too many: in doubt it is internal."""
    document = _read(_zendesk(_comment("In the box."), _comment("The client is a fool.", public=public)))

    assert told(document.excerpts) == [("Keys\nWhere are the keys?", "In the box.\n(2026-01-02)")]


@pytest.mark.parametrize("private", [True, None, "false", 0])
def test_conversations_not_said_to_be_public_are_never_told(private: object) -> None:
    """The same for Freshdesk, whose flag is the other way round."""
    answers = [
        {"body": "In the box.", "incoming": False, "private": False},
        {"body": "The client is a fool.", "incoming": False, "private": private},
    ]
    ticket = {"id": 5, "subject": "Keys?", "status": 5, "requester_id": 1, "responder_id": 2, "conversations": answers}

    assert told(_read(ticket).excerpts) == [("Keys?", "In the box.")]


def test_a_private_description_is_no_question() -> None:
    """An agent may open a ticket with an internal note."""
    ticket = _zendesk(_comment("In the box."), description="")
    ticket["comments"][0] |= {"public": False, "plain_body": "Between us: where are the keys?"}

    assert told(_read(ticket).excerpts) == [("Keys", "In the box.\n(2026-01-02)")]


@pytest.mark.parametrize(
    "shape",
    [
        lambda ticket: json.dumps([ticket]),
        json.dumps,
        lambda ticket: json.dumps({"ticket": ticket}),
        lambda ticket: json.dumps({"tickets": [ticket], "count": 1}, indent=2),
        lambda ticket: json.dumps({"results": [ticket, {"result_type": "user", "name": "Ana"}], "count": 2}),
        lambda ticket: "\n" + json.dumps(ticket) + "\n\n" + json.dumps(ticket | {"status": "open"}),
    ],
)
def test_files_of_every_shape_are_read(shape: Any) -> None:
    """The export, a page of the API, one ticket: operators hand in what they have, under either suffix."""
    for name in ("t.json", "t.jsonl", "t.ndjson"):
        document = read_document(shape(_zendesk(_comment("In the box."))).encode("utf-8-sig"), name)
        assert told(document.excerpts) == [("Keys\nWhere are the keys?", "In the box.\n(2026-01-02)")]


def test_names_of_staff_are_hidden_in_every_ticket() -> None:
    """Colleagues name each other in tickets that are none of theirs; a customer's name is hidden in their own."""
    users = [{"id": 7, "name": "Will Grant", "role": "agent"}, {"id": 1, "name": "Rose Page", "role": "end-user"}]
    tickets = [_zendesk(_comment("Ask Grant; the Page is new."), requester_id=2), _zendesk(_comment("So, Rose, press F5."))]
    tickets[0]["comments"][0]["author_id"] = 2

    document = read_document(json.dumps({"users": users, "tickets": tickets}).encode(), "t.json")

    assert [text.split("\n")[0] for _, text in told(document.excerpts)] == ["Ask [PERSON_1]; the Page is new.", "So, [PERSON_1], press F5."]


@pytest.mark.parametrize(
    "wrong",
    [
        {"comments": {}},
        {"comments": [7]},
        {"comments": [_comment("Yes.", None)]},
        {"subject": 5},
        {"status": 1},
        {"requester": "Rose"},
        {"comments": [_comment("<div>" * 3000 + "deep")]},
    ],
)
def test_tickets_of_another_shape_are_counted_with_their_place(wrong: dict[str, Any]) -> None:
    """One damaged ticket must not cost the others."""
    document = _read(_zendesk(_comment("In the box.")), _zendesk(**wrong) | ({} if "comments" in wrong else {"comments": [_comment("A")]}))

    assert len(document.excerpts) == 1
    assert [(note.count, note.where) for note in document.notes if note.where] == [(1, "#2")]


def test_a_long_description_is_shortened_as_a_question() -> None:
    """A question is repeated with each part of its answer, and the embedding reads its beginning only."""
    document = _read(_zendesk(_comment("In the box. " * 100), description="Where are the keys? " * 200))

    assert len(document.excerpts) > 1
    assert all(
        len(question) < 1010 and question.endswith(" …") and text.endswith("\n(2026-01-02)") for question, text in told(document.excerpts)
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (json.dumps([_zendesk(_comment("x"))])[:-9], "t.json: its JSON is damaged or cut off at line 1"),
        (json.dumps(_zendesk()) + "\n\n" + json.dumps(_zendesk())[:-9], "t.json: its JSON is damaged or cut off at line 3"),
        ('{"tickets": {}, "x": {"subject": "", "status": "", "raw_subject": ""}}', "t.json: its tickets or users are no list"),
        (
            '{"tickets": [], "users": [7], "x": {"subject": "", "status": "", "raw_subject": ""}}',
            "t.json: its tickets or users are no list",
        ),
    ],
)
def test_damaged_files_are_refused(data: str, problem: str) -> None:
    """Reading half of them without a word would leave the operator believing that all is there."""
    with pytest.raises(Unreadable, match=problem):
        read_document(data.encode(), "t.json")


def test_every_ticket_that_a_search_found_is_read() -> None:
    """The list of results is no ticket, and was refused as one that is not solved."""
    found = [_zendesk(_comment("In the box."), id=number, result_type="ticket") for number in (5, 6)]

    assert [each.row for each in read_document(json.dumps({"results": found}).encode(), "s.json").excerpts] == ["5", "6"]


def test_a_line_that_tells_of_users_alone_is_no_ticket() -> None:
    """It was counted among those that are not solved."""
    users = {"users": [{"id": 7, "role": "agent", "name": "Rui Dias"}]}
    lines = [users, _zendesk(_comment("In the box."), id=5)]

    document = read_document("\n".join(map(json.dumps, lines)).encode(), "t.jsonl")

    assert ([each.row for each in document.excerpts], document.notes) == (["5"], ())


def test_notes_of_a_freshdesk_accounts_export_are_read_but_the_private_ones() -> None:
    """Old accounts name the conversation otherwise."""
    answers = [
        {"body": "Clique em Esqueci a senha.", "incoming": False, "private": False},
        {"body": "O cliente liga todo dia.", "incoming": False, "private": True},
    ]
    ticket = {"display_id": 55, "subject": "Como troco a senha?", "status": 5, "requester_id": 11, "helpdesk_notes": answers}

    assert told(_read({"helpdesk_ticket": ticket}).excerpts) == [("Como troco a senha?", "Clique em Esqueci a senha.")]


@pytest.mark.parametrize(
    "ticket",
    [
        {key: value for key, value in _zendesk().items() if key != "comments"},
        {"id": 5, "subject": "Keys?", "status": 5, "requester_id": 1, "responder_id": 2},
    ],
)
def test_an_export_without_replies_says_so(ticket: dict[str, Any]) -> None:
    """Zendesk's incremental export never holds comments: nobody forgot to answer, and only another export helps."""
    with pytest.raises(Unreadable) as refused:
        _read(ticket)

    assert [note.reason for note in refused.value.notes] == [NO_REPLIES]
