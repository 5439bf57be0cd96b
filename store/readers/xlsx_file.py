"""XLSX through openpyxl: each visible sheet is a table, its values as people see them."""

import io
import re
import warnings
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from bot.texts import N_
from store.readers.dates import day_before
from store.readers.document import Draft, Unreadable
from store.readers.encoding import clean
from store.readers.headers import Row, Span, tables_in, with_merged_names
from store.readers.headings import own_title
from store.readers.office_archive import DAMAGE, check_archive
from store.readers.omissions import UNCALCULATED, Omissions
from store.readers.tables import read_tables

_MOST_COLUMNS = 200
_MOST_ROWS = 2**20  # as in Excel
_MOST_CELLS = 20_000_000  # empty ones before a row's last among them
_MOST_CHARACTERS = 64_000_000  # of all cells: one text may stand in a million of them
_CELL_CHARACTERS = 32_767  # as in Excel
_SHAPE_CHARACTERS = 100
_MASK = re.compile(r'(?:"[^"]*"|\\.|[-/() 0#])*[0#](?:"[^"]*"|\\.|[-/() 0#])*')  # places of digits and what stands between them
_MASKED = re.compile(r'["\\/(-]|00')  # what makes one a code's
# [$R$-416], [$EUR], "R$", R$, \$; behind the dash stands a language: ECMA-376, part 1, 18.8.31
_CURRENCY = re.compile(r"\[\$([^\]-]+)[^\]]*\]|(?<!\[)(?:\b(?:R|US))?\\?\$|[€£¥]")
_PART = re.compile(r'"[^"]*"|\\.|.')
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_UNCALCULATED = re.compile(rb"(?:</f>|<f\b[^<>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")  # a formula with nothing behind it
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^<>]*\bref="([A-Z]{1,2})(\d{1,7}):([A-Z]{1,2})(\d{1,7})"')
_DECIMALS = re.compile(r"0\.(0{1,6})(?![0#?%E])")


def read_xlsx(data: bytes, name: str) -> Draft:
    """
    Return the rows of the visible sheets, as `read_rows` gives them; formulas give the value that was last saved with them.

    Programs that write spreadsheets save none; such formulas are counted in `notes`.
    Rows without a date of their own have that of the file's properties.

    Raises:
        Unreadable: It is damaged, needs a password, unpacks to too much, is too wide, or a question lacks its answer.
    """
    check_archive(data, name)
    begun = datetime.now(UTC)
    # openpyxl warns of what it leaves out (colours, charts); for good, because what restores filters is not safe among threads.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    try:
        # Read-only: sheets are streamed. The same in Rust takes memory for every cell up to the last, and aborts on a sheet with two.
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        title = str(workbook.properties.title or "")
        dated = day_before(workbook.properties.modified, begun)
        omissions = Omissions()
        omissions.add(UNCALCULATED, _uncalculated(data))
        visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        sheets = [(clean(sheet.title), with_merged_names(_rows(sheet, name), _merged(sheet))) for sheet in visible]
    except DAMAGE as error:
        raise Unreadable(name, N_("this Office file is damaged; open it and save it again")) from error
    several = sum(bool(rows) for _, rows in sheets) > 1
    tables = [(called if several else "", table) for called, rows in sheets if rows for table in tables_in(rows)]
    draft = read_tables(tables, name, title=own_title(clean(title)), origin="sheet")
    omissions.add_notes(draft.notes)
    return replace(draft, dated=dated, notes=omissions.notes)


def _uncalculated(data: bytes) -> int:
    """Return how many formulas of the sheets have no value."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = (archive.read(name) for name in archive.namelist() if _SHEET.fullmatch(name))
        return sum(sum(1 for _ in _UNCALCULATED.finditer(sheet)) for sheet in sheets)


def _merged(sheet: Any) -> dict[int, list[Span]]:
    """Return which cells of a sheet are merged across columns, by line; a sheet that is streamed does not tell."""
    with sheet._get_source() as source:
        found = _MERGED.findall(source.read())
    merged: dict[int, list[Span]] = {}
    for first, top, last, bottom in found:
        span = (column_index_from_string(first.decode()) - 1, column_index_from_string(last.decode()) - 1)
        of_line = merged.setdefault(int(top), [])
        if top == bottom and span[0] < span[1] < _MOST_COLUMNS and len(of_line) < _MOST_COLUMNS:
            of_line.append(span)
    return merged


def _rows(sheet: Any, name: str) -> list[Row]:
    sheet.reset_dimensions()  # programs write wrong ones
    rows: list[Row] = []
    cells_left, characters_left = _MOST_CELLS, _MOST_CHARACTERS
    for line, cells in enumerate(sheet.iter_rows(), 1):
        cells_left -= len(cells)
        if cells_left < 0 or line > _MOST_ROWS:
            raise _too_large(name, sheet.title)
        values: list[str] = []
        for cell in cells:
            values.append(_shown(cell))
            characters_left -= len(values[-1])
            if characters_left < 0:
                raise _too_large(name, sheet.title)
        while values and not values[-1]:
            values.pop()
        if len(values) > _MOST_COLUMNS:
            raise _too_large(name, sheet.title)
        if values or (rows and rows[-1][1]):  # an empty row may divide two tables
            rows.append((line, values))
    return rows


def _too_large(name: str, sheet: str) -> Unreadable:
    problem = N_("the sheet {sheet} is too large: a sheet may have {columns} columns and about {millions} million characters; divide it")
    return Unreadable(name, problem, sheet=clean(sheet), columns=_MOST_COLUMNS, millions=_MOST_CHARACTERS // 1_000_000)


def _shown(cell: Any) -> str:
    """Return a cell's value as the sheet shows it, dates as 2026-03-01, numbers without the noise of binary fractions."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, timedelta):
        return _duration(value)
    lines = (" ".join(line.split()) for line in clean(str(value)[:_CELL_CHARACTERS]).splitlines())
    return "\n".join(filter(None, lines))


def _day(value: date) -> str:
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(" ", "minutes")
    return value.isoformat()[:10]


def _duration(value: timedelta) -> str:
    """Return a duration as sheets show it: 30:00, not one day and six hours; seconds only where there are some."""
    minutes, seconds = divmod(round(abs(value.total_seconds())), 60)
    sign = "-" if value < timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _number(value: float, shape: str) -> str:
    shape = shape[:_SHAPE_CHARACTERS].partition(";")[0]  # behind it stands how negative numbers are shown
    if value >= 0 and value == int(value) and _MASK.fullmatch(shape) and _MASKED.search(shape):
        return _masked(str(int(value)), shape)
    if shape.endswith("%"):
        return f"{value * 100:.12g}%"
    return _with_currency(_plain(value, shape), shape)


def _plain(value: float, shape: str) -> str:
    decimals = _DECIMALS.search(shape)
    if decimals and round(value, len(decimals[1])) == value:  # 1.50 is a price
        return f"{value:.{len(decimals[1])}f}"
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def _with_currency(number: str, shape: str) -> str:
    """Return a number with the currency that its *shape* puts before or behind it."""
    found = _CURRENCY.search(shape)
    if not found:
        return number
    sign = clean(found[1] or found[0].replace("\\", "")).strip()
    return f"{number} {sign}" if re.search("[0#]", shape[: found.start()]) else f"{sign} {number}"


def _masked(digits: str, shape: str) -> str:
    """Return a code as its *shape* shows it: 01310-100, FH-300."""
    parts = _PART.findall(shape)
    first = next(place for place, part in enumerate(parts) if part in "0#")
    shown: list[str] = []
    for place, part in reversed([*enumerate(parts)]):
        if part in "0#":
            taken = 1 if place > first else max(1, len(digits))  # the first one holds all that is left
            shown.append(digits[-taken:] or part.replace("#", ""))
            digits = digits[:-taken]
        else:
            shown.append(part.strip('"\\'))
    return "".join(reversed(shown))
