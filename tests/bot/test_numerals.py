"""Numbers are the same however they are written."""

import pytest

from bot.numerals import calendar_form, fold, spelt_numbers, values_of


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("007", {"7"}),
        ("1.000", {"1000"}),
        ("1,000.50", {"1000.5"}),
        ("1.000,50", {"1000.5"}),
        ("2,5", {"2.5"}),
        ("9.1.2", {"9.1.2"}),
        ("0", {"0"}),
    ],
)
def test_digits_mean_the_same_in_either_language(written: str, values: set[str]) -> None:
    """Points and commas change places between them."""
    assert values_of(written) == values


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("vinte e cinco", [25]),
        ("two thousand and thirty-one boxes", [2031]),
        ("dois mil e trezentos", [2300]),
        ("nine, ten", [9, 10]),
        ("between two and three, de cinco e nove", [2, 3, 5, 9]),
        ("vinte e uma, cento e um, twenty one", [21, 101, 21]),
        ("duzentos e cinquenta e três mil", [253_000]),
        ("ten and one", [10]),
        ("um, one, uma", []),
        ("cinco por cento", [5]),
        ("cento e dez", [110]),
        ("nine\ntwenty", [9, 20]),
    ],
)
def test_numbers_in_words_are_added_up(text: str, numbers: list[int]) -> None:
    """Within a line, and with the words between them."""
    assert [value for value, _, _ in spelt_numbers(text)] == numbers


def test_a_number_in_words_has_a_place() -> None:
    """What it counts is looked for behind it."""
    text = "Leva, às vezes, vinte e cinco dias"

    [(_, start, end)] = spelt_numbers(text)

    assert text[start:end] == "vinte e cinco"


def test_days_and_months_have_names_in_both_languages() -> None:
    """May is a verb."""
    assert {calendar_form(word) for word in ("mondays", fold("Segunda-feira"))} == {"day0"}
    assert {calendar_form(word) for word in ("march", fold("Março"))} == {"month3"}
    assert calendar_form("may") == ""
