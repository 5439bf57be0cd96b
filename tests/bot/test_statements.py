"""A passage is cut where it says another thing; what stands above a thing belongs to it."""

import pytest

from bot.statements import clauses_of, statements_of


def test_each_statement_stands_under_its_headings_and_lead_in() -> None:
    """What is told of the Level 4 camp by a heading counts for each line beneath it, and for none beneath another."""
    passage = "Guide\nCamps\n## Level 4 camp\nIt costs $210,\nwith meals.\nBring:\n- two towels\n- $5\n\n## Level 1 camp\nIt costs $35."

    said = {statement.text: [line for line in statement.above.split("\n") if line] for statement in statements_of(passage)}

    assert said["It costs $210, with meals."] == ["Guide", "Camps", "Level 4 camp"]
    assert said["two towels"] == ["Guide", "Camps", "Level 4 camp", "Bring:"]
    assert said["$5"] == ["Guide", "Camps", "Level 4 camp", "Bring:"]
    assert said["It costs $35."] == ["Guide", "Camps", "Level 1 camp"]


@pytest.mark.parametrize(
    "row",
    ["| Price | Period |\n|---|---|\n| $5 | a day |", "Name: towel; Price: $5; Period: a day"],
)
def test_a_cell_of_a_row_has_the_name_of_its_column(row: str) -> None:
    """In a table a figure says nothing without it."""
    columns = statements_of(f"Guide\nRental\n{row}")[-1].columns

    assert columns[-2:] == (("Price", "$5"), ("Period", "a day"))


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Adults pay $10, children pay $5.", [("Adults pay $10", ""), ("children pay $5.", "")]),
        ("O almoço custa R$ 30,00 e a janta custa R$ 25,00.", [("O almoço custa R$ 30,00", ""), ("a janta custa R$ 25,00.", "")]),
        (
            "The Level 4 camp lasts 4 days and costs $210.",
            [("The Level 4 camp lasts 4 days", ""), ("costs $210.", "The Level 4 camp lasts days")],
        ),
        ("It costs $180. A fee of $50 is due.", [("It costs $180.", ""), ("A fee of $50 is due.", "")]),
        ("Lasts two weeks; afterwards it is longer.", [("Lasts two weeks", ""), ("afterwards it is longer.", "")]),
        ("Open between 8 and 10 June, with towels and soap.", [("Open between 8 and 10 June, with towels and soap.", "")]),
        ("Between nine and twelve days, mostly.", [("Between nine and twelve days, mostly.", "")]),
        ("The Level 4 camp and the park cost $210.", [("The Level 4 camp and the park cost $210.", "")]),
    ],
)
def test_a_clause_has_a_figure_of_its_own(text: str, clauses: list[tuple[str, str]]) -> None:
    """Where only one side of an "and" has one, it is said of both; a clause without a subject has that of the one before."""
    assert clauses_of(text) == clauses
