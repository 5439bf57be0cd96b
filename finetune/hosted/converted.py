"""Rows that were converted for a provider: they lie in the home for as long as a job has yet to upload them."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from store.hosted_jobs import HostedJob, SqlHostedJobs

ROWS: Final = "rows"  # in the folder of jobs
_USES: Final = ("training", "validation")


async def drop_converted(paths: Iterable[Path], folder: Path, ledger: SqlHostedJobs) -> None:
    """Delete those of *paths* that were converted into *folder* (absolute), that of jobs, and that no job has yet to upload."""
    converted = {path for path in paths if path.parent == folder / ROWS}
    if not converted:
        return
    awaited = {path for job in await ledger.unended() for use, path in _ordered(job).items() if not getattr(job, f"{use}_file")}
    await asyncio.to_thread(_delete, converted - awaited)


def rows_of(job: HostedJob) -> tuple[Path, ...]:
    """Return the files of rows that a job was begun with; none of one that was started elsewhere."""
    return tuple(_ordered(job).values())


def _ordered(job: HostedJob) -> dict[str, Path]:
    given = {use: job.terms.get(use) for use in _USES}
    return {use: Path(rows["path"]) for use, rows in given.items() if isinstance(rows, dict) and "path" in rows}


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
