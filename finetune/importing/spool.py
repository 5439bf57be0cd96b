"""
What an import has read so far, on the disk: rows, refusals and what questions are compared by, with checkpoints to go on from.

A checkpoint says how long each file is; what a killed run wrote behind it is cut off. In memory there are some bytes a row.
"""

import json
import os
import shutil
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import Misconfigured
from finetune.formats.strict_json import write
from finetune.importing.items import Refusal
from finetune.importing.preparing import Batch, Ready
from store.shingles import WIDTH

ROW: Final = Struct("<QII")  # where its line begins, its question's id, its category's number
ENTRY: Final = np.dtype([("row", "<u4"), ("first", "<u4"), ("figures", "<u8"), ("signature", "<u4", WIDTH)])
_FILES: Final = ("rows.jsonl", "rows.index", "questions.bin", "refused.jsonl")
_CHECKPOINT: Final = "checkpoint.json"


@dataclass(slots=True)
class Tally:
    """What was read so far: items, rows, refusals by reason, what was cleaned and redacted, languages, lines of boilerplate."""

    items: int = 0
    rows: int = 0
    rows_redacted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    boilerplate: Counter[str] = field(default_factory=Counter)


class Spool:
    """The files in a folder; `opened` gives it."""

    def __init__(self, folder: Path, files: list[BinaryIO], tally: Tally, categories: list[str]) -> None:
        """Go on behind *tally* in *files*, which are open for writing at their ends."""
        self.folder = folder
        self.tally = tally
        self.categories = {name: number for number, name in enumerate(categories)}
        self._files = files
        self._at = [file.tell() for file in files]

    def append(self, batch: Batch) -> None:
        """Add what became of the next items."""
        rows, index, questions, refused = self._files
        entries = np.zeros(len(batch.entries), dtype=ENTRY)
        entries["row"] = [self.tally.rows + entry.row for entry in batch.entries]
        entries["first"] = [entry.first for entry in batch.entries]
        entries["figures"] = [int(each or "0", 16) for each in batch.marks.figures]
        entries["signature"] = batch.marks.signatures
        self._write(2, questions, entries.tobytes())
        for outcome in batch.outcomes:
            if isinstance(outcome, Ready):
                number = self.categories.setdefault(outcome.category, len(self.categories))
                self._write(1, index, ROW.pack(self._at[0], outcome.question_id, number))
                self._write(0, rows, f"{outcome.line}\n".encode())
                self.tally.rows += 1
                self.tally.languages[outcome.language] += 1
                self.tally.items += 1
            else:
                self._write(3, refused, f"{write(told(outcome))}\n".encode())
                self.tally.refused[outcome.reason] += outcome.count
                self.tally.items += 1
        self.tally.redacted += batch.redacted
        self.tally.rows_redacted += batch.rows_redacted
        self.tally.cleaned += batch.cleaned
        self.tally.boilerplate += batch.boilerplate

    def checkpoint(self) -> None:
        """Keep all that was appended."""
        for file in self._files:
            file.flush()
        state = {"sizes": self._at, "tally": _state_of(self.tally), "categories": [*self.categories]}
        draft = self.folder / f".{_CHECKPOINT}"
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(self.folder / _CHECKPOINT)

    def _write(self, at: int, file: BinaryIO, data: bytes) -> None:
        file.write(data)
        self._at[at] += len(data)


@contextmanager
def opened(folder: Path) -> Iterator[Spool]:
    """
    Give the spool in *folder*, at its last checkpoint.

    Raises:
        Misconfigured: The disk is full or fails; what was checkpointed stays.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        state = _state(folder)
        if state is None:
            _empty(folder)
            state = {"sizes": [0] * len(_FILES), "tally": _state_of(Tally()), "categories": []}
        with ExitStack() as stack:
            files = [_open(folder / name, size, stack) for name, size in zip(_FILES, state["sizes"], strict=True)]
            yield Spool(folder, files, _tally(state["tally"]), state["categories"])
    except OSError as error:
        raise Misconfigured(
            f"{folder} cannot be written ({error.strerror or error}): free space there or correct its rights; the same command goes on"
        ) from error


def _state(folder: Path) -> dict[str, Any] | None:
    """Return the last checkpoint; None where there is none, or a file lost what it says (the machine stopped, not the program)."""
    try:
        state = json.loads((folder / _CHECKPOINT).read_bytes())
        sizes = [(folder / name).stat().st_size for name in _FILES]
    except (FileNotFoundError, ValueError):
        return None
    whole = all(size >= wanted for size, wanted in zip(sizes, state["sizes"], strict=True))
    return dict(state) if whole else None


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _open(path: Path, size: int, stack: ExitStack) -> BinaryIO:
    path.touch()
    os.truncate(path, size)
    return stack.enter_context(path.open("ab"))


def _state_of(tally: Tally) -> dict[str, Any]:
    return {each.name: getattr(tally, each.name) for each in fields(tally)}


def _tally(state: dict[str, Any]) -> Tally:
    told_so_far: dict[str, Any] = {key: Counter(value) if isinstance(value, dict) else value for key, value in state.items()}
    return Tally(**told_so_far)


def told(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as `refused.jsonl` has it."""
    many = {"count": refusal.count} if refusal.count > 1 else {}
    return {**refusal.origin, "reason": refusal.reason, "message": refusal.message, **many}


class Rows:
    """The rows of a spool that is no longer written, by their numbers."""

    def __init__(self, folder: Path) -> None:
        """Read the index of the spool in *folder*."""
        index = np.fromfile(folder / _FILES[1], dtype=np.dtype([("offset", "<u8"), ("id", "<u4"), ("category", "<u4")]))
        self._offsets = array("Q", index["offset"].tobytes())
        self.question_ids: NDArray[np.uint32] = index["id"].copy()
        self.categories: NDArray[np.uint32] = index["category"].copy()
        self._path = folder / _FILES[0]

    def __len__(self) -> int:
        return len(self._offsets)

    def each(self, *, start: int = 0) -> Iterator[dict[str, Any]]:
        """Give the rows from *start* on."""
        if start < len(self):
            with self._path.open("rb") as file:
                file.seek(self._offsets[start])
                for line in file:
                    yield json.loads(line)

    @contextmanager
    def by_number(self) -> Iterator[Any]:
        """Give a function that returns a row by its number."""
        with self._path.open("rb") as file:

            def row(number: int) -> dict[str, Any]:
                file.seek(self._offsets[number])
                return dict(json.loads(file.readline()))

            yield row


def entries_in(folder: Path) -> Path:
    """Return the file of questions to be compared, an `ENTRY` each."""
    return folder / _FILES[2]


def refusals_in(folder: Path) -> Path:
    """Return the file of refusals, a line of JSON each."""
    return folder / _FILES[3]
