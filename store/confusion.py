"""How a sorting compares with what people say: which categories are right, which are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.classes import Sorted


@dataclass(frozen=True, slots=True)
class Row:
    """The questions of one category: `taken` counts what they were taken for, in the order of the categories, `unsure` the others."""

    category: str
    taken: tuple[int, ...]
    unsure: int
    right: int

    @property
    def questions(self) -> int:
        """How many there are."""
        return sum(self.taken) + self.unsure

    @property
    def accuracy(self) -> float | None:
        """The share that was sorted rightly, None where there is no question."""
        return self.right / self.questions if self.questions else None


@dataclass(frozen=True, slots=True)
class Confusion:
    """A row for each category, in the order of the columns."""

    rows: tuple[Row, ...]

    @property
    def questions(self) -> int:
        """How many were compared."""
        return sum(row.questions for row in self.rows)

    @property
    def right(self) -> int:
        """How many were sorted rightly."""
        return sum(row.right for row in self.rows)

    @property
    def unsure(self) -> int:
        """How many were left as unsure."""
        return sum(row.unsure for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return the table with names in place of columns."""
        names = [row.category for row in self.rows]
        rows = [
            {
                "category": row.category,
                "questions": row.questions,
                "right": row.right,
                "unsure": row.unsure,
                "accuracy": row.accuracy,
                "taken_for": {name: count for name, count in zip(names, row.taken, strict=True) if count},
            }
            for row in self.rows
        ]
        accuracy = self.right / self.questions if self.questions else None
        return {"questions": self.questions, "right": self.right, "unsure": self.unsure, "accuracy": accuracy, "categories": rows}


def confusion(names: Sequence[str], expected: Sequence[str], found: Sequence[Sorted]) -> Confusion:
    """Compare each question's *expected* category with where it was *found* to belong; *names* are all categories, in their order."""
    pairs = list(zip(expected, found, strict=True))
    rows = []
    for name in names:
        sure = [each.category for category, each in pairs if category == name and each.sure]
        unsure = sum(category == name and not each.sure for category, each in pairs)
        rows.append(Row(name, tuple(sure.count(each) for each in names), unsure, sure.count(name)))
    return Confusion(tuple(rows))
