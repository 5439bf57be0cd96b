"""What the retriever finds, on the half of the questions that its constants were not fitted on: real encoders, Chroma, readers."""

import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Audience, Found, Passage, Viewer
from store.database import migrate, open_database
from store.e5 import E5Encoder
from store.embeddings import UniversalSentenceEncoder
from store.index import ChromaIndex
from store.knowledge import Knowledge
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from store.second_vectors import Second, SecondVectors

DATA = Path(__file__).parents[1] / "data"
HANDBOOK = Path(__file__).parents[3] / "shared" / "data" / "handbook"
SAMPLE = Path(__file__).parents[2] / "store" / "sample_company"

Right = Callable[[Passage], bool]


@pytest.fixture(scope="module")
def encoder() -> UniversalSentenceEncoder:
    return UniversalSentenceEncoder()


@asynccontextmanager
async def retriever_over(
    home: Path, encoder: UniversalSentenceEncoder, *folders: tuple[Path, Audience], closely: int = 0
) -> AsyncIterator[HybridRetriever]:
    """Import *folders* and open a retriever with the product's own settings; the second encoder has read *closely* passages so far."""
    async with open_database(f"sqlite:///{home / 'ledger.db'}") as database, ChromaIndex.embedded(home / "chroma", encoder) as index:
        await migrate(database)
        knowledge = Knowledge(database, now=lambda: datetime.now(UTC))
        for folder, audience in folders:
            await knowledge.add([folder], audience=audience, max_file_mb=64)
        finer = E5Encoder()
        second = Second(finer, index.beside(finer)) if closely else None
        vectors = SecondVectors(database, index, second) if second else None
        while await Outbox(database, index, encoder, second=vectors).drain():
            pass
        if vectors:
            await vectors.fill(closely)
        yield HybridRetriever(database, index, encoder, passages=5, minimum_score=0.3, odds_within=math.inf, second=second)


def lines(name: str) -> list[dict[str, Any]]:
    """Read a JSON Lines file of tests/data."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


async def measure(retriever: HybridRetriever, questions: list[tuple[str, Audience, Right]]) -> tuple[float, float]:
    """Return the shares of *questions* whose first passage, and any of whose five passages, is right."""
    first = five = 0
    for question, audience, right in questions:
        found = await retriever.find(question, viewer=Viewer(audience))
        hits = [right(passage) for passage in found.passages]
        first += bool(hits and hits[0])
        five += any(hits)
        if not (hits and hits[0]):
            print(f"missed: {question} -> {found.passages[0].text[:80] if found.passages else 'nothing'}")  # noqa: T201  # pytest shows it on failure
    return first / len(questions), five / len(questions)


async def declined(retriever: HybridRetriever) -> float:
    """Return the share of unrelated questions for which nothing is found; the half that was not fitted on."""
    unrelated = lines("unrelated_questions.jsonl")[1::2]
    found: list[Found] = [await retriever.find(each["question"], viewer=Viewer("employees")) for each in unrelated]
    return sum(not each.passages for each in found) / len(found)


def holds(must_contain: list[str], answer: str) -> Right:
    """A passage is right when it is the FAQ's answer with all that must be said."""
    return lambda passage: passage.text == answer and all(each in passage.text for each in must_contain)


async def test_a_portuguese_faq_full_of_codes(tmp_path: Path, encoder: UniversalSentenceEncoder) -> None:
    """A support desk's questions differ by one character of a code."""
    facts = lines("hidrex/facts.jsonl")[1::2]
    questions = [(each, "employees", holds(fact["must_contain"], fact["answer"])) for fact in facts for each in fact["questions"]]
    async with retriever_over(
        tmp_path, encoder, (DATA / "hidrex" / "faq.csv", "employees"), closely=len(lines("hidrex/facts.jsonl"))
    ) as retriever:
        first, five = await measure(retriever, questions)  # type: ignore[arg-type]
        refused = await declined(retriever)

    print(f"hidrex: hit@1 {first:.3f}, hit@5 {five:.3f}, declined {refused:.3f}")  # noqa: T201
    assert first >= 0.97
    assert five >= 0.97
    assert refused >= 0.95


async def test_the_sample_company_in_two_languages(tmp_path: Path, encoder: UniversalSentenceEncoder) -> None:
    """What a new user tries first, minutes after the import: half of it is read closely."""
    questions = [
        (each["question"], each["audience"], lambda passage, source=each["source"]: passage.source.startswith(source))
        for each in lines("sample_questions.jsonl")[1::2]
    ]
    audiences: tuple[Audience, ...] = ("employees", "customers", "all")
    async with retriever_over(tmp_path, encoder, *((SAMPLE / each, each) for each in audiences), closely=80) as retriever:
        first, five = await measure(retriever, questions)  # type: ignore[arg-type]
        refused = await declined(retriever)

    print(f"sample: hit@1 {first:.3f}, hit@5 {five:.3f}, declined {refused:.3f}")  # noqa: T201
    assert first >= 0.85
    assert five >= 0.95
    assert refused >= 0.95


@pytest.mark.skipif(not HANDBOOK.is_dir(), reason="the handbook lies beside the checkout or not at all")
async def test_an_english_employee_handbook(tmp_path: Path, encoder: UniversalSentenceEncoder) -> None:
    """Real documents: 142 untidy pages, 2,600 passages; to read them closely takes five minutes, which `bench answers` does."""
    questions = [
        (each["question"], "employees", lambda passage, pages=tuple(each["pages"]): passage.source.endswith(pages))
        for each in lines("handbook_questions.jsonl")[1::2]
    ]
    async with retriever_over(tmp_path, encoder, (HANDBOOK, "employees")) as retriever:
        first, five = await measure(retriever, questions)  # type: ignore[arg-type]
        refused = await declined(retriever)

    print(f"handbook: hit@1 {first:.3f}, hit@5 {five:.3f}, declined {refused:.3f}")  # noqa: T201
    assert first >= 0.75
    assert five >= 0.9
    assert refused >= 0.85
