"""Watched folders on the clock: the job that imports them, and what is kept of its last run."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.clock import Clock, Job
from adapters.watch import NAME, LastLook, last_look, watch_jobs, watched_folders
from bot.errors import Misconfigured, TryAgainLater
from bot.settings import KnowledgeSettings, Settings, WatchedFolder, read_settings
from store.database import Database, migrate, open_database
from store.jobs import JobRuns
from store.knowledge import Knowledge

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nText.\n")
    return folder


def _settings(folder: Path) -> KnowledgeSettings:
    return KnowledgeSettings(watch=(WatchedFolder(path=folder, audience="customers"),), watch_minutes=0.1)


async def test_the_clock_imports_watched_folders_and_keeps_the_counts(database: Database, folder: Path, tmp_path: Path) -> None:
    """From the start of the server on, without anybody's command."""
    runs = JobRuns(database, tmp_path)
    knowledge = Knowledge(database, now=lambda: NOW)
    (job,) = watch_jobs(knowledge, runs, _settings(folder), now=lambda: NOW)
    clock = Clock((job,), runs=runs, zone=ZoneInfo("UTC"), now=lambda: datetime.now(UTC))
    running = asyncio.ensure_future(clock.run())
    async with asyncio.timeout(30):
        while (looked := await last_look(runs)) is None:  # noqa: ASYNC110 - what is on disk tells nobody
            await asyncio.sleep(0.02)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert job.every_s == 6
    assert looked.at == NOW
    assert looked.counts == {"added": 1, "changed": 0, "unchanged": 0, "removed": 0, "passages": 1, "skipped": 0, "warnings": 0}
    assert [source.audience for source in await knowledge.list()] == ["customers"]


async def test_only_one_process_at_a_time_looks(database: Database, folder: Path, tmp_path: Path) -> None:
    """A second server on the home would read the same files, and tell the same problems."""
    runs = JobRuns(database, tmp_path)
    knowledge = Knowledge(database, now=lambda: NOW)
    clock = Clock(watch_jobs(knowledge, runs, _settings(folder), now=lambda: NOW), runs=runs, zone=ZoneInfo("UTC"), now=lambda: NOW)
    async with runs.alone(NAME) as alone:
        assert alone
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await clock.run()

    assert await knowledge.list() == ()


async def test_a_look_that_failed_is_kept_with_its_reason(database: Database, folder: Path, tmp_path: Path) -> None:
    """`doctor` says why nothing is imported any more."""
    runs = JobRuns(database, tmp_path)

    class Full(Knowledge):
        async def add(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise TryAgainLater("the disk is full")

    (job,) = watch_jobs(Full(database, now=lambda: NOW), runs, _settings(folder), now=lambda: NOW)
    with pytest.raises(TryAgainLater):
        await job.run()

    assert await last_look(runs) == LastLook(NOW, {}, failed="the disk is full")


def test_without_watched_folders_there_is_no_job(tmp_path: Path) -> None:
    """The clock has nothing to do every five minutes."""
    nothing: tuple[Job, ...] = watch_jobs(None, None, KnowledgeSettings(), now=lambda: NOW)  # type: ignore[arg-type]

    assert nothing == ()


def test_folders_within_each_other_are_refused(tmp_path: Path) -> None:
    """Whose the inner one's documents are would change with every look."""
    watch = [{"path": tmp_path}, {"path": tmp_path / "hr", "audience": "customers"}]

    with pytest.raises(Misconfigured, match="is watched too"):
        read_settings(knowledge={"watch": watch})

    beside = [{"path": tmp_path / "hr"}, {"path": tmp_path / "hr-old"}]
    assert len(read_settings(knowledge={"watch": beside}).knowledge.watch) == 2


def test_watched_folders_are_written_as_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings file is where they are kept; the shell's ~ works there too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "aprendiz.toml").write_text('[[knowledge.watch]]\npath = "~/docs"\naudience = "all"\nscope = "group:hr"\n[groups.hr]\n')

    (watched,) = watched_folders(Settings().knowledge)

    assert (watched.path, watched.audience, watched.scope) == (tmp_path / "docs", "all", "group:hr")


@pytest.mark.parametrize(("scope", "said"), [("hr", "'hr' is no scope: write channel:slack:C0123"), ("group:hr", "no group is called hr")])
def test_a_folder_for_nobody_is_refused(tmp_path: Path, scope: str, said: str) -> None:
    """Its documents would be kept and never found."""
    with pytest.raises(Misconfigured, match=said):
        read_settings(knowledge={"watch": [{"path": tmp_path, "scope": scope}]})
