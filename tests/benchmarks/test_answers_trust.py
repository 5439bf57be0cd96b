"""The rows on declining and inventing, small: that they can be measured, and that the check sees what it is for."""

import inspect
from pathlib import Path

import pytest

from bot.messages import Found
from tests.benchmarks import answers_declined, answers_invented
from tests.benchmarks.answers_declined import declines
from tests.benchmarks.answers_invented import foreign
from tests.benchmarks.answers_material import DATA, lines, of_half, of_loop
from tests.fakes.retriever import passage

GUIDE = (
    passage("The LT-400 takes filter FD-40. Clean it every thirty days, after 1,000 cycles; ask Ana in São Paulo.", source="guide.md"),
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Clean it after 1000 cycles, says Ana; the LT400 is in Sao Paulo.", []),
        ("Clean it every 30 days.", []),
        ("Clean it after 12 cycles, twenty-five, vinte e cinco.", ["12"]),
        ("Clean it every ninety days, or twenty.", ["ninety", "twenty"]),
        ("Take the FD-50, says Maria.", ["FD-50", "Maria"]),
        ("1. Clean it.\n2. Ask.", []),
    ],
)
def test_the_check_names_what_stands_nowhere(text: str, named: list[str]) -> None:
    """It shares no line with the product's own guard, or it would be blind where that is."""
    assert foreign(text, GUIDE, "How often?") == named
    assert "bot.invented" not in inspect.getsource(answers_invented)


@pytest.mark.parametrize("said", ["nine", "nove", "Nine", "9", "09"])
def test_the_check_reads_numbers_in_words(said: str) -> None:
    """An answer that says 9 days of what takes nine is right, in either language; one that says 8 is not."""
    held = (passage(f"An air shipment to Lisbon takes {said} days.", source="faq.csv"),)

    assert foreign("The answer is: 9 days", held, "How long?") == []
    assert foreign("The answer is: nove dias", held, "How long?") == []
    assert foreign("The answer is: 8 days, eight", held, "How long?") == ["8", "eight"]


def test_the_companies_of_the_loop_are_asked_in_halves(tmp_path: Path) -> None:
    """A fact is in one half only, in every phrasing, and its own answer is what answers it."""
    asked = of_loop("brackholm", tmp_path).asked
    facts = lines(DATA / "loop" / "brackholm.jsonl")

    assert {each.text for each in of_half(asked, "report")} == {question for fact in facts[1::2] for question in fact["questions"]}
    first = next(each for each in asked if each.text == facts[0]["questions"][4])
    assert first.gold is not None
    assert [first.gold(passage(fact["answer"])) for fact in facts[:2]] == [True, False]


@pytest.mark.parametrize("row", ["declined_out", "declined_in"])
def test_every_row_is_a_function(row: str) -> None:
    """A misspelt one would count as missed after minutes."""
    assert inspect.iscoroutinefunction(getattr(answers_declined, row))
    assert inspect.iscoroutinefunction(answers_invented.invented)
    assert inspect.iscoroutinefunction(answers_invented.invented_bare)


def test_nothing_found_is_declined_and_good_evidence_is_not() -> None:
    """As the engine decides."""
    assert declines(Found(None, (), 0.0))
    assert declines(Found(None, GUIDE, 0.9, evidence={"apart": -1.0}))
    assert not declines(Found(None, (), 0.0, closest=GUIDE, evidence={"apart": 0.5}))
