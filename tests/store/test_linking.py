"""Near-duplicate questions: what counts as one, and that no order, number or process changes which are."""

import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.linking import Marks, NearQuestions, alike_pairs, marks_of, no_marks
from store.shingles import ALIKE, WIDTH
from tests.store.asked_alike import are_alike, families

QUESTIONS = [question for family in families(12, length=5) for question in family]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("How do I reset my password?", "Hello, how do I reset my password, please?", True),
        ("Como faço para pedir reembolso de hotel?", "como faço para pedir o reembolso de hotel", True),
        ("When do you close on Fridays?", "when do you close on friday", True),
        ("Can I park here overnight?", "Can't I park here overnight?", False),
        ("What does the error E101 on the panel mean?", "What does the error E102 on the panel mean?", False),
        ("When do you open?", "Who is the manager of the warehouse?", False),
        ("", "When do you open?", False),
        ("???", "!!!", False),
    ],
)
def test_near_duplicates(one: str, other: str, *, same: bool) -> None:
    """Courtesies, endings and slips make no other question; a number, a code or a denial does."""
    assert are_alike(one, other) is same
    assert NearQuestions([one]).holds(other) is same
    assert NearQuestions([one]).holds(one)


def test_a_family_drifts() -> None:
    """What the other tests rest on: neighbours are alike, ends are not."""
    for family in families(4, length=6):
        assert all(are_alike(one, other) for one, other in pairwise(family))
        assert not are_alike(family[0], family[-1])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_pairs_depend_on_no_order(seed: int) -> None:
    """Two workers that see the questions in other orders find the same."""
    shuffled = random.Random(seed).sample(QUESTIONS, len(QUESTIONS))
    found = [{frozenset((each[one], each[two])) for one, two in alike_pairs(marks_of(each)).tolist()} for each in (QUESTIONS, shuffled)]

    assert found[0] == found[1]
    assert len(found[0]) > 30


def test_pairs_are_all_that_are_alike() -> None:
    """Compared with every pair there is."""
    marks = marks_of(QUESTIONS)
    shares = (marks.signatures[:, None] == marks.signatures[None, :]).mean(axis=2)
    alike = {(one, two) for one, two in zip(*np.nonzero(np.triu(shares >= ALIKE, 1)), strict=True)}

    assert {tuple(pair) for pair in alike_pairs(marks).tolist()} == alike


def test_known_questions_are_not_compared_again() -> None:
    """A round looks at what is new; thousands are known."""
    marks = marks_of(QUESTIONS)
    pairs = alike_pairs(marks, known=55)

    assert len(pairs) > 0
    assert (pairs[:, 1] >= 55).all()
    assert alike_pairs(marks, known=len(QUESTIONS)).tolist() == alike_pairs(no_marks()).tolist() == []


def test_marks_are_the_same_for_ever() -> None:
    """They are kept in ledgers: another process, a later version and another machine must give these."""
    program = "from store.linking import marks_of; m = marks_of(['Onde fica a chave 12?']); print(m.figures, m.signatures[0, :4].tolist())"
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )

    assert told.stdout.strip() == "('7cf312ecf9e8e133',) [3312863912, 3225780692, 3334948509, 702767557]"


def test_marks_in_parts_are_those_of_all() -> None:
    """However many workers share the texts."""
    whole, parts = marks_of(QUESTIONS), [marks_of(QUESTIONS[at : at + 7]) for at in range(0, len(QUESTIONS), 7)]

    assert np.array_equal(whole.signatures, np.concatenate([each.signatures for each in parts]))
    assert whole.figures == tuple(figures for each in parts for figures in each.figures)
    assert isinstance(whole, Marks)
    assert whole.signatures.shape == (len(QUESTIONS), WIDTH)
