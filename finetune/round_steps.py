"""The steps of a round as they are really done: from the export to a version that serves, or does not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.backends.scoring import Scorer
from bot.errors import Misconfigured, Refused, TryAgainLater
from bot.messages import Audience, Message, Passage
from finetune.enough import check_enough
from finetune.examples import Example
from finetune.gguf_adapter import write_adapter
from finetune.local import train
from finetune.material import Material, counted, divided
from finetune.parity import Parity, check_parity, prompts_of
from finetune.registry import Registry
from finetune.round_files import RoundFolder, cannot_write
from finetune.round_judging import Judging
from finetune.round_questions import JUDGED, RoundQuestions, golden_of, questions_of
from finetune.rounds import Detail, Ended, Step, Work
from finetune.rows import TRAIN, VALIDATION, DataSet, build_rows
from finetune.stoppable import Stopped, run_stoppable, unless_stopped
from finetune.training import GgufBase, Trained
from finetune.validation import require_valid, validate_rows
from store.clusters import Clusters
from store.linking import NearQuestions
from store.versions import NewVersion, SqlVersions

StepReport = Callable[[int, int], None]

_NOTHING_KNOWN: Final = (
    "Nothing that {audience} may see is known here, and without a passage the assistant declines whatever its model has learnt: read what "
    "the imported answers rest on, or the imported files themselves, with aprendiz knowledge add."
)


@dataclass(frozen=True, slots=True)
class StepParts:
    """
    What the steps work with.

    `material` is what rounds learn from, `golden` the operator's questions (None: there are none), `served` the file that answers (which
    may be the base's Q8_0 twin); `passages` gives the company's passages that an audience may see.
    """

    material: Material
    golden: Path | None
    minimum_rows: int
    served: Path
    clusters: Clusters
    versions: SqlVersions
    registry: Registry
    judging: Judging
    passages: Callable[[Audience], Awaitable[Sequence[Passage]]]
    now: Callable[[], datetime]


class RoundSteps:
    """See `finetune.rounds.Steps`."""

    def __init__(self, parts: StepParts) -> None:
        self._parts = parts

    async def run(self, step: Step, work: Work, report: StepReport) -> Detail:
        """See the protocol."""
        judging = self._parts.judging
        doing: dict[Step, Callable[[], Awaitable[Detail]]] = {
            "rows": lambda: self._rows(work),
            "train": lambda: _train(work, report),
            "convert": lambda: self._convert(work),
            "parity": lambda: self._parity(work, report),
            "evaluate": lambda: judging.evaluate(work, report),
            "decide": lambda: judging.decide(work),
            "receipts": lambda: judging.mark_receipts(work, report),
        }
        try:
            with _written_to(work.folder):
                return await doing[step]()
        except Refused as error:
            if step == "receipts":
                raise
            # It would be refused again: another try needs other rows or another recipe.
            if "convert" in work.done:
                await judging.refuse(work, (str(error),))
            raise Ended(str(error)) from error

    async def _rows(self, work: Work) -> Detail:
        parts = self._parts
        examples, sources = await self._examples(work)
        shortage = check_enough(examples, minimum=parts.minimum_rows)
        if shortage and shortage.refused:
            raise Ended(shortage.sentence, detail={"sources": sources})
        golden = await asyncio.to_thread(golden_of, parts.golden, audience=work.audience)
        questions = questions_of(examples, golden)
        pool = await parts.passages(work.audience)
        if not pool and all(each.is_imported for each in examples):
            raise Misconfigured(_NOTHING_KNOWN.format(audience=work.audience))
        made = await asyncio.to_thread(_write_rows, work, examples, questions=questions, pool=pool, served=parts.served)
        await asyncio.to_thread(work.folder.keep, work.folder.questions, questions.to_json())
        kinds = {kind: sum(each.kind == kind for each in questions.held_out) for kind in (*JUDGED, "golden")}
        counts = {"examples": made.examples, "train": made.train_rows, "validation": made.validation_rows, "left_out": made.passed_over}
        return counts | {"held_out": kinds, "sources": sources, "note": shortage.sentence if shortage else ""}

    async def _examples(self, work: Work) -> tuple[tuple[Example, ...], list[dict[str, Any]]]:
        """Return what is learnt from, with its splits, and how much of it comes from where."""
        try:
            found = await asyncio.to_thread(self._parts.material.read, work.audience)
        except Refused as error:
            raise TryAgainLater(str(error)) from error  # the next round exports anew
        if found.origin != work.manifest_sha256:
            raise TryAgainLater("the rated answers were exported anew, or imports changed, while the round began; run it again")
        clusters = self._parts.clusters
        at = await clusters.began(work.round_id) or self._parts.now()
        examples = await divided(found.examples, clusters, at=at)
        return examples, counted(examples, found.sources)

    async def _convert(self, work: Work) -> Detail:
        parts, folder = self._parts, work.folder
        await asyncio.to_thread(write_adapter, folder.weights, work.base.path, folder.adapter)
        sha256 = await parts.registry.keep(folder.adapter)
        made = (each for each in await parts.versions.list() if (each.round_id, each.adapter_sha256) == (work.round_id, sha256))
        before = next(made, None)
        size_bytes = (await asyncio.to_thread(folder.adapter.stat)).st_size
        new = NewVersion(
            audience=work.audience,
            round_id=work.round_id,
            created_at=parts.now(),
            base_name=work.base.name,
            base_sha256=work.base.sha256,
            adapter_sha256=sha256,
            size_bytes=size_bytes,
            manifest_sha256=work.manifest_sha256,
            recipe=work.recipe.to_dict(),
            seed=work.recipe.seed,
            languages=(),
            metrics={"training": work.done["train"]},
            decision={},
        )
        version = before.version if before else await parts.versions.add(new)
        return {"version": version, "adapter_sha256": sha256, "size_bytes": size_bytes}

    async def _parity(self, work: Work, report: StepReport) -> Detail:
        served = self._parts.served
        found = await run_stoppable(lambda stopped: _compare(work, served, unless_stopped(report, stopped)))
        await asyncio.to_thread(work.folder.drop_base)
        if not found.passed:
            await self._parts.judging.refuse(work, (found.reason,))
            raise Ended(found.reason, detail=asdict(found))
        return asdict(found)


def _write_rows(work: Work, examples: Sequence[Example], *, questions: RoundQuestions, pool: Sequence[Passage], served: Path) -> DataSet:
    """Write the rows and look at them as at anybody's: what cannot be trained on ends the round."""
    judging = [each.question for each in questions.held_out]
    kept_out = NearQuestions([*judging, *(each.question for each in examples if each.split == "test")])
    with Scorer(served) as scorer:

        def count_tokens(messages: Sequence[Message]) -> int:
            return len(scorer.tokens_of(messages))

        made = build_rows(
            examples,
            recipe=work.recipe,
            seed=work.recipe.seed,
            pool=pool,
            folder=work.folder.rows,
            count_tokens=count_tokens,
            barred=judging,
        )
        for path in filter(None, (made.train, made.validation)):
            found = validate_rows(path, count_tokens=count_tokens, limit_tokens=work.recipe.block_tokens, kept_out=kept_out)
            require_valid(path, found)
    return made


async def _train(work: Work, report: StepReport) -> Detail:
    """Train, and lay the best epoch's weights where they are looked for."""
    folder = work.folder
    validation = folder.rows / VALIDATION

    def work_on(stopped: Callable[[], bool]) -> Trained:
        trained = train(
            folder.rows / TRAIN,
            validation if validation.exists() else None,
            base=_base_of(work),
            recipe=work.recipe,
            folder=folder.training,
            progress=lambda progress: report(progress.step, progress.steps),
            stopped=stopped,
        )
        if trained is None:
            raise Stopped
        return trained

    return _as_json(await run_stoppable(work_on))


def _as_json(trained: Trained) -> dict[str, Any]:
    """Return what the ledger keeps of a training."""
    left_out = ("adapter", "base")
    return {name: getattr(trained, name) for name in (each.name for each in fields(trained)) if name not in left_out}


def _base_of(work: Work) -> GgufBase:
    return GgufBase(work.base.path, unpacked=work.folder.base)


def _compare(work: Work, served: Path, progress: StepReport) -> Parity:
    return check_parity(
        prompts_of(work.folder.rows / TRAIN, seed=work.recipe.seed),
        base=_base_of(work),
        served=served,
        adapter=work.folder.weights,
        gguf=work.folder.adapter,
        progress=progress,
    )


@contextmanager
def _written_to(folder: RoundFolder) -> Iterator[None]:
    """
    Tell a disk's failure as what it is.

    Raises:
        Misconfigured: A file could not be read or written.
    """
    try:
        yield
    except OSError as error:
        raise cannot_write(Path(error.filename or folder.path), error) from error
