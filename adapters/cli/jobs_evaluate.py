"""`aprendiz jobs checkpoints --evaluate`: every model that a job made, through evaluation and gate; an earlier one may win."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.cli.session import Session
from bot.errors import Refused
from bot.messages import Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.comparing import Compared
    from store.hosted_jobs import HostedJob


@dataclass(frozen=True, slots=True)
class Wish:
    """Which job's models are compared with what answers now, and by which questions."""

    name: str
    audience: Audience
    questions: Path | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A model of the job with what came of it."""

    model: str
    step: int | None
    compared: "Compared"

    @property
    def worth(self) -> tuple[bool, float, int]:
        """What is better sorts last: what passes the gate, then what answers more, then the earlier step."""
        whole = self.compared.decision.figures["compared"]["passages"][0]
        return self.compared.decision.promote, whole["after"]["value"], -(self.step or 0)

    def as_json(self, *, wins: bool) -> dict[str, Any]:
        """Return it as programs read it."""
        decision = self.compared.decision
        told = {"promote": decision.promote, "reasons": list(decision.reasons), "figures": decision.figures}
        return {"model": self.model, "step": self.step, "wins": wins, **told, "report": str(self.compared.report)}


def evaluate_checkpoints(session: Session, wish: Wish, output: "Output") -> None:
    """
    Ask what answers now and each model of a job the same, and tell which one wins; nothing is promoted.

    Raises:
        Refused: The job has no model, or there is no question.
        ChatbotError: A model does not answer, or the budget has no room; what was answered is kept.
    """
    from adapters.cli.switching import lines_of
    from adapters.migration import hosted_switch

    job, judged = asyncio.run(_judge(session, wish, output))
    best = max(judged, key=lambda each: each.worth)
    if output.as_json:
        for each in judged:
            output.emit(each.as_json(wins=each is best and best.compared.decision.promote))
        return
    _tell(judged, output)
    if not best.compared.decision.promote:
        output.say(N_("None of them passes the gate; what answers now stays. The best is {model}."), style="yellow", model=best.model)
        return
    output.say(N_("{model} wins. Nothing was switched; to let it answer:"), style="green", model=best.model)
    output.piece(lines_of(("model",), hosted_switch(job.provider, best.model, session.settings)))


async def _judge(session: Session, wish: Wish, output: "Output") -> "tuple[HostedJob, list[_Judged]]":
    from adapters.asked import Wanted, questions_for, spread
    from adapters.comparing import compare, name_of
    from adapters.contenders import Contenders, provided
    from adapters.judging import EVALUATIONS, open_means
    from store.hosted_jobs import SqlHostedJobs

    async with session.records() as records, AsyncExitStack() as stack:
        job = await SqlHostedJobs(records.database).require(wish.name)
        models = models_of(job)
        contenders = Contenders(records, wish.audience, stack)
        first = await contenders.serving(whole=await records.registry.current(wish.audience) is not None)
        stored = await questions_for(Wanted(wish.audience, wish.questions), records, kind="imported")
        asked = spread(await _untaught(stored, job, output), wish.limit)
        means = await stack.enter_async_context(open_means(records, wish.audience))
        judged = []
        for model, step in models.items():
            second = await contenders.hosted(provided(job.provider, model, records.settings), name=model)
            folder = records.settings.home / EVALUATIONS / name_of(f"{first.name}-{model}")
            with output.progress(N_("Asking {first} and {second}"), first=first.name, second=model) as progress:
                compared = await compare(asked, first, second, means=means, folder=folder, language=output.language, progress=progress)
            judged.append(_Judged(model, step, compared))
        return job, judged


def models_of(job: "HostedJob") -> Mapping[str, int | None]:
    """
    Return the models that a job made with their steps, the final one last.

    Raises:
        Refused: It made none.
    """
    if not job.trained_model:
        raise Refused(
            f"job {job.job_id} has no model ({job.status or 'not begun'}): aprendiz jobs watch {job.job_id} follows it to its end"
        )
    steps: dict[str, int | None] = {str(each["model"]): int(each["step"]) for each in job.detail.get("checkpoints", ())}
    final = steps.pop(job.trained_model, None)
    return {**steps, job.trained_model: final}


async def _untaught(stored: "Sequence[Any]", job: "HostedJob", output: "Output") -> "tuple[Any, ...]":
    """Leave out what the job's rows teach, as far as they are still there: nobody is judged by what was learnt."""
    from finetune.migrating import Rows, untaught

    ordered = [job.terms.get(use) for use in ("training", "validation")]
    known = [Rows(Path(each["path"]), each["sha256"]) for each in ordered if isinstance(each, dict) and "path" in each]
    there = [rows for rows in known if await asyncio.to_thread(rows.path.is_file)]
    if not there:
        output.note(N_("The rows of job {job} are not here: nobody can tell which questions they teach."), job=job.job_id)
        return tuple(stored)
    kept = await asyncio.to_thread(untaught, stored, there)
    if len(kept) < len(stored):
        output.note(N_("Questions that the rows teach, or nearly, left out: {count}."), count=len(stored) - len(kept))
    if not kept:
        raise Refused("no question is left that the rows do not teach: give others with --questions FILE")
    return kept


def _tell(judged: Sequence[_Judged], output: "Output") -> None:
    from finetune.figures import figures_of
    from finetune.report_numbers import Numbers

    numbers = Numbers(output.language)
    passes, fails = translate(output.language, N_("passes")), translate(output.language, N_("does not pass"))

    def row(each: _Judged) -> tuple[str, ...]:
        found, decision = each.compared.found, each.compared.decision
        figures, before = figures_of(found.second, found.asked, "passages"), figures_of(found.first, found.asked, "passages")
        shares = numbers.percent(before.good.value), numbers.percent(figures.good.value), numbers.percent(decision.figures["lost"])
        cost = numbers.cost(figures.cost, figures.currency)
        return each.model, str(each.step or ""), *shares, cost, passes if decision.promote else fails, str(each.compared.report)

    headings = (N_("Model"), N_("Step"), N_("Before"), N_("Good"), N_("Lost"), N_("Cost an answer"), N_("Gate"), N_("Report"))
    output.table(headings, [row(each) for each in judged])
