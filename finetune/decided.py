"""What people decided, thing by thing: kept by hashes, from which nobody's words can be read."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from bot.errors import BadRequest, Misconfigured
from finetune.findings import Finding
from finetune.formats.reading import Row, read_rows
from finetune.whole import write_whole

DECISION: Final = "decision"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What decisions are about: the column of `keys`, the two or more `words` that decide, and the `command` whose table is filled in."""

    keys: str
    words: tuple[str, ...]
    command: str

    def read(self, path: Path) -> dict[str, str]:
        """
        Return what a table that somebody filled in decides, by key; lines without a decision are left out.

        Raises:
            BadRequest: The file cannot be read, lacks a column, or holds no decision or another word; the detail names the line.
        """
        found: dict[str, str] = {}
        for row in read_rows(path):
            if isinstance(row, Finding):
                raise BadRequest(f"{path}, {row.sentence()}")
            found |= self._decision(path, row)
        if not found:
            raise BadRequest(f"{path} holds no decision: write {' or '.join(self.words)} into its column decision")
        return found

    def kept(self, path: Path) -> dict[str, str]:
        """
        Return every decision kept in *path*; none where there is no such file.

        Raises:
            Misconfigured: The file is damaged.
        """
        if not path.exists():
            return {}
        try:
            return self.read(path)
        except BadRequest as error:
            raise Misconfigured(f"the decisions cannot be read: {error}") from error

    def keep(self, path: Path, given: Mapping[str, str]) -> dict[str, str]:
        """
        Keep what was *given* in *path* beside earlier decisions, later ones counting; return all.

        Raises:
            Misconfigured: The file is damaged or cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            every = self.kept(path) | dict(given)
            write_whole(path, "".join(json.dumps({self.keys: key, DECISION: said}) + "\n" for key, said in every.items()))
        return every

    def _decision(self, path: Path, row: Row) -> dict[str, str]:
        value: Mapping[str, Any] = row.value if isinstance(row.value, dict) else {}
        key, said = value.get(self.keys), value.get(DECISION)
        if not isinstance(key, str) or not key or not isinstance(said, str | None) or DECISION not in value:
            raise BadRequest(f"{path}, line {row.line} has no {self.keys} or no decision: take a file that `{self.command}` wrote")
        word = (said or "").strip().lower()
        if word and word not in self.words:
            raise BadRequest(f"{path}, line {row.line}: {word[:20]!r} is no decision: write {' or '.join(self.words)}, or leave it empty")
        return {key.strip(): word} if word else {}


def write_table(draft: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table for a spreadsheet, to be filled in; return how many rows it has."""
    count = 0
    with draft.open("w", encoding="utf-8-sig", newline="") as file:  # with the mark by which spreadsheets know UTF-8
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_harmless(cell) for cell in row])
            count += 1
    return count


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from running people's words as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
