"""Whether the rated and imported answers are enough for a round, told before the hours are spent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.examples import Example, settle

_NOTHING_WRONG = (
    "None of the rated questions kept for testing was voted down or corrected, so no improvement could be proved: correct wrong answers."
)
_NOTHING_LIKED = (
    "None of the questions kept for testing was only liked, so training can go on but it cannot be told what is lost: "
    "rate good answers up as well."
)


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing to a round, in one sentence; `refused`: it is not begun, else it is merely unlikely to prove anything."""

    refused: bool
    sentence: str


def check_enough(examples: Sequence[Example], *, minimum: int) -> Shortage | None:
    """
    Tell whether the answers are enough for a round; None where they are.

    Args:
        examples: Of one audience, with their splits.
        minimum: How many different ones a round takes.
    """
    settled = settle(examples)
    tested = [example for example in settled if example.split == "test"]
    wrong = sum(bool(example.down or example.corrected or example.is_imported) for example in tested)
    lacking = _lacking(settled, minimum) or ("" if wrong else _NOTHING_WRONG)
    if lacking:
        return Shortage(refused=True, sentence=lacking)
    return Shortage(refused=False, sentence=_NOTHING_LIKED) if wrong == len(tested) else None


def _lacking(settled: Sequence[Example], minimum: int) -> str:
    if not settled:
        return "No answer was rated up or corrected yet, so there is nothing to learn from: rate answers, or name imports in rounds.data."
    how = _how(settled)
    if len({example.cluster for example in settled}) == 1:
        return f"All {how} answers are to one and the same question, from which nothing can be learnt: rate answers to others."
    if len(settled) < minimum:
        counted = f"{len(settled)} different {how} answers are too few for a round, which takes {minimum}"
        return f"{counted}: rate or import more, or lower rounds.minimum_rows."
    splits = Counter(example.split for example in settled)
    if not splits["train"] or not splits["test"]:
        missing = "judge by" if splits["train"] else "learn from"
        return f"None of the {len(settled)} {how} questions was drawn to {missing}: rate answers to more questions."
    return ""


def _how(settled: Sequence[Example]) -> str:
    """Return how the answers came here, as an adjective."""
    imported = sum(example.is_imported for example in settled)
    return "rated" if not imported else "imported" if imported == len(settled) else "rated and imported"
