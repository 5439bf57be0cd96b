"""Whether a sentence says its figures of what the passages say them of: a small model joins a right number to the wrong thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.figures import Figure
from bot.statements import Statement, Wording, clauses_of, statements_of, wording_of
from bot.wording import words_of

_CHOICE: Final = frozenset({"or", "ou"})
_SHORT: Final = 3  # telling words; a sentence with no more says for itself hardly what it is about
# Units that answer the same question: two weeks, three months.
_ALIKE: Final = {
    **dict.fromkeys(("second", "minute", "hour", "day", "night", "week", "month", "year"), "time"),
    **dict.fromkeys(("reais", "dollars", "euros", "pounds", "cents"), "money"),
    **dict.fromkeys(("kilogram", "gram", "ton", "pound"), "weight"),
    **dict.fromkeys(("kilometre", "metre", "centimetre", "millimetre", "mile", "foot"), "length"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What a `statement` says, with what stands above it (`says`), without (`own`), and what holds for it from `before`."""

    statement: Statement
    says: Wording
    own: Wording
    before: Wording

    def named_for(self, says: Wording) -> Wording:
        """Return what it says; of a row, without the names of columns whose figures are others than what one *says*."""
        columns = self.statement.columns
        names = [name for at, (name, cell) in enumerate(columns) if at == 0 or not _is_of_another_figure(cell, says)]
        cells = "\n".join(cell for _, cell in columns)
        return wording_of(f"{self.statement.above}\n{' '.join(names)}\n{cells}") if columns else self.says


@dataclass(frozen=True, slots=True)
class _Clause:
    """Of a sentence: what it `says`, and the words (`asked`) and `sides` that the question brings to it."""

    says: Wording
    asked: frozenset[str]
    sides: frozenset[tuple[int, int]]
    bare: bool


class Joining:
    """Compares sentences with the statements of the passages that an answer rests on."""

    def __init__(self, question: str, passages: Iterable[str], *, others: Iterable[str] = (), thread: Iterable[str] = ()) -> None:
        """
        Read what was asked and may be said.

        Args:
            question: As it was asked.
            passages: The best, and those of the same document.
            others: The other passages, whose words are not said of these.
            thread: The texts among which earlier turns are; what only they tell is not looked for in passages.
        """
        self._question = wording_of(question)
        self._choice = not words_of(question).isdisjoint(_CHOICE)
        self._told = [_told_by(statement) for passage in passages for statement in statements_of(passage)]
        self._asked = _marked(self._question) & {sign for each in self._told for sign in _marked(each.says)}
        self._known = frozenset(sign for said in (*(each.says for each in self._told), *map(wording_of, others)) for sign in said.signs)
        earlier = frozenset(sign for text in thread for sign in wording_of(text).telling)
        self._only_earlier = earlier - self._known - self._question.signs

    def misplaces(self, sentence: str) -> bool:
        """Tell whether a figure or day of *sentence* stands in no statement together with what it is said of."""
        if not self._told:
            return False
        clauses = clauses_of(sentence)
        said = wording_of(sentence)
        return any(self._is_misplaced(wording_of(f"{lead} {clause}"), said, alone=len(clauses) == 1) for clause, lead in clauses)

    def _is_misplaced(self, says: Wording, sentence: Wording, *, alone: bool) -> bool:
        if not (says.figures or says.dates or says.days):
            return False
        telling = says.telling & self._known
        if not telling and says.telling & self._only_earlier:
            return False
        short = alone and len(says.telling) <= _SHORT and not self._choice
        groups = {group for group, _ in sentence.sides}
        clause = _Clause(
            says,
            asked=self._asked - _marked(sentence) if short else frozenset(),
            sides=says.sides | {side for side in self._question.sides if alone and side[0] not in groups},
            bare=not telling,
        )
        return not any(self._is_told(clause, each) for each in self._told)

    def _is_told(self, clause: _Clause, told: _Told) -> bool:
        """Tell whether a statement says what *clause* does, and no other says as much of another figure."""
        says = clause.says
        if not _holds(told.says, says, told.before.figures):
            return False
        named = told.named_for(says)
        held = _marked(named) | _marked(told.before)
        if (says.signs & self._known) - held or self._is_another_day(named, says):
            return False
        if _are_opposed(clause.sides, named.sides | told.before.sides):
            return False
        if not clause.bare and _is_all_of(told, says):
            return True
        if clause.asked - held or (clause.bare and not self._asked & held):
            return False
        sought = says.telling | self._asked
        rivals = (each for each in self._told if _is_rival(each.says, says))
        return all(len(sought & _marked(each.says)) < len(sought & held) for each in rivals)

    def _is_another_day(self, told: Wording, says: Wording) -> bool:
        asked = self._question.days
        return bool(asked and told.days and not says.days) and not asked & told.days


def _told_by(statement: Statement) -> _Told:
    names = " ".join(name for name, _ in statement.columns)
    before = f"{statement.lead} {statement.meant}".strip()
    own = statement.text if not statement.lead else f"{statement.lead} {statement.text}"
    return _Told(statement, wording_of(f"{statement.above}\n{names}\n{statement.text}"), wording_of(own), wording_of(before))


def _marked(said: Wording) -> frozenset[str]:
    """Return the signs of what is *said*, and its numbers as signs."""
    return said.signs | {f"number {value}" for value in said.numbers}


def _is_rival(other: Wording, says: Wording) -> bool:
    """Tell whether *other* has another figure of the kind of one that one *says*, and not these."""
    if _holds(other, says):
        return False
    kinds = {kind for figure in says.figures for kind in _kinds(figure)}
    dated = bool(says.dates and other.dates)
    return dated or any(kinds & _kinds(figure) and not any(_same(figure, mine) for mine in says.figures) for figure in other.figures)


def _is_of_another_figure(cell: str, says: Wording) -> bool:
    told = wording_of(cell)
    if told.dates and says.dates:
        return not any(date & mine for date in told.dates for mine in says.dates)
    return bool(told.figures) and not any(_same(figure, mine) for figure in told.figures for mine in says.figures)


def _is_all_of(told: _Told, says: Wording) -> bool:
    """Tell whether what one *says* is all that is *told*: then it is true, whatever was asked."""
    return not told.statement.columns and told.own.telling | told.own.days <= says.signs and told.own.sides <= says.sides


def _holds(told: Wording, says: Wording, names: tuple[Figure, ...] = ()) -> bool:
    """Tell whether all figures and dates of what one *says* are *told*, or are *names*: Year 5."""
    figures = all(any(_same(figure, other) for other in (*told.figures, *names)) for figure in says.figures)
    dated = not told.dates or all(any(date & other for other in told.dates) for date in says.dates)
    return figures and dated


def _same(one: Figure, other: Figure) -> bool:
    kinds = not one.kinds or not other.kinds or bool(one.kinds & other.kinds)
    return bool(one.clocks & other.clocks) or (kinds and bool(one.values & other.values))


def _kinds(figure: Figure) -> frozenset[str]:
    return frozenset(_ALIKE.get(kind, kind) for kind in figure.kinds) | ({"clock"} if figure.clocks else frozenset())


def _are_opposed(mine: frozenset[tuple[int, int]], told: frozenset[tuple[int, int]]) -> bool:
    """Tell whether one side of a pair of opposites is said where only another is told: after, during."""
    groups = {group for group, _ in mine} & {group for group, _ in told}
    return any(not any(side in told for side in mine if side[0] == group) for group in groups)
