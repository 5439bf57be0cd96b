"""Real services that the contract tests share."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster

from tests.postgres import let_asyncpg_connect, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the address of a PostgreSQL cluster, with a place for the database's name."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _asyncpg_connects(_nothing_blocks_the_loop: BlockBuster) -> None:
    let_asyncpg_connect(_nothing_blocks_the_loop)
