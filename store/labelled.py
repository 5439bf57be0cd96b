"""Questions in an operator's files, with what is expected of each: JSON Lines, CSV, or one question a line."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import BadRequest
from store.lexical import fold, words_of
from store.readers.document import Unreadable
from store.readers.encoding import decode

# The names a column or key may have, as people write them in the two languages.
QUESTION: Final = ("question", "pergunta")
CATEGORY: Final = ("category", "categoria")
EXPECT: Final = ("expect", "esperado")

_DELIMITERS = ",;\t"
_TOLD_DELIMITER = re.compile(r"sep=([,;\t|])", re.IGNORECASE)
_LONGEST_CELL = 131_072  # as the csv module has it, unless somebody has let it read more
_TABLES = (".csv", ".tsv")
_LINES_OF_JSON = (".jsonl", ".json", ".ndjson")
# How ZIP files begin, which .xlsx and .ods are, and the older .xls.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with its label (empty where it has none), and the line where it stands, from 1."""

    question: str
    label: str
    line: int


def read_labelled(path: Path, label: tuple[str, ...]) -> tuple[Labelled, ...]:
    """
    Read questions that each have a label.

    Args:
        path: Any encoding that `decode` knows; by its suffix CSV with a header line (`.csv`, `.tsv`) or JSON Lines.
        label: The names of the key or column of the label, `CATEGORY` or `EXPECT`.

    Raises:
        BadRequest: The file is missing, empty, no text or of another form; a question or its label is missing; or a question stands there
            with two categories.
    """
    found = _read(path, label)
    for each in found:
        if not each.label:
            raise BadRequest(f'{path}, line {each.line}: the "{label[0]}" of the question is missing: write it beside the "{QUESTION[0]}"')
    return found


def read_examples(path: Path) -> tuple[Labelled, ...]:
    """
    Read examples of categories, each question once.

    Raises:
        BadRequest: As `read_labelled`; or a question stands there with two categories, or a category in two spellings.
    """
    known: dict[tuple[str, ...] | str, Labelled] = {}
    spelt: dict[str, Labelled] = {}
    for each in read_labelled(path, CATEGORY):
        first = spelt.setdefault(fold(" ".join(each.label.split())), each)
        if first.label != each.label:
            raise BadRequest(
                f"{path}, line {each.line}: the category is written {each.label!r} here and {first.label!r} in line {first.line}: "
                "write it in one way"
            )
        before = known.setdefault(tuple(words_of(each.question)) or each.question, each)
        if before.label != each.label:
            raise BadRequest(
                f"{path}, line {each.line}: this question is an example of {each.label!r} here and of {before.label!r} in line "
                f"{before.line}: keep one of the two"
            )
    return tuple(known.values())


def read_questions(path: Path) -> tuple[Labelled, ...]:
    """
    Read questions without labels.

    Args:
        path: As for `read_labelled`; or plain text (`.txt`), a question a line.

    Raises:
        BadRequest: As `read_labelled`, but for the label.
    """
    return _read(path, CATEGORY)


def _read(path: Path, label: tuple[str, ...]) -> tuple[Labelled, ...]:
    text = _text(path)
    if path.suffix.lower() in _TABLES:
        rows = _table(text, path, label)
    elif path.suffix.lower() == ".txt":
        rows = ((number, line, "") for number, line in enumerate(text.splitlines(), 1) if line.strip())
    else:
        rows = _json_lines(text, path, label)
    found = tuple(Labelled(" ".join(question.split()), value.strip(), line) for line, question, value in rows)
    for each in found:
        if not each.question:
            raise BadRequest(f'{path}, line {each.line}: the "{QUESTION[0]}" is missing or empty: write what is asked')
    if not found:
        raise BadRequest(f"{path} holds no question: write one a line")
    return found


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    if content.startswith(_WORKBOOKS):
        raise BadRequest(f"{path} is an Excel workbook or another packed file, no text: save it as CSV")
    try:
        return decode(content, str(path), long_lines=True)
    except Unreadable as error:
        raise BadRequest(str(error)) from error


def _table(text: str, path: Path, label: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    rows = _rows(text, path)
    _, header = next(rows, (0, []))
    columns = _columns([cell.strip().casefold() for cell in header], path, label) if header else (-1, -1)
    for number, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            raise BadRequest(
                f"{path}, line {number}: the row has {len(cells)} cells, the first line {len(header)}: "
                f'put the "{QUESTION[0]}" in quotation marks'
            )
        question, value = (cells[column] if 0 <= column < len(cells) else "" for column in columns)
        yield number, question, value


def _rows(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Return the rows that hold anything, with the line in which each begins."""
    lines, delimiter = _delimited(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            _check_lengths(map(len, cells), f"{path}, line {begin}")
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        _check_lengths(map(len, lines[begin - 1 : reader.line_num]), f"{path}, line {begin}")
        raise BadRequest(f"{path}, line {begin}: the row is damaged ({error}): close its quotation marks") from error


def _check_lengths(lengths: Iterable[int], where: str) -> None:
    if max(lengths, default=0) > _LONGEST_CELL:
        raise BadRequest(f"{where}: a cell has more than {_LONGEST_CELL:,} characters: shorten it")


def _delimited(text: str) -> tuple[list[str], str]:
    """Return the lines and what parts their cells: as Excel's own first line says, such as `sep=;`, or else as the header shows."""
    lines = text.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return lines, _DELIMITERS[0]
    told = _TOLD_DELIMITER.fullmatch(lines[first].rstrip("\r\n"))
    if told:
        return ["\n"] * (first + 1) + lines[first + 1 :], told[1]
    return lines, max(_DELIMITERS, key=lines[first].count)


def _columns(header: list[str], path: Path, label: tuple[str, ...]) -> tuple[int, int]:
    """Return the columns of the question and of its label, -1 where there is none."""
    question, value = (next((header.index(name) for name in names if name in header), -1) for names in (QUESTION, label))
    if question < 0:
        raise BadRequest(f'{path}: the first line names no column "{QUESTION[0]}": write {QUESTION[0]},{label[0]} there')
    return question, value


def _json_lines(text: str, path: Path, label: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, *_entry(line, path, number, label)


def _entry(line: str, path: Path, number: int, label: tuple[str, ...]) -> tuple[str, str]:
    where = f"{path}, line {number}"
    other = "" if path.suffix.lower() in _LINES_OF_JSON else ", or name a table .csv and plain questions .txt"
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{where}: no JSON at column {error.colno} ({error.msg}): correct it there{other}") from error
    except RecursionError as error:
        raise BadRequest(f"{where}: the JSON is nested too deeply: write an object with two texts") from error
    if isinstance(entry, str):
        return entry, ""
    if not isinstance(entry, dict):
        raise BadRequest(f'{where}: must be a JSON object, such as {{"{QUESTION[0]}": "…", "{label[0]}": "…"}}')
    values = [next((entry[name] for name in names if name in entry), "") for names in (QUESTION, label)]
    for names, value in zip((QUESTION, label), values, strict=True):
        if not isinstance(value, str):
            raise BadRequest(f'{where}: "{names[0]}" must be a text in quotes')
    return values[0], values[1]
