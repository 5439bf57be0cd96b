"""
Imports a folder into homes, killed at given moments and begun again: a program, so that SIGKILL strikes a real process.

Its argument is JSON: {"home", "versions": [folder, …], "moments": [[name, number], …]}. Every version is imported into home/clean at once,
and into home/killed once for each moment, then undisturbed; an import that no moment struck is begun anew from what the version found. It
prints what the indexes of both hold.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bot.index_ports import IndexEntry, IndexKind
from bot.messages import Reach, Viewer
from bot.texts import load_catalogues
from store.database import Database, migrate, open_database
from store.index import ChromaIndex
from store.knowledge import Knowledge
from store.language import identify
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from store.schema import sources
from tests.fakes.encoder import WordEncoder

EMPLOYEES = Reach("employees")
QUERIES = ("leave", "filter FH-300", "invoice address")
FOUND = 5  # among hundreds of passages that are alike, Chroma finds those that say least by chance: its graph hangs on the order of writes


class Moment:
    """Kills this process at the *number*th time of the step *name*; `after` is its parent's, in thousandths of a clean import."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self._left = number

    def reached(self, name: str) -> None:
        """Die here, if it is time."""
        self._left -= name == self.name
        if self._left == 0 and name == self.name:
            os.kill(os.getpid(), signal.SIGKILL)


class Encoder(WordEncoder):
    """An encoder that may be struck: what it is given is in the ledger, and not in the index."""

    def __init__(self, moment: Moment) -> None:
        super().__init__()
        self._moment = moment

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `WordEncoder`."""
        self._moment.reached("encode")
        return await super().encode(texts)


class Index(ChromaIndex):
    """An index that may be struck between its deletions, its writes, and what follows them in the ledger."""

    moment = Moment("never", 0)

    async def upsert(self, kind: IndexKind, reach: Reach, entries: Sequence[IndexEntry]) -> None:
        """See `ChromaIndex`."""
        self.moment.reached("upsert")
        await super().upsert(kind, reach, entries)
        self.moment.reached("upserted")

    async def delete(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> None:
        """See `ChromaIndex`."""
        await super().delete(kind, reach, ids)
        self.moment.reached("deleted")


@asynccontextmanager
async def opened(home: Path, moment: Moment) -> AsyncIterator[tuple[Database, Index, Outbox]]:
    """Open a home."""
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    encoder = Encoder(moment)
    index = Index.embedded(home / "chroma", encoder)
    index.moment = moment
    async with open_database(f"sqlite:///{home / 'ledger.db'}") as database, index:
        await migrate(database)
        yield database, index, Outbox(database, index, encoder)


async def imported(home: Path, folder: Path, moment: Moment) -> None:
    """Import *folder* and carry it into the index, both at once, as `aprendiz knowledge add` does."""

    def tell(_done: int, _total: int, _name: str) -> None:
        moment.reached("file")

    async with opened(home, moment) as (database, _, carrier):
        knowledge = Knowledge(database, now=lambda: datetime.now(UTC), memory=home / "seen.json")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(carrier.drain())
            tasks.create_task(knowledge.add([folder], audience="employees", max_file_mb=1, progress=tell))
        while await carrier.drain():
            pass


async def contents(home: Path) -> dict[str, Any]:
    """Return what the index of a home holds and finds, with names in place of the ids that every import gives anew."""
    async with opened(home, Moment("never", 0)) as (database, index, _):
        async with database.connect() as connection:
            names = {row.source_id: row.shown for row in await connection.execute(select(sources))}
        ids = await index.ids("passages", EMPLOYEES)
        entries = await index.fetch("passages", EMPLOYEES, ids)
        retriever = HybridRetriever(database, index, Encoder(Moment("never", 0)), passages=3, minimum_score=0.0)
        found = [await retriever.search(query, viewer=Viewer("employees"), limit=FOUND) for query in QUERIES]

    def named(passage_id: str) -> str:
        source_id, _, mark = passage_id.partition("-")
        return f"{names[source_id]} {mark}"

    return {
        "entries": sorted(
            [named(each.entry_id), each.document, dict(each.metadata), np.round(each.vector, 5).tolist()] for each in entries
        ),
        "found": [sorted([named(each.passage_id), each.text, round(each.score, 4)] for each in hits) for hits in found],
    }


def forked(work: Any, *, kill_after_s: float = 0.0) -> int:
    """Run a coroutine in a process of its own and return how it ended, negative for a signal; forked, because imports take seconds."""
    child = os.fork()
    if not child:
        code = 1
        try:
            asyncio.run(work)
            code = 0
        finally:
            os._exit(code)
    work.close()
    if kill_after_s:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def undisturbed(home: Path, folder: Path) -> None:
    """Import *folder*. Raises `RuntimeError` where that fails."""
    if forked(imported(home, folder, Moment("never", 0))) != 0:
        raise RuntimeError(f"the import into {home.name} failed")


def copied(home: Path, to: Path) -> None:
    """Let *to* be what *home* is now, nothing included."""
    shutil.rmtree(to, ignore_errors=True)
    if home.exists():
        shutil.copytree(home, to)


def main(home: Path, versions: Sequence[str], moments: Sequence[tuple[str, int]]) -> None:
    """Import every version, disturbed and undisturbed, and print what came of both."""
    load_catalogues()
    identify("bom dia")
    import chromadb  # noqa: F401  # once, for all children

    folder = home / "docs"  # imported from one place, as it changes
    ends: list[int] = []
    for version in versions:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(version, folder)
        begun = time.monotonic()
        undisturbed(home / "clean", folder)
        clean_s = time.monotonic() - begun
        copied(home / "killed", home / "found")
        for name, number in moments:
            kill_after_s = number / 1000 * clean_s if name == "after" else 0.0
            ends.append(forked(imported(home / "killed", folder, Moment(name, number)), kill_after_s=kill_after_s))
            if ends[-1] == 0:
                copied(home / "found", home / "killed")
        undisturbed(home / "killed", folder)
    both = {place: asyncio.run(contents(home / place)) for place in ("killed", "clean")}
    print(json.dumps({"ends": ends, **both}))  # noqa: T201


def random_moments(count: int, *, seed: int) -> list[tuple[str, int]]:
    """Return moments at random, within the time that a clean import takes."""
    chance = random.Random(seed)
    return [("after", chance.randrange(1, 1000)) for _ in range(count)]


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    main(Path(given["home"]), given["versions"], given["moments"])
