"""Forty faults in files written for it: all are found in their lines, and none in clean files."""

from pathlib import Path

import pytest

from finetune.left_data import LeftData
from finetune.token_counts import hosted_count
from finetune.trainable import Trainer
from finetune.validation import Checks, validate
from store.linking import NearQuestions
from store.redaction import PatternRedactor
from tests.finetune.planted import KEPT_QUESTION, Planted, clean, planted

FAULTS = 40


@pytest.fixture(scope="module")
def checks() -> Checks:
    """Look for everything."""
    trainer = Trainer("any", limit_tokens=4000)
    return Checks(trainer, hosted_count("o200k_base"), tested=NearQuestions([KEPT_QUESTION]), left_data=LeftData(PatternRedactor()))


@pytest.mark.parametrize("file", planted(), ids=lambda file: file.name)
def test_every_planted_fault_is_found(file: Planted, checks: Checks, tmp_path: Path) -> None:
    """In its line, and nothing beside it."""
    found = validate(file.write(tmp_path), checks)

    assert [(each.line, each.code) for each in found.findings] == list(file.faults)
    assert all(each.sentence() for each in found.findings)
    assert sum(found.counts.values()) == len(file.faults)


def test_forty_are_planted() -> None:
    """As many as were asked for."""
    assert sum(len(file.faults) for file in planted()) == FAULTS


@pytest.mark.parametrize("file", clean(), ids=lambda file: file.name)
def test_nothing_is_found_in_a_clean_file(file: Planted, checks: Checks, tmp_path: Path) -> None:
    """A false alarm costs trust."""
    found = validate(file.write(tmp_path), checks)

    assert found.findings == ()
    assert found.rows >= 50
    assert found.tokens == sum(found.lengths) > found.rows
