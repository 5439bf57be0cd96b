"""Rows of a table, wherever they come from: a list of questions and answers, or records that become `column: value; …`."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from bot.texts import N_
from store.lexical import codes_of, words_of
from store.readers.answer_parts import answer_parts
from store.readers.columns import ANSWER, ID, MORE_ANSWER, QUESTION, TOPIC, find_column, holds_a_date, key_of, list_tickets, names_a_date
from store.readers.dates import day_in, latest
from store.readers.dividing import divide_text, pack
from store.readers.document import Draft, Excerpt, Note, Unreadable
from store.readers.headers import Row, is_remark, lacks_names
from store.readers.omissions import UNNAMED, Omissions
from store.readers.publishing import public_rows

_ROW_CHARACTERS = 64
_SAMPLE_ROWS = 50
_CODE_CHARACTERS = 40  # a longer value names nothing
_NAME_CHARACTERS = 100  # of a column's name, repeated in every row
_MOST_NAMES, _MOST_DATES, _MOST_NOTES = 6, 10, 5

# Records name their columns; in a sheet every cell stands where its author put it, in delimited text an unquoted delimiter moves the rest.
Origin = Literal["records", "delimited", "sheet"]


def read_rows(rows: Sequence[Row], name: str, *, origin: Origin = "records") -> Draft:
    """
    Return an excerpt for each row below the header, with the id column or the number of the row (from 1) as its `row`.

    A first row of a sheet or of delimited text that is no header is a record, and noted; of articles, drafts and what only some readers
    may see are left out.

    What stands alone in a line above a table (its name, its unit) is its title and heading; a date that stands alone above or below it
    ("Atualizado em 12/03/2026") is said with every row that has none of its own.

    Raises:
        Unreadable: A row has more cells than the header (but in a sheet), an entry lacks its answer, or tickets are listed.
    """
    notes, rows = _notes_apart(rows)
    if not rows:
        return Draft()
    rows = [(rows[0][0], [_in_a_line(cell) for cell in rows[0][1]]), *rows[1:]]
    if origin == "sheet":
        rows = _widened(rows)
    keys = [key_of(cell) for cell in rows[0][1]]
    if list_tickets(keys) and find_column(keys, ANSWER) is None:
        raise Unreadable(
            name, N_("this is a list of tickets without their answers; export the tickets with their comments as JSON (docs/exports.md)")
        )
    omissions = Omissions()
    if origin != "records":  # of JSON they are left out before it is a table
        rows = public_rows(rows, keys, omissions)
    faq = _faq_columns(keys, rows)
    if faq is None and origin != "records" and lacks_names(rows):
        unnamed = [""] * len(keys)
        records = _records([(rows[0][0], unnamed), *rows], unnamed, notes, name)
        return Draft(title=notes.title, excerpts=tuple(records), notes=(Note(UNNAMED, 1, str(rows[0][0])),))
    excerpts = _entries(rows, keys, faq, notes, name) if faq else _records(rows, keys, notes, name)
    return Draft(title=notes.title, excerpts=tuple(excerpts), notes=omissions.notes)


def read_tables(tables: Sequence[tuple[str, Sequence[Row]]], name: str, *, title: str = "", origin: Origin = "records") -> Draft:
    """
    Return the excerpts of several tables of one file; where there is more than one, each is headed by its own name.

    Raises:
        Unreadable: As `read_rows`.
    """
    drafts = [
        (called, read_rows(rows, f"{name} ({called})" if called and len(tables) > 1 else name, origin=origin)) for called, rows in tables
    ]
    if len(drafts) == 1:
        return replace(drafts[0][1], title=title or drafts[0][1].title)
    omissions = Omissions()
    for _, draft in drafts:
        omissions.add_notes(draft.notes)
    excerpts = [
        replace(each, heading=" > ".join(filter(None, (called, draft.title, each.heading))))
        for called, draft in drafts
        for each in draft.excerpts
    ]
    return Draft(title=title, excerpts=tuple(excerpts), notes=omissions.notes)


@dataclass(frozen=True, slots=True)
class _Notes:
    """What is said about a whole table: its name, the date of its values, anything else."""

    title: str = ""
    stated: str = ""
    heading: str = ""


def _notes_apart(rows: Sequence[Row]) -> tuple[_Notes, Sequence[Row]]:
    width = max((len(_filled(row)) for row in rows[:_SAMPLE_ROWS]), default=0)
    first, last = 0, len(rows)
    while width > 1 and first < min(last, _MOST_NOTES) and _is_note(rows[first], width):
        first += 1
    while (
        width > 1
        and last > max(first + 1, len(rows) - _MOST_NOTES)
        and _is_note(rows[last - 1], width)
        and holds_a_date(_filled(rows[last - 1])[0])
    ):
        last -= 1
    said = [_in_a_line(_filled(row)[0]).lstrip("# ") for row in (*rows[:first], *rows[last:])]
    undated = [note for note in said if not holds_a_date(note)]
    stated = "; ".join(note for note in said if holds_a_date(note))
    return _Notes("".join(undated[:1]), stated, "; ".join(undated[1:])), rows[first:last]


def _filled(row: Row) -> list[str]:
    return [cell for cell in row[1] if cell]


def _is_note(row: Row, width: int) -> bool:
    """Tell whether a row holds a remark instead of values."""
    return is_remark(row[1]) and (len(row[1]) == 1 or width > 2 or holds_a_date(_filled(row)[0]))


def _widened(rows: Sequence[Row]) -> Sequence[Row]:
    """Give every column a name, empty where a remark stands beside the table."""
    line, header = rows[0]
    missing = max(len(cells) for _, cells in rows) - len(header)
    return [(line, [*header, *[""] * missing]), *rows[1:]] if missing else rows


def _faq_columns(keys: Sequence[str], rows: Sequence[Row]) -> tuple[int, int] | None:
    question, answer = find_column(keys, QUESTION), find_column(keys, ANSWER)
    if question is not None and answer is not None and (len(keys[question]) > 1 or _asks(rows[1:], question)):
        return question, answer  # a column called Q may hold quantities
    columns = [column for column in range(len(keys)) if keys[column] not in ID][:2]
    if len(columns) < 2:
        return None
    return (columns[0], columns[1]) if _asks(rows, columns[0]) else None


def _asks(rows: Sequence[Row], column: int) -> bool:
    """Tell whether most of *rows* ask something in *column*."""
    return sum(_at(cells, column).endswith("?") for _, cells in rows) > len(rows) / 2


def _is_header(cells: Sequence[str]) -> bool:
    return not any(cell.endswith("?") for cell in cells)


def _at(cells: Sequence[str], column: int | None) -> str:
    """Return a cell, empty where there is none; rows are not filled up, because a header may be wider than all of them together."""
    return cells[column] if column is not None and column < len(cells) else ""


def _in_a_line(cell: str) -> str:
    return " ".join(cell.split())


def _fitted(row: Row, width: int, name: str) -> list[str]:
    line, cells = row
    if any(cells[width:]):
        raise Unreadable(
            name,
            N_("the row at line {line} has {cells} cells, the first row {width}; put cells that hold the delimiter in quotation marks"),
            line=line,
            cells=len(cells),
            width=width,
        )
    return cells[:width]


def _entries(rows: Sequence[Row], keys: Sequence[str], columns: tuple[int, int], notes: _Notes, name: str) -> Iterator[Excerpt]:
    identifier, topic = _identifier(keys, rows), find_column(keys, TOPIC)
    dates = _dates(keys)
    header = rows[0][1] if _is_header(rows[0][1]) else []
    more = [column for column, key in enumerate(keys) if header and column not in columns and (not key or MORE_ANSWER.fullmatch(key))]
    for number, row in enumerate(rows[1:] if header else rows, 1):
        cells = _fitted(row, len(keys), name)
        question, answer = _in_a_line(_at(cells, columns[0])), _at(cells, columns[1])
        if not question or not answer:
            raise Unreadable(name, N_("the row at line {line} has no question or no answer"), line=row[0])
        label = _in_a_line(_at(cells, identifier)) or str(number)
        said = [answer, *(_said(header[column][:_NAME_CHARACTERS], _at(cells, column)) for column in more if _at(cells, column))]
        dated = _day(cells, keys, dates) or day_in(notes.stated)
        for part in answer_parts("\n".join(said)):
            yield Excerpt(part, heading=_in_a_line(_at(cells, topic)), question=question, row=label[:_ROW_CHARACTERS], dated=dated)


def _records(rows: Sequence[Row], keys: Sequence[str], notes: _Notes, name: str) -> Iterator[Excerpt]:
    header, identifier = rows[0][1], _identifier(keys, rows)
    dates = _dates(keys)
    naming = {0, identifier, *dates}
    for number, row in enumerate(rows[1:], 1):
        cells = _fitted(row, len(header), name)
        label = _in_a_line(_at(cells, identifier)) or str(number)
        pairs = [(at, header[at][:_NAME_CHARACTERS], cell) for at, cell in enumerate(cells) if cell]
        stated = "" if any(holds_a_date(_at(cells, column)) for column in dates) else notes.stated
        for text in _texts(pairs, naming, stated):
            dated = _day(cells, keys, dates) or day_in(stated)
            yield Excerpt(text, heading=notes.heading, row=label[:_ROW_CHARACTERS], dated=dated)


def _identifier(keys: Sequence[str], rows: Sequence[Row]) -> int | None:
    """Return the column that names each row: Linha may be its number, and the product line of many rows."""
    column = find_column(keys, ID)
    named = [cell for _, cells in rows[1:] if (cell := _at(cells, column))]
    return column if len({*named}) == len(named) else None


def _dates(keys: Sequence[str]) -> list[int]:
    return [column for column, key in enumerate(keys) if names_a_date(key)][:_MOST_DATES]


def _day(cells: Sequence[str], keys: Sequence[str], dates: Sequence[int]) -> str:
    """Return the latest day that a row's own *dates* say."""
    return latest(day_in(_at(cells, column), called=keys[column]) for column in dates)


def _texts(pairs: Sequence[tuple[int, str, str]], naming: AbstractSet[int | None], stated: str) -> Iterator[str]:
    """Give a row (column, its name, cell) whole, or in parts that each begin with what names it: its code, its date."""
    end = [stated] if stated else []
    whole = "; ".join([*(_said(called, cell) for _, called, cell in pairs), *end])
    if len(divide_text(whole)) == 1:
        yield whole
        return
    names = ((at, _said(called, cell)) for at, called, cell in pairs if len(cell) <= _CODE_CHARACTERS and (at in naming or _is_code(cell)))
    lead = dict(islice(names, _MOST_NAMES))
    rest = [_said(called, part) for at, called, cell in pairs if at not in lead for part in divide_text(cell)]
    for part in pack(rest, "; "):
        yield "; ".join([*lead.values(), part, *end])
    if not rest:  # all of it is its name
        yield whole


def _said(column: str, cell: str) -> str:
    return f"{column}: {cell}" if column else cell


def _is_code(cell: str) -> bool:
    return bool(codes_of(words_of(cell)))
