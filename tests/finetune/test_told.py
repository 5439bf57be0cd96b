"""What a liked answer told of its passages."""

from dataclasses import replace

import pytest

from finetune.measures import good, holds
from finetune.questions import held_out
from finetune.told import told_in
from tests.finetune.exporting import example, passage

QUESTION = "How do I book the lift for a wheelchair?"
LIFT = "Whoever needs the wheelchair lift calls 0555 0170 one day ahead. A steward meets them at the gate."
RAMBLING = "1. Call 0555 0170, who needs the lift, one day ahead, which is a wheelchair-accessible lift service.\n2. The answer is: Call"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (RAMBLING, "Whoever needs the wheelchair lift calls 0555 0170 one day ahead."),
        ("The steward meets them at the gate.", "A steward meets them at the gate."),
        ("Call 0555 0171 one day ahead, whoever needs it.", ""),
        ("The lift is for a wheelchair.", ""),
        ("", ""),
    ],
)
def test_a_sentence_is_told_with_its_numbers_and_half_of_its_news(answer: str, told: str) -> None:
    """Another number is another sentence, and the question's own words tell nothing."""
    assert told_in(answer, QUESTION, [passage(LIFT)]) == told


def test_what_a_broken_answer_told_is_as_good_as_its_words() -> None:
    """A right sentence of the company's must not count as lost because the answer before it rambled."""
    liked = replace(example(QUESTION, RAMBLING, line=1, split="test"), passages=(passage(LIFT),))
    (question,) = held_out([liked])

    assert good("Whoever needs the wheelchair lift calls 0555 0170 one day ahead.", question)
    assert not good("Whoever needs the wheelchair lift calls 0555 0180 one day ahead.", question)
    assert not good("A steward meets them at the gate.", question)


def test_of_two_sentences_told_the_one_asked_for_counts() -> None:
    """What stood beside it was liked along with it."""
    answer = "A steward meets them at the gate, a steward of the gate.\n0555 0170, one day ahead, needs calls of whoever."
    liked = replace(example(QUESTION, answer, line=1, split="test"), passages=(passage(LIFT),))
    (question,) = held_out([liked])

    assert question.told == "Whoever needs the wheelchair lift calls 0555 0170 one day ahead."
    assert good("Call 0555 0170 one day ahead.", question)
    assert not good("A steward waits at a gate and a door.", question)


def test_nothing_is_told_by_what_was_corrected_or_voted_down() -> None:
    """An expert's words are needed whole."""
    corrected = replace(example(QUESTION, LIFT, line=1, split="test", corrected=True), passages=(passage(LIFT),))
    mixed = replace(example("Who waits at the gate?", LIFT, line=2, split="test", up=2, down=1), passages=(passage(LIFT),))

    assert [each.told for each in held_out([corrected, mixed])] == ["", ""]


def test_a_passage_holds_what_a_broken_answer_told() -> None:
    """The ceiling of retrieval is judged as answers are."""
    liked = replace(example(QUESTION, RAMBLING, line=1, split="test"), passages=(passage(LIFT),))
    (question,) = held_out([liked])

    assert holds(f"At the terminal. {LIFT}", question)
    assert not holds("Whoever needs the lift waits.", question)
