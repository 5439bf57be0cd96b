"""Which categories have too few rows, or rows that all are alike in what others are not."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

FEW: Final = 20  # rows, below which a category is hardly learnt and cannot be tested
_ONE_SIDED: Final = 0.9  # of its rows
_SAME_ANSWER: Final = 0.5
_NAMES: Final = 1000  # told apart; further ones are counted together
_ANSWERS: Final = 32

Lack = Literal["few", "one_source", "one_language", "one_verdict", "one_answer"]


class Tally:
    """Counts names, the first thousand by themselves and the others together."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.others = 0

    def add(self, name: str) -> None:
        """Count *name*."""
        if name in self.counts or len(self.counts) < _NAMES:
            self.counts[name] += 1
        else:
            self.others += 1

    def ranked(self) -> list[tuple[str, int]]:
        """Return names with their counts, the most frequent first."""
        return sorted(self.counts.items(), key=lambda found: (-found[1], found[0]))


class Frequent:
    """
    What is said again and again, in the memory of a few counts.

    Misra and Gries, Finding repeated elements (1982): a count kept is never too high, and too low by a 33rd of all at most.
    """

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, said: str) -> None:
        """Count what was *said*."""
        name = hash(said)
        if name in self._counts or len(self._counts) < _ANSWERS:
            self._counts[name] += 1
        else:
            self._counts = Counter({each: count - 1 for each, count in self._counts.items() if count > 1})

    @property
    def most(self) -> int:
        """How often the most frequent was said, at least."""
        return max(self._counts.values(), default=0)


@dataclass(slots=True)
class Category:
    """What is counted of the rows of one category."""

    rows: int = 0
    sources: Tally = field(default_factory=Tally)
    languages: Tally = field(default_factory=Tally)
    verdicts: Counter[bool] = field(default_factory=Counter)
    answers: Frequent = field(default_factory=Frequent)


def lacks_of(category: Category, *, whole: Category) -> list[Lack]:
    """Return what is wrong with *category*, one of several of the *whole* file: one side counts only where the file has others."""
    found: list[Lack] = ["few"] if category.rows < FEW else []
    if _one_sided(category.sources.counts, whole.sources.counts):
        found.append("one_source")
    if _one_sided(category.languages.counts, whole.languages.counts):
        found.append("one_language")
    if _one_sided(category.verdicts, whole.verdicts):
        found.append("one_verdict")
    if category.rows > 1 and category.answers.most >= _SAME_ANSWER * category.rows and category.answers.most > 1:
        found.append("one_answer")
    return found


def _one_sided(inside: Counter[Any], whole: Counter[Any]) -> bool:
    """Tell whether nearly all are of one kind, where less of the whole file is of that kind."""
    if len(whole) < 2 or not inside:
        return False
    name, count = inside.most_common(1)[0]
    return count >= _ONE_SIDED * inside.total() and whole[name] < _ONE_SIDED * whole.total()
