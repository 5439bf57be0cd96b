"""`aprendiz jobs`: training at a provider, from the upload to the model, however often this program is stopped on the way."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli import jobs_create, jobs_watch
from adapters.cli.session import Session, audience_option, json_option, pass_session
from bot.messages import Audience
from bot.texts import N_

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from finetune.hosted.life import HostedJobs
    from finetune.hosted.provider import Command
    from store.hosted_jobs import HostedJob, JobEvent

_LISTED = 50

id_argument = click.argument("name", metavar="ID")


@click.group("jobs", short_help="Train a model at a provider: create, watch, pause, cancel, adopt.")
def command() -> None:
    """Train a model at a provider. Jobs are kept in the ledger: whatever stops this program, they go on and are taken up again."""


command.add_command(jobs_create.command)
command.add_command(jobs_watch.command)


@command.command("list", short_help="List the newest jobs.")
@json_option
@pass_session
def list_jobs(session: Session, as_json: bool) -> None:
    """List the newest jobs, as the ledger knows them."""
    from adapters.cli.jobs_told import fields_of, row_of

    async def read() -> "tuple[HostedJob, ...]":
        from store.hosted_jobs import SqlHostedJobs

        async with session.records() as records:
            return await SqlHostedJobs(records.database).list(_LISTED)

    output = session.output(as_json=as_json)
    found = asyncio.run(read())
    for each in found if as_json else ():
        output.emit(fields_of(each))
    if as_json:
        return
    if not found:
        output.say(N_("There is no training job yet: aprendiz jobs create begins one."))
        return
    headings = (N_("Job"), N_("Began"), N_("Provider"), N_("Trains"), N_("Status"), N_("Result"))
    output.table(headings, [row_of(each, output.language) for each in found])


@command.command("show", short_help="Show a job: what was ordered, what the provider told, what came of it.")
@id_argument
@click.option("--offline", is_flag=True, help="As the ledger knows it, without asking the provider.")
@json_option
@pass_session
def show(session: Session, name: str, offline: bool, as_json: bool) -> None:
    """Show job ID (ours, or the provider's): what was ordered, what the provider told, what came of it."""
    from adapters.cli.jobs_told import fields_of, tell_events, tell_job

    output = session.output(as_json=as_json)

    job, events, trouble = asyncio.run(_look(session, name, asking=not offline))
    if as_json:
        output.emit(fields_of(job, events))
    else:
        tell_events(events, output)
        tell_job(job, output)
    if trouble:
        output.note(N_("{reason}"), reason=trouble)


@command.command("checkpoints", short_help="List the models that a job made on the way, with their losses.")
@id_argument
@click.option("--evaluate", "evaluating", is_flag=True, help="Ask each of them and what answers now the same; the gate says which wins.")
@click.option(
    "--questions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Questions, or rows to test by; by default the newest export's held-out questions and the golden ones.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask only so many of the questions, spread evenly over them.")
@audience_option
@json_option
@pass_session
def checkpoints(
    session: Session, /, name: str, evaluating: bool, questions: Path | None, limit: int | None, audience: Audience | None, as_json: bool
) -> None:
    """
    List the checkpoints of job ID: each is a model that can be asked by its name; the last is the job's own.

    With --evaluate each is compared with what answers now, by questions that its rows do not teach; nothing is promoted.
    """
    from adapters.cli.jobs_told import checkpoint_row, state_of

    output = session.output(as_json=as_json)
    if evaluating:
        from adapters.cli.jobs_evaluate import Wish, evaluate_checkpoints

        evaluate_checkpoints(session, Wish(name, audience or "employees", questions, limit), output)
        return
    job, _, _ = asyncio.run(_look(session, name, asking=False))
    found: list[dict[str, Any]] = list(job.detail.get("checkpoints", ()))
    for each in found if as_json else ():
        output.emit(each)
    if as_json:
        return
    if not found:
        output.say(N_("Job {job} ({status}) has no checkpoints."), job=job.job_id, status=state_of(job))
        return
    output.table((N_("Model"), N_("Step"), N_("Training loss"), N_("Validation loss")), map(checkpoint_row, found))


def _add(wanted: "Command", short_help: str) -> None:
    @command.command(wanted, short_help=short_help, help=short_help)
    @id_argument
    @json_option
    @pass_session
    def run(session: Session, name: str, as_json: bool) -> None:
        from adapters.cli.jobs_told import fields_of, state_of

        output = session.output(as_json=as_json)
        job = asyncio.run(_on_jobs(session, lambda jobs: jobs.command(name, wanted)))
        if as_json:
            output.emit(fields_of(job))
        output.say(N_("Job {job}: {status}."), job=job.job_id, status=state_of(job))


_add("pause", "Pause a job; the provider keeps what was trained so far.")
_add("resume", "Let a paused job go on.")
_add("cancel", "Cancel a job; what it cost so far is to be paid.")


@command.command("adopt", short_help="Take over a job that was started elsewhere.")
@click.argument("remote_id", metavar="ID", type=jobs_create.Named())
@click.option("--provider", default="openai", show_default=True, metavar="NAME", help="Where it runs; aprendiz jobs providers lists them.")
@json_option
@pass_session
def adopt(session: Session, remote_id: str, provider: str, as_json: bool) -> None:
    """Take over the job that the provider calls ID, such as ftjob-abc123: from then on it is watched and kept like our own."""
    from adapters.cli.jobs_told import fields_of, tell_job

    output = session.output(as_json=as_json)
    job = asyncio.run(_on_jobs(session, lambda jobs: jobs.adopt(provider, remote_id)))
    if as_json:
        output.emit(fields_of(job))
    else:
        tell_job(job, output)


@command.command("providers", short_help="Show what each provider can do, and whether it answers.")
@click.option("--offline", is_flag=True, help="Without asking them.")
@json_option
@pass_session
def providers(session: Session, offline: bool, as_json: bool) -> None:
    """Show the providers of the settings: where they are, what each can do, and whether it takes the key."""
    from adapters.cli.jobs_told import provider_fields, provider_row

    output = session.output(as_json=as_json)
    found = asyncio.run(_providers(session, offline=offline))
    if as_json:
        for name, access, state in found:
            output.emit(provider_fields(name, access, state))
        return
    headings = (N_("Provider"), N_("Kind"), N_("Methods"), N_("Can"), N_("Fewest rows"), N_("Largest file"), N_("State"))
    output.table(headings, [provider_row(name, access, state, output.language) for name, access, state in found])


async def _providers(session: Session, *, offline: bool) -> list[Any]:
    from adapters.hosted_jobs import open_provider, providers_of
    from bot.errors import ChatbotError

    found = []
    for name, access in providers_of(session.settings).items():
        state = ""
        if not offline:
            try:
                async with open_provider(name, session.settings) as provider:
                    await provider.check()
                    state = "ok"
            except ChatbotError as error:
                state = str(error)
        found.append((name, access, state))
    return found


async def _on_jobs(session: Session, work: "Callable[[HostedJobs], Awaitable[HostedJob]]") -> "HostedJob":
    from adapters.hosted_jobs import hosted_jobs_on

    async with session.records() as records, hosted_jobs_on(records.database, session.settings) as jobs:
        return await work(jobs)


async def _look(session: Session, name: str, *, asking: bool) -> "tuple[HostedJob, tuple[JobEvent, ...], str]":
    """Return a job with its events; where *asking*, what keeps the provider from telling more stands beside them."""
    from adapters.hosted_jobs import hosted_jobs_on
    from bot.errors import ChatbotError
    from store.hosted_jobs import SqlHostedJobs

    async with session.records() as records:
        ledger = SqlHostedJobs(records.database)
        job = await ledger.require(name)
        trouble = ""
        if asking and job.remote_id:
            try:
                async with hosted_jobs_on(records.database, session.settings) as jobs:
                    await jobs.advance(job.job_id)
            except ChatbotError as error:
                trouble = str(error)
            job = await ledger.require(job.job_id)
        return job, await ledger.events(job.job_id), trouble
