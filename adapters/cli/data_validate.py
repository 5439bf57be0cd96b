"""`aprendiz data validate`: what is wrong with a file of training rows, line by line, before a trainer says so."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_checks import counting, for_option, format_option, held_out_questions, tested_questions
from adapters.cli.data_output import format_named, to_json, worded
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.settings import Settings
    from finetune.sampling import Sample
    from finetune.validation import Validated

_SHOWN = 30
_EPOCHS = 3  # what hosted trainers choose for small files, where nothing is said

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("validate", short_help="Check training rows before a trainer does.")
@click.argument("path", metavar="FILE", type=_file)
@for_option
@format_option
@click.option("--test", "tests", multiple=True, metavar="FILE", type=_file, help="Rows that judge what is trained, and may not train.")
@click.option("--personal-data/--no-personal-data", default=True, show_default=True, help="Look for personal data and secrets, too.")
@click.option("--epochs", type=click.IntRange(1, 50), default=_EPOCHS, show_default=True, help="For the estimate of what training costs.")
@click.option(
    "--sample",
    metavar="OUT",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where FILE is too large for the trainer: write as much as it takes, in whole clusters of questions.",
)
@json_option
@pass_session
def command(session: Session, /, path: Path, as_json: bool, **chosen: Any) -> int:
    """
    Check the training rows of FILE (.jsonl, .json, .csv).

    Looked at are JSON and encoding, keys, roles and their order, empty, damaged and repeated texts, tokens, secrets and personal data,
    and questions that are kept for testing. The exit code is 1 where the trainer would refuse the file, else 0.
    """
    output = session.output(as_json=as_json)
    found, sample = _validate(session, path, chosen, output)
    cost = training_cost(found, session.settings, chosen["epochs"])
    if as_json:
        output.emit(_fields(found, sample, cost, output.language))
    else:
        _tell(found, sample, cost, output)
    return 1 if _refused(found, sample) else 0


def _validate(session: Session, path: Path, chosen: Mapping[str, Any], output: "Output") -> tuple["Validated", "Sample | None"]:
    from adapters.compose_redaction import make_redactor
    from finetune.left_data import LeftData
    from finetune.sampling import sample_by_cluster
    from finetune.validation import Checks, validate

    given = format_named(chosen["given"], "--from") if chosen["given"] else None
    tested = tested_questions(chosen["tests"])
    held_out = held_out_questions(session)
    with counting(chosen["model"], session.settings) as (trainer, count):
        checks = Checks(
            trainer, count, given, tested, held_out, LeftData(make_redactor(session.settings.privacy)) if chosen["personal_data"] else None
        )
        with output.progress(N_("Checking the rows")) as progress:
            found = validate(path, checks, progress=progress)
    if chosen["sample"] is None or "file_too_large" not in found.counts:
        return found, None
    with output.progress(N_("Writing a sample")) as progress:
        target: Path = chosen["sample"]
        return found, sample_by_cluster(path, target, given=found.given, limit_bytes=trainer.file_bytes, progress=progress)


def _refused(found: "Validated", sample: "Sample | None") -> bool:
    """Tell whether the trainer would refuse the file, or what the sample of it is made of."""
    from finetune.validation import refuses

    return any(refuses(found.trainer, code) for code in found.counts if sample is None or code != "file_too_large")


def training_cost(found: "Validated", settings: "Settings", epochs: int) -> dict[str, Any] | None:
    """Return what training would cost by the operator's price list; None where that does not name the model."""
    from bot.spending import price_settings_of

    price = price_settings_of(settings.prices, found.trainer.name)
    if price is None or price.training_per_million is None or not found.trainer.hosted:
        return None
    tokens = (found.tokens - found.cut_tokens) * epochs
    amount = tokens * price.training_per_million / 1_000_000
    return {"epochs": epochs, "tokens": tokens, "amount": round(amount, 2), "currency": price.currency}


def _fields(found: "Validated", sample: "Sample | None", cost: dict[str, Any] | None, language: str) -> dict[str, Any]:
    from finetune.validation import refuses

    findings = [to_json(each, language) | {"refused": refuses(found.trainer, each.code)} for each in found.findings]
    return {
        "findings": findings,
        "rows": found.rows,
        "tokens": found.tokens,
        "format": found.given.name,
        "refused": _refused(found, sample),
        "counts": dict(found.counts),
        "cut_tokens": found.cut_tokens,
        "cost": cost,
        "sample": sample and {"rows": sample.rows, "of": sample.of, "size_bytes": sample.size_bytes},
    }


def _tell(found: "Validated", sample: "Sample | None", cost: dict[str, Any] | None, output: "Output") -> None:
    from finetune.validation import refuses

    lines = []
    for each in found.findings[:_SHOWN]:
        message, remedy = worded(each, output.language)
        refused = refuses(found.trainer, each.code)
        lines.append(("✗" if refused else "!", "red" if refused else "yellow", str(each.line or "–"), message, remedy))
    output.findings(lines)
    if (total := sum(found.counts.values())) > _SHOWN:
        output.say(N_("… and {count} more; --json has a thousand findings, and how many there are of each kind."), count=total - _SHOWN)
    output.say(
        N_("Rows of the format {format}: {rows}; tokens: {tokens}."),
        rows=f"{found.rows:,}",
        format=found.given.name,
        tokens=f"{found.tokens:,}",
    )
    if cost:
        output.say(
            N_("Training (epochs: {epochs}, tokens: {tokens}) would cost about {amount} {currency}."),
            **cost | {"tokens": f"{cost['tokens']:,}", "amount": f"{cost['amount']:,.2f}"},
        )
    if sample:
        output.say(N_("A sample of {rows} of {of} rows was written."), rows=f"{sample.rows:,}", of=f"{sample.of:,}")
    if _refused(found, sample):
        output.say(N_("A trainer would refuse this file: see the lines marked ✗."), style="red")
    elif found.counts:
        output.say(N_("A trainer would take this file; see the lines marked ! first."), style="yellow")
    else:
        output.say(N_("Nothing was found."), style="green")
