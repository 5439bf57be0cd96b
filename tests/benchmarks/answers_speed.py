"""Retrieval over a hundred thousand passages: what it takes beside the networks that read, and what its process holds in memory."""

import asyncio
import hashlib
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from bot.identifiers import new_id
from bot.index_ports import IndexEntry
from bot.messages import Reach, Viewer
from store import e5_cross
from store.candidates import Candidate, read_candidates
from store.changes import raise_revision
from store.database import Database, migrate, open_database
from store.e5 import E5Encoder
from store.embeddings import UniversalSentenceEncoder
from store.index import ChromaIndex
from store.retrieval import HybridRetriever
from store.schema import passages, sources
from store.second_vectors import Second, read_closely
from tests.benchmarks.answers_desk import say
from tests.benchmarks.answers_texts import a_question, a_text
from tests.benchmarks.result import Result, at_most

PASSAGES = 100_000
_IN_A_SOURCE = 50
_READ = 4_000  # passages whose vectors the encoder computes; every other has one of these, moved a little
_MOVED = 0.35  # by a random vector of this length
_READ_CLOSELY = 100  # the same of the second encoder, which takes a hundred times as long
_MOVED_CLOSELY = 0.1  # its vectors lie close together
_BATCH = 2_000
_SEED = 20_260_401
_WARM = 30  # questions that are not measured: connections open, caches fill
_ASKED = 300
_VIEWER = Viewer("employees")

# Runs alone: what made the passages must not count.
_PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.benchmarks.answers_speed import ask
print(*asyncio.run(ask(Path(sys.argv[1]))))
"""


async def p50_100k(_workdir: Path) -> Result:
    """Return the median of a question's milliseconds in `HybridRetriever.find`, less those in which it is embedded."""
    milliseconds, _ = await _measured()
    return at_most("p50_100k", milliseconds, goal=5, unit="ms")


async def rss_100k(_workdir: Path) -> Result:
    """Return the resident megabytes of the process that answered them."""
    _, megabytes = await _measured()
    return at_most("rss_100k", megabytes, goal=1000, unit="MB")


async def _measured() -> tuple[float, float]:
    home = await made_home(PASSAGES)
    command = [sys.executable, "-c", _PROGRAM, str(home)]
    done = await asyncio.to_thread(subprocess.run, command, stdout=subprocess.PIPE, check=True, text=True)
    milliseconds, megabytes = done.stdout.split()[-2:]
    return float(milliseconds), float(megabytes)


async def made_home(count: int) -> Path:
    """Return a home of *count* passages, made where it is missing: it stays in the system's temporary folder, for the next row."""
    code = [Path(__file__).with_name("answers_texts.py"), Path(__file__).parents[2] / "store" / "schema.py"]
    mark = hashlib.sha256(b"".join(await asyncio.to_thread(lambda: [path.read_bytes() for path in code]))).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / f"aprendiz-answers-{count}-{mark}-{os.getuid()}"
    if not await asyncio.to_thread((home / "complete").exists):
        await asyncio.to_thread(home.mkdir, mode=0o700, exist_ok=True)
        say(f"{count} passages are made in {home}")
        await _make(home, count)
        await asyncio.to_thread((home / "complete").touch)
    if not await asyncio.to_thread((home / "read-closely").exists):
        say(f"second vectors of {count} passages are made in {home}")
        await _make_second(home)
        await asyncio.to_thread((home / "read-closely").touch)
    say(f"{count} passages from {home}, which you may delete")
    return home


async def ask(home: Path, *, asked: int = _ASKED) -> tuple[float, float]:
    """
    Return the median milliseconds of a question beside embedding it, and this process's resident megabytes after the last.

    Then as many are asked whose best passages are read together with them: how long that takes is said, and what retrieval takes in
    between, whose data the reading network's weights drive out of the processor's caches.
    """
    embedding, reading = _Counted(), _Counted()
    encoder, closely, reader = _Timed(embedding), _TimedSecond(embedding), _TimedReader(reading)
    rng = random.Random(_SEED + 1)
    async with _opened(home, encoder) as (database, index):
        second = Second(closely, index.beside(closely))
        retriever = HybridRetriever(database, index, encoder, passages=5, minimum_score=0.3, second=second, reader=reader)
        started = time.perf_counter()
        await retriever.warm()
        say(f"warming, which reads every passage's words and vector: {time.perf_counter() - started:.1f} s")
        reader.reads = False
        alone = [await _took(retriever, a_question(rng), embedding, reading) for _ in range(_WARM + asked)][_WARM:]
        reader.reads = True
        beside = [await _took(retriever, a_question(rng), embedding, reading) for _ in range(asked)]
    taken = [each.retrieving for each in alone]
    cut = statistics.quantiles(taken, n=20)
    say(f"retrieval beside embedding: median {_median(taken):.2f} ms, p95 {1e3 * cut[-1]:.2f} ms, of {len(taken)}")
    say(f"with embedding, while which words are looked up: median {_median([each.retrieving + each.embedding for each in alone]):.2f} ms")
    between = _median([each.retrieving for each in beside])
    say(
        f"reading the best passages with the question: median {_median([each.reading for each in beside]):.0f} ms, between {between:.2f} ms"
    )
    resident = int(_field("VmRSS", await asyncio.to_thread(Path("/proc/self/status").read_text)))
    return _median(taken), resident / 1024


@dataclass(frozen=True, slots=True)
class _Taken:
    """The seconds of a question."""

    retrieving: float
    embedding: float
    reading: float


async def _took(retriever: HybridRetriever, question: str, embedding: "_Counted", reading: "_Counted") -> _Taken:
    embedding.seconds = reading.seconds = 0.0
    started = time.perf_counter()
    await retriever.find(question, viewer=_VIEWER)
    whole = time.perf_counter() - started
    return _Taken(whole - embedding.seconds - reading.seconds, embedding.seconds, reading.seconds)


def _median(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return 1e3 * statistics.median(seconds)


class _Counted:
    """Counts the seconds during which anything is at work."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._busy = 0
        self._since = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        if not self._busy:
            self._since = time.perf_counter()
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self.seconds += time.perf_counter() - self._since


class _Timed(UniversalSentenceEncoder):
    """Has its work counted."""

    def __init__(self, embedding: _Counted) -> None:
        super().__init__()
        self._embedding = embedding

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._embedding.counted():
            return await super().encode(texts)


class _TimedSecond(E5Encoder):
    """Has its reading of questions counted."""

    def __init__(self, embedding: _Counted) -> None:
        super().__init__()
        self._embedding = embedding

    async def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._embedding.counted():
            return await super().encode_questions(texts)


class _TimedReader(e5_cross.E5CrossEncoder):
    """Has its reading of passages counted; where it does not read, it finds nothing."""

    def __init__(self, reading: _Counted) -> None:
        super().__init__(e5_cross.PASSAGES)
        self._reading = reading
        self.reads = True

    async def log_odds(self, question: str, others: Sequence[str]) -> NDArray[np.float32]:
        if not self.reads:
            return np.zeros(len(others), dtype=np.float32)
        with self._reading.counted():
            return await super().log_odds(question, others)


@asynccontextmanager
async def _opened(home: Path, encoder: UniversalSentenceEncoder) -> AsyncIterator[tuple[Database, ChromaIndex]]:
    async with open_database(f"sqlite:///{home / 'ledger.db'}") as database, ChromaIndex.embedded(home / "chroma", encoder) as index:
        yield database, index


async def _make(home: Path, count: int) -> None:
    """Write ledger and index directly: reading files and carrying them over is measured elsewhere."""
    encoder = UniversalSentenceEncoder()
    async with _opened(home, encoder) as (database, index):
        await migrate(database)
        await _write_passages(database, count)
        candidates = await read_candidates(database, _VIEWER)
        rng = np.random.default_rng(_SEED)
        read = await encoder.encode([each.embedded[0] for each in candidates[:_READ]])
        for first in range(0, len(candidates), _BATCH):
            await index.upsert("passages", Reach("employees"), [*_entries(candidates[first : first + _BATCH], read, rng)])


def _entries(candidates: Sequence[Candidate], read: NDArray[np.float32], rng: np.random.Generator) -> Iterator[IndexEntry]:
    for each in candidates:
        vector = _moved(read[rng.integers(len(read))], _MOVED, rng)
        yield IndexEntry(each.passage.passage_id, each.passage.text, {"source": each.passage.source}, vector)


async def _make_second(home: Path) -> None:
    """Write the second encoder's vectors beside the first's."""
    encoder, closely = UniversalSentenceEncoder(), E5Encoder()
    async with _opened(home, encoder) as (database, index):
        second = index.beside(closely)
        candidates = await read_candidates(database, _VIEWER)
        rng = np.random.default_rng(_SEED)
        # As of questions: the thread that reads passages waits for whatever else the machine does.
        read = await closely.encode_questions([read_closely(each.embedded) for each in candidates[:_READ_CLOSELY]])
        for first in range(0, len(candidates), _BATCH):
            entries = [
                IndexEntry(each.passage.passage_id, "", {}, _moved(read[rng.integers(len(read))], _MOVED_CLOSELY, rng))
                for each in candidates[first : first + _BATCH]
            ]
            await second.upsert("passages", Reach("employees"), entries)


def _moved(vector: NDArray[np.float32], length: float, rng: np.random.Generator) -> NDArray[np.float32]:
    moved: NDArray[np.float32] = vector + length * _direction(rng, len(vector))
    return moved / np.linalg.norm(moved)


def _direction(rng: np.random.Generator, dimension: int) -> NDArray[np.float32]:
    vector = rng.standard_normal(dimension, dtype=np.float32)
    return vector / np.float32(np.linalg.norm(vector))


async def _write_passages(database: Database, count: int) -> None:
    rng = random.Random(_SEED)
    now = datetime(2026, 4, 1, tzinfo=UTC)
    for first in range(0, count, _BATCH):
        made = [
            _Source(new_id(now), number, min(_IN_A_SOURCE, count - number))
            for number in range(first, min(first + _BATCH, count), _IN_A_SOURCE)
        ]
        async with database.begin() as connection:
            await connection.execute(insert(sources), [each.row(now) for each in made])
            await connection.execute(insert(passages), [row for each in made for row in each.passages(rng)])
    async with database.begin() as connection:
        await connection.run_sync(raise_revision, "passages")


@dataclass(frozen=True, slots=True)
class _Source:
    source_id: str
    number: int
    count: int

    def row(self, now: datetime) -> dict[str, object]:
        name = f"manual-{self.number}.md"
        return {
            "source_id": self.source_id,
            "location": f"/manuals/{name}",
            "shown": name,
            "title": f"Manual {self.number}",
            "format": "markdown",
            "audience": "employees",
            "sha256": "",
            "size_bytes": 1,
            "passages": self.count,
            "imported_at": now,
        }

    def passages(self, rng: random.Random) -> Iterator[dict[str, object]]:
        for ordinal in range(self.count):
            heading, text, language = a_text(rng)
            yield {
                "passage_id": f"{self.source_id}-{ordinal}",
                "source_id": self.source_id,
                "ordinal": ordinal,
                "heading": heading,
                "text": text,
                "audience": "employees",
                "language": language,
            }


def _field(name: str, status: str) -> str:
    found = re.search(rf"{name}:\s+(\d+)", status)
    assert found
    return found[1]
