"""`aprendiz jobs create`: rows that were checked, what training on them would cost, and a job at a provider."""

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_checks import held_out_questions, tested_questions
from adapters.cli.data_validate import training_cost
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from finetune.hosted.order import Order
    from finetune.hosted.provider import Abilities
    from finetune.validation import Validated
    from store.hosted_jobs import HostedJob

_EPOCHS = 3  # what hosted trainers choose for small files, where nothing is said

_LONGEST_NAME = 255  # in the ledger
_SHOWN = 40
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class Positive(click.ParamType[float]):
    """A finite number above zero."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return it as a float."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            self.fail(f"{value!r} is no number above zero", param, ctx)
        return number


class Named(click.ParamType[str]):
    """A name that is one: a word, as the ledger can keep it."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it as it is."""
        text = str(value)
        if not text or len(text) > _LONGEST_NAME or not text.isprintable() or any(map(str.isspace, text)):
            self.fail(f"{text[:_SHOWN]!r} is no name", param, ctx)
        return text


@click.command("create", short_help="Check rows, tell what training costs, upload them and begin a job.")
@click.argument("path", metavar="FILE", type=_file)
@click.option(
    "--model", required=True, type=Named(), metavar="MODEL", help="The model to train, such as gpt-4.1-mini-2025-04-14, or an ft: one."
)
@click.option("--provider", default="openai", show_default=True, metavar="NAME", help="Where; aprendiz jobs providers lists them.")
@click.option("--method", type=click.Choice(["supervised", "dpo"]), default="supervised", show_default=True, help="dpo: from preferences.")
@click.option("--validation", metavar="FILE", type=_file, help="Rows by which the provider measures the loss.")
@click.option("--test", "tests", multiple=True, metavar="FILE", type=_file, help="Rows that judge the model, and may not train it.")
@click.option("--epochs", type=click.IntRange(1, 50), help="How often each row is learnt; left out: the provider's choice.")
@click.option("--batch-size", type=click.IntRange(1, 256), help="Rows a step; left out: the provider's choice.")
@click.option("--learning-rate-multiplier", type=Positive(), metavar="X", help="Of the rate that the provider would choose.")
@click.option("--beta", type=Positive(), metavar="X", help="Of dpo: how far the model may move from what it was.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed, rows and options should give the same model.")
@click.option("--suffix", default="", metavar="TEXT", help="Becomes part of the model's name.")
@click.option("--personal-data/--no-personal-data", default=True, show_default=True, help="Look for personal data and secrets first.")
@click.option("--estimate", is_flag=True, help="Check and tell the cost; send nothing.")
@click.option("--again", is_flag=True, help="Train even where the same rows trained the same model in the same way before.")
@click.option("--watch", is_flag=True, help="Watch the job to its end.")
@json_option
@pass_session
def command(session: Session, /, path: Path, as_json: bool, estimate: bool, **chosen: Any) -> int:
    """
    Check the rows of FILE, tell what training on them costs, upload them and begin a job.

    A file that the provider would refuse, that holds personal data or secrets, or questions kept for testing, is refused before
    anything is sent. Called again with the same rows and options it goes on where it was stopped, and never uploads or begins twice.
    """
    from adapters.hosted_jobs import access_to
    from finetune.hosted.checking import require_able
    from finetune.hosted.kinds import abilities_of

    output = session.output(as_json=as_json)
    abilities = abilities_of(chosen["provider"], access_to(chosen["provider"], session.settings))
    found, order = order_of(session, path, chosen, abilities, output)
    require_able(order, abilities)
    cost = tell_cost(session, found, chosen["epochs"], output)
    if estimate:
        if as_json:
            output.emit({"rows": found.rows, "tokens": found.tokens, "cost": cost})
        return 0
    try:
        job = asyncio.run(_begin(session, order, chosen, output))
    except KeyboardInterrupt:
        output.note(N_("Stopped. The same command goes on there, and neither uploads nor begins twice."))
        raise
    if chosen["watch"]:
        from adapters.cli.jobs_watch import watch_job

        return watch_job(session, job.job_id, output)
    _tell(job, cost, output)
    return 0


def order_of(
    session: Session, path: Path, chosen: Mapping[str, Any], abilities: "Abilities", output: "Output"
) -> "tuple[Validated, Order]":
    """Check both files; return what was found in that for training, and the order."""
    from finetune.hosted.order import Order, rows_file

    found = _checked(session, path, chosen, abilities, output)
    training = rows_file(path, rows=found.rows, tokens=found.tokens - found.cut_tokens)
    validation = None
    if chosen["validation"] is not None:
        held = _checked(session, chosen["validation"], chosen, abilities, output)
        validation = rows_file(chosen["validation"], rows=held.rows, tokens=held.tokens - held.cut_tokens)
    return found, Order(
        model=chosen["model"],
        method=chosen["method"],
        training=training,
        validation=validation,
        n_epochs=chosen["epochs"],
        batch_size=chosen["batch_size"],
        learning_rate_multiplier=chosen["learning_rate_multiplier"],
        beta=chosen["beta"],
        seed=chosen["seed"],
        suffix=chosen["suffix"],
    )


def _checked(session: Session, path: Path, chosen: Mapping[str, Any], abilities: "Abilities", output: "Output") -> "Validated":
    from adapters.compose_redaction import make_redactor
    from finetune.hosted.checking import require_sendable, trainer_for
    from finetune.left_data import LeftData
    from finetune.token_counts import hosted_count
    from finetune.validation import Checks, validate

    trainer = trainer_for(chosen["model"], chosen["method"], abilities)
    left_data = LeftData(make_redactor(session.settings.privacy)) if chosen["personal_data"] else None
    checks = Checks(
        trainer,
        hosted_count(trainer.encoding or "o200k_base"),
        tested=tested_questions(chosen["tests"]),
        held_out=held_out_questions(session),
        left_data=left_data,
    )
    with output.progress(N_("Checking the rows")) as progress:
        found = validate(path, checks, progress=progress)
    require_sendable(path, found)
    return found


async def _begin(session: Session, order: "Order", chosen: Mapping[str, Any], output: "Output") -> "HostedJob":
    from adapters.hosted_jobs import hosted_jobs_on
    from bot.errors import ChatbotError
    from store.hosted_jobs import SqlHostedJobs

    async with session.records() as records, hosted_jobs_on(records.database, session.settings) as jobs:
        job = await jobs.begin(chosen["provider"], order, again=chosen["again"])
        try:
            return await jobs.advance(job.job_id)
        except ChatbotError:
            if (await SqlHostedJobs(records.database).require(job.job_id)).ended_at is None:
                output.note(N_("Job {job} is kept: the same command goes on, or aprendiz jobs watch {job}."), job=job.job_id)
            raise


def tell_cost(session: Session, found: "Validated", epochs: int | None, output: "Output") -> dict[str, Any] | None:
    """Tell what training would cost, and return it; None where nobody knows."""
    cost = training_cost(found, session.settings, epochs or _EPOCHS)
    output.say(N_("Rows: {rows}; tokens: {tokens}."), rows=f"{found.rows:,}", tokens=f"{found.tokens:,}")
    if cost is None:
        output.say(N_("What it costs is not known: write a [prices] table for the model."), style="dim")
        return None
    output.say(
        N_("Training (epochs: {epochs}, tokens: {tokens}) would cost about {amount} {currency}."),
        **dict(cost) | {"tokens": f"{cost['tokens']:,}", "amount": f"{cost['amount']:,.2f}"},
    )
    return cost


def _tell(job: "HostedJob", cost: Mapping[str, Any] | None, output: "Output") -> None:
    from adapters.cli.jobs_told import fields_of, state_of

    if output.as_json:
        output.emit(fields_of(job) | {"cost": cost})
        return
    remote = job.remote_id or "–"
    output.say(N_("Job {job} ({remote}): {status}."), style="green", job=job.job_id, remote=remote, status=state_of(job))
    if job.remote_id:
        output.say(N_("It goes on without this program; to see how: aprendiz jobs watch {job}"), style="dim", job=job.job_id)
    else:
        output.say(N_("It is not at the provider yet; aprendiz serve brings it there, or: aprendiz jobs watch {job}"), job=job.job_id)
