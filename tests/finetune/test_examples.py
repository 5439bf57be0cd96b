"""What stands of rated answers: votes, corrections, repetitions, audiences."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Passage
from bot.prompt import render_turn
from finetune.examples import for_audience, question_in, settle, with_splits
from store.clusters import Assigned
from tests.finetune.exporting import example, turn

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def test_examples_get_cluster_and_split_in_order() -> None:
    """Splits come from the ledger, one per question."""
    examples = [example("a?", cluster="", split=""), example("b?", cluster="", split="")]
    split = with_splits(examples, [Assigned("1", "test"), Assigned("2", "train")])

    assert [(each.question, each.cluster, each.split) for each in split] == [("a?", "1", "test"), ("b?", "2", "train")]


def test_an_audience_gets_its_own_examples_and_those_for_all() -> None:
    """What employees were told must never answer customers."""
    examples = [example(line=1), example(line=2, audience="customers"), example(line=3, audience="all")]

    assert [each.line for each in for_audience(examples, "customers")] == [2, 3]
    assert [each.line for each in for_audience(examples, "all")] == [3]


def test_the_newest_correction_of_a_question_stands_alone() -> None:
    """Two answers to one question would teach neither."""
    old = example("When do we close?", "At 6 pm.", line=1, corrected=True, up=0)
    new = example("when do we close", "At 7 pm.", line=2, corrected=True, up=0)
    liked = example("When do we close?", "At 5 pm.", line=3)

    assert [each.answer for each in settle([liked, old, new])] == ["At 7 pm."]


def test_the_same_answer_to_the_same_question_counts_once_with_all_its_votes() -> None:
    """A question asked a hundred times must not outweigh all others; that one of them was voted down must not be forgotten."""
    settled = settle([example(line=1, up=3, down=1), example(line=2, up=1), example(answer="Twenty-three.", line=3)])

    assert [(each.line, each.up, each.down) for each in settled] == [(2, 4, 1), (3, 1, 0)]


def test_the_same_words_behind_another_turn_are_another_question() -> None:
    """A short "and on Saturdays?" asks something else in each thread."""
    first = example("And on Saturdays?", "Until noon.", line=1, corrected=True, history=turn("When does Ipê open?", "At 8."))
    second = example("And on Saturdays?", "Closed.", line=2, corrected=True, history=turn("When does Jatobá open?", "At 9."))

    assert len(settle([first, second])) == 2


def test_imported_answers_stand_where_nobody_judged_one() -> None:
    """What people liked or an expert wrote is newer than a ticket; of several tickets each answer stands once."""
    tickets = [example("When do we close?", answer, line=line, up=0, origin={"import": "rows/"}) for line, answer in enumerate("678", 2)]
    same = replace(tickets[0], line=9)

    assert [each.answer for each in settle([*tickets, same])] == ["7", "8", "6"]
    assert [each.answer for each in settle([example("when do we close", "At 5 pm."), *tickets])] == ["At 5 pm."]
    assert [each.answer for each in settle([example("When do we close?", "No.", up=0, down=1), *tickets])] == ["6", "7", "8"]


@pytest.mark.parametrize(("up", "down"), [(0, 0), (1, 1), (1, 2)])
def test_what_nobody_liked_or_corrected_does_not_stand(up: int, down: int) -> None:
    """An export holds none; a file from elsewhere may."""
    assert settle([example(up=up, down=down)]) == ()


def test_a_liked_refusal_declines_until_an_expert_answers() -> None:
    """People may like that nothing was invented."""
    assert example(kind="declined").declines
    assert not replace(example(kind="declined"), corrected=True).declines


@given(question=TEXTS, texts=st.lists(TEXTS, max_size=3))
def test_the_question_of_a_rendered_turn_comes_back(question: str, texts: list[str]) -> None:
    """Earlier turns are known by their prompts alone, and a test question must be found in them."""
    passages = [Passage(str(at), "", "Title", "", text, "all") for at, text in enumerate(texts)]

    assert question_in(render_turn(passages, question)) == question
