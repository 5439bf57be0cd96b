"""Rows that say what an earlier one said."""

from hypothesis import given
from hypothesis import strategies as st

from finetune.formats.records import Conversation, Preference, Record, Text, Thumb, Turn
from finetune.repeats import Repeats

LIMIT = 1000


def repeats_of(records: list[Record], *, limit: int = LIMIT) -> tuple[int, list[tuple[int, int]]]:
    """Return what is repeated of *records*, in lines from 1 on."""
    repeats = Repeats()
    for line, record in enumerate(records, 1):
        repeats.add(record, line)
    return repeats.found(limit=limit)


@given(words=st.lists(st.sampled_from("abcd"), max_size=30))
def test_each_repeated_row_is_named_with_its_first(words: list[str]) -> None:
    """As a dictionary would find it."""
    first: dict[str, int] = {}
    expected = [(line, first[word]) for line, word in enumerate(words, 1) if first.setdefault(word, line) != line]
    records: list[Record] = [Text(word) for word in words]

    assert repeats_of(records) == (len(expected), expected)
    assert repeats_of(records, limit=2) == (len(expected), expected[:2])


def test_what_is_said_decides() -> None:
    """Roles, kinds and thumbs count; metadata and weights do not."""
    asked = (Turn("user", "a"),)
    different: list[Record] = [
        Conversation((*asked, Turn("assistant", "b"))),
        Conversation((Turn("assistant", "a"), Turn("user", "b"))),
        Conversation((Turn("user", "ab"), Turn("assistant", ""))),
        Thumb(asked, "b", good=True),
        Thumb(asked, "b", good=False),
        Preference(asked, "b", "c"),
        Preference(asked, "c", "b"),
    ]

    assert repeats_of(different) == (0, [])
    assert repeats_of([different[0], Conversation((*asked, Turn("assistant", "b", 0)), {"id": 1})]) == (1, [(2, 1)])
