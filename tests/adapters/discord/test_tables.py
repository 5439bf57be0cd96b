"""Tables as Discord can show them."""

import pytest

from adapters.discord.parts import final_parts, running_parts
from adapters.discord.tables import without_tables
from tests.adapters.discord.test_parts import answer

STOCK = "| Code | Stock |\n|:--|--:|\n| FH-300 | 4 |\n| FH-3000 | 12 |"


def test_a_narrow_table_stands_in_columns() -> None:
    """Discord shows Markdown's tables as they are typed; in a block of code at least the columns can be read."""
    shown = without_tables(f"Today:\n\n{STOCK}\n\nMore on Monday.")

    columns = ["```", "Code     Stock", "-------  -----", "FH-300   4", "FH-3000  12", "```"]
    assert shown.splitlines() == ["Today:", "", *columns, "", "More on Monday."]


def test_a_wide_table_becomes_a_list_of_rows() -> None:
    """Folded lines of code would put every cell beneath another column."""
    long = "Bring the card, the form and a photo to the desk on the ground floor"

    assert without_tables(f"|Step|What to do|\n|--|--|\n|1|{long}|\n|2||") == f"- **Step**: 1 · **What to do**: {long}\n- **Step**: 2"


@pytest.mark.parametrize("cell", ["[form](https://example.com/f)", "**now**", "`make run`", "https://example.com"])
def test_cells_with_markup_are_not_shown_as_code(cell: str) -> None:
    """In a block of code a link is not to be clicked, and bold letters are asterisks."""
    assert without_tables(f"|Name|Value|\n|--|--|\n|x|{cell}|") == f"- **Name**: x · **Value**: {cell}"


def test_wide_letters_take_two_columns() -> None:
    """A Chinese letter is as wide as two Latin ones in a terminal's font."""
    assert without_tables("|品名|n|\n|--|--|\n|弁|4|").splitlines()[1:4] == ["品名  n", "----  -", "弁    4"]


def test_lines_within_cells_become_one() -> None:
    """A cell of HTML's may have several, and a line of a table has one."""
    assert "a b  1" in without_tables("|x|y|\n|--|--|\n|a<br/>b|1|")


def test_pipes_within_cells_stay() -> None:
    r"""A cell may hold `\|`."""
    assert "a | b  1" in without_tables("|x|y|\n|--|--|\n|a \\| b|1|")


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{STOCK}\n```",
        "Either a | b\n\n---\n\nor c | d.",
        "| Code | Stock |\n|--",
        "| Code | Stock |",
        "no table",
        "-----|" * 400 + "x",
    ],
    ids=["code", "rule", "half a rule", "heading", "plain", "endless rule"],
)
def test_what_is_no_table_stays_as_it_is(text: str) -> None:
    """A pipe is a letter like others; the beginning of a table is shown as it comes."""
    assert without_tables(text) == text


def test_answers_are_shown_without_tables() -> None:
    """While an answer comes, and when it is complete."""
    assert without_tables(STOCK) in running_parts(STOCK)[0].content
    assert without_tables(STOCK) in final_parts(answer(STOCK), "en")[0].content


def test_a_long_table_is_divided_as_code() -> None:
    """Every message of it is a block of code of its own, within Discord's limit."""
    rows = "\n".join(f"| FH-{number} | {number} |" for number in range(300))
    parts = final_parts(answer(f"| Code | Stock |\n|--|--|\n{rows}"), "en")

    assert len(parts) > 1
    assert all(part.content.startswith("```\n") and len(part.content) <= 2000 for part in parts)
    assert parts[-1].content.endswith("```")
