"""Whether there is enough to train on at all."""

from dataclasses import replace
from typing import Any

import pytest

from finetune.enough import check_enough
from finetune.examples import Example
from store.splitting import Split
from tests.finetune.exporting import example, in_split


def rated(count: int = 30, **fields: Any) -> list[Example]:
    """Return liked and corrected answers to different questions, in all splits."""
    splits: tuple[Split, ...] = ("train", "train", "test", "validation")
    found = [example(f"What is number {at}?", f"It is {at}.", line=at + 1, corrected=at % 5 == 0, **fields) for at in range(count)]
    return [in_split(splits[at % 4], each) for at, each in enumerate(found)]


def test_enough_is_enough() -> None:
    """Liked and corrected answers, to learn from and to judge by."""
    assert check_enough(rated(), minimum=20) is None


@pytest.mark.parametrize(
    ("examples", "sentence"),
    [
        ([], "No answer was rated"),
        ([example(up=0)], "No answer was rated"),
        ([example(line=line, answer=f"{line}") for line in range(1, 40)], "All rated answers are to one and the same question"),
        (rated(7), "7 different rated answers are too few for a round, which takes 20"),
        ([in_split("test", each) for each in rated()], "None of the 30 rated questions was drawn to learn from"),
        ([in_split("train", each) for each in rated()], "None of the 30 rated questions was drawn to judge by"),
    ],
)
def test_too_little_is_refused_in_one_sentence(examples: list[Example], sentence: str) -> None:
    """Before anything is spent on it."""
    shortage = check_enough(examples, minimum=20)

    assert shortage is not None
    assert shortage.refused
    assert shortage.sentence.startswith(sentence)
    assert ": " in shortage.sentence


def test_imported_answers_are_enough_by_themselves() -> None:
    """Their answers are known, so they can be judged by; what is said of too few names them."""
    imported = [replace(each, corrected=False) for each in rated(up=0, origin={"import": "rows/"})]
    few, both = check_enough(imported[:6], minimum=20), check_enough([*imported[:6], *rated(1)], minimum=20)

    assert few is not None
    assert few.sentence.startswith("6 different imported answers are too few")
    assert both is not None
    assert both.sentence.startswith("6 different rated and imported answers are too few")
    assert not (check_enough(imported, minimum=20) or few).refused


@pytest.mark.parametrize(
    ("corrected", "refused", "sentence"),
    [
        (False, True, "None of the rated questions kept for testing was voted down"),
        (True, False, "None of the questions kept for testing was only liked"),
    ],
)
def test_one_class_only(corrected: bool, refused: bool, sentence: str) -> None:
    """What no gate could let pass is not begun; what may lose something unseen is, and says so."""
    examples = [example(f"What is number {at}?", f"{at}", line=at + 1, corrected=corrected) for at in range(30)]
    split = [in_split("test" if at % 3 else "train", each) for at, each in enumerate(examples)]
    shortage = check_enough(split, minimum=20)

    assert shortage is not None
    assert shortage.refused is refused
    assert shortage.sentence.startswith(sentence)
