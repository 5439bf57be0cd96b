"""What the contract tests share."""

import pytest
from blockbuster import BlockBuster

from tests.postgres import let_asyncpg_connect


@pytest.fixture(autouse=True)
def _asyncpg_connects(_nothing_blocks_the_loop: BlockBuster) -> None:
    let_asyncpg_connect(_nothing_blocks_the_loop)
