"""
An import from files to rows: read, clean, redact, take out boilerplate, fold, contradictions apart, split, validate, and a manifest.

What takes long, up to folding, is kept in a folder `.work` as it is done. A killed run goes on there and ends with the same bytes,
whatever the number of workers.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from bot.errors import Misconfigured, Refused
from bot.messages import Reach
from finetune.formats.chat import MESSAGES
from finetune.importing.batches import batches
from finetune.importing.disagreeing import disagreeing
from finetune.importing.grouping import Groups, group
from finetune.importing.items import Refusal
from finetune.importing.manifest import EMPLOYEES, declared, described, write_manifest
from finetune.importing.preparing import Options, text_of
from finetune.importing.shares import SPLITS, Drawn, draw, known_splits
from finetune.importing.shelf import Shelf
from finetune.importing.sources import Reading, parts_of, read_sources
from finetune.importing.spool import Rows, Spool, Tally, entries_in, opened, refusals_in, told
from finetune.importing.workers import Workers, workers
from finetune.importing.writing import CONTRADICTIONS, REFUSED, ROWS, Written, require_free, write_lines, write_rows
from finetune.validation import Checks, validate
from store.export_files import IMPORT
from store.folding import Folding, Prepared, prepare
from store.linking import NearQuestions
from store.set_redaction import Redaction
from store.splitting import Split

WORK: Final = ".work"
_VERSION: Final = 2  # of what is made of a source: work of another one is begun anew
_LINES: Final = 100  # of boilerplate that are told
_BATCH: Final = 200  # items a worker is given at once
_BATCHES: Final = 5  # between checkpoints

Progress = Callable[[int, int, str], object]


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What to import: *files* (as `files_of` returns them) into *folder*, to train who answers those of `reach`.

    `assigned` are questions that the ledger has given a split already; `workers` processes share the work, one: this one does it.
    """

    files: Sequence[Path]
    folder: Path
    reading: Reading = field(default_factory=Reading)
    options: Options = field(default_factory=Options)
    redaction: Redaction = field(default_factory=Redaction)
    reach: Reach = EMPLOYEES
    assigned: Mapping[Split, NearQuestions] = field(default_factory=dict)
    workers: int = 1


def import_data(wish: Wish, *, progress: Progress = lambda _done, _total, _name: None) -> dict[str, Any]:
    """
    Import, or go on where a run was killed; return the manifest.

    Raises:
        BadRequest: A column that was named is not there, or one of the files would be written over.
        Refused: Another import writes into the folder, or it holds what no import wrote.
        Misconfigured: The disk is full or fails, or a process has ended; the same call goes on.
    """
    require_free(wish.folder, wish.files)
    work = wish.folder / WORK
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"{work} cannot be made ({error.strerror}): name another folder") from error
    try:
        with FileLock(work / "lock", timeout=0):
            _begin(work, wish)
            with workers(wish.workers, wish.redaction, wish.options) as pool:
                manifest = _imported(wish, work, pool, progress)
            shutil.rmtree(work)
    except Timeout as error:
        raise Refused(f"another import writes into {wish.folder}: wait for its end, or name another folder") from error
    return manifest


def _imported(wish: Wish, work: Path, pool: Workers, progress: Progress) -> dict[str, Any]:
    spool_folder = work / "spool"
    with opened(spool_folder) as spool, Shelf(work / "cleaned") as shelf, Folding(work / "folded.sqlite") as folding:
        _clean(wish, work, shelf, pool, progress)
        _prepare(work, shelf, spool, folding, pool, progress)
        tally, categories = spool.tally, tuple(spool.categories)
        counts = _counts(folding, tally.rows)
    rows, kept = Rows(spool_folder), counts > 0
    progress(0, 0, "groups")
    groups = group(entries_in(spool_folder), work / "keys.bin", kept)
    apart = [*disagreeing(rows, groups, kept, pool)]
    known = known_splits(entries_in(spool_folder), len(rows), wish.assigned)
    drawn = draw(rows, groups, kept=kept, named=categories or ("",), known=known)
    return _written(_Result(wish, spool_folder, rows, counts, groups, drawn, apart, tally), progress)


def _begin(work: Path, wish: Wish) -> None:
    """Begin anew where the work that is there is of another import."""
    parts = [each for path in wish.files for each in parts_of(path)]
    sources = [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in parts]
    settings = [_VERSION, sources, asdict(wish.reading), asdict(wish.options), asdict(wish.redaction)]
    settings = json.loads(json.dumps(settings, default=dict))
    fingerprint = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    named = work / "import.sha256"
    if not named.exists() or named.read_text() != fingerprint:
        for path in work.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        named.write_text(fingerprint)


def _clean(wish: Wish, work: Path, shelf: Shelf, pool: Workers, progress: Progress) -> None:
    """Put all items on the shelf, cleaned."""
    if shelf.whole:
        return
    found = islice(read_sources(wish.files, wish.reading, work / "unpacked"), shelf.items, None)
    for number, batch in enumerate(pool.clean(batches(found, _BATCH)), 1):
        shelf.append(batch)
        if number % _BATCHES == 0:
            shelf.checkpoint()
        progress(shelf.items, 0, "read")
    shelf.checkpoint(whole=True)


def _prepare(work: Path, shelf: Shelf, spool: Spool, folding: Folding, pool: Workers, progress: Progress) -> None:
    """Append what becomes of all items to the spool, and fold it."""
    if folding.rows > spool.tally.rows:
        raise Misconfigured(f"{work} holds the work of two imports: remove it and run the command again")
    _catch_up(spool, folding)
    waiting: list[Prepared] = []
    cleaned = batches(shelf.each(start=spool.tally.items), _BATCH)
    for number, batch in enumerate(pool.prepare(cleaned, shelf.boilerplate()), 1):
        spool.append(batch)
        waiting.append(batch.folds)
        if number % _BATCHES == 0:
            _keep(spool, folding, waiting)
        progress(spool.tally.items, shelf.items, "rows")
    _keep(spool, folding, waiting)


def _keep(spool: Spool, folding: Folding, waiting: list[Prepared]) -> None:
    spool.checkpoint()  # first: what is folded is in the spool
    for each in waiting:
        folding.fold(each)
    waiting.clear()


def _catch_up(spool: Spool, folding: Folding) -> None:
    """Fold the rows that a killed run had kept, but not folded."""
    behind = (text_of(row) for row in Rows(spool.folder).each(start=folding.rows))
    for texts in batches(behind, _BATCH):
        folding.fold(prepare(texts))


def _counts(folding: Folding, rows: int) -> NDArray[np.uint32]:
    """Return for how many rows each one stands; 0 where it was folded into another."""
    counts = np.zeros(rows, dtype=np.uint32)
    for row, count in folding.counts():
        counts[row] = count
    return counts


@dataclass(frozen=True, slots=True)
class _Result:
    wish: Wish
    spool: Path
    rows: Rows
    counts: NDArray[np.uint32]
    groups: Groups
    drawn: Drawn
    apart: Sequence[tuple[int, ...]]
    tally: Tally

    def leaking(self) -> frozenset[int]:
        """Return the rows outside the test split that come to one of its questions later."""
        test = SPLITS.index("test")
        return frozenset(row for row, first in self.groups.later if self.drawn[first] == test != self.drawn[row])

    def split_rows(self, leaking: frozenset[int]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give each row that is kept with its split."""
        left_out = leaking | {number for numbers in self.apart for number in numbers}
        for number, row in enumerate(self.rows.each()):
            if self.counts[number] and number not in left_out:
                yield SPLITS[self.drawn[number]], self._counted(row, number)

    def contradictions(self) -> Iterator[dict[str, Any]]:
        """Give a question with its answers for each set of rows that contradict each other."""
        with self.rows.by_number() as row:
            for numbers in self.apart:
                told_rows = [self._counted(row(number), number) for number in numbers]
                yield {"rows": told_rows}

    def refusals(self, leaking: frozenset[int]) -> Iterator[dict[str, Any]]:
        """Give the rows that leak, as refused."""
        with self.rows.by_number() as row:
            for number in sorted(leaking):
                yield told(Refusal(row(number)["metadata"]["origin"], "tested_later"))

    def _counted(self, row: dict[str, Any], number: int) -> dict[str, Any]:
        if self.counts[number] > 1:
            row["metadata"]["count"] = int(self.counts[number])
        return row


def _written(result: _Result, progress: Progress) -> dict[str, Any]:
    wish, folder = result.wish, result.wish.folder
    leaking = result.leaking() - {number for numbers in result.apart for number in numbers}
    done = write_rows(folder, result.split_rows(leaking), lambda count, total: progress(count, total, "written"))
    write_lines(folder / CONTRADICTIONS, result.contradictions())
    write_lines(folder / REFUSED, result.refusals(leaking), before=refusals_in(result.spool))
    names = [name for name in (*ROWS, CONTRADICTIONS, REFUSED) if (folder / name).exists()]
    found = {name: _validated(folder / name) for name in names if name in ROWS and name.startswith(SPLITS)}
    manifest = {
        IMPORT: _VERSION,
        "settings": _settings(wish),
        "sources": [described(path) for path in wish.files],
        "counts": _summary(result, done, len(leaking)),
        "validation": found,
    }
    return write_manifest(folder, manifest, names)


def _settings(wish: Wish) -> dict[str, Any]:
    return {
        "format": wish.reading.kind or "by content",
        "columns": dict(wish.reading.columns),
        "system": wish.options.system,
        **declared(wish.reach, wish.options.rights),
        "patterns": sorted(kind for kind, _ in wish.redaction.patterns),
        "exceptions": len(wish.redaction.exceptions),
        "presidio": wish.redaction.presidio or None,
    }


def _summary(result: _Result, done: Written, leaking: int) -> dict[str, Any]:
    tally = result.tally
    refused = Counter(tally.refused)
    if leaking:
        refused["tested_later"] += leaking
    return {
        "read": tally.rows + sum(tally.refused.values()),
        "rows": dict(sorted(done.rows.items())),
        "folded": int(tally.rows - np.count_nonzero(result.counts)),
        "contradicting": sum(map(len, result.apart)),
        "refused": dict(sorted(refused.items())),
        "redacted": dict(sorted(tally.redacted.items())),
        "rows_redacted": tally.rows_redacted,
        "cleaned": dict(sorted(tally.cleaned.items())),
        "boilerplate": [{"line": line, "rows": rows} for line, rows in _most(tally.boilerplate)],
        "languages": dict(sorted(tally.languages.items())),
        "categories": {name: dict(sorted(counts.items())) for name, counts in sorted(done.categories.items())},
    }


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_LINES]


def _validated(path: Path) -> dict[str, int]:
    """Return how often each thing was found in a file of rows."""
    return dict(sorted(validate(path, Checks(given=MESSAGES)).counts.items()))
