"""The files of an import, whole or not at all: rows by split, contradictions, refusals."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from bot.errors import BadRequest, Refused
from finetune.formats.strict_json import write
from finetune.importing.preparing import TEXT
from finetune.importing.shares import SPLITS
from finetune.whole import whole_file
from store.export_files import MANIFEST, is_of_import

CONTRADICTIONS: Final = "contradictions.jsonl"
REFUSED: Final = "refused.jsonl"
ROWS: Final = tuple(f"{prefix}{split}.jsonl" for prefix in ("", "text-") for split in SPLITS)
_NAMES: Final = (*ROWS, CONTRADICTIONS, REFUSED, MANIFEST)
SPLIT_WORK: Final = ".split"
_BEGUN: Final = (".work/import.sha256", f"{SPLIT_WORK}/rows")  # what a run that was killed leaves
_TOLD_EVERY: Final = 1000


@dataclass(slots=True)
class Written:
    """Rows by file, and of those with a category by category and split."""

    rows: Counter[str] = field(default_factory=Counter)
    categories: dict[str, Counter[str]] = field(default_factory=dict)


def written_in(folder: Path) -> frozenset[Path]:
    """Return the files (resolved) that an import into *folder* may write or take away."""
    return frozenset(folder.resolve() / name for name in _NAMES)


def require_free(folder: Path, sources: Iterable[Path]) -> None:
    """
    Keep files that no import wrote, and those that are read, from being written over or taken away.

    Raises:
        BadRequest: One of *sources* would be.
        Refused: Another file in *folder* would be.
    """
    written = written_in(folder)
    for source in sources:
        if source.resolve() in written:
            raise BadRequest(f"{source} is read, and would be lost where the rows are written: name another folder than {folder}")
    if is_of_import(folder / MANIFEST) or any((folder / begun).exists() for begun in _BEGUN):
        return
    for path in sorted(written):
        if path.exists():
            raise Refused(f"{folder} holds {path.name}, which no import wrote and which would be lost: name another folder")


def write_rows(folder: Path, rows: Iterator[tuple[str, dict[str, Any]]], progress: Callable[[int, int], object]) -> Written:
    """
    Write each row (split, row) to its file; a file that gets none is taken away, whatever it held.

    Raises:
        Misconfigured: The disk is full or fails.
    """
    done = Written()
    (folder / MANIFEST).unlink(missing_ok=True)  # it names the files that are about to go
    with ExitStack() as stack:
        open_files: dict[str, BinaryIO] = {}
        for number, (split, row) in enumerate(rows, 1):
            name = f"text-{split}.jsonl" if TEXT in row else f"{split}.jsonl"
            if name not in open_files:
                draft = stack.enter_context(whole_file(folder / name))
                open_files[name] = stack.enter_context(draft.open("wb"))
            open_files[name].write(f"{write(row)}\n".encode())
            done.rows[name] += 1
            if category := row.get("metadata", {}).get("category"):
                done.categories.setdefault(category, Counter())[split] += 1
            if number % _TOLD_EVERY == 0:
                progress(number, 0)
    for name in ROWS:
        if name not in done.rows:
            (folder / name).unlink(missing_ok=True)
    return done


def write_splits(folder: Path, rows: Iterator[tuple[str, Any]]) -> Counter[str]:
    """Write each row (split, JSON value) to its split's file, all whole; return the rows by file. Raises as `write_rows`."""
    count: Counter[str] = Counter()
    with ExitStack() as stack:
        drafts = [stack.enter_context(whole_file(folder / f"{split}.jsonl")) for split in SPLITS]
        files: dict[str, BinaryIO] = {split: stack.enter_context(draft.open("wb")) for split, draft in zip(SPLITS, drafts, strict=True)}
        for split, row in rows:
            files[split].write(f"{write(row)}\n".encode())
            count[f"{split}.jsonl"] += 1
        (folder / MANIFEST).unlink(missing_ok=True)  # it names the files that are about to go
    return count


def write_lines(target: Path, values: Iterator[Mapping[str, Any]], before: Path | None = None) -> int:
    """Write *values* to *target*, a line of JSON each, behind the lines of *before*; none: no file. Return how many lines there are."""
    count = 0
    with whole_file(target) as draft, draft.open("wb") as file:
        if before is not None:
            with before.open("rb") as lines:
                for line in lines:
                    file.write(line)
                    count += 1
        for value in values:
            file.write(f"{write(value)}\n".encode())
            count += 1
    if not count:
        target.unlink()
    return count
