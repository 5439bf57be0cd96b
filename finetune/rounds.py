"""
One round: what people rated becomes a candidate, which is proved, and then promoted or refused.

Every step leaves its result in the round's folder and a row in the ledger. A round that was interrupted goes on behind the last
step that is done; one whose inputs were judged before is not run again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypedDict

from bot.errors import ChatbotError, Refused
from bot.identifiers import new_id
from bot.messages import Audience
from finetune.recipe import Recipe
from finetune.registry import Base
from finetune.round_files import RoundFolder, tidy_rounds
from store.rounds import Round, RoundStatus, SqlRounds

logger = logging.getLogger(__name__)

Step = Literal["rows", "train", "convert", "parity", "evaluate", "decide", "receipts"]
STEPS: Final[tuple[Step, ...]] = ("rows", "train", "convert", "parity", "evaluate", "decide", "receipts")
MIGRATION: Final = "migration"  # among a round's conditions: whose rows it trains on, where they are not the ledger's
Detail = Mapping[str, Any]
Report = Callable[[str, int, int], None]


class NothingNew(Refused):
    """A round (`like`) came to its end with just these rows, this recipe and this model before; another would end alike."""

    def __init__(self, detail: str, like: Round) -> None:
        """Keep what to tell the operator, and the round."""
        super().__init__(detail)
        self.like = like


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How a round ended.

    `version` is its candidate, if it came to one; `reasons` are sentences; `figures` are the gate's; `report` is there where the
    candidate was evaluated; `sources` tell how many rows came from where.
    """

    round_id: str
    audience: Audience
    status: Literal["promoted", "refused"]
    reasons: tuple[str, ...]
    version: int | None
    figures: Mapping[str, Any]
    report: Path | None
    sources: Sequence[Detail] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """
    A running round as its steps see it.

    `done` holds what the steps before left in the ledger, `manifest_sha256` tells what the round is made of (the export's manifest, and
    imports where there are any).
    """

    round_id: str
    audience: Audience
    recipe: Recipe
    base: Base
    manifest_sha256: str
    folder: RoundFolder
    done: Mapping[Step, Detail]


class Ended(Exception):
    """A step ended the round: there will be no promotion, for these reasons (sentences); `detail` is kept as the step's."""

    def __init__(self, *reasons: str, detail: Detail | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.detail = dict(detail or {})


class Steps(Protocol):
    """What a round does, step by step; each returns what the ledger keeps of it and the next ones need."""

    async def run(self, step: Step, work: Work, report: Callable[[int, int], None]) -> Detail:
        """
        Run *step*; one that was cut off before may be run again on what it left.

        Raises:
            Ended: There is nothing to promote.
            ChatbotError: The step failed; the next round starts clean.
        """


@dataclass(frozen=True, slots=True)
class RoundParts:
    """
    What rounds work with.

    `export` writes the training rows and returns a hash of what an audience's round is made of: these, and imports; `folder` is where
    rounds keep their files; `conditions` are the settings that decide beside recipe and rows (plain JSON): under others a round is worth
    repeating. `alone` gives True where no other round runs on this ledger. `unchanged` says what a round that was judged before rests on.
    """

    rounds: SqlRounds
    steps: Steps
    export: Callable[[Audience, Callable[[int, int], None]], Awaitable[str]]
    folder: Path
    base: Base
    conditions: Detail
    alone: Callable[[], AbstractAsyncContextManager[bool]]
    now: Callable[[], datetime]
    unchanged: str = "Nothing was rated, corrected or imported"


class _Origin(TypedDict):
    """What a round is made from."""

    manifest_sha256: str
    recipe_sha256: str
    base_sha256: str
    seed: int


class Rounds:
    """Runs rounds, one at a time on a ledger."""

    def __init__(self, parts: RoundParts) -> None:
        """Work with *parts*."""
        self.parts = parts

    async def run(self, audience: Audience, recipe: Recipe, *, report: Report) -> Outcome:
        """
        Run a round for *audience*, or finish the one that was interrupted.

        Args:
            audience: Whom the version is to answer.
            recipe: How to train.
            report: Called with a step's name, how much of it is done and how much there is in all (0: not known).

        Raises:
            NothingNew: There is nothing to learn that was not learnt.
            Refused: Another round is running.
            ChatbotError: A step failed; production is as it was.
        """
        async with self.parts.alone() as alone:
            if not alone:
                raise Refused("Another round is running on this ledger; wait for it to end.")
            work = await self._interrupted(audience, recipe) or await self._begun(audience, recipe, report)
            return await self._run(work, report)

    async def _interrupted(self, audience: Audience, recipe: Recipe) -> Work | None:
        """Return the round that was cut off, if what it is made of is still there; else close it."""
        cut_off = await self.parts.rounds.running(audience)
        if cut_off is None:
            return None
        done = await self._done(cut_off.round_id)
        kin = cut_off.detail.get("conditions", {}).get(MIGRATION) == self.parts.conditions.get(MIGRATION)
        whole = kin and "rows" in done and await asyncio.to_thread((self._folder(cut_off.round_id).rows / "train.jsonl").is_file)
        if whole and (cut_off.recipe_sha256, cut_off.base_sha256) == (recipe.sha256, self.parts.base.sha256):
            logger.info("round resumed", extra={"round": cut_off.round_id, "done": len(done)})
            folder = self._folder(cut_off.round_id)
            return Work(cut_off.round_id, audience, recipe, self.parts.base, cut_off.manifest_sha256, folder, done)
        await self._close(cut_off.round_id, done)
        return None

    async def _close(self, round_id: str, done: Mapping[Step, Detail]) -> None:
        """End a round that cannot go on; what it promoted stays promoted."""
        reason = "interrupted; the model, the recipe or its files are no longer those it began with" if done else "interrupted at once"
        status: RoundStatus = "promoted" if "decide" in done else "failed"
        await self.parts.rounds.end(round_id, status, at=self.parts.now(), reason=reason, version=_version(done))

    async def _begun(self, audience: Audience, recipe: Recipe, report: Report) -> Work:
        parts = self.parts
        report("export", 0, 0)
        manifest_sha256 = await parts.export(audience, lambda at, of: report("export", at, of))
        made_from = _Origin(manifest_sha256=manifest_sha256, recipe_sha256=recipe.sha256, base_sha256=parts.base.sha256, seed=recipe.seed)
        like = await parts.rounds.ended_like(audience, **made_from)
        if like is not None and like.detail.get("conditions") == parts.conditions:
            raise NothingNew(_nothing_new(like, parts.unchanged), like)
        await asyncio.to_thread(tidy_rounds, parts.folder)
        round_id = new_id(parts.now())
        await parts.rounds.begin(round_id, audience, at=parts.now(), detail={"conditions": parts.conditions})
        await parts.rounds.bind(round_id, **made_from)
        logger.info("round begun", extra={"round": round_id, "audience": audience})
        return Work(round_id, audience, recipe, parts.base, manifest_sha256, self._folder(round_id), {})

    async def _run(self, work: Work, report: Report) -> Outcome:
        rounds, now = self.parts.rounds, self.parts.now
        for step in STEPS:
            if step in work.done:
                continue
            report(step, 0, 0)
            await rounds.note_step(work.round_id, step, "running", at=now())
            try:
                detail = await self.parts.steps.run(step, work, partial(report, step))
            except Ended as ended:
                return await self._refuse(work, step, ended)
            except Exception as error:  # raised on; whatever it was, the next round must not stumble over it again
                await self._fail(work, step, error)
                raise
            await rounds.note_step(work.round_id, step, "done", at=now(), detail=detail)
            work = replace(work, done={**work.done, step: detail})
        return await self._promoted(work)

    async def _promoted(self, work: Work) -> Outcome:
        decision = work.done["decide"]
        reasons = tuple(decision["reasons"])
        await self.parts.rounds.end(work.round_id, "promoted", at=self.parts.now(), reason="; ".join(reasons), version=_version(work.done))
        return await self._outcome(work, "promoted", reasons, decision["figures"])

    async def _refuse(self, work: Work, step: Step, ended: Ended) -> Outcome:
        rounds, now = self.parts.rounds, self.parts.now()
        # In this order: killed between the two, the round has ended all the same.
        await rounds.end(work.round_id, "refused", at=now, reason=str(ended), version=_version(work.done))
        await rounds.note_step(work.round_id, step, "done", at=now, detail=ended.detail | {"reasons": list(ended.reasons)})
        rows: dict[Step, Detail] = {"rows": ended.detail} if step == "rows" else {}
        return await self._outcome(replace(work, done={**work.done, **rows}), "refused", ended.reasons, ended.detail.get("figures", {}))

    async def _fail(self, work: Work, step: Step, error: Exception) -> None:
        reason = str(error) if isinstance(error, ChatbotError) else f"unexpected {type(error).__name__}"
        status: RoundStatus = "promoted" if "decide" in work.done else "failed"
        now = self.parts.now()
        await self.parts.rounds.end(work.round_id, status, at=now, reason=reason, version=_version(work.done))
        await self.parts.rounds.note_step(work.round_id, step, "failed", at=now, detail={"reason": reason})

    async def _outcome(self, work: Work, status: Literal["promoted", "refused"], reasons: tuple[str, ...], figures: Detail) -> Outcome:
        path = work.folder.report
        report = path if await asyncio.to_thread(path.is_file) else None
        logger.info("round ended", extra={"round": work.round_id, "status": status, "version": _version(work.done)})
        sources = work.done["rows"].get("sources", ()) if "rows" in work.done else ()
        return Outcome(work.round_id, work.audience, status, reasons, _version(work.done), figures, report, sources)

    async def _done(self, round_id: str) -> dict[Step, Detail]:
        kept = {each.step: each for each in await self.parts.rounds.steps(round_id)}
        return {step: kept[step].detail for step in STEPS if step in kept and kept[step].status == "done"}

    def _folder(self, round_id: str) -> RoundFolder:
        return RoundFolder(self.parts.folder / round_id)


def _version(done: Mapping[Step, Detail]) -> int | None:
    return done["convert"]["version"] if "convert" in done else None


def _nothing_new(like: Round, unchanged: str) -> str:
    became = f"promoted version {like.version}" if like.status == "promoted" else f"was refused: {like.reason}"
    remedy = "Wait for new ratings, import more, or change the recipe or its seed."
    return f"{unchanged} since round {like.round_id}, which {became.rstrip('.')}. {remedy}"
