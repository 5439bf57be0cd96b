"""The second half of a round: the candidate against what serves now, the decision with its papers, and the receipts."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.errors import Misconfigured
from bot.messages import Adapter, Audience
from finetune.arms import AskedOf, Contender, Means, Reply
from finetune.card import write_card
from finetune.evaluation import Evaluation, answer_all, evaluate, evaluation_from
from finetune.gate import Decision, decide
from finetune.parity import Parity
from finetune.questions import HeldOut
from finetune.registry import Registry
from finetune.report import write_report
from finetune.round_questions import RoundQuestions
from finetune.rounds import Detail, Ended, Work
from finetune.training import GgufBase, Trained
from finetune.whole import write_whole
from store.clusters import Clusters
from store.receipts import Receipts
from store.versions import SqlVersions, Version

StepReport = Callable[[int, int], None]

BASE = "base"
_MOST_ASKED_AGAIN = 60  # in a round, each for a second of the processor; the next one asks others


@dataclass(frozen=True, slots=True)
class Judging:
    """
    What judges a candidate.

    `clusters` tells what a version may have been trained on; `means` opens what both contenders are asked through; `language` is that of
    reasons and report. `first` is what the candidate is compared with in place of what serves, such as a hosted model that it is to follow.
    """

    versions: SqlVersions
    registry: Registry
    receipts: Receipts
    clusters: Clusters
    means: Callable[[Audience], AbstractAsyncContextManager[Means]]
    language: str
    now: Callable[[], datetime]
    first: Contender | None = None

    async def evaluate(self, work: Work, report: StepReport) -> Detail:
        """Ask what serves now and the candidate the questions that nobody trained on."""
        folder = work.folder
        questions = RoundQuestions.from_json(await asyncio.to_thread(folder.read, folder.questions))
        first = await self._serving(work.audience)
        second = await self._candidate(work)
        learnt = await self._learnt(work, questions.held_out)
        asked = [each for each in questions.held_out if not (each.exchange_id and each.cluster in learnt)]
        async with self.means(work.audience) as means:
            found = await evaluate(asked, first=first, second=second, means=means, folder=folder.evaluation, progress=report)
        await asyncio.to_thread(write_whole, folder.verdict, found.to_json())
        names = {"first": found.first.name, "second": found.second.name}
        return names | {"questions": len(found.asked), "learnt": len(questions.held_out) - len(asked), "cpu_s": found.cpu_s}

    async def decide(self, work: Work) -> Detail:
        """Let the gate decide, write its reasons down, and promote the candidate where it says so."""
        found = await asyncio.to_thread(_evaluation_in, work)
        version = await self._version(work)
        if version.stage == "production":
            return version.decision  # cut off behind the promotion
        serving = await self._serving(work.audience)
        if serving.name != found.first.name:
            reason = f"{serving.name} answers now, but the candidate was compared with {found.first.name}"
            await self.refuse(work, (reason,))
            raise Ended(reason)
        found = found.without(await self._learnt(work, [each.held for each in found.asked]))
        decision = decide(found, parity=Parity(**work.done["parity"]), seed=work.recipe.seed, language=self.language)
        told = {"promote": decision.promote, "reasons": list(decision.reasons), "figures": dict(decision.figures)}
        await asyncio.to_thread(_write_papers, work, found, decision, language=self.language)
        stage = version.stage if decision.promote else "refused"
        metrics = {**version.metrics, "evaluation": work.done["evaluate"]}
        await self.versions.judge(version.version, stage=stage, metrics=metrics, decision=told, languages=decision.languages)
        if not decision.promote:
            raise Ended(*decision.reasons, detail=told)
        await self.versions.promote(version.version, at=self.now(), reason=f"round {work.round_id}")
        return told

    async def mark_receipts(self, work: Work, report: StepReport) -> Detail:
        """Mark the exchanges once voted down or corrected whose question the new version answers well."""
        folder = work.folder
        questions = RoundQuestions.from_json(await asyncio.to_thread(folder.read, folder.questions))
        found = await asyncio.to_thread(_evaluation_in, work)
        well = _well_answered(zip(found.asked, found.second.passages, strict=True))
        waiting = await self._without_receipt(questions)
        if waiting:
            candidate = await self._candidate(work)
            async with self.means(work.audience) as means:
                again = await answer_all(_drawn(waiting, work), candidate, means=means, folder=folder.again, progress=report)
            well |= _well_answered(again)
        fixed = [exchange_id for cluster in sorted(well) for exchange_id in questions.wrong.get(cluster, ())]
        await self.receipts.mark(fixed, version=work.done["convert"]["version"], at=self.now())
        return {"fixed": len(fixed)}

    async def _without_receipt(self, questions: RoundQuestions) -> list[HeldOut]:
        """Return the questions that were trained on of which some exchange has no receipt yet: the others need not be asked again."""
        asked = {each.cluster: questions.wrong.get(each.cluster, ()) for each in questions.again}
        fixed = await self.receipts.of([exchange_id for ids in asked.values() for exchange_id in ids])
        return [each for each in questions.again if not all(exchange_id in fixed for exchange_id in asked[each.cluster])]

    async def refuse(self, work: Work, reasons: Sequence[str]) -> None:
        """Keep why the candidate came to nothing."""
        version = await self._version(work)
        decision = {"promote": False, "reasons": list(reasons), "figures": {}}
        await self.versions.judge(version.version, stage="refused", metrics=version.metrics, decision=decision, languages=())

    async def _learnt(self, work: Work, questions: Sequence[HeldOut]) -> frozenset[str]:
        """Return the clusters of people's *questions* on near-duplicates of which either contender may have been trained."""
        asked = [each.question for each in questions if each.exchange_id]
        serving = await self.versions.current(work.audience)
        trained = {work.round_id} | ({serving.round_id} if serving else set())
        return frozenset().union(*[await self.clusters.learnt(asked, round_id=each) for each in sorted(trained)])

    async def _serving(self, audience: Audience) -> Contender:
        if self.first:
            return self.first
        adapter = await self.registry.current(audience)
        return Contender(adapter.name if adapter else BASE, adapter)

    async def _candidate(self, work: Work) -> Contender:
        version = await self._version(work)
        name = f"v{version.version}"
        return Contender(name, Adapter(name, self.registry.path_of(version), version.languages))

    async def _version(self, work: Work) -> Version:
        number = work.done["convert"]["version"]
        version = await self.versions.show(number)
        if version is None:
            raise Misconfigured(f"version {number} of round {work.round_id} is no longer in the ledger; run a new round")
        return version


def _drawn(waiting: Sequence[HeldOut], work: Work) -> Sequence[HeldOut]:
    """Return as many as are asked; each round draws others, so that those that no version answers do not keep the rest out for ever."""
    return random.Random(work.round_id).sample(waiting, min(_MOST_ASKED_AGAIN, len(waiting)))


def _well_answered(answers: Iterable[tuple[AskedOf, Reply]]) -> set[str]:
    """Return the clusters of those people's questions that are answered well."""
    return {asked.held.cluster for asked, reply in answers if reply.good and asked.held.exchange_id}


def _evaluation_in(work: Work) -> Evaluation:
    return evaluation_from(work.folder.verdict.read_text(encoding="utf-8"))


def _write_papers(work: Work, found: Evaluation, decision: Decision, *, language: str) -> None:
    """Write the report and the model card, both with where the candidate comes from."""
    recipe = work.recipe
    lineage = {
        "round": work.round_id,
        "base": f"{work.base.name} ({work.base.sha256[:12]})",
        "export": work.manifest_sha256[:12],
        **_sources_of(work),
        "recipe": recipe.sha256[:12],
        "seed": str(recipe.seed),
    }
    write_report(
        found,
        decision,
        training=trained_from(work.done["train"], work),
        path=work.folder.report,
        curves=work.folder.losses,
        language=language,
        lineage=lineage,
    )
    write_card(decision, name=found.second.name, lineage=lineage, path=work.folder.card, language=language)


def _sources_of(work: Work) -> dict[str, str]:
    """Return how much of what was learnt and asked comes from where."""
    sources = work.done.get("rows", {}).get("sources", ())
    return {
        f"rows: {each['name']}": f"{each['train']} + {each['validation']} + {each['test']} ({each['manifest_sha256'][:12]})"
        for each in sources
    }


def trained_from(detail: Mapping[str, Any], work: Work) -> Trained:
    """Return the training whose figures the ledger keeps."""
    return _TRAINED.validate_python({**detail, "adapter": work.folder.weights, "base": GgufBase(work.base.path)})


_TRAINED = TypeAdapter(Trained)
