"""Marks at the ends of prompts and answers, as rows of plain completion have them."""

from finetune.formats.ends import without_ends
from finetune.formats.records import Conversation, Record, Text, Turn


def talk(question: str, answer: str) -> Conversation:
    """Return a question with its answer."""
    return Conversation((Turn("user", question), Turn("assistant", answer, 1)))


def test_separator_and_stop_are_taken_off_with_the_blanks_around() -> None:
    """As the guides put them there; in the middle of a text they stay."""
    found = without_ends(talk("Where -> there?\n\n###\n\n", " Here END there. END"), separator="\n\n###\n\n", stop=" END")

    assert found == talk("Where -> there?", "Here END there.")


def test_blanks_behind_a_mark_are_no_matter() -> None:
    """Some rows have one more."""
    assert without_ends(talk("Where? -> ", "Here.\n"), separator=" ->", stop="\n") == talk("Where?", "Here.")


def test_without_marks_nothing_changes() -> None:
    """Nor does what is no conversation."""
    given: Record = talk("Where? ->", " Here.")
    text = Text("book ->")

    assert without_ends(given, separator="", stop="") == given
    assert without_ends(text, separator="->", stop="->") == text
