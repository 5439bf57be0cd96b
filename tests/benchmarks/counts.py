"""What `exactly_once` counts, on either platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Questions without an answer, questions answered twice, and votes that the ledger does not hold."""

    unanswered: int
    twice: int
    votes_lost: int

    @property
    def worst(self) -> int:
        """The largest of the three."""
        return max(self.unanswered, self.twice, self.votes_lost)
