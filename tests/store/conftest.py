"""A migrated SQLite ledger."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Database, migrate, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open an empty ledger in a file."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened
