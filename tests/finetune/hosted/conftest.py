"""A provider, a ledger and rows for every test of a job's life."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Database, migrate, open_database
from tests.fakes.provider import ProviderServer, provider_server
from tests.finetune.hosted.world import World, world_on, write_rows


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    """The provider."""
    async with provider_server() as running:
        yield running


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a migrated database."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


@pytest.fixture
async def world(database: Database, tmp_path: Path, server: ProviderServer) -> AsyncIterator[World]:
    """Give a process that works on jobs."""
    async with world_on(database, tmp_path, server.address) as opened:
        yield opened


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file of rows in which nothing is wrong."""
    return write_rows(tmp_path / "rows.jsonl")
