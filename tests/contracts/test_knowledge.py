"""Importing on both databases: moves between audiences, and two processes that import the same folder at once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from store.database import Database
from store.knowledge import AddReport, Knowledge
from store.schema import outbox, passages

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs_100%"
    root.mkdir()
    for number in range(12):
        (root / f"page{number}.md").write_text(
            f"# Page {number}\n\nThis is what page {number} says.\n\n## More\n\nAnd a little more of it.\n"
        )
    return root


async def test_two_processes_that_import_at_once_leave_one_copy(processes: tuple[Database, Database], folder: Path) -> None:
    """A restart beside `knowledge add` is common; a source that stands twice answers twice."""
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(Knowledge(each, now=lambda: NOW).add([folder], audience="all", max_file_mb=1)) for each in processes]

    assert sum(run.result().added for run in runs) == 12
    assert sum(run.result().unchanged for run in runs) == 12
    async with processes[0].connect() as connection:
        ids = (await connection.execute(select(passages.c.passage_id))).scalars().all()
        noted = (await connection.execute(select(outbox.c.ref))).scalars().all()
    assert len(set(ids)) == 24
    assert sorted(ids) == sorted(noted)


async def test_two_audiences_at_once_leave_each_file_with_one(processes: tuple[Database, Database], folder: Path) -> None:
    """Whoever comes last wins, and no passage may stay behind in the other audience's collection."""
    async with asyncio.TaskGroup() as group:
        group.create_task(Knowledge(processes[0], now=lambda: NOW).add([folder], audience="employees", max_file_mb=1))
        group.create_task(Knowledge(processes[1], now=lambda: NOW).add([folder], audience="customers", max_file_mb=1))

    async with processes[0].connect() as connection:
        stored = {tuple(row) for row in await connection.execute(select(passages.c.passage_id, passages.c.audience))}
        changes = (await connection.execute(select(outbox.c.ref, outbox.c.audience, outbox.c.deleted).order_by(outbox.c.outbox_id))).all()
    indexed = {(change.ref, change.audience): not change.deleted for change in changes}
    assert {key for key, present in indexed.items() if present} == stored
    assert len(stored) == 24


async def test_a_folder_leaves_by_its_path_whatever_its_name(processes: tuple[Database, Database], folder: Path) -> None:
    """`_` and `%` are wildcards to SQL; a neighbour whose name they match must stay."""
    neighbour = folder.parent / "docsX100X"
    neighbour.mkdir()
    (neighbour / "kept.md").write_text("# Kept\n\nThis page stays where it is.\n")
    knowledge = Knowledge(processes[0], now=lambda: NOW)

    report = await knowledge.add([folder, neighbour], audience="all", max_file_mb=1)
    removed = await knowledge.remove(str(folder))

    assert report == AddReport(added=13, passages=25)
    assert removed == 12
    assert [source.shown for source in await knowledge.list()] == ["kept.md"]
