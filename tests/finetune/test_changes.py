"""Changed answers beside their predecessors."""

from finetune.changes import changes_of, marked
from tests.finetune.evaluations import BAD, GOOD, evaluation, of_kind, reply, with_second


def test_lost_answers_come_first_and_unchanged_ones_are_left_out() -> None:
    """Who reads three of them reads the losses."""
    given = evaluation(
        [*of_kind("up", 1, GOOD, GOOD), *of_kind("down", 1, BAD, GOOD), *of_kind("up", 1, GOOD, BAD), *of_kind("up", 1, BAD, BAD)]
    )
    changed = with_second(given, passages=[*given.second.passages[:3], reply(BAD, text="every week")])

    assert [change.verdict for change in changes_of(changed)] == ["lost", "fixed", "bad"]


def test_a_good_answer_in_other_words_is_shown_last() -> None:
    """It changed all the same."""
    given = evaluation([*of_kind("up", 1, GOOD, GOOD), *of_kind("down", 1, BAD, GOOD)])
    changed = with_second(given, passages=[reply(text="twice a year"), given.second.passages[1]])

    assert [change.verdict for change in changes_of(changed)] == ["fixed", "good"]


def test_new_words_are_marked_and_the_text_stays_whole() -> None:
    """Spaces included: joined, the runs are the text."""
    runs = marked("Every six months,  at once.", "Every nine months,  at once.")

    assert runs == (("Every ", False), ("six ", True), ("months,  at once.", False))
    assert marked("", "x") == (("", True),) or marked("", "x") == ()
