"""The report of an evaluation: one page that needs nothing else, for whoever wants to know what a version is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import Misconfigured
from bot.texts import language_of, translate
from finetune.arms import Arm
from finetune.changes import VERDICTS, changes_of, marked
from finetune.curves import describe
from finetune.evaluation import Evaluation
from finetune.figures import Comparison, Figures, ceiling_of, comparisons, figures_of
from finetune.gate import Decision
from finetune.items import ALONE_TOKENS
from finetune.pages import page
from finetune.report_curves import HEIGHT, WIDTH, Curves, curves_of, losses_of
from finetune.report_numbers import Numbers
from finetune.report_words import KIND_NAMES, LANGUAGE_NAMES, VERDICT_NAMES, words
from finetune.training import Trained
from finetune.whole import write_whole

_COMPARED: Final[tuple[Arm, ...]] = ("passages", "full", "alone")


@dataclass(frozen=True, slots=True)
class _Column:
    """A system of the table."""

    name: str
    arm: Arm
    figures: Figures
    second: bool


@dataclass(frozen=True, slots=True)
class _Training:
    """What the report says of a training; `told` names over- and underfitting in words."""

    trained: Trained
    told: str
    curves: Curves | None


def write_report(
    evaluation: Evaluation,
    decision: Decision,
    *,
    training: Trained | None,
    path: Path,
    curves: Path | None = None,
    language: str = "en",
    lineage: Mapping[str, str] | None = None,
) -> None:
    """
    Write the report as HTML, whole or not at all; call it off the event loop.

    Args:
        evaluation: Of both contenders.
        decision: What the gate made of it.
        training: How the second was trained; None where that is not known.
        path: The file.
        curves: The table of losses (`losses.csv`) that the training left; without it the curves have a point an epoch.
        language: Of the report's own words.
        lineage: What else is to be told of the second, name by value: base, export, recipe, seed, …

    Raises:
        Misconfigured: The file cannot be written, or the table not be read.
    """
    try:
        told = _training(training, curves, language)
    except OSError as error:
        raise Misconfigured(f"the losses in {curves} cannot be read ({error.strerror or error}): correct the file's rights") from error
    write_whole(path, render(evaluation, decision, training=told, language=language, lineage=lineage or {}))


def render(evaluation: Evaluation, decision: Decision, *, training: _Training | None, language: str, lineage: Mapping[str, str]) -> str:
    """Return the page."""
    compared = {arm: comparisons(evaluation, arm, seed=0) for arm in _COMPARED}
    changes = changes_of(evaluation)
    view: dict[str, Any] = {
        "lang": language_of(language).replace("_", "-"),
        "word": words(language),
        "evaluation": evaluation,
        "decision": decision,
        "reasons": [(number >= decision.against, reason) for number, reason in enumerate(decision.reasons)],
        "columns": _columns(evaluation),
        "compared": compared,
        "axis": _axis(compared["passages"]),
        "ceiling": ceiling_of(evaluation.asked),
        "training": training,
        "changes": changes,
        "counts": {verdict: sum(change.verdict == verdict for change in changes) for verdict in VERDICTS},
        "alone_tokens": ALONE_TOKENS,
        "lineage": lineage,
        "width": WIDTH,
        "height": HEIGHT,
        **_formats(language),
    }
    return page("report.html.jinja").render(view)


def _training(training: Trained | None, table: Path | None, language: str) -> _Training | None:
    if training is None:
        return None
    told = translate(language, describe(training.losses, training.validation_losses))
    return _Training(training, told, curves_of(losses_of(training, table)))


def _columns(evaluation: Evaluation) -> list[_Column]:
    arms: tuple[Arm, ...] = ("alone", "passages", "full")
    sides = ((evaluation.first, False), (evaluation.second, True))
    return [_Column(side.name, arm, figures_of(side, evaluation.asked, arm), second) for arm in arms for side, second in sides]


def _axis(compared: tuple[Comparison, ...]) -> float:
    """Return how far to either side of zero the differences are drawn."""
    reach = max(max(abs(each.difference.low), abs(each.difference.high)) for each in compared)
    return max(0.1, min(1.0, -(-reach * 10 // 1) / 10))


def _formats(language: str) -> dict[str, Any]:
    """Return how the page writes numbers and names."""
    own, numbers = words(language), Numbers(language)

    def name_of(compared: Comparison) -> str:
        match compared.group:
            case "all":
                return own["all_questions"]
            case "kind":
                return translate(language, KIND_NAMES[compared.name])
            case "language":
                known = LANGUAGE_NAMES.get(compared.name)
                return translate(language, known) if known else compared.name or own["unknown_language"]

    return {
        "number": numbers.decimal,
        "percent": numbers.percent,
        "cost": numbers.cost,
        "signed": numbers.points,
        "span": numbers.span,
        "name_of": name_of,
        "verdict_of": lambda change: translate(language, VERDICT_NAMES[change.verdict]),
        "kind_of": lambda kind: translate(language, KIND_NAMES[kind]),
        "verdicts": [(key, translate(language, VERDICT_NAMES[key])) for key in VERDICTS],
        "marked": marked,
    }
