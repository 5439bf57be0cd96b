"""Prompts whose question was changed."""

import pytest

from bot.messages import Passage
from bot.prompt import render_turn
from store.rewording import reword

PASSAGES = (
    Passage("1", "faq.csv", "FAQ", "", "Where is the key?\nAt the desk.", "employees"),
    Passage("2", "handbook.md", "Handbook", "Keys", "It is red.", "employees"),
)


@pytest.mark.parametrize("passages", [(), PASSAGES])
@pytest.mark.parametrize("old", ["Where is the key?", "key", "Question", "facts", "e"])
def test_a_prompt_reads_as_if_it_had_been_asked_so(passages: tuple[Passage, ...], old: str) -> None:
    """Whatever the old words were, the passages and the frame around them stay."""
    assert reword(render_turn(passages, old), old, "Where is the car?") == render_turn(passages, "Where is the car?")


def test_in_another_layout_every_occurrence_changes() -> None:
    """A prompt that an earlier version made must not keep the words either."""
    assert reword("Ana asks: Who is Ana?\n\nAnswer: Who is Ana?", "Who is Ana?", "Who?") == "Ana asks: Who?\n\nAnswer: Who?"
