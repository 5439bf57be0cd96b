"""Answers that contradict each other: found where one thing is asked, and nowhere else."""

from store.contradicting import contradicting


def test_two_answers_to_one_question_are_both_listed() -> None:
    """Nobody knows which is right; the third only says the first in other words."""
    rows = [
        ("How long is the warranty of the pump?", "The warranty is 12 months."),
        ("How long is the warranty of the pump, please?", "The warranty is 24 months."),
        ("how long is the warranty of the pumps?", "It is 12 months, the warranty."),
    ]

    assert contradicting(rows) == (0, 1, 2)
    assert contradicting(rows[::2]) == ()


def test_answers_to_two_questions_may_differ() -> None:
    """A word, a code or a denial apart, near-duplicates ask two things."""
    rows = [
        ("How do I export my contacts as CSV?", "Choose Export in the menu File."),
        ("How do I import my contacts as CSV?", "Drop the file on the list of contacts."),
        ("What does E101 mean?", "The sensor is loose."),
        ("What does E102 mean?", "The filter is full."),
        ("Can I park here?", "Yes, in front of the gate."),
        ("Can't I park here?", "No, never."),
    ]

    assert contradicting(rows) == ()


def test_no_rows_contradict_nothing() -> None:
    """Nor does one."""
    assert contradicting([]) == contradicting([("Where?", "Here.")]) == ()
