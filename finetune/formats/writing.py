"""Files of rows, written as they come, whole or not at all."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from bot.errors import Misconfigured
from finetune.formats import strict_json
from finetune.formats.format import METADATA, Format
from finetune.formats.reading import container_of
from finetune.formats.records import Record
from finetune.whole import whole_file

Write = Callable[[Record], None]

_SEPARATORS: Final = {".tsv": "\t"}


@contextmanager
def written(path: Path, chosen: Format) -> Iterator[Write]:
    """
    Give a function that appends a record to a file, which takes its name once the block is done; as `whole_file`.

    Args:
        path: By its suffix JSON Lines, a JSON array or CSV; its folder is made where it is missing.
        chosen: The format; records fit it, as `adapt` sees to.

    Raises:
        BadRequest: The name says no kind of file.
        Misconfigured: The disk is full or fails, or the folder cannot be made.
    """
    container = container_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"{path.parent} cannot be made ({error.strerror}): name another folder") from error
    with whole_file(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        if container == "csv":
            write = _table(file, chosen, _SEPARATORS.get(path.suffix.lower(), ","))
        else:
            write = _array(file) if container == "json" else _lines(file)
        yield lambda record: write(chosen.write(record))
        if container == "json":
            write(None)


def _lines(file: TextIO) -> Callable[[Any], None]:
    def write(row: Any) -> None:
        file.write(strict_json.write(row) + "\n")

    return write


def _array(file: TextIO) -> Callable[[Any], None]:
    """Write an element a line; None ends the array."""
    before = "[\n"

    def write(row: Any) -> None:
        nonlocal before
        if row is None:
            file.write("[]\n" if before == "[\n" else "\n]\n")
            return
        file.write(before + strict_json.write(row))
        before = ",\n"

    return write


def _table(file: TextIO, chosen: Format, separator: str) -> Callable[[Any], None]:
    # Every cell in quotes: a carriage return alone would else end a row for those who read.
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    columns: Sequence[str] = (*chosen.keys, METADATA) if METADATA in chosen.holds else chosen.keys
    writer.writerow(columns)

    def write(row: Any) -> None:
        cells = row if isinstance(row, dict) else {columns[0]: row}
        writer.writerow([_cell(cells.get(name)) for name in columns])

    return write


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else strict_json.write(value)
