"""What an import has cleaned, on the disk in order, with checkpoints to go on from; in memory are the counts of its lines alone."""

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from finetune.importing.cleaning import Clean, CleanBatch, unpacked
from store.cleaning.boilerplate import Boilerplate, Keys

_ITEMS: Final = "cleaned.jsonl"
_CHECKPOINT: Final = "cleaned.json"


class Shelf:
    """
    The file in a folder, open to be added to; a context manager.

    `items` says how many it holds, `whole` whether they are all.
    """

    def __init__(self, folder: Path) -> None:
        """Go on behind the last checkpoint in *folder*; raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._checkpoint = folder / _ITEMS, folder / _CHECKPOINT
        size, self.items, self.whole = self._state()
        self._path.touch()
        os.truncate(self._path, size)
        self._file: BinaryIO = self._path.open("ab")
        self._lines = Boilerplate()
        for kept in self.each():
            if isinstance(each := unpacked(kept), Clean):
                self._lines.count(each.lines())

    def append(self, batch: CleanBatch) -> None:
        """Add what became of the next items."""
        self._file.writelines(batch.items)
        for lines in batch.lines:
            self._lines.count(lines)
        self.items += len(batch.items)

    def checkpoint(self, *, whole: bool = False) -> None:
        """Keep all that was appended; with *whole* nothing comes after it."""
        self._file.flush()
        self.whole = whole
        draft = self._checkpoint.with_name(f".{_CHECKPOINT}")
        draft.write_text(json.dumps([self._file.tell(), self.items, whole]))
        draft.replace(self._checkpoint)

    def each(self, *, start: int = 0) -> Iterator[bytes]:
        """Give what was kept, from the item *start* on, as `unpacked` takes it."""
        with self._path.open("rb") as file:
            yield from islice(file, start, None)

    def boilerplate(self) -> Keys:
        """Return the lines that stand around many of the items."""
        return self._lines.found()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def _state(self) -> tuple[int, int, bool]:
        """Return the last checkpoint; nothing where there is none, or the file lost what it says (the machine stopped, not the program)."""
        try:
            size, items, whole = json.loads(self._checkpoint.read_bytes())
            return (size, items, whole) if self._path.stat().st_size >= size else (0, 0, False)
        except (FileNotFoundError, ValueError):
            return 0, 0, False
