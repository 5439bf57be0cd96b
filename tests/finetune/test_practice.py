"""Made-up facts: always the same for a seed, each answered by one of its passages, in the languages in use."""

import random
from collections import Counter
from itertools import islice

import pytest

from finetune.practice import Exercise, exercises
from finetune.practice_words import like

BOTH = {"en": 1, "pt": 1}


def drawn(count: int, *, seed: int = 1, languages: dict[str, int] | None = None, distractors: int = 2) -> list[Exercise]:
    """Return the first exercises of a seed."""
    return list(islice(exercises(seed, languages=BOTH if languages is None else languages, distractors=distractors), count))


def test_a_seed_gives_the_same_exercises() -> None:
    """A round must be repeatable."""
    assert drawn(20) == drawn(20)
    assert drawn(20) != drawn(20, seed=2)


def test_one_passage_answers() -> None:
    """Its neighbours are of other keys, or the right answer would be a matter of luck."""
    for exercise in drawn(400):
        assert [passage.text for passage in exercise.passages].count(exercise.answer) == 1
        assert len({passage.text for passage in exercise.passages}) == len(exercise.passages)


def test_the_question_is_never_the_heading_of_its_passage() -> None:
    """Comparing headings must not be enough, as with people's own phrasings."""
    for exercise in drawn(400):
        assert exercise.question not in {passage.heading for passage in exercise.passages if passage.text == exercise.answer}


def test_passages_are_headed_as_those_served() -> None:
    """By a question, as FAQ entries and approved answers are, or by the title of a document."""
    headed = [{(bool(passage.heading), bool(passage.title)) for passage in exercise.passages} for exercise in drawn(400)]

    assert all(forms in ({(True, False)}, {(False, True)}) for forms in headed)
    assert 240 <= headed.count({(True, False)}) <= 320


def test_all_forms_occur() -> None:
    """The right passage alone, among two and among three; first, but for the errors that a retriever makes."""
    found = drawn(1000)
    sizes = Counter(len(exercise.passages) for exercise in found)
    misplaced = sum(exercise.passages[0].text != exercise.answer for exercise in found)

    assert (260 <= sizes[1] <= 340, 100 <= sizes[2] <= 180, 520 <= sizes[3] <= 600) == (True, True, True)
    assert 20 <= misplaced <= 80


def test_codes_are_mistaken_for_those_that_differ_by_one_digit() -> None:
    """Small models take these for one another."""
    rng = random.Random(1)
    for code, slot in (("L-304", "code"), ("kit K20", "ware")):
        other = like(code, slot, "en", rng)

        assert len(other) == len(code)
        assert sum(left != right for left, right in zip(code, other, strict=True)) == 1


def test_other_keys_are_mistaken_for_their_kind() -> None:
    """One branch for another, one day for another."""
    rng = random.Random(1)
    others = {like("Friday", "day", "en", rng) for _ in range(100)}

    assert len(others) == 6
    assert "Friday" not in others


def test_neighbours_are_mostly_of_the_same_kind() -> None:
    """As a retriever offers them."""
    found = [exercise.passages for exercise in drawn(300, languages={"en": 1}) if exercise.answer.startswith("Form ")]
    beside = [passage.text.startswith("Form ") for passages in found for passage in passages[1:]]

    assert 0.4 < sum(beside) / len(beside) < 0.9


@pytest.mark.parametrize(
    ("languages", "counted"),
    [
        ({"en": 1, "pt": 1}, {"en": 20, "pt": 20}),
        ({"pt": 30, "en": 10}, {"pt": 30, "en": 10}),
        ({"pt": 7}, {"pt": 40}),
        ({"en": 7, "de": 70}, {"en": 40}),
        ({"de": 7}, {"en": 20, "pt": 20}),
        ({}, {"en": 20, "pt": 20}),
    ],
)
def test_languages_occur_as_where_they_are_needed(languages: dict[str, int], counted: dict[str, int]) -> None:
    """A company that asks in one language is not helped by another."""
    assert Counter(exercise.language for exercise in drawn(40, languages=languages)) == counted


@pytest.mark.parametrize("distractors", [0, 1, 5])
def test_the_recipe_limits_the_distractors(distractors: int) -> None:
    """They stand beside the right passage, as in the rated rows."""
    assert max(len(exercise.passages) for exercise in drawn(100, distractors=distractors)) == distractors + 1


@pytest.mark.parametrize(
    ("language", "before", "behind"), [("en", "I started this week", "by noon."), ("pt", "Comecei esta semana", "Muito obrigado!")]
)
def test_people_tell_more_than_they_ask(language: str, before: str, behind: str) -> None:
    """A model that never met it says the question again; the passages say what they said."""
    asked = [exercise.question for exercise in drawn(400, languages={language: 1})]
    opened, closed = sum(each.startswith(before) for each in asked), sum(each.endswith(behind) for each in asked)

    assert 5 <= opened <= 40  # an eighth of two fifths
    assert 5 <= closed <= 40
    assert not any("{" in each for each in asked)
