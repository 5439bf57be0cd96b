"""Which passages are shown beneath an answer, and where they open."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.messages import AnswerKind, Approved, Found
from bot.sources import answered_question, approved_passage, link_of, linked, see_also, sources_of
from tests.fakes.retriever import passage

FILTER = passage("Replace the filter every six months, or after 900 cycles.", source="filters.md")
HOSE = passage("The inlet hose is cleaned once a year.", source="hoses.md", score=0.6)
OIL = passage("Use oil ISO 68 for the pump and the filter.", source="oil.md", score=0.5)
ALL = (HOSE, FILTER, OIL)


@pytest.mark.parametrize(
    ("answer", "sources"),
    [
        ("Every six months the filter is replaced.", ["filters.md"]),
        ("After 900 cycles. The pump takes ISO 68.", ["filters.md", "oil.md"]),
        ("Clean the inlet hose once a year.", ["hoses.md"]),
        ("Sim, claro.", ["hoses.md"]),
    ],
)
def test_a_generated_answer_names_what_its_sentences_stand_in(answer: str, sources: list[str]) -> None:
    """A source that says something else sends people reading in vain; where none can be told it is the best one."""
    assert [each.source for each in sources_of("generated", ALL, answer)] == sources


def test_what_holds_most_of_the_answer_comes_first() -> None:
    """Retrieval's order is not the answer's."""
    said = "The inlet hose is cleaned. The pump has oil of ISO 68 in it. Use that for the pump."

    assert [each.source for each in sources_of("generated", ALL, said)] == ["oil.md", "hoses.md"]


def test_the_other_kinds_name_what_they_are_made_of() -> None:
    """A quotation has one source, an approved answer an expert, and a declined one what comes closest, each file once."""
    assert [each.source for each in sources_of("quoted", ALL, HOSE.text)] == ["hoses.md"]
    assert sources_of("verified", ALL, "x") == ()
    twice = (HOSE, replace(HOSE, passage_id="hoses.md-1"), OIL, FILTER)
    assert [each.passage_id for each in sources_of("declined", twice, "x")] == ["hoses.md-0", "oil.md-0"]


def test_what_is_quoted_for_several_questions_is_named_each() -> None:
    """Whoever reads two quotations looks both up; a row of a table is one, what merely stood beside is none."""
    prices = passage("| Code | Price |\n|---|---|\n| P-1 | R$ 5 |\n| P-2 | R$ 7 |", source="prices.md")
    said = f"1. **Hoses**\n{HOSE.text}\n\n2. **Prices**\nCode: P-2; Price: R$ 7"

    assert [each.source for each in sources_of("quoted", (HOSE, prices, OIL), said)] == ["hoses.md", "prices.md"]


LINKS = {"docs/": "https://wiki.example.org/d/", "docs/hr/": "https://hr.example.org/"}


@pytest.mark.parametrize(
    ("source", "anchor", "page", "link"),
    [
        ("https://example.org/a", "", 0, "https://example.org/a"),
        ("https://example.org/a#old", "opening-hours", 0, "https://example.org/a#opening-hours"),
        ("docs/guide one.pdf", "", 3, "https://wiki.example.org/d/guide%20one.pdf#page=3"),
        ("docs/hr/leave.md", "x y", 0, "https://hr.example.org/leave.md#x%20y"),
        ("other/leave.md", "x", 2, ""),
        ("javascript:alert(1)", "", 0, ""),
    ],
)
def test_a_link_opens_the_place_that_was_used(source: str, anchor: str, page: int, link: str) -> None:
    """An address as it is, a path where the operator said what stands for its beginning: the longest that fits."""
    assert link_of(replace(HOSE, source=source, anchor=anchor, page=page), LINKS) == link


def test_an_approved_answer_has_no_page_of_its_own() -> None:
    """Where every path has a page, the question that an expert answered has none: a link would lead nowhere."""
    approved = approved_passage(Approved("A1", "Who pays?", "We do.", "all", "Ana", datetime(2026, 5, 1, tzinfo=UTC)), "pt")

    assert approved.source == "Resposta aprovada: Who pays?"
    assert link_of(approved, {"": "https://wiki.example.org/"}) == ""


@pytest.mark.parametrize(
    ("heading", "answer", "named"),
    [
        ("When is it open?", "At 9.", "When is it open?"),
        ("Pool > When is it open?", "At 9.", "When is it open?"),
        ("Pool > When is it open?", "1. **Pool > When is it open?**\nAt 9.", ""),
        ("Pool > Opening hours", "At 9.", ""),
        ("Pool > May I swim?", "At 9.", ""),
    ],
)
def test_a_quoted_entry_names_its_question(heading: str, answer: str, named: str) -> None:
    """Below its category, too; not where the answer says it, or where it was asked in these words."""
    assert answered_question("quoted", "may I swim", [replace(HOSE, heading=heading)], answer=answer, approved="") == named


def test_links_travel_with_the_passages() -> None:
    """What was linked when it was answered is linked when the answer is shown again."""
    (shown,) = sources_of("quoted", linked(Found(None, (replace(HOSE, source="docs/a.md"),), 1.0), LINKS).passages, "")

    assert shown.link == "https://wiki.example.org/d/a.md"


@pytest.mark.parametrize(
    ("kind", "named"),
    [("generated", ["hoses.md", "oil.md"]), ("quoted", ["hoses.md", "oil.md"]), ("verified", []), ("declined", [])],
)
def test_other_documents_to_see_are_none_of_the_sources(kind: AnswerKind, named: list[str]) -> None:
    """Where the page that was used is not the right one, the right one is mostly next; an approved answer leaves nothing to look up."""
    used = sources_of("quoted", [FILTER], "")
    beside = (FILTER, HOSE, OIL, replace(OIL, source="more.md"))

    assert [each.source for each in see_also(kind, used, beside)] == named
