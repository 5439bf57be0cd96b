"""The questions that contenders are compared by: a file's, or those that the ledger and the operator hold back for that."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.compose import Records
from adapters.judging import golden_file, material_of
from bot.errors import Refused
from bot.messages import Audience
from finetune.material import divided
from finetune.questions import HeldOut, Kind, held_out
from finetune.round_questions import golden_of
from finetune.tested_rows import read_tests
from store.versions import Version

_NOTHING_LEFT = "no question is left that neither was trained on: rate more answers and run aprendiz export, or give --questions FILE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions: those of the file, else the stored ones; at most *limit* (None: all), spread evenly over them."""

    audience: Audience
    file: Path | None = None
    limit: int | None = None


async def questions_for(wanted: Wanted, records: Records, *, kind: Kind = "plain") -> tuple[HeldOut, ...]:
    """
    Return what to ask: the file's questions (of *kind*, where they are no rows), or the export's held-out and the golden ones.

    Raises:
        Refused: There are none.
        Misconfigured: The file is wrong; the detail names line and remedy.
    """
    if wanted.file:
        asked = await asyncio.to_thread(read_tests, wanted.file, audience=wanted.audience, kind=kind)
        if not asked:
            raise Refused(f"{wanted.file} holds no question: write one JSON object a line")
        return asked
    stored = (*await _held_out(wanted.audience, records), *await asyncio.to_thread(_golden, wanted.audience, records))
    if not stored:
        raise Refused("no question is held out yet: rate some answers and run aprendiz export, or give --questions FILE")
    return stored


async def unlearnt(asked: Sequence[HeldOut], versions: Sequence[Version | None], records: Records) -> tuple[HeldOut, ...]:
    """
    Leave out people's questions on near-duplicates of which one of *versions* may have been trained: those became tests since.

    Raises:
        Refused: No question is left.
    """
    people = [each.question for each in asked if each.exchange_id]
    learnt: set[str] = set()
    for version in filter(None, versions):
        learnt |= await records.clusters.learnt(people, round_id=version.round_id)
    kept = tuple(each for each in asked if not (each.exchange_id and each.cluster in learnt))
    if not kept:
        raise Refused(_NOTHING_LEFT)
    return kept


def spread(questions: tuple[HeldOut, ...], limit: int | None) -> tuple[HeldOut, ...]:
    """Return at most *limit* of *questions*, spread evenly over them."""
    if limit is None or limit >= len(questions):
        return questions
    return tuple(questions[number * len(questions) // limit] for number in range(limit))


async def _held_out(audience: Audience, records: Records) -> tuple[HeldOut, ...]:
    """Return the questions of the newest export, and of imports, whose clusters nobody trains on; none where there is no export."""
    material = material_of(records.settings)
    if not await asyncio.to_thread(material.is_there):
        return ()
    found = await asyncio.to_thread(material.read, audience)
    return held_out(await divided(found.examples, records.clusters, at=datetime.now(UTC)))


def _golden(audience: Audience, records: Records) -> tuple[HeldOut, ...]:
    return golden_of(golden_file(records.settings), audience=audience)
