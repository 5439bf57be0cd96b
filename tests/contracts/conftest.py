"""What the contract tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from bot.ports import Ledger, Vault
from store.database import Database, migrate, open_database
from store.ledger import SqlLedger
from store.vault import SqlVault
from tests.contracts.ledgers import SEALER
from tests.fakes.ledger import MemoryLedger
from tests.fakes.vault import MemoryVault
from tests.postgres import let_asyncpg_connect, new_database


@pytest.fixture(autouse=True)
def _asyncpg_connects(_nothing_blocks_the_loop: BlockBuster) -> None:
    let_asyncpg_connect(_nothing_blocks_the_loop)


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return await new_database(request.getfixturevalue("postgres"))


@pytest.fixture
async def processes(url: str) -> AsyncIterator[tuple[Database, Database]]:
    """Give the same database opened twice, as by two processes."""
    async with open_database(url) as one, open_database(url) as two:
        await migrate(one)
        yield one, two


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """Open a migrated database of each kind."""
    async with open_database(url) as opened:
        await migrate(opened)
        yield opened


@pytest.fixture
def sql(database: Database) -> SqlLedger:
    """Give the real ledger on each kind of database."""
    return SqlLedger(database, SEALER)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database | None]:
    """Give each place where things are kept: a migrated database of each kind, or None for the memory of a fake."""
    if request.param == "memory":
        yield None
        return
    url = f"sqlite:///{tmp_path / 'ledger.db'}" if request.param == "sqlite" else await new_database(request.getfixturevalue("postgres"))
    async with open_database(url) as opened:
        await migrate(opened)
        yield opened


@pytest.fixture
def ledger(place: Database | None) -> Ledger:
    """Give the fake and the real ledger."""
    return SqlLedger(place, SEALER) if place else MemoryLedger()


@pytest.fixture
def vault(place: Database | None) -> Vault:
    """Give the fake and the real vault."""
    return SqlVault(place, SEALER) if place else MemoryVault()
