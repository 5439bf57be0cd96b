"""Questions in an operator's files, with what is expected of each: JSON Lines, CSV, or one question a line."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import BadRequest
from store.lexical import words_of
from store.readers.document import Unreadable
from store.readers.encoding import decode

# The names a column or key may have, as people write them in the two languages.
QUESTION: Final = ("question", "pergunta")
CATEGORY: Final = ("category", "categoria")
EXPECT: Final = ("expect", "esperado")

_DELIMITERS = ",;\t"
_TABLES = (".csv", ".tsv")


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
        BadRequest: As `read_labelled`; or a question stands there with two categories.
    """
    known: dict[tuple[str, ...] | str, Labelled] = {}
    for each in read_labelled(path, CATEGORY):
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
        return decode(path.read_bytes(), str(path), long_lines=True)
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    except Unreadable as error:
        raise BadRequest(str(error)) from error


def _table(text: str, path: Path, label: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    lines = text.splitlines(keepends=True)
    header = next((line for line in lines if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(_DELIMITERS, key=header.count), strict=True)
    columns: tuple[int, int] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns([cell.strip().casefold() for cell in cells], path, label)
                continue
            question, value = (cells[column] if 0 <= column < len(cells) else "" for column in columns)
            yield reader.line_num, question, value
    except csv.Error as error:
        raise BadRequest(f"{path}, line {reader.line_num}: the row is damaged ({error}): close its quotation marks") from error


def _columns(header: list[str], path: Path, label: tuple[str, ...]) -> tuple[int, int]:
    """Return the columns of the question and of its label, -1 where there is none."""
    question, value = (next((header.index(name) for name in names if name in header), -1) for names in (QUESTION, label))
    if question < 0:
        raise BadRequest(f'{path}: the first line names no column "{QUESTION[0]}": write {QUESTION[0]},{label[0]} there')
    return question, value


def _json_lines(text: str, path: Path, label: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, *_entry(line, f"{path}, line {number}", label)


def _entry(line: str, where: str, label: tuple[str, ...]) -> tuple[str, str]:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{where}: no JSON at column {error.colno} ({error.msg}): correct it there") from error
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
