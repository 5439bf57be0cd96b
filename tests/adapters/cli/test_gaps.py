"""`aprendiz gaps` and `aprendiz confidence`: what is not answered, and how far the numbers can be trusted."""

import asyncio
from pathlib import Path

import pytest

from adapters.compose import open_records
from bot.errors import BadRequest
from bot.settings import read_settings
from tests.adapters.cli.conftest import Aprendiz
from tests.store.test_gaps import Asking


def test_a_new_home_has_no_gaps_and_the_shipped_confidence(home: Path, aprendiz: Aprendiz) -> None:
    """Both say so in plain words, and as JSON."""
    assert aprendiz("gaps").out.strip() == "Nothing was left unanswered."
    assert aprendiz("gaps", "--json").out == ""
    shown = aprendiz("confidence", "show", "--json").json

    assert (shown["method"], shown["fitted_at"], shown["ratings"]) == ("shipped", None, 0)
    assert (shown["expected_calibration_error"], shown["coverage"]) == (None, {"0.9": None, "0.95": None})
    assert 0 < shown["threshold"] < 1
    assert "too few ratings to tell" in aprendiz("confidence", "show").out


def test_fitting_keeps_what_came_of_it(home: Path, aprendiz: Aprendiz) -> None:
    """Also where there was nothing to learn from: the operator sees when it was tried."""
    fitted = aprendiz("confidence", "fit", "--json").json

    assert (fitted["method"], fitted["ratings"]) == ("shipped", 0)
    assert aprendiz("confidence", "show", "--json").json["fitted_at"] == fitted["fitted_at"]


def test_a_wrong_day_is_wrong_usage(aprendiz: Aprendiz) -> None:
    """With what was expected."""
    ran = aprendiz("gaps", "--since", "yesterday")

    assert ran.code == 2
    assert "%Y-%m-%d" in ran.err


def test_a_declined_question_shows_with_the_material_that_comes_closest(shelf: Path, worded: Aprendiz) -> None:
    """Whoever writes the missing page sees where it belongs."""
    settings = read_settings()

    async def ask() -> None:
        async with open_records(settings) as records:
            await Asking(records.database)("Which discounts may the shop grant to pets?")

    asyncio.run(ask())
    (gap,) = worded("gaps", "--json").lines

    assert (gap["count"], gap["declined"], gap["examples"]) == (1, 1, ["Which discounts may the shop grant to pets?"])
    assert len(gap["closest"]) == 3
    assert gap["closest"][0].keys() == {"title", "source", "score"}
    assert "Questions: 1 (1 without an answer, 0 with a bad one); too few to tell a trend" in worded("gaps").out
    assert worded("gaps", "--audience", "customers").out.strip() == "Nothing was left unanswered."


def test_an_approved_answer_is_named_by_its_question(shelf: Path, worded: Aprendiz) -> None:
    """Of several, "Approved answer" alone would tell none from the others."""
    settings = read_settings()
    worded("approved", "add", "--question", "Which discounts may the shop grant to cats?", "--answer", "None.", "--audience", "all")

    async def ask() -> None:
        async with open_records(settings) as records:
            await Asking(records.database)("Which discounts may the shop grant to pets?")

    asyncio.run(ask())

    assert "Approved answer: Which discounts may the shop grant to cats? (" in worded("gaps").out


def _ask(*questions: str) -> None:
    settings = read_settings()

    async def ask() -> None:
        async with open_records(settings) as records:
            asking = Asking(records.database)
            for question in questions:
                await asking(question)

    asyncio.run(ask())


def test_a_topic_names_the_place_that_comes_closest_to_any_of_its_questions(shelf: Path, worded: Aprendiz) -> None:
    """Whoever writes the page needs the heading, and each place once."""
    closest = "Are trains and flights booked four weeks ahead by the travel desk?"
    _ask("Are trains booked?", "Are trains booked by whom?", closest)
    (gap,) = worded("gaps", "--json").lines
    shown = worded("gaps").out
    titles = [line for line in shown.splitlines() if line.startswith("Closest material: ")]

    assert "Discounts › Travel (" in titles[0]
    assert titles[0].count("Discounts › Travel") == 1
    best = worded("knowledge", "search", closest, "--json").json["hits"][0]
    assert gap["closest"][0]["score"] == pytest.approx(best["score"], abs=0.001)


def test_a_pasted_text_does_not_break_the_list(shelf: Path, worded: Aprendiz) -> None:
    """Line breaks would look like further questions, and a whole mail hides those below."""
    _ask("Preciso saber uma coisa.\nÉ sobre o crachá:\nonde retiro?", "A" * 3000)
    shown = worded("gaps").out

    assert "  · Preciso saber uma coisa. É sobre o crachá: onde retiro?\n" in shown
    assert max(map(len, shown.splitlines())) < 300


def test_more_topics_than_shown_are_counted(shelf: Path, worded: Aprendiz) -> None:
    """A list that ends by itself looks complete."""
    _ask("Which discounts may the shop grant to pets?", "Onde retiro o crachá?", "Who repairs the printer?")

    assert "Shown are 2 of 3 topics; --limit shows more." in worded("gaps", "--limit", "2").out
    assert "--limit" not in worded("gaps", "--limit", "3").out


def test_what_is_no_scope_is_refused(worded: Aprendiz) -> None:
    """A typing mistake would otherwise look like a place without gaps."""
    with pytest.raises(BadRequest, match="'foo' is no scope"):
        worded("gaps", "--scope", "foo")


def test_nobody_asks_as_all(shelf: Path, worded: Aprendiz) -> None:
    """That nothing is open would be wrong: employees have a question."""
    _ask("Which discounts may the shop grant to pets?")
    shown = worded("gaps", "--audience", "all").out

    assert shown == "Nothing that was asked as all was left unanswered: name --audience employees or --audience customers.\n"
