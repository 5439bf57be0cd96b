"""The rows of a CSV file one by one; after a stray quote reading goes on with the next line."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

from finetune.findings import Finding
from finetune.formats.lines import lines

SEPARATORS: Final = ",;\t"

_Line = tuple[int, str]


def table_rows(file: BinaryIO, *, limit_bytes: int) -> Iterator[tuple[int, dict[str, str]] | Finding]:
    """
    Give each row below the header, by the names there, with the line it begins in; rows of empty cells are passed over.

    Args:
        file: At its beginning: UTF-8, a header line, cells between commas, semicolons or tabs (whichever the header holds most of).
        limit_bytes: The longest row.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limit_bytes))  # the csv module's own, for all who read with it
    table = _Table(file, limit_bytes)
    for found in table.rows():
        if isinstance(found, Finding):
            yield found
            if not table.header:  # nothing can be told of the rows below
                return
        elif table.header:
            line, cells = found
            if len(cells) == 1 or any(cells):
                yield line, dict(zip(table.header, cells, strict=True))
        else:
            table.header = [name.strip() for name in found[1]]


class _Table:
    """Feeds the parser line by line, so that it is known which lines a row took."""

    def __init__(self, file: BinaryIO, limit_bytes: int) -> None:
        self._lines = lines(file, limit_bytes=limit_bytes)
        self._limit = limit_bytes
        self._again: deque[_Line | Finding] = deque()
        self._separator = ""
        self.header: list[str] = []

    def rows(self) -> Iterator[tuple[int, list[str]] | Finding]:
        """Give the rows, the header's first; a broken one costs its first line only."""
        while (first := self._next()) is not None:
            if isinstance(first, Finding):
                yield first
            elif first[1].strip():
                self._separator = self._separator or max(SEPARATORS, key=first[1].count)
                taken = [first]
                row = self._row(taken)
                if isinstance(row, Finding):
                    self._again.extendleft(reversed(taken[1:]))
                    yield row
                else:
                    yield first[0], row

    def _row(self, taken: list[_Line]) -> list[str] | Finding:
        """Return the cells of the row that begins with the line in *taken*, to which the other lines that it takes are added."""
        line = taken[0][0]
        try:
            cells = next(csv.reader(self._feed(taken), delimiter=self._separator, strict=True))
        except csv.Error as error:
            return Finding(line, "csv", {"problem": str(error)})
        if not self.header and (twice := next((name for name in cells if cells.count(name) > 1), None)) is not None:
            return Finding(line, "duplicate_key", {"key": repr(twice)})
        if self.header and len(cells) != len(self.header):
            return Finding(line, "columns", {"found": len(cells), "expected": len(self.header)})
        return cells

    def _feed(self, taken: list[_Line]) -> Iterator[str]:
        yield taken[0][1]
        size = len(taken[0][1])
        while size <= self._limit and (found := self._next()) is not None:
            if isinstance(found, Finding):
                self._again.appendleft(found)
                return
            taken.append(found)
            size += len(found[1])
            yield found[1]

    def _next(self) -> _Line | Finding | None:
        if self._again:
            return self._again.popleft()
        found = next(self._lines, None)
        if found is None or isinstance(found, Finding):
            return found
        number, line = found
        try:
            return number, line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            return Finding(number, "encoding", {"byte": error.start + 1})
