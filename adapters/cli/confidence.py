"""`aprendiz confidence`: how far the numbers beside the answers can be trusted."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_, translate

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from adapters.cli.output import Output
    from adapters.compose import Records
    from bot.settings import AnswersSettings
    from store.calibration import Fitted

    Opening = AbstractAsyncContextManager[Records]

_METHODS = {
    "shipped": N_("as shipped: too few answers are rated, or it was the best"),
    "platt": N_("a straight line through the log-odds (Platt)"),
    "isotonic": N_("a rising curve (isotonic)"),
}


@click.group("confidence", short_help="See how far the confidence of answers can be trusted.")
def command() -> None:
    """Show how well the confidence of answers agrees with what people said of them, and fit it to that."""


@command.command("show")
@json_option
@pass_session
def show(session: Session, as_json: bool) -> None:
    """Show the calibration in force, and what the ratings say of it."""
    _write(session, asyncio.run(_show(session.records())), as_json=as_json)


@command.command("fit")
@json_option
@pass_session
def fit(session: Session, as_json: bool) -> None:
    """Fit it to the ratings now; a running server does so by itself, and follows within seconds."""
    _write(session, asyncio.run(_fit(session.records())), as_json=as_json)


async def _show(opening: "Opening") -> "Fitted":
    async with opening as records:
        return await records.calibrations.newest() or await _shipped(records)


async def _shipped(records: "Records") -> "Fitted":
    from bot.confidence import Calibration

    judged = await records.calibrations.judge()
    return replace(judged, calibration=Calibration(), figures=replace(judged.figures, method="shipped"))


async def _fit(opening: "Opening") -> "Fitted":
    async with opening as records:
        fitted = await records.calibrations.refit(datetime.now(UTC), always=True)
    assert fitted is not None, "fitted always"  # noqa: S101  # a bug, if ever
    return fitted


def _write(session: Session, fitted: "Fitted", *, as_json: bool) -> None:
    output = session.output(as_json=as_json)
    answers = session.settings.answers
    threshold = fitted.calibration.threshold(minimum=answers.minimum_confidence, precision=answers.precision)
    if as_json:
        output.emit(_fields(fitted, threshold))
    else:
        output.facts(_facts(fitted, threshold, output))
    if missed := missed_sentence(fitted, answers, output.language):
        output.note(missed)


def missed_sentence(fitted: "Fitted", answers: "AnswersSettings", language: str) -> str:
    """Say that no threshold reached the precision that is wanted, and what the best would be; empty where one did, or none is wanted."""
    best = fitted.calibration.missed(minimum=answers.minimum_confidence, precision=answers.precision)
    if best is None:
        return ""
    return translate(
        language,
        "No threshold reached a precision of {wanted} (answers.precision) on {ratings} rated answers, so the default holds; "
        "the best reached {reached}, by declining below {threshold} (answers.minimum_confidence).",
        wanted=answers.precision,
        ratings=fitted.figures.ratings,
        reached=_rounded_down(best.precision),
        threshold=f"{best.confidence:.2f}",
    )


def _rounded_down(precision: float) -> str:
    """Return *precision* with two digits; a share that was missed by a hair would else be told as reached."""
    return str(Decimal(str(precision)).quantize(Decimal("0.01"), ROUND_DOWN))


def _fields(fitted: "Fitted", threshold: float) -> dict[str, Any]:
    figures = fitted.figures
    return {
        "method": fitted.calibration.method,
        "fitted_at": fitted.fitted_at.isoformat() if fitted.fitted_at else None,
        "ratings": figures.ratings,
        "right": figures.right,
        "threshold": round(threshold, 4),
        "expected_calibration_error": figures.error,
        "coverage": dict(figures.coverage),
    }


def _facts(fitted: "Fitted", threshold: float, output: "Output") -> list[tuple[str, str]]:
    figures = fitted.figures
    few = translate(output.language, "too few ratings to tell")
    return [
        (N_("Method"), translate(output.language, _METHODS[fitted.calibration.method])),
        (N_("Fitted"), f"{fitted.fitted_at:%Y-%m-%d %H:%M}" if fitted.fitted_at else "–"),
        (
            N_("Rated answers"),
            translate(output.language, "{count}, of them right: {right}", count=figures.ratings, right=figures.right),
        ),
        (N_("Declined below"), f"{threshold:.2f}"),
        (N_("Calibration error"), few if figures.error is None else f"{figures.error:.3f}"),
        *(
            (
                translate(output.language, "Answered at {precision} right", precision=f"{float(wanted):.0%}"),
                few if share is None else f"{share:.0%}",
            )
            for wanted, share in figures.coverage.items()
        ),
    ]
