"""Rounds run from the command line: whose turn it is, progress step by step, and an end for each audience."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from adapters.cli.output import Output, Progress
from adapters.compose import Records
from adapters.judging import material_of
from bot.errors import ChatbotError, Refused
from bot.messages import Audience
from bot.texts import N_, translate
from finetune.recipe import Recipe
from finetune.rounds import NothingNew, Outcome, Rounds
from store.rounds import Round

Status = Literal["promoted", "refused", "unchanged", "failed"]

_STEPS: Final[Mapping[str, str]] = {
    "export": N_("Exporting what may train"),
    "rows": N_("Building rows"),
    "train": N_("Training"),
    "convert": N_("Writing the adapter"),
    "parity": N_("Comparing what is served with what was trained"),
    "evaluate": N_("Asking both models"),
    "decide": N_("Deciding"),
    "receipts": N_("Looking what is fixed"),
}
_STOP: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class End:
    """
    How the round of an audience ended; `outcome` is None where it came to no decision, and `reasons` say why.

    `like` is the earlier round where nothing changed since.
    """

    audience: Audience
    status: Status
    reasons: tuple[str, ...]
    outcome: Outcome | None = None
    like: Round | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        outcome = self.outcome
        return {
            "round": outcome.round_id if outcome else None,
            "audience": self.audience,
            "status": self.status,
            "version": outcome.version if outcome else None,
            "reasons": list(self.reasons),
            "figures": dict(outcome.figures) if outcome else {},
            "sources": [dict(each) for each in outcome.sources] if outcome else [],
            "report": str(outcome.report) if outcome and outcome.report else None,
        }


async def run_rounds(
    rounds: Rounds, records: Records, recipe: Recipe, *, audience: Audience | None, output: Output, ended: Callable[[End], None]
) -> tuple[End, ...]:
    """
    Run the round of *audience*, or else of each that has rated answers enough of its own, one after the other.

    Args:
        rounds: What runs them.
        records: Knows what was rated, and the limits.
        recipe: How to train.
        audience: Whose; None for all whose turn it is.
        output: Shows progress.
        ended: Called with each end as it comes.

    Raises:
        Refused: The time is up, or the process was told to stop; the same command goes on there.
    """
    ends = []
    async with _limited(records.settings.rounds.limit_s):
        for each in [audience] if audience else await _whose_turn(records):
            end = await _run(rounds, each, recipe, output)
            ended(end)
            ends.append(end)
    return tuple(ends)


async def _whose_turn(records: Records) -> list[Audience]:
    """Return the audiences with enough rated or imported answers of their own; the employees if none has, to be told what is missing."""
    audiences: tuple[Audience, ...] = get_args(Audience)
    least = records.settings.rounds.minimum_rows
    imported = await asyncio.to_thread(material_of(records.settings).rows_by_audience)
    return [each for each in audiences if await _answers_for(records, each, imported) >= least] or ["employees"]


async def _answers_for(records: Records, audience: Audience, imported: Mapping[Audience, int]) -> int:
    """Return how many answers a round for *audience* learns from; 0 where none of them is that audience's own."""
    rated = await records.rounds.newly_rated(audience, None)  # those for all among them
    if audience == "all":
        return rated + imported["all"]
    own = rated - await records.rounds.newly_rated("all", None) + imported[audience]
    return rated + imported[audience] + imported["all"] if own else 0


async def _run(rounds: Rounds, audience: Audience, recipe: Recipe, output: Output) -> End:
    try:
        with _Steps(output) as steps:
            outcome = await rounds.run(audience, recipe, report=steps.report)
    except NothingNew as error:
        return End(audience, "unchanged", (str(error),), like=error.like)
    except ChatbotError as error:
        return End(audience, "failed", (str(error),))
    return End(audience, outcome.status, outcome.reasons, outcome)


@asynccontextmanager
async def _limited(limit_s: float) -> AsyncIterator[None]:
    """Stop what runs inside when the time is up, or at SIGINT or SIGTERM: at its next checkpoint, from which it can go on."""
    loop = asyncio.get_running_loop()
    told: list[signal.Signals] = []
    try:
        async with asyncio.timeout(limit_s) as limit:

            def stop(number: signal.Signals) -> None:
                told.append(number)
                limit.reschedule(loop.time())

            for number in _STOP:
                loop.add_signal_handler(number, stop, number)
            try:
                yield
            finally:
                for number in _STOP:
                    loop.remove_signal_handler(number)
    except TimeoutError as error:
        why = "was told to stop" if told else f"took longer than rounds.limit_s ({limit_s} s)"
        raise Refused(f"The round {why} and stopped at a checkpoint; the same command goes on there.") from error


class _Steps:
    """A progress bar for the step that runs, and a line for each that is done."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._name = ""
        self._bar: AbstractContextManager[Progress] | None = None
        self._show: Progress | None = None

    def __enter__(self) -> "_Steps":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._close(done=kind is None)

    def report(self, name: str, done: int, total: int) -> None:
        """Show how far the step *name* is."""
        if name != self._name:
            self._close(done=True)
            self._name = name
            self._bar = self._output.progress(_STEPS[name])
            self._show = self._bar.__enter__()
        if self._show:
            self._show(done, total)

    def _close(self, *, done: bool) -> None:
        if self._bar is None:
            return
        self._bar.__exit__(None, None, None)
        self._bar = None
        if done:
            self._output.say(N_("✓ {step}"), step=translate(self._output.language, _STEPS[self._name]), style="dim")
