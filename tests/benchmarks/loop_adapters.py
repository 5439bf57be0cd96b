"""One adapter a seed for the rows on facts, trained by the product's own recipe on what the people of three companies liked."""

import asyncio
import csv
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from bot.backends.llama_cpp import default_model_path
from bot.backends.scoring import Scorer
from bot.messages import Passage, Place, Viewer
from bot.ports import Retriever
from bot.settings import AssistantSettings, KnowledgeSettings
from bot.voice import system_text
from finetune.examples import Example
from finetune.gguf_adapter import write_adapter
from finetune.local import train
from finetune.recipe import read_recipe
from finetune.rows import DataSet, build_rows
from finetune.training import GgufBase
from store.clusters import cluster_of
from store.database import migrate, open_database
from store.embeddings import UniversalSentenceEncoder
from store.frozen import frozen_retriever
from store.knowledge import Knowledge
from store.splitting import Split
from tests.benchmarks.loop_facts import BRACKHOLM, HIDREX, SABIA, Fact, facts_in, split
from tests.benchmarks.loop_shared import once, say, shared_folder

COMPANIES: Final = (HIDREX, SABIA, BRACKHOLM)
_SYSTEM: Final = system_text(AssistantSettings(), Place("web", "web", "web:bench"))


def adapter_of(seed: int, workdir: Path) -> Path:
    """Return the adapter (GGUF) of that *seed*, which trains two thirds of the facts in three phrasings; trained once for all rows."""
    path = shared_folder() / f"adapter-{seed}.gguf"
    once(f"adapter-{seed}", partial(_train, seed, workdir / f"adapter-{seed}", path))
    return path


def _train(seed: int, folder: Path, target: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    began, cpu_s = time.monotonic(), time.process_time()
    recipe, base = replace(read_recipe(None), seed=seed), GgufBase(default_model_path())
    rows = _rows(asyncio.run(_examples(seed, folder)), seed, folder)
    trained = train(
        rows.train,
        rows.validation,
        base=base,
        recipe=recipe,
        folder=folder / "training",
        progress=lambda _progress: None,
        stopped=lambda: False,
    )
    assert trained is not None
    write_adapter(trained.adapter, base.path, target)
    made = {"rows": rows.train_rows, "tokens": trained.tokens, "cpu_s": time.process_time() - cpu_s, "wall_s": time.monotonic() - began}
    say(f"adapter, seed {seed}: {made}, losses {trained.losses}, of validation {trained.validation_losses}")
    return made


def _rows(examples: Sequence[Example], seed: int, folder: Path) -> DataSet:
    with Scorer(default_model_path()) as scorer:
        return build_rows(
            examples,
            recipe=replace(read_recipe(None), seed=seed),
            seed=seed,
            pool=(),
            folder=folder / "rows",
            count_tokens=lambda messages: len(scorer.tokens_of(messages)),
        )


async def _examples(seed: int, folder: Path) -> Sequence[Example]:
    """Return an up-voted example for each phrasing that may be trained on, with the passages that service offers for it."""
    found: list[Example] = []
    for company in COMPANIES:
        facts = facts_in(*company)
        retriever = await _retriever(facts, folder / company[0].stem)
        trained, _ = split(facts, seed=seed)
        for fact in trained:
            for question in fact.taught:
                passages = (await retriever.find(question, viewer=Viewer("all"))).passages
                found.append(_example(len(found) + 1, question, fact, passages))
    return found


async def _retriever(facts: Sequence[Fact], folder: Path) -> Retriever:
    await asyncio.to_thread(folder.mkdir)
    knowledge = KnowledgeSettings()
    async with open_database(f"sqlite:///{folder / 'facts.sqlite'}") as database:
        await migrate(database)
        await asyncio.to_thread(_write_document, facts, folder / "facts.csv")
        await Knowledge(database, now=lambda: datetime.now(UTC)).add([folder / "facts.csv"], audience="all", max_file_mb=1)
        return await frozen_retriever(
            database,
            UniversalSentenceEncoder(),
            passages=knowledge.passages,
            minimum_score=knowledge.minimum_score,
            audience="all",
        )


def _write_document(facts: Sequence[Fact], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("question", "answer"))
        table.writerows((fact.taught[0], fact.answer) for fact in facts)


def _example(line: int, question: str, fact: Fact, passages: Sequence[Passage]) -> Example:
    kept_for: Split = "validation" if line % 10 == 9 else "train"
    return Example(
        exchange_id=f"x{line}",
        line=line,
        question=question,
        answer=fact.answer,
        system=_SYSTEM,
        history=(),
        passages=tuple(passages),
        audience="all",
        language=fact.language,
        up=1,
        down=0,
        corrected=False,
        cluster=cluster_of(question),
        split=kept_for,
    )
