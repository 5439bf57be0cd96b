"""Groups of near-duplicate questions on the disk, against those that are found in memory."""

import random
from pathlib import Path

import numpy as np
import pytest

from finetune.importing.grouping import Groups, group
from finetune.importing.preparing import Batch, Entry, Ready
from finetune.importing.spool import entries_in, opened
from store.linking import alike_pairs, marks_of
from tests.store.asked_alike import families


def grouped(folder: Path, rows: list[list[str]], kept: list[bool] | None = None) -> Groups:
    """Return the groups of rows, each with its questions in order."""
    batch = Batch(marks=marks_of([question for row in rows for question in row]))
    batch.entries = [Entry(at, first=place == 0) for at, row in enumerate(rows) for place in range(len(row))]
    batch.outcomes = [Ready("{}", 0, "", "") for _ in rows]
    with opened(folder) as spool:
        spool.append(batch)
        spool.checkpoint()
    return group(entries_in(folder), folder / "keys.bin", np.array(kept or [True] * len(rows)))


@pytest.mark.parametrize("seed", [1, 2])
def test_groups_are_those_of_the_pairs_that_are_alike(tmp_path: Path, seed: int) -> None:
    """Chains of near-duplicates, and the same question many times."""
    questions = [question for family in families(12, length=5) for question in family] + ["Where is it?"] * 40
    random.Random(seed).shuffle(questions)
    first = [*range(len(questions))]
    for one, other in alike_pairs(marks_of(questions)).tolist():
        top, old = sorted((first[one], first[other]))
        first = [top if each == old else each for each in first]

    found = grouped(tmp_path, [[question] for question in questions])

    assert found.first.tolist() == first
    assert len(set(first)) < len(questions) / 3


def test_later_questions_join_nothing_and_are_told(tmp_path: Path) -> None:
    """Else "And how much is it?" would make one group of all conversations."""
    later = "And how much is the whole thing with the delivery?"
    found = grouped(tmp_path, [["Where is the red lamp?", later], ["When do you open on Sundays?", later], [later]])

    assert found.first.tolist() == [0, 1, 2]
    assert found.later == {(0, 2), (1, 2)}


def test_rows_that_were_folded_link_nobody(tmp_path: Path) -> None:
    """Only what is written can leak."""
    one, two, three = families(1, length=3)[0]

    assert grouped(tmp_path / "a", [[one], [two], [three]]).first.tolist() == [0, 0, 0]
    assert grouped(tmp_path / "b", [[one], [two], [three]], [True, False, True]).first.tolist() == [0, 1, 2]
