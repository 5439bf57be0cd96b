"""Tables and lists of records whose columns the operator names, or whose names say what they hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import BadRequest
from finetune.findings import Finding
from finetune.formats.reading import ROW_BYTES, Row, container_of, read_rows
from finetune.formats.tables import table_rows
from finetune.importing.items import WITHHELD, Found, Item, Refusal, answered, refused
from finetune.importing.text_lines import utf8_lines
from store.readers.columns import ANSWER, ID, QUESTION, TOPIC, key_of
from store.readers.publishing import reason_of

FIELDS: Final = ("question", "answer", "subject", "category", "id", "system", "text")
# What help desks and spreadsheets call them, besides `store.readers.columns`.
_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "question": QUESTION | {"description", "descricao", "mensagem", "message", "body", "problema", "solicitacao", "prompt", "input"},
    "answer": ANSWER | {"solution", "solucao", "resolution", "resolucao", "reply", "response", "completion", "output"},
    "subject": frozenset({"subject", "titulo", "title"}),
    "category": TOPIC - {"assunto"},
    "id": ID | {"ticket", "ticket_id", "chamado", "protocolo"},
    "system": frozenset({"system"}),
    "text": frozenset({"text", "texto"}),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns by field of `FIELDS`; those of question and answer, or that of text, are there."""

    names: Mapping[str, str]


def columns_of(path: Path, chosen: Mapping[str, str]) -> Columns | None:
    """
    Return the columns of a table by the first row; None where neither question with answer nor text is among them.

    Args:
        path: `.csv`, `.tsv`, `.jsonl`, `.json`.
        chosen: Fields with their columns, as the operator gives them; the other fields are found by name.

    Raises:
        BadRequest: A column of *chosen* is not in the table.
    """
    header = _header(path)
    for column in chosen.values():
        if column not in header:
            known = ", ".join(header) or "none"
            raise BadRequest(f"{path} has no column {column}: its columns are {known}; name one of them with --map FIELD=COLUMN")
    taken = set(chosen.values())
    found = dict(chosen)
    for field, names in _NAMES.items():
        named = next((name for name in header if key_of(name) in names and name not in taken), None)
        if field not in found and named is not None and (field != "text" or "question" not in found):
            found[field] = named
            taken.add(named)
    return Columns(found) if {"question", "answer"} <= found.keys() or "text" in found else None


def read_table(path: Path, columns: Columns) -> Iterator[Found]:
    """Give each row as a question and its answer, or as a text."""
    for row in _rows(path):
        yield refused(row, path.name) if isinstance(row, Finding) else _item(row, columns.names, path.name)


def _item(row: Row, names: Mapping[str, str], file: str) -> Found:
    cells = row.value if isinstance(row.value, dict) else {}
    told = {field: _words(cells.get(column)) for field, column in names.items()}
    origin: dict[str, Any] = {"file": file, "line": row.line}
    if told.get("id"):
        origin["record"] = told["id"]
    if reason := reason_of({key_of(name): value for name, value in cells.items()}):
        return Refusal(origin, WITHHELD[reason])
    asked = "\n".join(filter(None, (told.get("subject", ""), told.get("question", "")))) if "question" in names else ""
    needed = {"question": asked, "answer": told.get("answer", "")} if "question" in names else {"text": told["text"]}
    if (empty := next((field for field, text in needed.items() if not text), None)) is not None:
        return Refusal(origin, "no_value", {"column": names[empty]})
    category, system = told.get("category", ""), told.get("system", "")
    if "question" not in names:
        return Item(origin, text=needed["text"], category=category)
    return Item(origin, answered(asked, needed["answer"]), category=category, system=system)


def _words(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None or isinstance(value, dict | list) else str(value)


def _header(path: Path) -> Sequence[str]:
    if container_of(path) == "csv":
        return next((tuple(row.value) for row in _rows(path) if isinstance(row, Row)), ())
    names: dict[str, None] = {}
    for number, row in enumerate(_rows(path)):
        if isinstance(row, Row) and isinstance(row.value, dict):
            names |= dict.fromkeys(row.value)
        if number == _LOOKED_AT:
            break
    return tuple(names)


_LOOKED_AT: Final = 50


def _rows(path: Path) -> Iterator[Row | Finding]:
    if container_of(path) != "csv":
        yield from read_rows(path)
        return
    with utf8_lines(path) as file:
        for found in table_rows(file, limit_bytes=ROW_BYTES):
            yield found if isinstance(found, Finding) else Row(*found)
