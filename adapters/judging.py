"""What contenders are asked through, from the ledger and the served model file alone: the index belongs to a running server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from adapters.compose import Records
from adapters.compose_models import llama_cpp, open_hosted, path_of, support_of
from bot.backends.requantise import requantised
from bot.errors import Misconfigured
from bot.messages import Audience, Passage, Viewer
from bot.ports import Backend
from bot.settings import Settings
from finetune.arms import Means
from finetune.items import served_system
from finetune.material import Material
from finetune.statistics.decisions import FILE_NAME
from store.candidates import read_candidates
from store.e5_cross import PASSAGES, E5CrossEncoder
from store.frozen import frozen_retriever
from store.language import identify

ROUNDS, EVALUATIONS = "rounds", "evaluations"  # in the home
_GOLDEN = "golden.jsonl"  # there, too


def golden_file(settings: Settings) -> Path | None:
    """
    Return the operator's golden questions: the configured file, or that in the home; None where there is none.

    Raises:
        Misconfigured: The configured file is missing.
    """
    chosen = settings.rounds.golden
    if chosen is None:
        chosen = settings.home / _GOLDEN
        return chosen if chosen.is_file() else None
    if not chosen.is_file():
        raise Misconfigured(f"the golden questions {chosen} are missing; correct APRENDIZ_ROUNDS__GOLDEN")
    return chosen


def material_of(settings: Settings) -> Material:
    """Return where what rounds learn from lies."""
    return Material(
        exports=settings.export_directory,
        imports=settings.rounds.data,
        decisions=settings.home / FILE_NAME,
        system=partial(served_system, settings.assistant),
    )


async def served_file(settings: Settings) -> Path:
    """
    Return the model file that a server answers from: the base, or its requantised twin, made here where it is missing.

    Raises:
        Misconfigured: The model file is missing or damaged.
    """
    path = await path_of(settings.model)
    return await requantised(path, settings.home / "models") if settings.model.requantise else path


@asynccontextmanager
async def open_means(records: Records, audience: Audience, *, threads: int = 0) -> AsyncIterator[Means]:
    """
    Open the model as it is served, and freeze what *audience* can be told.

    Args:
        records: The ledger and the settings.
        audience: Whose passages are retrieved.
        threads: For the model; 0: as many as in service.

    Raises:
        Misconfigured: The model cannot be used.
    """
    settings = _with_threads(records.settings, threads)
    model, knowledge = settings.model, settings.knowledge
    served = None if model.backend == "openai" else await served_file(settings)
    encoder = records.encoder
    await asyncio.to_thread(identify, "bom dia")  # loads its model
    retriever = await frozen_retriever(
        records.database,
        encoder,
        passages=knowledge.passages,
        minimum_score=knowledge.minimum_score,
        audience=audience,
        odds_within=knowledge.odds_within,
        second=records.second_encoder,
        reader=E5CrossEncoder(PASSAGES) if knowledge.second_encoder else None,
    )
    async with AsyncExitStack() as stack:
        backend: Backend
        if served is None:
            backend = await open_hosted(model, settings, stack, records.purse)
        else:
            backend = await stack.enter_async_context(llama_cpp(served, model, adapter=None, max_waiting=settings.policy.max_waiting))
        yield Means(
            backend=backend,
            served=served,
            retriever=retriever,
            encoder=encoder,
            identify=identify,
            settings=settings,
            audience=audience,
            support=support_of(model),
            earlier=(settings.home / ROUNDS, settings.home / EVALUATIONS),
        )


def _with_threads(settings: Settings, threads: int) -> Settings:
    model = settings.model.model_copy(update={"threads": threads or settings.model.threads})
    return settings.model_copy(update={"model": model})


async def passages_for(records: Records, audience: Audience) -> tuple[Passage, ...]:
    """Return the company's passages that *audience* may see; experts' answers, which questions are held out for, are none of them."""
    return tuple(each.passage for each in await read_candidates(records.database, Viewer(audience)) if each.kind == "passages")
