"""Whether a question is answered alike however it is worded."""

from dataclasses import replace

from finetune.arms import AskedOf
from finetune.consistency import alike, consistency
from tests.finetune.evaluations import evaluation, held, reply


def asked(*subjects: str) -> list[AskedOf]:
    """Return questions of these subjects."""
    (one,) = evaluation([(held(), True, True)]).asked
    return [replace(one, held=replace(one.held, subject=each)) for each in subjects]


def test_subjects_with_several_phrasings_count_once_each() -> None:
    """A subject is consistent where each of its answers says the same; one that was asked once, or of which nothing is known, is none."""
    replies = [reply(True), reply(True), reply(True), reply(False), reply(True), reply(True)]
    found = consistency(replies, asked("a", "a", "b", "b", "once", ""))

    assert (found.value, found.count) == (0.5, 2)


def test_wrong_answers_are_alike_where_they_say_the_same() -> None:
    """Being consistently wrong is consistent; being wrong in two ways is not, nor is declining once."""
    one, same, other = (
        reply(False, text="It is changed every day."),
        reply(False, text="It is changed each day."),
        reply(False, text="Never."),
    )
    silent = reply(False, text="I do not know.", declined=True)

    assert alike(one, same)
    assert not alike(one, other)
    assert not alike(one, silent)
    assert alike(silent, replace(silent, text="Nobody knows."))


def test_one_right_and_one_wrong_answer_are_not_alike() -> None:
    """However like their words are."""
    right, wrong = reply(True, text="Every 6 months."), reply(False, text="Every 9 months.")

    assert not alike(right, wrong)
    assert alike(right, replace(right, text="Twice a year."))
