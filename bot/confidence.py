"""
How likely an answer is right: figures of what it rests on, weighed into one number, and that calibrated on what people said of answers.

Retrieval gives its evidence before the model speaks (store/evidence.py says what the figures are), the model's own certainty comes after.
The weights are constants, fitted on questions made for it; how high the number is that comes of them, ratings teach (store/calibration.py).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, Protocol

Method = Literal["shipped", "platt", "isotonic"]

Weights = Mapping[str, tuple[float, float]]

# Each figure's usual value and what a unit above it adds to the log-odds; `python -m tests.benchmarks.fitting_confidence` fits them on the
# `tune` halves of tests/data/answers, on the companies beside it, and on questions about other things.
OFFSET: Final = 1.427
WEIGHTS: Final[Weights] = {
    "relevance": (-0.775, 0.162),
    "cosine": (0.351, -0.187),
    "apart": (0.131, 4.392),
    "closely": (0.859, 10.195),
    "lead": (0.018, 15.571),
    "answers": (-0.700, 0.467),
    "answers_most": (-0.318, 0.526),
    "heading": (0.126, -0.774),
    "borne": (0.129, 1.925),
    "unsaid": (0.874, -1.038),
    "untold": (0.850, -0.815),
    "agreement": (0.236, -0.459),
    "cohesion": (0.181, -0.166),
    "known": (0.237, 0.415),
    "strange": (0.163, -1.427),
    "length": (1.751, 0.677),
    "spoken": (2.309, 0.825),
}
# Log-odds, of retrieval alone, below which the bot says that it does not know: chosen on the same halves.
DECLINED_BELOW: Final = 0.570
# Likewise, where nobody read the passages together with the question; its offset is such that the same log-odds decline.
UNREAD_OFFSET: Final = 1.732
UNREAD_WEIGHTS: Final[Weights] = {
    "relevance": (-0.775, 0.309),
    "cosine": (0.351, 0.287),
    "apart": (0.131, 5.787),
    "closely": (0.859, 21.702),
    "lead": (0.018, 25.652),
    "heading": (0.126, -1.565),
    "borne": (0.129, 4.337),
    "unsaid": (0.874, -2.156),
    "untold": (0.850, -1.164),
    "agreement": (0.236, -1.258),
    "cohesion": (0.181, 0.853),
    "known": (0.237, 0.230),
    "strange": (0.163, -1.966),
    "length": (1.751, 1.756),
    "spoken": (2.309, 1.752),
}
BY_HAND: Final[Weights] = {
    # More than all others together: what is told of BX-12 answers nothing about BX-13, however alike the rest is, nor does what was
    # written about the back gate answer the same question about the front gate.
    "miscoded": (0.0, -20.0),
    "exchanged": (0.0, -20.0),
    "strayed": (0.0, -20.0),
    # Of what a model said: an answer of which every token was likely, and one of which a sentence was left out.
    "logprob": (-0.2, 1.0),
    "withheld": (0.0, -0.5),
}


class Calibrations(Protocol):
    """Where the calibration in force comes from."""

    async def current(self) -> "Calibration":
        """Return the newest, as of some seconds ago at most."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Had only answers of at least `confidence` been given: the share that would have been (`coverage`), and of those the right ones."""

    confidence: float
    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    From log-odds to a probability of being right.

    `shipped` takes them as they are; `platt` maps them by `slope` and `offset` (https://doi.org/10.1.1.41.1639); `isotonic` by `steps`:
    log-odds, ascending, with their probabilities, between which it interpolates. `cuts` are what ratings say of every threshold, ascending.
    """

    method: Method = "shipped"
    slope: float = 1.0
    offset: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    cuts: tuple[Cut, ...] = ()

    def probability(self, score: float) -> float:
        """Return the probability that goes with log-odds of *score*, 0 to 1."""
        match self.method:
            case "shipped":
                return logistic(score)
            case "platt":
                return logistic(self.slope * score + self.offset)
            case "isotonic":
                return _between(self.steps, score)

    def threshold(self, *, minimum: float | None, precision: float | None) -> float:
        """
        Return the probability below which nothing is answered.

        Args:
            minimum: The operator's own; it wins.
            precision: The share of answers that shall be right: the lowest threshold that kept it on rated answers. Where no threshold did,
                or too few are rated, it is the default, which stays at the same evidence however the numbers are calibrated.
        """
        if minimum is not None:
            return minimum
        kept = [cut.confidence for cut in self.cuts if precision is not None and cut.precision >= precision]
        return kept[0] if kept else self.probability(DECLINED_BELOW)

    def missed(self, *, minimum: float | None, precision: float | None) -> Cut | None:
        """Return the most precise cut where *precision* counts, ratings can tell, and no threshold kept it; else None. See `threshold`."""
        if minimum is not None or precision is None:
            return None
        best = max(self.cuts, key=lambda cut: cut.precision, default=None)
        return best if best and best.precision < precision else None


def score_of(evidence: Mapping[str, float]) -> float:
    """Return the log-odds that an answer with this *evidence* is right; a figure that is missing counts as usual."""
    offset, fitted = (OFFSET, WEIGHTS) if "answers" in evidence else (UNREAD_OFFSET, UNREAD_WEIGHTS)
    weights = {**fitted, **BY_HAND}
    return offset + sum(weight * (evidence[name] - usual) for name, (usual, weight) in weights.items() if name in evidence)


def logistic(score: float) -> float:
    """Return the probability of log-odds *score*."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def _between(steps: Sequence[tuple[float, float]], score: float) -> float:
    if score <= steps[0][0]:
        return steps[0][1]
    for (left, low), (right, high) in pairwise(steps):
        if score <= right:
            return low + (high - low) * (score - left) / (right - left)
    return steps[-1][1]
