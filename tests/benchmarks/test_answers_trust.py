"""The rows on declining and inventing, small: that they can be measured, and that the check sees what it is for."""

import inspect

import pytest

from bot.messages import Found
from tests.benchmarks import answers_declined, answers_invented
from tests.benchmarks.answers_declined import declines
from tests.benchmarks.answers_invented import foreign
from tests.fakes.retriever import passage

GUIDE = (
    passage("The LT-400 takes filter FD-40. Clean it every thirty days, after 1,000 cycles; ask Ana in São Paulo.", source="guide.md"),
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Clean it after 1000 cycles, says Ana; the LT400 is in Sao Paulo.", []),
        ("Clean it after 12 cycles.", ["12"]),
        ("Take the FD-50, says Maria.", ["FD-50", "Maria"]),
        ("1. Clean it.\n2. Ask.", []),
    ],
)
def test_the_check_names_what_stands_nowhere(text: str, named: list[str]) -> None:
    """It shares no line with the product's own guard, or it would be blind where that is."""
    assert foreign(text, GUIDE, "How often?") == named
    assert "bot.invented" not in inspect.getsource(answers_invented)


@pytest.mark.parametrize("row", ["declined_out", "declined_in"])
def test_every_row_is_a_function(row: str) -> None:
    """A misspelt one would count as missed after minutes."""
    assert inspect.iscoroutinefunction(getattr(answers_declined, row))
    assert inspect.iscoroutinefunction(answers_invented.invented)


def test_nothing_found_is_declined_and_good_evidence_is_not() -> None:
    """As the engine decides."""
    assert declines(Found(None, (), 0.0))
    assert declines(Found(None, GUIDE, 0.9, evidence={"apart": -1.0}))
    assert not declines(Found(None, (), 0.0, closest=GUIDE, evidence={"apart": 0.5}))
