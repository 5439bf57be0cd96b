"""Whether the second contender replaces the first: decided by rules fixed beforehand, told in words with numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finetune.evaluation import Evaluation
from finetune.parity import Parity


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What the gate says.

    `reasons` are sentences, those against a promotion first (where it is refused), then those for it; `against` of them are against.
    `figures` is a JSON object of every number; `languages` are those that the second may speak beyond the configured ones.
    """

    promote: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, Any]
    languages: tuple[str, ...]
    against: int = 0


def decide(evaluation: Evaluation, *, parity: Parity | None = None, seed: int = 0, language: str = "en") -> Decision:
    """
    Judge the second contender by the first.

    Args:
        evaluation: Of both.
        parity: Of the second's file with its trained weights; None where that was not asked (a comparison, no promotion).
        seed: Of the bootstrap.
        language: Of the reasons.
    """
    raise NotImplementedError
