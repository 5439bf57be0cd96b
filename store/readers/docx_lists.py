"""Word's numbering: which mark stands before a paragraph of a list. ECMA-376 part 1, 17.9."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement

_MOST_LEVELS = 9
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class _Level:
    shape: str  # decimal, lowerLetter, bullet, …
    text: str  # "%1.%2)": the numbers of the levels in their places
    start: int


@dataclass(slots=True)
class Numbering:
    """The definitions of a document, and how far each of its lists has counted; lists of one definition count on from each other."""

    _levels: dict[tuple[str, int], _Level] = field(default_factory=dict)  # by definition and level
    _definitions: dict[str, str] = field(default_factory=dict)  # by list
    _restarts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # by list: level, first number
    _counts: dict[str, list[int | None]] = field(default_factory=dict)  # by definition: the number last given on each level

    @classmethod
    def of(cls, root: BaseOxmlElement | None) -> "Numbering":
        """Read the definitions from a numbering part; None where the document has none."""
        numbering = cls()
        if root is None:
            return numbering
        for abstract in root.iterchildren(qn("w:abstractNum")):
            for level in abstract.iterchildren(qn("w:lvl")):
                place = (abstract.get(qn("w:abstractNumId")), _number(level.get(qn("w:ilvl")), 0))
                start = _number(_value(level, "w:start"), 1)
                numbering._levels[place] = _Level(_value(level, "w:numFmt") or "decimal", _value(level, "w:lvlText"), start)
        for each in root.iterchildren(qn("w:num")):
            list_id = each.get(qn("w:numId"))
            numbering._definitions[list_id] = _value(each, "w:abstractNumId")
            for override in each.iterchildren(qn("w:lvlOverride")):
                start_again = _value(override, "w:startOverride")
                if start_again:
                    numbering._restarts[list_id][_number(override.get(qn("w:ilvl")), 0)] = _number(start_again, 1)
        return numbering

    def mark(self, list_id: str, level: int) -> str:
        """Count one more paragraph of the list *list_id* on *level* (from 0) and return its mark: "-", "2.", "b)", "1.2."."""
        level = min(max(level, 0), _MOST_LEVELS - 1)
        definition = self._definitions.get(list_id, "")
        counts = self._counts.setdefault(definition, [None] * _MOST_LEVELS)
        here = self._levels.get((definition, level), _Level("bullet", "", 1))
        again = self._restarts[list_id].pop(level, None) if list_id in self._restarts else None
        last = counts[level]
        counts[level] = again if again is not None else here.start if last is None else last + 1
        counts[level + 1 :] = [None] * (_MOST_LEVELS - level - 1)
        if here.shape in ("bullet", "none") or not here.text:
            return "-"
        return re.sub(r"%([1-9])", lambda found: self._shown(definition, counts, int(found[1]) - 1), here.text).strip() or "-"

    def _shown(self, definition: str, counts: list[int | None], level: int) -> str:
        of_level = self._levels.get((definition, level), _Level("decimal", "", 1))
        count = counts[level]
        return _written(of_level.start if count is None else count, of_level.shape)


def _written(number: int, shape: str) -> str:
    lower = shape.lower()
    if lower.endswith("letter") and number > 0:
        letters = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 9)  # after z comes aa
        return letters.upper() if shape == "upperLetter" else letters
    if lower.endswith("roman") and 0 < number < 40:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (number // value)
            number %= value
        return roman.upper() if shape == "upperRoman" else roman
    return str(number)


def _value(parent: BaseOxmlElement, tag: str) -> str:
    child = parent.find(qn(tag))
    return str(child.get(qn("w:val")) or "") if child is not None else ""


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 9 else otherwise
