"""How a passage is quoted: word for word, but for its tables, which are said row by row, and where one row was asked for that row alone."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.numerals import fold
from bot.wording import SHORT_LETTERS, WORD, function_words

_MOST_ROWS: Final = 12  # of more nobody reads every column's name again: such a table stays one
_RULE: Final = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")  # https://github.github.com/gfm/#delimiter-row
_BORDER: Final = re.compile(r"(?<!\\)\|")
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
# Who asks about all rows but one asks for none by its name.
_BUT: Final = frozenset({"exceto", "fora", "menos", "alem", "tirando", "except", "besides", "excluding", "but"})

_Cells = list[str]


def quotation(passage: str, question: str) -> str:
    """
    Return what is quoted of *passage* to who asked *question*.

    Of a table it is the one row that holds what the question tells it by, as `column: value; …`; else all of them so, up to some twelve.
    """
    lines = passage.split("\n")
    if not any(map(_is_rule, lines)):
        return passage
    said: list[str] = []
    read = 0
    for start, end in _tables(lines):
        said += [*lines[read:start], *(_shown(lines[start:end], question) or lines[start:end])]
        read = end
    return "\n".join([*said, *lines[read:]])


def is_quoted(passage: str, answer: str) -> bool:
    """Tell whether *answer* quotes *passage*, or a row of its tables."""
    lines = passage.split("\n")
    rows = (line for start, end in _tables(lines) for line in _rows(lines[start:end]))
    return passage in answer or any(row in answer for row in rows)


def _rows(table: Sequence[str]) -> Iterator[str]:
    heading = _cells(table[0])
    return (_said(heading, _cells(line)) for line in table[2:])


def _is_rule(line: str) -> bool:
    return "|" in line and "-" in line and bool(_RULE.fullmatch(line))


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the lines (from, up to) of each table, none of those in a block of code."""
    at, fenced = 0, False
    while at + 1 < len(lines):
        fenced ^= bool(_FENCE.match(lines[at]))
        if fenced or "|" not in lines[at] or not _is_rule(lines[at + 1]):
            at += 1
            continue
        end = at + 2
        while end < len(lines) and "|" in lines[end]:
            end += 1
        yield at, end
        at = end


def _shown(table: Sequence[str], question: str) -> list[str]:
    """Return the lines that say *table* (a heading, its rule, rows); none where it is better left as it is."""
    heading, rows = _cells(table[0]), [_cells(line) for line in table[2:]]
    if any(len(row) > len(heading) for row in rows):
        return []
    row = rows[0] if len(rows) == 1 else _asked_for(question, heading, rows)
    if row:
        return [_said(heading, row)]
    return [f"- {_said(heading, row)}" for row in rows] if len(rows) <= _MOST_ROWS else []


def _cells(line: str) -> _Cells:
    inside = line.strip().removeprefix("|")
    cells = _BORDER.split(inside)
    return [cell.replace("\\|", "|").strip() for cell in (cells[:-1] if not cells[-1].strip() and len(cells) > 1 else cells)]


def _said(heading: _Cells, row: _Cells) -> str:
    named = zip(heading, row, strict=False)
    return "; ".join(f"{name.removesuffix(':')}: {cell}" if name else cell for name, cell in named if cell)


def _asked_for(question: str, heading: _Cells, rows: Sequence[_Cells]) -> _Cells | None:
    """Return the row that holds all of the question's words that any other holds, and more; None where there is none such."""
    asked = _telling(question) - _forms(" ".join(heading))
    if _BUT.intersection(WORD.findall(fold(question))):
        return None
    held = [asked & (_forms(" ".join(row[:1])) | _forms(" ".join(row[1:])) - _bare_numbers(row[1:])) for row in rows]
    best = max(range(len(rows)), key=lambda at: len(held[at]), default=None)
    if best is None or any(at != best and not each < held[best] for at, each in enumerate(held)):
        return None
    return rows[best]


def _telling(question: str) -> frozenset[str]:
    """Return the words of *question* that may name a row: short ones where they are codes, or written as such."""
    shouted = question.isupper()
    words = (word for word in WORD.findall(question) if fold(word) not in function_words())
    return frozenset(
        form
        for word in words
        if len(word) > SHORT_LETTERS or any(map(str.isdigit, word)) or (word.isupper() and len(word) > 1 and not shouted)
        for form in _forms(word)
    )


def _forms(text: str) -> frozenset[str]:
    """Return the words of *text* without case, accents and the plural's s; those that a hyphen joins alone, too, codes whole."""
    words = [fold(word) for word in WORD.findall(text)]
    parts = [part for word in words if not any(map(str.isdigit, word)) for part in word.split("-")]
    return frozenset(word.removesuffix("s") for word in (*words, *parts))


def _bare_numbers(cells: Sequence[str]) -> frozenset[str]:
    """Return the numbers of *cells* that say neither what they count nor which row this is."""
    return frozenset(word for word in WORD.findall(" ".join(cells)) if word.isdigit())
