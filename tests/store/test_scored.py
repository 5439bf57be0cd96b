"""In which order candidates are given."""

import pytest

from bot.messages import Passage
from store.candidates import Candidate
from store.scored import Scored


def scored(name: str, score: float, language: str) -> Scored:
    """Return a passage with its score."""
    return Scored(Candidate("passages", Passage(name, name, name, "", name, "all", language), ""), "?", score, 0.5, 0.5, None)


@pytest.mark.parametrize(
    ("language", "english", "portuguese", "first"),
    [
        ("pt", 0.7, 0.7, "portuguese"),
        ("en", 0.7, 0.7, "english"),
        ("", 0.7, 0.7, "english"),
        ("de", 0.7, 0.7, "english"),
        ("pt", 0.72, 0.7, "portuguese"),
        ("pt", 0.9, 0.7, "english"),
        ("en", 0.7, 0.9, "portuguese"),
        ("pt", 1.0, 1.0, "portuguese"),
    ],
)
def test_of_what_is_as_likely_that_in_the_questions_language_goes_first(
    language: str, english: float, portuguese: float, first: str
) -> None:
    """A table that is there in two languages says the same twice, and people read one of them; a likelier answer goes first in any."""
    candidates = [scored("portuguese", portuguese, "pt"), scored("english", english, "en")]

    assert min(candidates, key=lambda each: each.place(language)).entry_id == first
