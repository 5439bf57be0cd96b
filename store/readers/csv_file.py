"""CSV: its delimiter and its rows; what they mean says `store.readers.tables`."""

import csv
import io
import re
from itertools import islice

from bot.texts import N_
from store.readers.document import Draft, Unreadable
from store.readers.headers import Row, tables_in
from store.readers.tables import read_tables

_DELIMITERS = ";\t|,"  # where two fit alike the comma is that of decimals: 1,50
_NAMED = re.compile(r"sep=([;,\t|])[;,]*\n")  # a first line for Excel
_SAMPLE_ROWS = 50
_SAMPLE_CHARACTERS = 100_000  # below csv.field_size_limit, so that looking never fails
_CELL_CHARACTERS = 131_072  # that limit as Python has it, wherever else in the process it was raised


def read_csv(text: str, name: str) -> Draft:
    """
    Return the questions and answers, or the records, of *text*, as `read_rows` gives them.

    Raises:
        Unreadable: A quote is never closed, a row has more cells than the header, or an entry lacks its answer.
    """
    named = _NAMED.match(text)
    rows = _rows(text, name, named[1] if named else _delimiter(text))
    tables = tables_in(rows[1:] if named else rows)
    return read_tables([("", table) for table in tables], name, origin="delimited")


def _delimiter(text: str) -> str:
    """Return the delimiter that makes the most cells, all rows of the beginning alike."""
    beginning = text[:_SAMPLE_CHARACTERS].splitlines(keepends=True)

    def fitness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in islice(csv.reader(beginning, delimiter=delimiter), _SAMPLE_ROWS) if row]
        width = next((each for each in widths if each > 1), 1)  # remarks may stand above the table
        return (sum(each == width for each in widths) / len(widths), width) if width > 1 else (0, width)

    return max(_DELIMITERS, key=fitness)


def _rows(text: str, name: str, delimiter: str) -> list[Row]:
    lines = io.StringIO(text, newline="")  # one line at a time: all of them at once would double what a large file takes
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[Row] = []
    begun = 1
    try:
        for cells in reader:
            if any(len(cell) > _CELL_CHARACTERS for cell in cells):
                raise _too_long(name, begun)
            if any(cell.strip() for cell in cells):
                rows.append((begun, [cell.strip() for cell in cells]))
            elif rows and rows[-1][1]:  # an empty row may divide two tables
                rows.append((begun, []))
            begun = reader.line_num + 1
    except csv.Error as error:
        if "limit" in str(error):
            raise _too_long(name, begun) from error
        raise Unreadable(
            name, N_("a quotation mark in the row that begins at line {line} is not closed or not doubled"), line=begun
        ) from error
    return rows


def _too_long(name: str, line: int) -> Unreadable:
    return Unreadable(name, N_("a cell in the row that begins at line {line} is too long"), line=line)
