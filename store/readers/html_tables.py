"""The rows of an HTML table as lines of Markdown: cells that span others, tables in cells, and which row names the columns."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from bs4.element import PageElement, PreformattedString, Tag

from store.readers.html_words import number_in, outermost, words_of

_CELLS = ("td", "th")
_MOST_SPAN = 100  # rows and columns; cells beyond so many columns span nothing
_REPEATED_CHARACTERS = 200  # a longer cell is not said again in the rows that it spans
# What a table says again in all its rows: no more than this, and than so many times what it says itself.
_SAID_AGAIN_CHARACTERS = 20_000
_SAID_AGAIN_TIMES = 10
_WEIGHT = re.compile(r"(?<![\w-])font-weight\s*:\s*(\w+)", re.IGNORECASE)
_BOLD_SHARE = 4  # beneath a header are sums in bold; where one row in four is, it is no header's mark
_BOLD_WEIGHTS = ("bold", "bolder", "600", "700", "800", "900")


def table_lines(rows: Sequence[Tag]) -> tuple[tuple[str, ...], int]:
    """Return the lines of those *rows* that say something, and how many of them are the header: two, the rule among them, or none."""
    speaking = [(row, cells) for row, cells in zip(rows, _cells(rows), strict=True) if cells]
    lines = tuple(f"| {' | '.join(cells)} |" for _, cells in speaking)
    if len(lines) < 2 or not _names_columns([row for row, _ in speaking]):
        return lines, 0
    return (lines[0], f"|{'---|' * len(speaking[0][1])}", *lines[1:]), 2


def own_rows(table: Tag) -> list[Tag]:
    """Return the rows of a table, without those of tables in it."""
    return [*outermost(table, ("tr",), closed=("table",))]


def own_cells(row: Tag) -> list[Tag]:
    """Return the cells of a row or table, without those of tables in them."""
    return [*outermost(row, _CELLS, closed=("table",))]


def _names_columns(rows: Sequence[Tag]) -> bool:
    """Tell whether the first of *rows* is a header: by its tags, or as Word, Google Docs and Outlook write one, alone in bold."""
    first, second = rows[:2]
    if first.find("th") or (first.parent and first.parent.name == "thead"):
        return True
    if second.find("th") or _is_bold(second) or not _is_bold_line(first):
        return False
    return sum(map(_is_bold_line, rows[1:])) * _BOLD_SHARE < len(rows)


def _is_bold_line(row: Tag) -> bool:
    return _is_bold(row) and len(own_cells(row)) > 1


def _is_bold(row: Tag) -> bool:
    waiting: list[PageElement] = [row]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Tag):
            waiting.extend([] if _sets_bold(node) else node.contents)
        elif str(node).strip() and not isinstance(node, PreformattedString):
            return False
    return True


def _sets_bold(tag: Tag) -> bool:
    weight = _WEIGHT.search(str(tag.get("style") or ""))
    return weight[1].lower() in _BOLD_WEIGHTS if weight else tag.name in ("b", "strong")


def _cells(rows: Iterable[Tag]) -> Iterator[list[str]]:
    """
    Give the cells of each row under their columns, of a row without words of its own none.

    What spans rows is said in each, so that every row can be understood alone.
    """
    below: dict[int, tuple[str, int]] = {}  # column: words that go on, for how many rows
    room = _SAID_AGAIN_CHARACTERS
    for row in rows:
        cells = deque(own_cells(row))
        line: list[str] = []
        own = 0
        while cells or len(line) in below:
            words, high = below.pop(len(line), ("", 0))
            wide = 1
            if high:
                room -= len(words)
            else:
                cell = cells.popleft()
                words, high = _words_of_cell(cell).replace("|", "/"), _span(cell, "rowspan")
                wide = max(1, min(_span(cell, "colspan"), _MOST_SPAN - len(line)))
                own += len(words)
            for shown in [words] + [""] * (wide - 1):
                if high > 1 and len(line) < _MOST_SPAN:
                    below[len(line)] = (shown if len(shown) <= min(room, _REPEATED_CHARACTERS) else "", high - 1)
                line.append(shown)
        room += own * _SAID_AGAIN_TIMES
        yield line if own else []


def _words_of_cell(cell: Tag) -> str:
    """Return what a cell says in one line; of a table in it, each row's cells with commas between, and semicolons after rows."""
    for inner in [*outermost(cell, ("table",))]:
        rows = (", ".join(filter(None, map(_words_of_cell, own_cells(row)))) for row in own_rows(inner))
        inner.string = "; ".join(filter(None, rows))
    return words_of(cell)


def _span(cell: Tag, name: str) -> int:
    return min(max(number_in(cell, name, 1), 1), _MOST_SPAN)
