"""A file of rows divided to train, validate and test on, without anything else done to them."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout

from bot.errors import BadRequest, Misconfigured, Refused
from bot.messages import Reach
from finetune.findings import Finding
from finetune.formats.format import Format
from finetune.formats.reading import format_of, read_lines
from finetune.formats.records import Record, messages_of
from finetune.formats.strict_json import write
from finetune.importing.batches import batches
from finetune.importing.grouping import group
from finetune.importing.manifest import EMPLOYEES, declared, described, write_manifest
from finetune.importing.preparing import Batch, Entry, Ready
from finetune.importing.shares import SPLITS, draw, known_splits
from finetune.importing.spool import Rows, entries_in, opened
from finetune.importing.writing import SPLIT_WORK, require_free, write_splits
from finetune.row_checks import questions_of
from store.clusters import cluster_of
from store.export_files import IMPORT
from store.linking import NearQuestions, marks_of
from store.splitting import Split

_VERSION: Final = 1
_BATCH: Final = 200
_KEPT: Final = 1000  # findings


@dataclass(slots=True)
class Divided:
    """
    Rows by file, and what could not be read: how many, and the first thousand.

    `left_out` counts conversations outside the test split that come to one of its questions later.
    """

    rows: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    broken: int = 0
    findings: list[Finding] = field(default_factory=list)


def split_file(
    source: Path,
    folder: Path,
    *,
    category: str,
    assigned: Mapping[Split, NearQuestions],
    reach: Reach = EMPLOYEES,
    rights: str = "",
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Divided:
    """
    Write the rows of *source* to `train.jsonl`, `validation.jsonl` and `test.jsonl` in *folder*, in their format, each file whole.

    Last comes `manifest.json`, as that of an import.

    Args:
        source: JSON Lines, JSON or CSV in any of the formats.
        folder: Made where it is missing.
        category: The field of the metadata that holds a row's category.
        assigned: Questions that have a split already.
        reach: Whom the rows are for, which is whose model may learn from them.
        rights: By what right; empty where that is not said.
        progress: Called with the rows done and 0.

    Raises:
        BadRequest: The file cannot be read, holds no row of a known format, or would be written over.
        Refused: *folder* holds what no import wrote, or another run divides rows into it.
        Misconfigured: The disk is full or fails.
    """
    given = format_of(source)
    require_free(folder, (source,))
    with _alone(folder) as work:
        done = _split(source, folder, work, given, category, assigned, progress)
        settings = {"format": given.name, "category": category, **declared(reach, rights)}
        counts = {"rows": dict(sorted(done.rows.items())), "left_out": done.left_out, "broken": done.broken}
        told = {IMPORT: _VERSION, "settings": settings, "sources": [described(source)], "counts": counts}
        write_manifest(folder, told, [f"{split}.jsonl" for split in SPLITS])
    return done


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Give a folder to work in, new whatever a killed run left, and gone afterwards; nobody else divides rows into *folder* meanwhile."""
    work = folder / SPLIT_WORK
    lock = FileLock(work / "lock", timeout=0)
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise Refused(f"another run divides rows into {folder}: wait for its end, or name another folder") from error
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be written ({error.strerror}): name another folder") from error
    try:
        shutil.rmtree(work / "rows", ignore_errors=True)
        yield work / "rows"
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()


def _split(
    source: Path,
    folder: Path,
    work: Path,
    given: Format,
    category: str,
    assigned: Mapping[Split, NearQuestions],
    progress: Callable[[int, int], object],
) -> Divided:
    done = Divided()
    with opened(work) as spool:
        for records in batches(_records(source, given, done), _BATCH):
            spool.append(_batch(records, given, category))
            progress(spool.tally.rows, 0)
        spool.checkpoint()
        categories = tuple(spool.categories)
    if not categories:
        raise BadRequest(f"{source} holds no row that can be read: see aprendiz data validate {source}")
    rows = Rows(work)
    kept = np.ones(len(rows), dtype=np.bool_)
    groups = group(entries_in(work), work / "keys.bin", kept)
    known = known_splits(entries_in(work), len(rows), assigned)
    drawn = draw(rows, groups, kept=kept, named=categories, known=known)
    test = SPLITS.index("test")
    leaking = {row for row, first in groups.later if drawn[first] == test != drawn[row]}
    done.left_out = len(leaking)
    told = ((SPLITS[drawn[number]], row) for number, row in enumerate(rows.each()) if number not in leaking)
    done.rows = write_splits(folder, told)
    return done


def _records(source: Path, given: Format, done: Divided) -> Iterator[Record]:
    for found in read_lines(source, given):
        if isinstance(found, Finding):
            done.broken += 1
            done.findings += [found][: _KEPT - len(done.findings)]
        else:
            yield found[1]


def _batch(records: tuple[Record, ...], given: Format, category: str) -> Batch:
    batch, questions = Batch(), []
    for at, record in enumerate(records):
        asked = [*questions_of(record)] or [messages_of(record)[0].content]
        batch.entries += [Entry(at, first=place == 0) for place in range(len(asked))]
        questions += asked
        named: Any = record.metadata.get(category)
        line = write(given.write(record))
        batch.outcomes.append(Ready(line, int(cluster_of(asked[0])[:8], 16), named if isinstance(named, str) else "", ""))
    batch.marks = marks_of(questions)
    return batch
