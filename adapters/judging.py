"""What contenders are asked through, from the ledger and the served model file alone: the index belongs to a running server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.compose import Records, path_of, support_of
from bot.backends.llama_cpp import LlamaCppBackend
from bot.backends.requantise import requantised
from bot.backends.runtime import Runtime
from bot.messages import Audience, Passage
from bot.settings import Settings
from finetune.arms import Means
from store.corpus import read_candidates
from store.embeddings import UniversalSentenceEncoder
from store.frozen import frozen_retriever
from store.language import identify


async def served_file(settings: Settings) -> Path:
    """
    Return the model file that a server answers from: the base, or its requantised twin, made here where it is missing.

    Raises:
        Misconfigured: The model file is missing or damaged.
    """
    path = await path_of(settings.model)
    return await requantised(path, settings.home / "models") if settings.model.requantise else path


@asynccontextmanager
async def open_means(records: Records, audience: Audience) -> AsyncIterator[Means]:
    """
    Open the model as it is served, and freeze what *audience* can be told.

    Raises:
        Misconfigured: The model cannot be used.
    """
    settings = records.settings
    model, knowledge = settings.model, settings.knowledge
    served = await served_file(settings)
    encoder = UniversalSentenceEncoder()
    await asyncio.to_thread(identify, "bom dia")  # loads its model
    backend = LlamaCppBackend(
        served,
        name=model.name,
        languages=model.languages,
        max_waiting=settings.policy.max_waiting,
        runtime=Runtime(gpu_layers=model.gpu_layers, threads=model.threads, context_tokens=model.context_tokens),
    )
    retriever = await frozen_retriever(
        records.database, encoder, passages=knowledge.passages, minimum_score=knowledge.minimum_score, audience=audience
    )
    async with backend:
        yield Means(
            backend=backend,
            served=served,
            retriever=retriever,
            encoder=encoder,
            identify=identify,
            settings=settings,
            audience=audience,
            support=support_of(model),
            earlier=settings.home / "rounds",
        )


async def passages_for(records: Records, audience: Audience) -> tuple[Passage, ...]:
    """Return the company's passages that *audience* may see; experts' answers, which questions are held out for, are none of them."""
    return tuple(each.passage for each in await read_candidates(records.database, audience) if each.kind == "passages")
