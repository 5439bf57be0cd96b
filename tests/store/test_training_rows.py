"""Training rows as JSON Lines: whatever people and models write, one row is one line and comes back whole."""

import json

from hypothesis import given
from hypothesis import strategies as st

from store.training_rows import TrainingRow, json_line

# What a database can hold: everything but lone surrogates and NUL.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(system=TEXTS, turns=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_rows_come_back_as_they_went(system: str, turns: list[tuple[str, str]]) -> None:
    """A trainer that reads the lines back must train on exactly what was said."""
    line = json_line(TrainingRow(system, turns, {"exchange_id": "e"}))
    messages = json.loads(line)["messages"]

    assert line.splitlines(keepends=True) == [line]
    assert [message["content"] for message in messages if message["role"] == "system"] == ([system] if system else [])
    assert [message["content"] for message in messages if message["role"] == "user"] == [user for user, _ in turns]
    assert [message["content"] for message in messages if message["role"] == "assistant"] == [answer for _, answer in turns]


def test_the_bytes_of_a_row_are_fixed() -> None:
    """The same ledger must give the same bytes, so keys have one order and letters one spelling."""
    row = TrainingRow("Sê breve.", [("É isso?\u2028", "Sim.")], {"exchange_id": "e", "up": 1, "corrected": False})

    assert json_line(row) == (
        '{"messages": [{"role": "system", "content": "Sê breve."}, {"role": "user", "content": "É isso?\\u2028"}, '
        '{"role": "assistant", "content": "Sim."}], "metadata": {"exchange_id": "e", "up": 1, "corrected": false}}\n'
    )
