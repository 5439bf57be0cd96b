"""What is seen of a row."""

import pytest

from finetune.formats.records import Conversation, Origin, Preference, Record, Summary, Text, Thumb, Turn
from finetune.statistics.seen import key_of, see

ASKED = (Turn("user", "Open?"),)


@pytest.mark.parametrize(
    ("record", "before", "question", "answer", "good"),
    [
        (Conversation((*ASKED, Turn("assistant", "At 8."))), "", "Open?", "At 8.", None),
        (
            Conversation((Turn("system", "S"), *ASKED, Turn("assistant", "A"), *ASKED)),
            "system: S\n\nuser: Open?\n\nassistant: A",
            "Open?",
            "",
            None,
        ),
        (Preference(ASKED, "yes", "no"), "", "Open?", "yes", None),
        (Thumb(ASKED, "no", good=False), "", "Open?", "no", False),
        (Summary("Long.", "Short."), "", "Long.", "Short.", None),
        (Text("Words."), "", "", "Words.", None),
    ],
)
def test_question_and_answer_of_every_kind(record: Record, before: str, question: str, answer: str, good: bool | None) -> None:
    """As a person reads them."""
    seen = see(record)

    assert (seen.before, seen.question, seen.answer, seen.good) == (before, question, answer, good)


def test_the_key_is_of_what_is_said_alone() -> None:
    """The same row is known in any file; a thumb the other way is another row."""
    row = Conversation((*ASKED, Turn("assistant", "At 8.")))
    again = Conversation((*ASKED, Turn("assistant", "At 8.", weight=1)), {"category": "x"}, Origin("f", 3))

    assert key_of(row) == key_of(again)
    assert len({key_of(row), key_of(Text("Open?")), key_of(Thumb(ASKED, "a", good=True)), key_of(Thumb(ASKED, "a", good=False))}) == 4


def test_source_and_category_come_from_metadata() -> None:
    """The file at hand where no other is told."""
    told = see(
        Text("a", {"origin": {"file": "zendesk.json", "line": 3}, "topic": ["x", 1], "category": {"no": 1}}, Origin("here", 1)),
        category="topic",
    )
    plain = see(Text("a", {"category": {"no": 1}}, Origin("here", 1)))

    assert (told.source, told.category, told.line) == ("zendesk.json", "x, 1", 1)
    assert (plain.source, plain.category) == ("here", "")
