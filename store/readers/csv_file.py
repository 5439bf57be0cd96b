"""CSV: a list of questions and answers, or a table whose rows become `column: value; …`."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.texts import N_
from store.readers.dividing import divide_text
from store.readers.document import Draft, Excerpt, Unreadable

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_SAMPLE_CHARACTERS = 100_000  # below csv.field_size_limit, so that looking never fails
_QUESTION = frozenset({"question", "questions", "pergunta", "perguntas", "pregunta", "duvida", "q", "titulo_da_pergunta"})
_ANSWER = frozenset({"answer", "answers", "resposta", "respostas", "respuesta", "a", "r"})
_ID = frozenset({"id", "row", "row_id", "codigo_da_pergunta", "numero", "number", "no", "n", "linha", "ref"})
_TOPIC = frozenset({"category", "categoria", "topic", "topico", "tema", "assunto", "section", "secao", "grupo", "group"})
_ROW_CHARACTERS = 64

_Row = tuple[int, list[str]]  # line in the file, cells


def read_csv(text: str, name: str) -> Draft:
    """
    Return an excerpt for each row of *text*, with the id column or the number of the row (from 1) as its `row`.

    Raises:
        Unreadable: A quote is never closed, a row has more cells than the header, or an entry lacks its answer.
    """
    rows = _rows(text, name, _delimiter(text))
    if not rows:
        return Draft()
    keys = [_key(cell) for cell in rows[0][1]]
    faq = _faq_columns(keys, rows)
    if faq is None:
        return Draft(excerpts=tuple(_table(rows, keys, name)))
    return Draft(excerpts=tuple(_entries(rows[1:] if _is_header(rows[0][1]) else rows, keys, faq, name)))


def _delimiter(text: str) -> str:
    """Return the delimiter that makes the most cells, all rows of the beginning alike."""
    beginning = text[:_SAMPLE_CHARACTERS].splitlines(keepends=True)

    def fitness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in islice(csv.reader(beginning, delimiter=delimiter), _SAMPLE_ROWS) if row]
        width = widths[0] if widths else 0
        return (sum(each == width for each in widths) / len(widths), width) if width > 1 else (0, width)

    return max(_DELIMITERS, key=fitness)


def _rows(text: str, name: str, delimiter: str) -> list[_Row]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[_Row] = []
    begun = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begun, [cell.strip() for cell in cells]))
            begun = reader.line_num + 1
    except csv.Error as error:
        if "limit" in str(error):
            raise Unreadable(name, N_("a cell in the row that begins at line {line} is too long"), line=begun) from error
        raise Unreadable(
            name, N_("a quotation mark in the row that begins at line {line} is not closed or not doubled"), line=begun
        ) from error
    return rows


def _key(cell: str) -> str:
    plain = unicodedata.normalize("NFKD", cell.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain).strip("_")


def _find(keys: Sequence[str], names: frozenset[str]) -> int | None:
    return next((column for column, key in enumerate(keys) if key in names), None)


def _faq_columns(keys: Sequence[str], rows: Sequence[_Row]) -> tuple[int, int] | None:
    question, answer = _find(keys, _QUESTION), _find(keys, _ANSWER)
    if question is not None and answer is not None:
        return question, answer
    columns = [column for column in range(len(keys)) if keys[column] not in _ID][:2]
    if len(columns) < 2:
        return None
    asked = sum(len(cells) > columns[0] and cells[columns[0]].endswith("?") for _, cells in rows)
    return (columns[0], columns[1]) if asked > len(rows) / 2 else None


def _is_header(cells: Sequence[str]) -> bool:
    return not any(cell.endswith("?") for cell in cells)


def _fitted(row: _Row, width: int, name: str) -> list[str]:
    line, cells = row
    if any(cells[width:]):
        raise Unreadable(
            name,
            N_("the row at line {line} has {cells} cells, the first row {width}; put cells that hold the delimiter in quotation marks"),
            line=line,
            cells=len(cells),
            width=width,
        )
    return cells[:width] + [""] * (width - len(cells))


def _entries(rows: Sequence[_Row], keys: Sequence[str], columns: tuple[int, int], name: str) -> Iterator[Excerpt]:
    identifier, topic = _find(keys, _ID), _find(keys, _TOPIC)
    for number, row in enumerate(rows, 1):
        cells = _fitted(row, len(keys), name)
        question, answer = cells[columns[0]], cells[columns[1]]
        if not question or not answer:
            raise Unreadable(name, N_("the row at line {line} has no question or no answer"), line=row[0])
        label = (cells[identifier] if identifier is not None else "") or str(number)
        heading = cells[topic] if topic is not None else ""
        for part in divide_text(answer):
            yield Excerpt(part, heading=heading, question=question, row=label[:_ROW_CHARACTERS])


def _table(rows: Sequence[_Row], keys: Sequence[str], name: str) -> Iterator[Excerpt]:
    header, identifier = rows[0][1], _find(keys, _ID)
    for number, row in enumerate(rows[1:], 1):
        cells = _fitted(row, len(header), name)
        label = (cells[identifier] if identifier is not None else "") or str(number)
        pairs = (f"{column}: {cell}" if column else cell for column, cell in zip(header, cells, strict=True) if cell)
        for part in divide_text("; ".join(pairs)):
            yield Excerpt(part, row=label[:_ROW_CHARACTERS])
