"""Rounds, composed of the ledger, the model and the home's folders."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from adapters.compose import Records
from adapters.judging import golden_file, material_of, open_means, passages_for, served_file
from bot.backends.runtime import default_threads
from bot.errors import Refused
from bot.messages import Audience
from bot.settings import Settings
from finetune.local import require_training
from finetune.migrating import Migration, migrating
from finetune.registry import base_of
from finetune.round_judging import Judging
from finetune.round_steps import RoundSteps, StepParts
from finetune.rounds import Detail, RoundParts, Rounds

FOLDER = "rounds"  # in the home
LOCK = "training"


async def rounds_on(records: Records, migration: Migration | None = None) -> Rounds:
    """
    Return what runs rounds on these records, or the one that brings a *migration* to its end.

    Raises:
        Refused: The settings leave no room for versions.
        Misconfigured: Training is not installed, or the model or the golden questions cannot be read.
    """
    settings = records.settings
    base = await base_of(settings.model)
    if base is None:
        raise Refused(_no_room(settings))
    await asyncio.to_thread(require_training)
    golden = await asyncio.to_thread(golden_file, settings)
    judging = Judging(
        versions=records.versions,
        registry=records.registry,
        receipts=records.receipts,
        clusters=records.clusters,
        means=partial(open_means, records, threads=_background_threads(settings)),
        language=settings.language,
        now=_now,
        first=migration.first if migration else None,
    )
    parts = StepParts(
        material=material_of(settings),
        golden=golden,
        minimum_rows=settings.rounds.minimum_rows,
        served=await served_file(settings),
        clusters=records.clusters,
        versions=records.versions,
        registry=records.registry,
        judging=judging,
        passages=partial(passages_for, records),
        now=_now,
    )
    rounds = RoundParts(
        rounds=records.rounds,
        steps=RoundSteps(parts),
        export=partial(_export, records),
        folder=settings.home / FOLDER,
        base=base,
        conditions=await asyncio.to_thread(_conditions, settings, golden),
        alone=partial(records.runs.alone, LOCK),
        now=_now,
    )
    return Rounds(migrating(rounds, migration, served=parts.served) if migration else rounds)


def _background_threads(settings: Settings) -> int:
    """Return half of the threads of service: the others would stay idle for a small model, and cost a quarter more processor time."""
    return max(1, (settings.model.threads or default_threads()) // 2)


def _no_room(settings: Settings) -> str:
    if settings.model.backend == "openai":
        return "A round trains a version of a local model, but APRENDIZ_MODEL__BACKEND is openai; set it to llama_cpp."
    return "A round trains a version to be laid over the model, but APRENDIZ_MODEL__ADAPTER lays another there; unset it."


def _conditions(settings: Settings, golden: Path | None) -> Detail:
    """Return what decides beside recipe and rows: the golden questions, and how questions are asked."""
    asking = {
        "assistant": settings.assistant.model_dump(mode="json"),
        "knowledge": settings.knowledge.model_dump(include={"passages", "minimum_score"}),
        "model": settings.model.model_dump(mode="json", include={"languages", "max_tokens", "repeat_penalty", "support"}),
    }
    return {
        "minimum_rows": settings.rounds.minimum_rows,
        "golden": hashlib.sha256(golden.read_bytes()).hexdigest() if golden else "",
        "asking": hashlib.sha256(json.dumps(asking, sort_keys=True).encode()).hexdigest(),
    }


async def _export(records: Records, audience: Audience, report: Callable[[int, int], None]) -> str:
    """Export what may train, and return what tells it, with the imports that *audience*'s version may learn from, from anything else."""
    material = material_of(records.settings)
    await asyncio.to_thread(material.imports_for, audience)  # before anything is exported: they may be refused
    written = await records.exporter.export(records.export_directory, progress=report)
    sha256 = hashlib.sha256(await asyncio.to_thread(written.manifest.read_bytes)).hexdigest()
    return await asyncio.to_thread(material.origin, sha256, audience)


def _now() -> datetime:
    return datetime.now(UTC)
