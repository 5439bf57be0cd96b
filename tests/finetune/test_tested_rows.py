"""Questions from rows of a test split, and what is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Misconfigured, Refused
from finetune.questions import HeldOut
from finetune.tested_rows import read_tests


def read(path: Path, *rows: Any) -> tuple[HeldOut, ...]:
    """Read a file of these rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_tests(path, audience="employees", kind="plain")


def talk(*said: str, **metadata: Any) -> dict[str, Any]:
    """Return a row in which people and the assistant speak by turns, below a system text."""
    turns = [{"role": "user" if at % 2 == 0 else "assistant", "content": text} for at, text in enumerate(said)]
    return {"messages": [{"role": "system", "content": "Be brief."}, *turns], "metadata": metadata}


def test_the_last_answer_of_a_row_is_the_reference(tmp_path: Path) -> None:
    """Its right answer is known, so that it counts in the gate; a follow-up means nothing without the turns before it."""
    found = read(
        tmp_path / "test.jsonl",
        talk("Where is the pump?", "In the hall.", language="en", cluster="c1"),
        talk("Hello", "Hello!", "Where does the legal office keep the archive of old contracts?", "Room 2."),
        talk("Where is the pump?", "In the hall.", "And then?", "Turn left."),
    )

    assert [(each.question, each.reference, each.kind, each.language) for each in found] == [
        ("Where is the pump?", "In the hall.", "imported", "en"),
        ("Where does the legal office keep the archive of old contracts?", "Room 2.", "imported", ""),
    ]
    assert found[0].subject.startswith("c1:")


def test_pairs_are_rows_too(tmp_path: Path) -> None:
    """Of any format that holds questions with answers."""
    (found,) = read(tmp_path / "test.jsonl", {"prompt": "Where?", "completion": "Here."})

    assert (found.question, found.reference, found.kind) == ("Where?", "Here.", "imported")


def test_an_operators_questions_stay_what_they_are(tmp_path: Path) -> None:
    """With their kind, and phrasings of one subject."""
    one, other, last = read(
        tmp_path / "questions.jsonl",
        {"questions": ["Where?", "In which place?"], "answer": "Here."},
        {"question": "Who?", "answer": "Ana."},
    )

    assert {one.kind, other.kind, last.kind} == {"plain"}
    assert one.subject == other.subject != ""
    assert last.subject == ""


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "line 1 holds no question with its answer"),
        ({"messages": [{"role": "user", "content": "Where?"}]}, "line 1"),
    ],
)
def test_what_is_no_question_is_refused_with_its_line(tmp_path: Path, row: Any, sentence: str) -> None:
    """Before anybody is asked."""
    with pytest.raises(Refused, match=sentence):
        read(tmp_path / "rows.jsonl", row)


def test_a_file_of_nothing_known_is_told_as_questions_are(tmp_path: Path) -> None:
    """With line, key and remedy."""
    with pytest.raises(Misconfigured, match="line 1"):
        read(tmp_path / "rows.jsonl", {"what": "is this"})
