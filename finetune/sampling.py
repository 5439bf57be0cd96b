"""A part of a file too large for a trainer: whole clusters of questions, so that none is torn."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetune.findings import Finding
from finetune.formats.format import Format
from finetune.formats.reading import read_records
from finetune.formats.records import Record, messages_of
from finetune.formats.writing import written
from finetune.row_checks import clusters_of

_MARGIN: Final = 0.95  # of the limit: clusters differ in size
_TOLD_EVERY: Final = 1000  # rows between calls of *progress*


@dataclass(frozen=True, slots=True)
class Sample:
    """How many rows of how many were written, and the file's size in bytes."""

    rows: int
    of: int
    size_bytes: int


def sample_by_cluster(
    source: Path, target: Path, *, given: Format, limit_bytes: int, progress: Callable[[int, int], object] = lambda _done, _total: None
) -> Sample:
    """
    Write about so much of *source* that it has *limit_bytes*; the same file always gives the same sample, whole or not at all.

    Rows that ask the same are all taken or all left, by a hash of their cluster; rows that cannot be read are left.

    Raises:
        BadRequest: The source cannot be read, or a name says no kind of file.
        Misconfigured: The disk is full or fails.
    """
    share = min(1.0, limit_bytes * _MARGIN / max(1, source.stat().st_size))
    rows = kept = 0
    with written(target, given) as write:
        for found in read_records(source, given):
            rows += 1
            if not isinstance(found, Finding) and _place(found) < share:
                write(found)
                kept += 1
            if rows % _TOLD_EVERY == 0:
                progress(rows, 0)
    return Sample(kept, rows, target.stat().st_size)


def _place(record: Record) -> float:
    """Return where in [0, 1) the cluster of the first question lies, or the text of a row that asks none."""
    key = next(clusters_of(record), "") or messages_of(record)[0].content
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big") / 2**56
