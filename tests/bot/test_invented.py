"""What an answer names must stand in what it rests on, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.invented import Grounds

GUIDE = (
    "Model LT-400 uses drain filter FD-40, or FH 300. Clean it every 30 days; descale after 1,000 cycles. It costs R$ 1.250,50. "
    "The São Paulo branch is open on Saturdays from 8h15 to 3 pm. Ask Ana, +55 11 4002-8922; see https://example.org/a. "
    "Fifteen boxes. Since 05/03/2024."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The LT400 takes an FD40 and an FH-300.",
        "Clean it each 30 days, and descale after 1000 cycles.",
        "It costs 1,250.50, in reais.",
        "15 boxes fit; quinze caixas.",
        "In Sao Paulo it closes at 15:00, and opens at 8:15.",
        "It closes at 15h on a Saturday, aos sábados.",
        "Ana's number is 4002-8922.",
        "It was on 5 March 2024.",
        "A 30-day rhythm suits the LT-400/FD-40.",
        "See https://example.org/a.",
        "Step 1: clean it. Otherwise, ask.",
        "How To Clean The Filter Every Single Time",
        "Happily, that is all.",
    ],
)
def test_another_way_of_writing_is_no_invention(sentence: str) -> None:
    """A right answer that is withheld helps nobody."""
    assert Grounds([GUIDE]).invented(sentence) == frozenset()


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("The LT-500 is quieter.", "LT-500"),
        ("Clean it every 12 days.", "12"),
        ("It takes sixteen boxes.", "16"),
        ("It costs 1,250.60.", "1,250.60"),
        ("Call 4002-8923.", "4002-8923"),
        ("It costs 1,250.50 euros.", "euros"),
        ("It costs $1,250.50.", "dollars"),
        ("It opens at 4 pm.", "4"),
        ("We are open on Sundays.", "Sundays"),
        ("Abrimos aos domingos.", "domingos"),
        ("Please ask Maria about it.", "Maria"),
        ("It is run by NASA.", "NASA"),
        ("It was in April.", "April"),
        ("See https://example.org/b now.", "https://example.org/b"),
        ("Write to help@example.org.", "help@example.org"),
        ("Use the FH-400.", "FH-400"),
    ],
)
def test_what_stands_nowhere_is_named(sentence: str, named: str) -> None:
    """People act on numbers, codes and names."""
    assert Grounds([GUIDE]).invented(sentence) == {named}


def test_a_system_text_lends_names_and_no_numbers() -> None:
    """The company may be named; how many sentences are wanted is no fact."""
    grounds = Grounds(["It is blue."], named=["You work for Acme. Answer in 3 sentences."])

    assert grounds.invented("We at Acme have 3 of them.") == {"3"}


@given(st.text(max_size=80))
def test_a_text_invents_nothing_of_its_own(text: str) -> None:
    """What is quoted word for word always passes."""
    assert Grounds([text]).invented(text) == frozenset()


@given(st.integers(0, 999_999))
def test_digits_are_digits_with_or_without_groups(number: int) -> None:
    """1,000 and 1.000 and 1000 are one number; 1001 is another."""
    grounds = Grounds([f"There are {number:,} of them"])

    assert not grounds.invented(f"there are {number}")
    assert not grounds.invented(f"there are {number:,}".replace(",", "."))
    assert grounds.invented(f"there are {number + 1}")
