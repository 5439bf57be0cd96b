"""Files of rows, as values and as records: JSON Lines, JSON and CSV, read as they stream by."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from bot.errors import BadRequest
from finetune.findings import BadRow, Finding
from finetune.formats.elements import elements
from finetune.formats.format import METADATA, Format
from finetune.formats.lines import lines
from finetune.formats.records import Origin, Record
from finetune.formats.registry import FORMATS, detect
from finetune.formats.strict_json import parse, parse_bytes
from finetune.formats.tables import table_rows

ROW_BYTES: Final = 8 << 20  # far beyond what any trainer's context takes: some two million tokens
_LOOKED_AT: Final = 50  # rows whose format is looked at

Container = Literal["jsonl", "json", "csv"]
_CONTAINERS: Final[dict[str, Container]] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv"}
_BOOLEANS: Final = ("true", "false")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in its file: a JSON value (of CSV an object of texts), and the line it begins in, from 1."""

    line: int
    value: Any


def container_of(path: Path) -> Container:
    """
    Return what kind of file *path* is, by its name.

    Raises:
        BadRequest: The name says none.
    """
    found = _CONTAINERS.get(path.suffix.lower())
    if found is None:
        raise BadRequest(f"{path} is called neither .jsonl nor .json nor .csv: name it for what it holds")
    return found


def read_rows(path: Path) -> Iterator[Row | Finding]:
    """
    Give the rows of a file in order, and in their places what cannot be read; at most some megabytes are held.

    Args:
        path: UTF-8, with or without a byte order mark. `.jsonl` and `.ndjson` hold a value a line; `.json` an array of rows, rows one after
            the other, or one conversation as an array of messages; `.csv` and `.tsv` a header line and cells.

    Raises:
        BadRequest: The file cannot be read, or its name says no kind.
    """
    container = container_of(path)
    try:
        with path.open("rb") as file:
            if container == "csv":
                yield from (each if isinstance(each, Finding) else Row(*each) for each in table_rows(file, limit_bytes=ROW_BYTES))
            elif container == "json":
                yield from _conversation_or_rows(_parsed(elements(file, limit_bytes=ROW_BYTES)))
            else:
                yield from _parsed(lines(file, limit_bytes=ROW_BYTES))
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error


def _parsed(found: Iterator[tuple[int, bytes] | Finding]) -> Iterator[Row | Finding]:
    for each in found:
        if isinstance(each, Finding):
            yield each
            continue
        line, data = each
        if data.isspace():
            continue
        try:
            yield Row(line, parse_bytes(data.rstrip(), first=line == 1))
        except BadRow as bad:
            yield bad.at(line)


def _conversation_or_rows(rows: Iterator[Row | Finding]) -> Iterator[Row | Finding]:
    """Take an array of messages for the one conversation that it is."""
    first = next(rows, None)
    if not isinstance(first, Row) or not _is_message(first.value):
        if first is not None:
            yield first
        yield from rows
        return
    messages = [first.value]
    for row in rows:
        if isinstance(row, Finding):
            yield row
        else:
            messages.append(row.value)
    yield Row(first.line, messages)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "content" in value


def format_of(path: Path) -> Format:
    """
    Return the format that the first rows of a file are written in.

    Raises:
        BadRequest: They are written in none that is known, or the file cannot be read or holds no rows.
    """
    table = container_of(path) == "csv"
    rows: list[Any] = []
    problem = "write one a line"
    for row in read_rows(path):
        if isinstance(row, Row):
            rows.append(row.value)
        elif not rows:
            problem = row.sentence()
        if len(rows) == _LOOKED_AT:
            break
    if not rows:
        raise BadRequest(f"{path} holds no row that can be read: {problem}")
    found = detect([_guessed(row) for row in rows] if table else rows)
    if found is None:
        raise BadRequest(f"{path} is written in no format that is known: name one of {', '.join(FORMATS)}, or rename its keys")
    return found


def _guessed(cells: dict[str, str]) -> Any:
    """Return a row of CSV with the cells that look like JSON as values."""
    return {name: _value(cell) if cell.startswith(("[{", '{"')) else cell for name, cell in cells.items()}


def _value(cell: str) -> Any:
    try:
        return parse(cell)
    except BadRow:
        return cell


def read_records(path: Path, chosen: Format) -> Iterator[Record | Finding]:
    """
    Give the records of a file in order, with their origins, and in their places what cannot be read.

    Raises:
        BadRequest: As `read_rows`.
    """
    name = path.name
    for found in read_lines(path, chosen):
        yield found if isinstance(found, Finding) else replace(found[1], origin=Origin(name, found[0]))


def read_lines(path: Path, chosen: Format) -> Iterator[tuple[int, Record] | Finding]:
    """
    Give the records of a file in order, each after the line it begins in, and in their places what cannot be read.

    Raises:
        BadRequest: As `read_rows`.
    """
    table = container_of(path) == "csv"
    for row in read_rows(path):
        if isinstance(row, Finding):
            yield row
            continue
        try:
            yield row.line, chosen.read(_from_cells(row.value, chosen) if table else row.value)
        except BadRow as bad:
            yield bad.at(row.line)


def _from_cells(cells: dict[str, str], chosen: Format) -> dict[str, Any]:
    """Return a row of CSV as its format has it: with JSON in the columns that hold it, without metadata that says nothing."""
    row: dict[str, Any] = {}
    for name, cell in cells.items():
        if name in chosen.structured or name == METADATA:
            row[name] = parse(cell.lower() if cell.lower() in _BOOLEANS else cell) if cell.strip() else None
        elif cell or name in chosen.keys:
            row[name] = cell
    return row
