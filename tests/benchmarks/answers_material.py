"""Questions with and without an answer in the material at hand, asked of the product's own retrieval."""

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.index_ports import Encoder
from bot.messages import Audience, Passage
from bot.ports import Retriever
from store import e5_cross
from store.database import migrate, open_database
from store.embeddings import UniversalSentenceEncoder
from store.frozen import frozen_retriever
from store.knowledge import Knowledge
from tests.benchmarks import answers_desk
from tests.benchmarks.answers_desk import say
from tests.benchmarks.answers_second import second_encoder
from tests.benchmarks.result import Skipped

DATA: Final = Path(__file__).parents[1] / "data"
SAMPLE: Final = Path(__file__).parents[2] / "store" / "sample_company"
PASSAGES: Final = 3  # the settings' own
MINIMUM_SCORE: Final = 0.3
_PHRASINGS: Final = 5

Gold = Callable[[Passage], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; `gold` tells the passages that answer it, and is None where none does."""

    text: str
    gold: Gold | None
    half: str


@dataclass(frozen=True, slots=True)
class Material:
    """Documents (paths with their audience), and what is asked about them by `audience`."""

    name: str
    folders: tuple[tuple[Path, Audience], ...]
    audience: Audience
    asked: tuple[Asked, ...]


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def bilingual(workdir: Path) -> Material:
    """Return the removals company: its FAQ in two languages, written to *workdir*, each question in either."""
    path = workdir / "bilingual.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("id", "question", "answer"))
        table.writerows((fact["id"], fact["question"], fact["answer"]) for fact in lines(DATA / "answers" / "bilingual_facts.jsonl"))
    asked = [Asked(each["question"], _of_row(each["fact"]), each["half"]) for each in lines(DATA / "answers" / "bilingual_questions.jsonl")]
    off = [Asked(each["question"], None, each["half"]) for each in lines(DATA / "answers" / "off_topic.jsonl")]
    return Material("bilingual", ((path, "employees"),), "employees", (*asked, *off))


def handbook() -> Material | None:
    """Return the agency's handbook; None, said on standard error, where its folder was not named."""
    try:
        folder = answers_desk.handbook()
    except Skipped as reason:
        say(f"left out: {reason}")
        return None
    asked = [
        Asked(each["question"], _of_pages(each["pages"]), each["half"]) for each in lines(DATA / "answers" / "handbook_questions.jsonl")
    ]
    off = [Asked(each["question"], None, each["half"]) for each in lines(DATA / "answers" / "handbook_off.jsonl")]
    return Material("handbook", ((folder, "employees"),), "employees", (*asked, *off))


def loop_table(name: str, workdir: Path) -> Path:
    """Write the facts of a company of the benchmark `loop` to *workdir* as an FAQ, each under the first of its questions."""
    table = workdir / f"{name}.csv"
    facts = lines(DATA / "loop" / f"{name}.jsonl")
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("question", "answer"), *((fact["questions"][0], fact["answer"]) for fact in facts)])
    return table


def of_loop(name: str, workdir: Path) -> Material:
    """Return a company of the benchmark `loop`: of its facts every second one is in a half, in all phrasings, the freest first."""
    facts = lines(DATA / "loop" / f"{name}.jsonl")
    asked = [
        Asked(fact["questions"][at], _of_text(fact["answer"]), ("tune", "report")[place % 2])
        for at in reversed(range(_PHRASINGS))
        for place, fact in enumerate(facts)
    ]
    return Material(name, ((loop_table(name, workdir), "employees"),), "employees", tuple(asked))


@asynccontextmanager
async def retriever_over(
    material: Material, workdir: Path, *, passages: int = PASSAGES, minimum_score: float = MINIMUM_SCORE, encoder: Encoder | None = None
) -> AsyncIterator[Retriever]:
    """Import *material* and open retrieval over it, read by all networks, as the settings have it unless told otherwise."""
    async with open_database(f"sqlite:///{workdir / f'{material.name}.db'}") as database, second_encoder() as second:
        await migrate(database)
        knowledge = Knowledge(database, now=lambda: datetime.now(UTC))
        for folder, audience in material.folders:
            await knowledge.add([folder], audience=audience, max_file_mb=64)
        yield await frozen_retriever(
            database,
            encoder or UniversalSentenceEncoder(),
            passages=passages,
            minimum_score=minimum_score,
            audience=material.audience,
            second=second,
            reader=_reader(),
        )


@cache
def _reader() -> e5_cross.E5CrossEncoder:
    """Return the one that reads passages, once: it takes 130 MB."""
    return e5_cross.E5CrossEncoder(e5_cross.PASSAGES)


def of_half(asked: Iterable[Asked], half: str) -> list[Asked]:
    """Return those of one half: `tune` or `report`."""
    return [each for each in asked if each.half == half]


def _of_row(row: str) -> Gold:
    return lambda passage: passage.row == row


def _of_text(text: str) -> Gold:
    return lambda passage: text in passage.text


def _of_pages(pages: Iterable[str]) -> Gold:
    return lambda passage: passage.source.endswith(tuple(pages))
