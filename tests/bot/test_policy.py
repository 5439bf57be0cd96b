"""Questions are cleaned and refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EmptyQuestion, QuestionTooLong
from bot.policy import clean, clean_question


@pytest.mark.parametrize("text", ["", "   \n", "👍🎉", "?!…", "\x00\x07", "\ud800"])
def test_a_question_without_words_is_refused(text: str) -> None:
    """Nothing can be answered; the person is told so instead of getting a guess."""
    with pytest.raises(EmptyQuestion):
        clean_question(text, limit=100)


def test_a_long_question_names_its_length_and_the_limit() -> None:
    """The person must know by how much to shorten it."""
    with pytest.raises(QuestionTooLong) as caught:
        clean_question("a" * 40_000, limit=8000)

    assert caught.value.fields == {"length": 40_000, "limit": 8000}


def test_controls_overrides_and_lone_surrogates_go_and_pairs_stay() -> None:
    """They would break SQL, terminals or the reading order; an emoji sent as a surrogate pair is a character."""
    assert clean("a\x00b\u202ec\ud83d\ude00\ud800!\r\nd\re") == "abc😀\ufffd!\nd\ne"


def test_portuguese_letters_are_composed() -> None:
    """Retrieval compares characters: a decomposed ç must be the same ç."""
    assert clean("c\u0327a\u0303o") == "ção"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What is stored may be cleaned again on its way."""
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "L", "Zs"])))
def test_cleaned_text_can_always_be_encoded(text: str) -> None:
    """A lone surrogate in SQL or JSON would lose the whole exchange."""
    assert clean(text).encode() is not None
