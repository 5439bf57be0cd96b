"""Made-up facts: always the same for a seed, always answered by their first passage."""

from itertools import islice

from finetune.practice import exercises


def test_a_seed_gives_the_same_exercises() -> None:
    """A round must be repeatable."""
    assert list(islice(exercises(1), 20)) == list(islice(exercises(1), 20))
    assert list(islice(exercises(1), 20)) != list(islice(exercises(2), 20))


def test_the_first_passage_answers_under_another_phrasing() -> None:
    """Comparing headings must not be enough, as with people's own phrasings."""
    for exercise in islice(exercises(1), 200):
        assert exercise.answer == exercise.passages[0].text
        assert exercise.question != exercise.passages[0].heading


def test_both_languages_and_all_forms_occur() -> None:
    """One in four shows the right passage alone, the others two neighbours beside it."""
    found = list(islice(exercises(1), 80))

    assert [exercise.language for exercise in found].count("pt") == 40
    assert [len(exercise.passages) for exercise in found].count(1) == 20
    assert {len(exercise.passages) for exercise in found} == {1, 3}
