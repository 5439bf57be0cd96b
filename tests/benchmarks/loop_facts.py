"""How many facts a version answers: held-out phrasings, one passage or three in the prompt, facts it was trained on and others."""

import asyncio
import csv
import json
import math
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.requantise import requantised
from bot.messages import Adapter
from bot.model_settings import ModelSettings
from bot.settings import KnowledgeSettings, Settings
from finetune.arms import AskedOf, Contender, Means, Reply
from finetune.bootstrap import Interval, wilson
from finetune.evaluation import answer_all
from finetune.figures import ceiling_of
from finetune.questions import HeldOut
from store.clusters import cluster_of
from store.database import migrate, open_database
from store.embeddings import UniversalSentenceEncoder
from store.frozen import frozen_retriever
from store.knowledge import Knowledge
from store.language import identify

DATA = Path(__file__).parents[1] / "data"
# File, language, and which phrasings are held out (counted from 0): together 135 questions in Portuguese, 152 in English.
HIDREX = (DATA / "hidrex" / "facts.jsonl", "pt", slice(3, 4))
SABIA = (DATA / "loop" / "sabia.jsonl", "pt", slice(3, 4))
BRACKHOLM = (DATA / "loop" / "brackholm.jsonl", "en", slice(3, 5))
_HELD_BACK = 3  # of so many facts one is never trained on


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with the phrasings that may be trained on, and those that are asked in the end."""

    answer: str
    must_contain: tuple[str, ...]
    taught: tuple[str, ...]
    asked: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class FactShares:
    """
    Shares of held-out questions whose answer contains the fact.

    `top1` and `top3` are over all facts with one and three passages in the prompt, `unseen` those over facts never trained on with one;
    the ceilings tell where the fact stands in the best passage, and in any of three.
    """

    top1: Interval
    top3: Interval
    unseen: Interval
    unseen_top3: Interval
    ceiling_top1: Interval
    ceiling_top3: Interval


def facts_in(path: Path, language: str, held_out: slice) -> tuple[Fact, ...]:
    """Read a file of facts; the phrasings behind those that are held out are not used."""
    found: list[Fact] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fact = json.loads(line)
        questions = tuple(fact["questions"])
        taught, asked = questions[: held_out.start], questions[held_out]
        found.append(Fact(fact["answer"], tuple(fact["must_contain"]), taught, asked, language))
    return tuple(found)


def split(facts: Sequence[Fact], *, seed: int) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Return the facts to train on and the third that is held back, drawn by *seed*."""
    order = list(facts)
    random.Random(seed).shuffle(order)
    back = len(order) // _HELD_BACK
    return tuple(order[back:]), tuple(order[:back])


async def measure_facts(
    facts: Sequence[Fact], unseen: Sequence[Fact], *, adapter: Path | None, folder: Path, progress: Callable[[int, int], None]
) -> FactShares:
    """
    Ask the held-out phrasings of *facts* (which all stand in the index) through the served path, with the model always speaking.

    Args:
        facts: All of them.
        unseen: Those that nothing was trained on.
        adapter: The version's file; None for the base.
        folder: Keeps the index, the answers and the requantised model: a second call goes on there.
        progress: Called with how many were asked, of one and of three passages each.
    """
    questions = [
        HeldOut(asked, fact.answer, fact.must_contain, False, "all", fact.language, "plain", cluster_of(asked))
        for fact in facts
        for asked in fact.asked
    ]
    contender = Contender("adapter" if adapter else "base", Adapter("adapter", adapter) if adapter else None)
    async with AsyncExitStack() as stack:
        served = await requantised(default_model_path(), folder / "models")
        backend = await stack.enter_async_context(LlamaCppBackend(served, languages=("*",)))
        answers: list[tuple[tuple[AskedOf, Reply], ...]] = []
        for count in (1, 3):
            means = await _means(facts, backend, served, folder, passages=count)
            answers.append(await answer_all(questions, contender, means=means, folder=folder, progress=progress))
    one, three = answers
    new = {asked for fact in unseen for asked in fact.asked}
    return FactShares(
        top1=_share(one),
        top3=_share(three),
        unseen=_share([each for each in one if each[0].held.question in new]),
        unseen_top3=_share([each for each in three if each[0].held.question in new]),
        ceiling_top1=ceiling_of([asked for asked, _ in one]).best,
        ceiling_top3=ceiling_of([asked for asked, _ in three]).given,
    )


async def _means(facts: Sequence[Fact], backend: LlamaCppBackend, served: Path, folder: Path, *, passages: int) -> Means:
    settings = Settings(home=folder, model=ModelSettings(languages=("*",)), knowledge=KnowledgeSettings(passages=passages))
    encoder = UniversalSentenceEncoder()
    async with open_database(f"sqlite:///{folder / f'facts{passages}.sqlite'}") as database:
        await migrate(database)
        entries = folder / "facts.csv"
        await asyncio.to_thread(_write_entries, facts, entries)
        await Knowledge(database, now=lambda: datetime.now(UTC)).add([entries], audience="all", max_file_mb=1)
        retriever = await frozen_retriever(
            database, encoder, passages=passages, minimum_score=settings.knowledge.minimum_score, audience="all", odds_within=math.inf
        )
    return Means(backend, served, retriever, encoder, identify, settings, "all", support=0.0)


def _write_entries(facts: Sequence[Fact], path: Path) -> None:
    """Write the facts as a company would hand them in: each with its first phrasing."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("question", "answer"))
        table.writerows((fact.taught[0], fact.answer) for fact in facts)


def _share(answers: Sequence[tuple[AskedOf, Reply]]) -> Interval:
    return wilson(sum(reply.good for _, reply in answers), len(answers))
