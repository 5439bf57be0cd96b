"""Questions in an operator's files, with what is expected of each: JSON Lines, CSV, or one question a line."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import BadRequest
from bot.texts import N_
from store.lexical import fold, words_of
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
            text = N_('{path}, line {line}: the "{label}" of the question is missing: write it beside the "{question}"')
            raise BadRequest.told(text, path=path, line=each.line, label=label[0], question=QUESTION[0])
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
            text = N_("{path}, line {line}: the category is written {here!r} here and {there!r} in line {first}: write it in one way")
            raise BadRequest.told(text, path=path, line=each.line, here=each.label, there=first.label, first=first.line)
        before = known.setdefault(tuple(words_of(each.question)) or each.question, each)
        if before.label != each.label:
            text = N_(
                "{path}, line {line}: this question is an example of {here!r} here and of {there!r} in line {first}: keep one of the two"
            )
            raise BadRequest.told(text, path=path, line=each.line, here=each.label, there=before.label, first=before.line)
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
            text = N_('{path}, line {line}: the "{question}" is missing or empty: write what is asked')
            raise BadRequest.told(text, path=path, line=each.line, question=QUESTION[0])
    if not found:
        raise BadRequest.told(N_("{path} holds no question: write one a line"), path=path)
    return found


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        text = N_("{path} cannot be read ({reason}): correct the file's name or rights")
        raise BadRequest.told(text, path=path, reason=error.strerror) from error
    if content.startswith(_WORKBOOKS):
        raise BadRequest.told(N_("{path} is an Excel workbook or another packed file, no text: save it as CSV"), path=path)
    return decode(content, str(path), long_lines=True)


def _table(text: str, path: Path, label: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    rows = _rows(text, path)
    _, header = next(rows, (0, []))
    columns = _columns([cell.strip().casefold() for cell in header], path, label) if header else (-1, -1)
    for number, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            told = N_('{path}, line {line}: the row has {cells} cells, the first line {width}: put the "{question}" in quotation marks')
            raise BadRequest.told(told, path=path, line=number, cells=len(cells), width=len(header), question=QUESTION[0])
        question, value = (cells[column] if 0 <= column < len(cells) else "" for column in columns)
        yield number, question, value


def _rows(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Return the rows that hold anything, with the line in which each begins."""
    lines, delimiter = _delimited(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            _check_lengths(map(len, cells), path, begin)
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        _check_lengths(map(len, lines[begin - 1 : reader.line_num]), path, begin)
        told = N_("{path}, line {line}: the row is damaged ({reason}): close its quotation marks")
        raise BadRequest.told(told, path=path, line=begin, reason=error) from error


def _check_lengths(lengths: Iterable[int], path: Path, line: int) -> None:
    if max(lengths, default=0) > _LONGEST_CELL:
        text = N_("{path}, line {line}: a cell has more than {most:,} characters: shorten it")
        raise BadRequest.told(text, path=path, line=line, most=_LONGEST_CELL)


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
        text = N_('{path}: the first line names no column "{question}": write {question},{label} there')
        raise BadRequest.told(text, path=path, question=QUESTION[0], label=label[0])
    return question, value


def _json_lines(text: str, path: Path, label: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, *_entry(line, path, number, label)


def _entry(line: str, path: Path, number: int, label: tuple[str, ...]) -> tuple[str, str]:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        only = N_("{path}, line {line}: no JSON at column {column} ({reason}): correct it there")
        other = N_(
            "{path}, line {line}: no JSON at column {column} ({reason}): correct it there, or name a table .csv and plain questions .txt"
        )
        text = only if path.suffix.lower() in _LINES_OF_JSON else other
        raise BadRequest.told(text, path=path, line=number, column=error.colno, reason=error.msg) from error
    except RecursionError as error:
        text = N_("{path}, line {line}: the JSON is nested too deeply: write an object with two texts")
        raise BadRequest.told(text, path=path, line=number) from error
    if isinstance(entry, str):
        return entry, ""
    if not isinstance(entry, dict):
        text = N_('{path}, line {line}: must be a JSON object, such as {{"{question}": "…", "{label}": "…"}}')
        raise BadRequest.told(text, path=path, line=number, question=QUESTION[0], label=label[0])
    values = [next((entry[name] for name in names if name in entry), "") for names in (QUESTION, label)]
    for names, value in zip((QUESTION, label), values, strict=True):
        if not isinstance(value, str):
            raise BadRequest.told(N_('{path}, line {line}: "{name}" must be a text in quotes'), path=path, line=number, name=names[0])
    return values[0], values[1]
