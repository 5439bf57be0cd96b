"""JSON: FAQs however they are nested, records as tables, everything else refused with one sentence."""

import json
from typing import Any

import pytest

from store.readers.document import Excerpt, Note, Unreadable
from store.readers.json_file import read_json
from store.readers.omissions import DRAFTS, OTHER_LISTS, RESTRICTED
from store.readers.read import read_document

ENTRY = {"question": "Where?", "answer": "Here."}


@pytest.mark.parametrize(
    "value",
    [
        [ENTRY],
        ENTRY,
        {"faq": [ENTRY]},
        {"perguntas": [ENTRY]},
        {"questions": {"items": [ENTRY]}},
        {"version": 3, "data": {"items": [ENTRY]}},
        [{"Pergunta": "Where?", "Resposta": "Here."}],
        [{"q": "Where?", "a": "Here."}],
        {"Where?": "Here."},
        {"mainEntity": [{"@type": "Question", "name": "Where?", "acceptedAnswer": {"@type": "Answer", "text": "<p>Here.</p>"}}]},
        {"@graph": [{"@type": "FAQPage", "mainEntity": [{"name": "Where?", "acceptedAnswer": {"text": "Here."}}]}]},
        [{"question": "Where?", "answer": ["Here."]} | {"tags": ["x"], "author": {"name": "Ana"}}],
    ],
)
def test_questions_and_answers_are_found_however_they_are_nested(value: Any) -> None:
    """Every help desk and site generator nests them in its own way."""
    (excerpt,) = read_json(json.dumps(value), "faq.json").excerpts

    assert (excerpt.question, excerpt.text.removeprefix("- "), excerpt.heading, excerpt.row) == ("Where?", "Here.", "", "1")


def test_categories_become_the_path_of_headings() -> None:
    """‘How long?’ under Cards is another question than under Pix."""
    value = {
        "title": "Banco",
        "categories": [
            {"name": "Cartões", "questions": [{"id": "F-7", "question": "Perdi?", "answer": "Bloqueie."}]},
            {"category": "Pix", "sections": {"Limites": [{"id": 12, "question": "Quanto?", "answer": "R$ 5.", "topic": "À noite"}]}},
        ],
        "Conta": [{"question": "Tarifa?", "answer": 1.50}],
    }

    draft = read_json(json.dumps(value), "faq.json")

    assert draft.title == "Banco"
    assert draft.excerpts == (
        Excerpt("Bloqueie.", heading="Cartões", question="Perdi?", row="F-7"),
        Excerpt("R$ 5.", heading="Pix > Limites > À noite", question="Quanto?", row="12"),
        Excerpt("1.5", heading="Conta", question="Tarifa?", row="3"),
    )


def test_json_lines_hold_an_entry_each() -> None:
    """Exports of databases are lines."""
    text = '{"question":"Where?","answer":"Here."}\n\n{"question":"When?","answer":"Now.","id":"b"}\n'

    assert [(each.question, each.row) for each in read_json(text, "faq.jsonl").excerpts] == [("Where?", "1"), ("When?", "b")]


def test_answers_in_html_and_long_answers_are_divided() -> None:
    """Markup would be quoted to people; each part of a long answer is found by its question."""
    html = "<p>Ask:</p><ul><li>early</li><li>in writing</li></ul><script>alert(1)</script>"
    excerpts = read_json(json.dumps([ENTRY | {"answer": html}, ENTRY | {"answer": "Because of this. " * 60}]), "faq.json").excerpts

    assert excerpts[0].text == "Ask:\n- early\n- in writing"
    assert len(excerpts) > 2
    assert {excerpt.question for excerpt in excerpts} == {"Where?"}


def test_flat_records_are_rows_with_their_values_as_they_are_written() -> None:
    """1.50 is a price, and a code of twenty digits must not be rounded."""
    text = '[{"code":"FH-300","price":1.50,"stock":12345678901234567890,"on":true},{"code":"FH-301","tags":["new","in"],"note":null}]'

    assert read_json(text, "parts.json").excerpts == (
        Excerpt("code: FH-300; price: 1.50; stock: 12345678901234567890; on: true", row="1"),
        Excerpt("code: FH-301; tags: new, in", row="2"),
    )


def test_the_date_around_a_list_of_records_is_said_with_each() -> None:
    """A stock without its date is told as today's."""
    value = {"updated_at": "2026-03-01T10:00:00Z", "name": "Stock", "parts": [{"code": "FH-300", "stock": 4}], "none": []}

    draft = read_json(json.dumps(value), "stock.json")

    assert draft.title == "Stock"
    assert draft.excerpts == (Excerpt("code: FH-300; stock: 4; updated_at: 2026-03-01T10:00:00Z", row="1", dated="2026-03-01"),)


def test_two_lists_of_records_are_two_tables() -> None:
    """The name of a list says what its numbers are."""
    value = {"filters": [{"code": "A", "stock": 1}], "belts": [{"code": "B", "stock": 2}]}

    assert [(each.heading, each.text) for each in read_json(json.dumps(value), "a.json").excerpts] == [
        ("filters", "code: A; stock: 1"),
        ("belts", "code: B; stock: 2"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "it is no valid JSON: see line 1, column 2"),
        ('{"a": 1,\n}', "it is no valid JSON: see line 2, column 1"),
        ('[{"question": "Where?",', "it is no valid JSON: see line 1, column 24"),
        ('{"q":"A?","a":"b"}\n{"q":"C?","a":', "it is no valid JSON: see line 2, column 15"),
        ("{}", "neither questions with their answers nor a list of flat records"),
        ("[1, 2]", "neither questions with their answers nor a list of flat records"),
        ('"text"', "neither questions with their answers nor a list of flat records"),
        ('{"a": {"b": 1}}', "neither questions with their answers nor a list of flat records"),
        ('[{"a": {"b": 1}}]', "neither questions with their answers nor a list of flat records"),
        ('[{"question":"A?","answer":"b"},{"question":"C?","answer":""}]', "entry 2 has no question or no answer"),
        ('[{"question":"A?","answer":"b"},{"answer":"d"}]', "entry 2 has no question or no answer"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_faq_and_no_table_is_refused(text: str, problem: str) -> None:
    """The operator learns what is wrong and where."""
    with pytest.raises(Unreadable, match=problem):
        read_document(text.encode(), "a.json")


def test_escapes_that_no_database_keeps_are_left_out() -> None:
    r"""\u0000 and half a character pass for JSON, and stop PostgreSQL in the middle of an import."""
    text = r'[{"question": "Wh\u0000ere\ud800?", "answer": "He\u200bre."}]'

    assert read_json(text, "a.json").excerpts == (Excerpt("Here.", question="Where?", row="1"),)


def test_a_file_of_one_long_line_is_read() -> None:
    """Programs write JSON without line breaks, however long it gets."""
    text = json.dumps([ENTRY | {"raw": "x" * 1_000_000}])

    assert len(read_document(text.encode(), "faq.json").excerpts) == 1


def test_lists_beside_the_questions_are_noted() -> None:
    """Nothing vanishes without a word."""
    value = {
        "faq": [ENTRY],
        "contacts": [{"name": "Support", "phone": "300"}],
        "links": [{"to": "x"}],
        "tags": ["x"],
        "by": {"name": "Ana"},
    }

    draft = read_json(json.dumps(value), "faq.json")

    assert (len(draft.excerpts), draft.notes) == (1, (Note(OTHER_LISTS, 2, "contacts"),))


def test_the_day_that_a_list_states_is_that_of_its_entries() -> None:
    """An entry's own day comes first."""
    value = {"updated_at": "2026-03-12", "faq": [ENTRY, ENTRY | {"updated_at": "2026-04-01"}]}

    assert [each.dated for each in read_json(json.dumps(value), "faq.json").excerpts] == ["2026-03-12", "2026-04-01"]


def test_articles_in_html_are_sections_under_their_titles() -> None:
    """Help centres export their pages so; tags would be quoted to people, and the day of the page is that of what it says."""
    body = "<h2>Passo 1</h2><p>Desligue a bomba.</p><h2>Passo 2</h2><ul><li>Troque o filtro.</li></ul>"
    article = {"id": 1, "title": "Como trocar o filtro", "body": body, "updated_at": "2026-02-02T10:00:00Z", "locale": "pt-br"}
    moved = {"id": 2, "title": "Rascunho", "body": None, "author": {"name": "Ana"}}

    draft = read_json(json.dumps({"articles": [article, moved], "sections": [{"id": 4, "name": "Bombas"}], "count": 2}), "guide.json")

    assert draft.excerpts == (
        Excerpt("Desligue a bomba.", heading="Como trocar o filtro > Passo 1", dated="2026-02-02"),
        Excerpt("- Troque o filtro.", heading="Como trocar o filtro > Passo 2", dated="2026-02-02"),
        Excerpt("id: 4; name: Bombas", row="4"),
    )


def test_html_in_a_record_is_read_as_text() -> None:
    """A product's description comes from a shop's editor."""
    records = [{"name": "FH-300", "description": "<p>Usar com:</p><ul><li>junta nova</li><li>luvas &amp; óculos</li></ul>", "price": 9.5}]

    assert read_json(json.dumps(records), "parts.json").excerpts[0].text == (
        "name: FH-300; description: Usar com:\n- junta nova\n- luvas & óculos; price: 9.5"
    )


ZENDESK = {
    "id": 360001,
    "title": "Como pedir o estorno",
    "name": "Como pedir o estorno",
    "body": "<p>O estorno leva cinco dias úteis.</p>",
    "draft": False,
    "user_segment_id": None,
    "user_segment_ids": [],
    "permission_group_id": 4411,
    "section_id": 77,
}
FRESHDESK = {
    "id": 9,
    "type": 1,
    "folder_id": 4,
    "category_id": 3,
    "hierarchy": [{"level": 0, "type": "category", "data": {"id": 3, "name": "Ajuda"}}],
    "title": "Como pedir o estorno",
    "description": "<p>O estorno leva cinco dias úteis.</p>",
    "description_text": "O estorno leva cinco dias úteis.",
    "status": 2,
    "seo_data": {"meta_title": "Estorno"},
}
SECRET = {"id": 10, "title": "Alçada", "name": "Alçada"}
ENTRY_DRAFT = {"question": "Alçada?", "answer": "R$ 500.", "draft": True}
HIDDEN_FOLDER = {"id": 5, "name": "Só agentes", "description": "Para nós", "visibility": 3, "articles_count": 1}


@pytest.mark.parametrize(
    ("value", "notes"),
    [
        ({"articles": [ZENDESK, ZENDESK | SECRET | {"draft": True}], "count": 2}, (DRAFTS, 1)),
        ({"articles": [ZENDESK, ZENDESK | SECRET | {"user_segment_id": 8812}]}, (RESTRICTED, 1)),
        ([ZENDESK, *[ZENDESK | SECRET | {"user_segment_ids": [8812, 8813]}] * 2], (RESTRICTED, 2)),
        (
            {"articles": [ZENDESK, ZENDESK | SECRET | {"section_id": 5}], "sections": [{"id": 5, "name": "Alçada", "user_segment_id": 1}]},
            (RESTRICTED, 2),
        ),
        ([FRESHDESK, FRESHDESK | SECRET | {"status": 1}], (DRAFTS, 1)),
        ([FRESHDESK, FRESHDESK | SECRET | {"visibility": 2}], (RESTRICTED, 1)),
        ({"articles": [FRESHDESK], "folder": HIDDEN_FOLDER | {"articles": [FRESHDESK | SECRET]}}, (RESTRICTED, 1)),
        ({"articles": [FRESHDESK, FRESHDESK | SECRET | {"folder_id": 5}], "pastas": [HIDDEN_FOLDER | {"name": "Alçada"}]}, (RESTRICTED, 2)),
        ({"articles": [ZENDESK, ZENDESK | SECRET | {"state": "Draft"}]}, (DRAFTS, 1)),
        ({"articles": [ZENDESK, ZENDESK | SECRET | {"visibility": "internal"}]}, (RESTRICTED, 1)),
        ({"faq": [{"question": "Como pedir o estorno?", "answer": "O estorno leva cinco dias úteis."}, ENTRY_DRAFT]}, (DRAFTS, 1)),
    ],
)
def test_what_a_help_centre_keeps_from_its_readers_is_left_out_and_counted(value: Any, notes: tuple[str, int]) -> None:
    """A draft, or what agents tell each other about refunds, would be told to the next customer."""
    draft = read_json(json.dumps(value), "guide.json")

    assert [each.text for each in draft.excerpts] == ["O estorno leva cinco dias úteis."]
    assert draft.notes == (Note(*notes, where=draft.notes[0].where),)
    assert draft.notes[0].where in ("Alçada", "Alçada?")


@pytest.mark.parametrize(
    "value",
    [
        ZENDESK,
        {"article": ZENDESK},
        {"data": {"articles": [ZENDESK]}},
        [{"articles": [ZENDESK], "page": 1}, {"articles": [], "page": 2}],
        {"categories": [{"name": "Ajuda", "sections": [{"name": "Pagamento", "articles": [ZENDESK, ZENDESK | SECRET | {"draft": True}]}]}]},
        [{"category": {"name": "Ajuda", "folders": [{"id": 4, "name": "Pagamento", "visibility": 1, "articles": [FRESHDESK]}]}}],
        {"360001": ZENDESK, "360002": ZENDESK | SECRET | {"user_segment_id": 1}},
    ],
)
def test_articles_are_found_however_they_are_nested(value: Any) -> None:
    """Pages of the API, one article, a tree of categories: operators hand in what their export gives them."""
    (excerpt,) = read_json(json.dumps(value), "guide.json").excerpts

    assert (excerpt.heading, excerpt.text) == ("Como pedir o estorno", "O estorno leva cinco dias úteis.")


def test_an_article_in_a_shape_that_is_not_read_is_not_called_unpublished() -> None:
    """The operator would look for a switch in the help centre, and what was read of the file before would go."""
    nested = {"data": {"articles": [ZENDESK | {"body": "Leva cinco dias.", "by": {"id": 1}}, ZENDESK | {"draft": True}]}}

    with pytest.raises(Unreadable, match="neither questions") as refused:
        read_json(json.dumps(nested), "guide.json")

    assert refused.value.notes == ()


def test_an_export_of_drafts_alone_is_refused_with_their_number() -> None:
    """Who exported the wrong state learns that, instead of hearing that these are no articles."""
    with pytest.raises(Unreadable, match="nothing in it is published for everybody") as refused:
        read_json(json.dumps({"articles": [ZENDESK | {"draft": True}]}), "guide.json")

    assert refused.value.notes == (Note(DRAFTS, 1, "Como pedir o estorno"),)


def test_words_that_mean_a_draft_elsewhere_keep_a_row() -> None:
    """A ship's draft, a day of good visibility and a contract's state are values like others."""
    records = [{"ship": "Aurora", "draft": 1, "visibility": 10, "status": "draft"}]

    assert read_json(json.dumps(records), "ships.json").excerpts[0].text == "ship: Aurora; draft: 1; visibility: 10; status: draft"
