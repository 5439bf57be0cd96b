"""Which rows of a sheet or a CSV file name the columns below them: the header of a second table, a header of two rows, none at all."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise, takewhile

from store.readers.columns import ANSWER, QUESTION, find_column, holds_a_date, key_of

_SAMPLE_ROWS = 50
_NAME_CHARACTERS = 60
_CODE_CHARACTERS = 40
_REMARK_CHARACTERS = 300
_NUMBER = re.compile(r"[-+]?(?:R\$|US\$|[$€£])? ?\d[\d.,]*%?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_EVEN, _EVEN_ALONE = 3, 4  # numbers evenly spaced that are names, beside words and alone
_MOST_LINES = 5  # that stand above a table: its name, its unit, its date

Row = tuple[int, list[str]]  # line in the file (from 1), cells
Span = tuple[int, int]  # first and last column, from 0


def tables_in(rows: Sequence[Row]) -> list[list[Row]]:
    """
    Return the tables of *rows*, at least one, without the empty rows that divide them.

    A table begins below an empty row where the next row names its columns: words above values, or the first header again.
    Lines that stand alone above it are its own.
    """
    rows, tables = list(rows), list[list[Row]]()
    above: list[list[str]] = []  # the current table's first rows
    begun, last = 0, -1
    for place, (_, cells) in enumerate(rows):
        if len(_filled(cells)) < 2:
            continue
        gap = next((at for at in range(last + 1, place) if not rows[at][1]), None)
        if gap is not None and _begins_table(cells, _rows_from(rows, place + 1), above):
            first = _first_line(rows, gap, place)
            tables.append([row for row in rows[begun:first] if row[1]])
            rows[first:place] = [(line, _filled(each)) for line, each in rows[first:place]]
            above, begun = [], first
        if len(above) < _SAMPLE_ROWS:
            above.append(cells)
        last = place
    return [*tables, [row for row in rows[begun:] if row[1]]]


def lacks_names(rows: Sequence[Row]) -> bool:
    """
    Tell whether the first row is a record like those below, and names no columns.

    So it is where it holds a code written like all those below it (FH-300 above FH-301), or a number above numbers; but numbers and codes
    that count on from column to column (2024, 2025, 2026) are names, and so is a year. Numbers that grow from column to column and are each
    as large as those below them (1, 100 above 2, 90 and 3, 120) are a record's.
    """
    first, below = rows[0][1], [cells for _, cells in rows[1 : _SAMPLE_ROWS + 1]]
    alike = [column for column, cell in enumerate(first) if _is_like(cell, [_at(cells, column) for cells in below])]
    telling = [column for column in alike if not _counts_on(first, column, alike)]
    if any(not _NUMBER.fullmatch(first[column]) for column in telling):
        return True
    named = any(_is_name(cell) and _are_values(column, below) for column, cell in enumerate(first))
    only_numbers = all(map(_NUMBER.fullmatch, _filled(first)))
    if named or not alike or not (len(below) > 1 or only_numbers):
        return False
    return bool(telling) or _goes_on_below(first, alike, below, needed=_EVEN_ALONE if only_numbers else _EVEN)


def _goes_on_below(first: Sequence[str], columns: Sequence[int], below: Sequence[list[str]], *, needed: int) -> bool:
    """Tell whether numbers are as large as those below them; *needed* evenly spaced ones (36, 38, 40) are names all the same."""
    if not all(_NUMBER.fullmatch(first[column]) for column in columns):
        return False
    if len(columns) >= needed and _is_even(first, columns) and not _is_even(below[0], columns):
        return False
    return all(_is_as_large(first[column], [_at(cells, column) for cells in below]) for column in columns)


def _is_even(cells: Sequence[str], columns: Sequence[int]) -> bool:
    values = [_value(_at(cells, column)) for column in columns]
    return len({round(after - before, 6) for before, after in pairwise(values)}) == 1


def _is_as_large(cell: str, below: Sequence[str]) -> bool:
    values = [_value(other) for other in below if other]
    low, high = min(values), max(values)
    spread = max(high - low, abs(high) / 2)
    return low - spread <= _value(cell) <= high + spread


def _value(cell: str) -> float:
    """Return a number as it is written in either language; three digits behind its only mark are thousands."""
    marks = re.findall(r"[.,]\d+", cell[:_CODE_CHARACTERS])
    digits = "".join(re.findall(r"\d", cell[:_CODE_CHARACTERS]))
    decimals = len(marks[-1]) - 1 if marks and len(marks[-1]) != 4 else 0
    value = float(digits or 0) * 0.1**decimals
    return -value if cell.startswith("-") else value


def _is_like(cell: str, below: Sequence[str]) -> bool:
    """Tell whether *cell* is a number or a code as all those *below* it."""
    others = [other for other in below if other]
    if not others or len(cell) > _CODE_CHARACTERS or not re.search(r"\d", cell) or _YEAR.fullmatch(cell):
        return False
    if _NUMBER.fullmatch(cell):
        return all(map(_NUMBER.fullmatch, others))
    return all(_shape(other) == _shape(cell) for other in others)


def _counts_on(cells: Sequence[str], column: int, alike: Sequence[int]) -> bool:
    """Tell whether a cell continues, or is continued by, the numbers beside it: sizes, months and years above a matrix do."""
    beside = [other for other in (column - 1, column + 1) if other in alike and _shape(cells[other]) == _shape(cells[column])]
    return any((_digits(cells[column]) > _digits(cells[other])) == (column > other) for other in beside)


def _shape(cell: str) -> str:
    return re.sub(r"\d+", "0", cell.casefold())


def _digits(cell: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", cell)]


def with_merged_names(rows: Sequence[Row], merged: Mapping[int, Sequence[Span]]) -> list[Row]:
    """
    Return *rows* with names that are merged across columns said for each of these, and those in the row below with them: "Jan Qtd".

    Args:
        rows: Of a sheet. A header stands first, or below an empty row if it has two rows, but for lines that stand alone.
        merged: Which cells are merged across, by line.
    """
    joined: list[Row] = []
    above: list[str] = []  # names that wait for those in the row below
    searching, begun = True, False
    for place, (line, cells) in enumerate(rows):
        said = cells
        if above:
            said, above, begun = _joined(above, cells), [], True
        elif searching and len(_filled(cells)) > 1:
            searching = False
            spread = _spread(cells, merged.get(line, ()))
            if _goes_on(spread, _rows_from(rows, place + 1), merged.get(line, ())):
                above = spread
                continue
            said, begun = cells if begun else spread, True
        searching = searching or not cells
        joined.append((line, said))
    return joined


def _spread(cells: Sequence[str], spans: Sequence[Span]) -> list[str]:
    spread = [*cells]
    for first, last in spans:
        if _at(cells, first):
            spread += [""] * (last + 1 - len(spread))
            spread[first : last + 1] = [cells[first]] * (last + 1 - first)
    return spread


def _goes_on(names: Sequence[str], below: Sequence[list[str]], spans: Sequence[Span]) -> bool:
    """Tell whether the first row *below* merged names is the second half of the header, and no record of words."""
    if not spans or len(below) < 2 or not all(map(_is_name, _filled(below[0]))):
        return False
    merged = [column for first, last in spans for column in range(first, last + 1)]
    if not all(_at(below[0], column) for column in merged):
        return False
    leading = min(_columns(names)[0], _columns(below[0])[0])
    halved = bool(_at(names, leading)) != bool(_at(below[0], leading))
    return halved or any(_are_values(column, below[1:]) for column in merged)


def _joined(above: Sequence[str], below: Sequence[str]) -> list[str]:
    return [" ".join(filter(None, (_at(above, column), _at(below, column)))) for column in range(max(len(above), len(below)))]


def _rows_from(rows: Sequence[Row], place: int) -> list[list[str]]:
    return [cells for _, cells in takewhile(lambda row: row[1], rows[place : place + _SAMPLE_ROWS])]


def _first_line(rows: Sequence[Row], gap: int, place: int) -> int:
    """Return the first of the lines above a header that speak of its table; a date with an empty row below it ends the one before."""
    lines = [at for at in range(max(gap, place - 2 * _MOST_LINES), place) if rows[at][1]][-_MOST_LINES:]
    of_others = [at for at in lines if not is_remark(rows[at][1]) or (not rows[at + 1][1] and holds_a_date(" ".join(rows[at][1])))]
    return next((at for at in lines if at > max(of_others, default=-1)), place)


def is_remark(cells: Sequence[str]) -> bool:
    """Tell whether a row holds nothing but one cell of words; spreadsheets fill it up with empty ones."""
    filled = _filled(cells)
    return (
        len(filled) == 1
        and len(filled[0]) <= _REMARK_CHARACTERS
        and not filled[0].endswith("?")
        and bool(re.search(r"[^\W\d_]{2}", filled[0]))
    )


def _begins_table(names: list[str], below: Sequence[list[str]], above: Sequence[list[str]]) -> bool:
    if len(above) < 2 or not below:
        return False
    if _filled(names) == _filled(above[0]):  # printed again on each page
        return True
    columns = _columns(names)
    if not all(map(_is_name, _filled(names))) or not {*_columns(below[0])} <= {*columns} or _asks(above[0]):
        return False
    if any(names[column] == _at(cells, column) for cells in (*above[1:], *below) for column in columns):  # as values do
        return False
    widest = max(max(_columns(cells), default=0) for cells in above)
    if columns[-1] > widest:
        return _at(below[0], columns[-1]) != ""
    return any(_are_values(column, below) and (len(columns) > 2 or _may_follow(column, above, widest)) for column in columns)


def _asks(header: Sequence[str]) -> bool:
    """Tell whether a list has questions and answers, whose entries are words above words as a header is."""
    keys = [key_of(cell) for cell in header]
    return find_column(keys, QUESTION) is not None and find_column(keys, ANSWER) is not None


def _may_follow(column: int, above: Sequence[list[str]], widest: int) -> bool:
    """Tell a second table of two columns from the next lines of a form, a name and its value in each."""
    return widest > 1 or _are_values(column, above[1:])


def _are_values(column: int, rows: Sequence[list[str]]) -> bool:
    """Tell whether every cell of a column holds digits."""
    cells = [_at(row, column) for row in rows]
    return all(re.search(r"\d", cell) for cell in cells if cell) and any(cells)


def _is_name(cell: str) -> bool:
    return len(cell) <= _NAME_CHARACTERS and bool(re.search(r"[^\W\d_]", cell)) and not re.search(r"[\d@]|[?.!:]$", cell)


def _columns(cells: Sequence[str]) -> list[int]:
    return [column for column, cell in enumerate(cells) if cell]


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell]


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""
