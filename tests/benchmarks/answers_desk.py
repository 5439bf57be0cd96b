"""What the rows of `bench answers` ask about: imported as an operator would, searched as a question would be."""

import asyncio
import json
import math
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.index_ports import Index
from store.database import Database, migrate, open_database
from store.embeddings import UniversalSentenceEncoder
from store.index import ChromaIndex
from store.knowledge import Knowledge
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from store.second_vectors import Second, SecondVectors
from tests.benchmarks.answers_second import second_encoder
from tests.benchmarks.result import Skipped

DATA = Path(__file__).parents[1] / "data" / "answers"
Half = Literal["tune", "report"]


class _Given(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APRENDIZ_BENCH_")
    handbook: Path | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Imported material, and what searches it."""

    database: Database
    index: Index
    encoder: UniversalSentenceEncoder
    retriever: HybridRetriever


@asynccontextmanager
async def open_desk(home: Path, material: Sequence[Path]) -> AsyncIterator[Desk]:
    """Import *material* for employees into *home*, carry it into both indexes, and open it with the product's own settings."""
    encoder = UniversalSentenceEncoder()
    async with (
        open_database(f"sqlite:///{home / 'ledger.db'}") as database,
        ChromaIndex.embedded(home / "chroma", encoder) as index,
        second_encoder() as closely,
    ):
        await migrate(database)
        await Knowledge(database, now=lambda: datetime.now(UTC)).add(material, audience="employees", max_file_mb=64)
        second = Second(closely, index.beside(closely))
        vectors = SecondVectors(database, index, second)
        while await Outbox(database, index, encoder, second=vectors).drain():
            pass
        await vectors.fill_all()
        retriever = HybridRetriever(database, index, encoder, passages=5, minimum_score=0.3, odds_within=math.inf, second=second)
        yield Desk(database, index, encoder, retriever)


async def read_lines(name: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file of the benchmark's data."""
    text = await asyncio.to_thread((DATA / name).read_text, encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


async def in_half(name: str, half: Half) -> list[dict[str, Any]]:
    """Return those of a file's objects that are in *half*."""
    return [each for each in await read_lines(name) if each["half"] == half]


def handbook() -> Path:
    """
    Return the folder of the handbook.

    Raises:
        Skipped: It was not given.
    """
    found = _Given().handbook
    if found is None or not found.is_dir():
        raise Skipped("no employee handbook: give its folder with --handbook FOLDER or APRENDIZ_BENCH_HANDBOOK")
    return found


def ranks(hits: Iterator[Sequence[bool]]) -> tuple[float, float]:
    """Return hit@5 and MRR@5 of questions whose five passages are right or not, best first."""
    places = [next((place for place, hit in enumerate(each[:5], 1) if hit), 0) for each in hits]
    return sum(map(bool, places)) / len(places), sum(1 / place for place in places if place) / len(places)


def say(line: str) -> None:
    """Write a line beside the results."""
    sys.stderr.write(f"{line}\n")
