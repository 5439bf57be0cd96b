"""The outbox on each database: one drain at a time, whichever process it runs in."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.errors import TryAgainLater
from bot.messages import Reach
from store.database import Database, migrate, open_database
from store.outbox import Outbox
from tests.fakes.encoder import WordEncoder
from tests.fakes.index import MemoryIndex
from tests.postgres import new_database
from tests.store.ledger_rows import NOW, add_source, answer


@pytest.fixture(params=["sqlite", "postgres"])
async def databases(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """Open one migrated database twice, as two processes would."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}" if request.param == "sqlite" else await new_database(request.getfixturevalue("postgres"))
    async with open_database(url) as first, open_database(url) as second:
        await migrate(first)
        yield first, second


async def test_a_second_drain_leaves_the_work_to_the_first(databases: tuple[Database, Database]) -> None:
    """An older state written after a newer one would stay in the index."""
    first, second = databases
    index = MemoryIndex()
    refused: list[int] = []

    class Meanwhile(WordEncoder):
        async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            refused.append(await other.drain())
            with pytest.raises(TryAgainLater):
                await other.rebuild(lambda _done, _total: None)
            return await super().encode(texts)

    other = Outbox(second, index, WordEncoder())
    await add_source(first, "guide", "one", "two")

    assert await Outbox(first, index, Meanwhile()).drain() == 2
    assert refused == [0]
    await add_source(first, "more", "three")
    assert await other.drain() == 1


async def test_a_rebuild_makes_the_index_equal(databases: tuple[Database, Database]) -> None:
    """Passages and rated exchanges come from either database in the same way."""
    first, _ = databases
    index = MemoryIndex()
    outbox = Outbox(first, index, WordEncoder())
    await add_source(first, "guide", "one", ("Two?", "2"))
    ledger = await answer(first, "E1")
    await ledger.rate("E1", "voter", "up", via="button", at=NOW)
    await outbox.rebuild(lambda _done, _total: None)

    assert (await outbox.check()).equal
    assert await index.ids("passages", Reach("employees")) == ("guide-0", "guide-1")
    assert await index.ids("conversations", Reach("employees")) == ("E1",)
