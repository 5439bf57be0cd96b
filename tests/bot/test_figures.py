"""What a number counts is read from what stands beside it."""

import pytest

from bot.figures import Figure, ones, parts_of, spelt, units_said, whole


def read(text: str, token: str) -> Figure:
    """Return the number *token* of *text*."""
    start = text.index(token)
    figure = whole(text, start, start + len(token))
    assert figure is not None
    return figure


def counted(figure: Figure | None) -> set[str]:
    """Return what a number counts."""
    assert figure is not None
    return set(figure.kinds)


@pytest.mark.parametrize(
    ("text", "token", "kinds"),
    [
        ("It takes 9 full working days", "9", {"day"}),
        ("It takes 9 or 10 days", "9", {"day"}),
        ("Custa R$ 9 por dia", "9", {"reais"}),
        ("Custa 9 reais", "9", {"reais"}),
        ("Use 5 m of it", "5", {"metre", "minute"}),
        ("It opens at 9 am", "9", {"clock"}),
        ("Abre às 9h", "9h", {"clock"}),
        ("Espere 9h", "9h", {"clock", "hour"}),
        ("Espere 48h", "48h", {"hour"}),
        ("On the 9th", "9th", {"date", "label"}),
        ("Since 9 March", "9", {"date"}),
        ("No dia 9", "9", {"date"}),
        ("In room 9", "9", {"label"}),
        ("Look:\n9. Call", "9", {"label"}),
        ("Take the FH 300", "300", {"label"}),
        ("Send 9 boxes", "9", {"count"}),
        ("Send 9 of them", "9", set()),
        ("Days: 9", "9", set()),
        ("It was 9\ndays later", "9", set()),
    ],
)
def test_what_stands_beside_a_number_says_what_it_counts(text: str, token: str, kinds: set[str]) -> None:
    """Where nothing does, it may count anything."""
    assert read(text, token).kinds == kinds


@pytest.mark.parametrize(
    ("text", "token", "clocks"),
    [
        ("At 9 pm", "9", {"21:00"}),
        ("Às 9h30", "9h30", {"9:30"}),
        ("At 9:30", "9:30", {"9:30", "21:30"}),
        ("At 09:30", "09:30", {"9:30"}),
        ("Às 3 da tarde", "3", {"15:00"}),
        ("From 9 to 5 pm", "9", {"9:00", "21:00"}),
        ("For 9 days", "9", set()),
        ("A ratio of 16:90", "16:90", None),
    ],
)
def test_a_time_of_day_is_read_with_the_half_of_the_day(text: str, token: str, clocks: set[str] | None) -> None:
    """Where nothing says which half it is, both may be."""
    figure = whole(text, text.index(token), text.index(token) + len(token))

    assert (None if figure is None else figure.clocks) == clocks


def test_what_is_joined_is_read_in_its_parts() -> None:
    """A span counts in both; the parts of dates count nothing; a code has none."""
    assert [(part, counted(figure)) for part, figure in parts_of("2-3 days", 0, 3)] == [("2", {"day"}), ("3", {"day"})]
    assert [counted(figure) for _, figure in parts_of("05/03/2024", 0, 10)] == [{"date", "label"}] * 3
    assert parts_of("FD-40", 0, 5) == [("fd-40", None)]
    assert [counted(figure) for _, figure in parts_of("open 24/7", 5, 9)] == [{"hour"}, {"day"}]


def test_numbers_in_words_count_as_those_in_digits_do() -> None:
    """One is an article, mostly."""
    assert [(value, counted(figure)) for value, figure in spelt("vinte e cinco dias, nine o'clock")] == [("25", {"day"}), ("9", {"clock"})]
    assert [counted(figure) for figure in ones("one day, uma criança, one.")] == [{"day"}, {"count"}, set()]


def test_a_unit_is_spoken_of_without_a_number() -> None:
    """Where days are spoken of, a bare number may count them."""
    assert units_said(frozenset({"daily", "mensal", "kilos", "boxes"})) == {"day", "month", "kilogram"}
