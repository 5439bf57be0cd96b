"""`aprendiz jobs watch`: a job followed to its end, in as many terminals as one likes."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import click

from adapters.cli.session import NumberRange, Session, json_option, pass_session
from bot.errors import Refused, TryAgainLater
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output, Progress
    from finetune.hosted.life import HostedJobs
    from store.hosted_jobs import HostedJob, SqlHostedJobs

_EVERY_S: Final = 5.0
_STOP: Final = (signal.SIGINT, signal.SIGTERM)
_INTERRUPTED: Final = 130  # as adapters/cli/main.py


@click.command("watch", short_help="Follow a job to its end.")
@click.argument("name", metavar="ID")
@click.option("--every", "every_s", type=NumberRange(0.05, 3600), default=_EVERY_S, show_default=True, help="Seconds between looks.")
@click.option("--limit", "limit_s", type=NumberRange(min=0), help="Stop after so many seconds; the job goes on.")
@json_option
@pass_session
def command(session: Session, name: str, every_s: float, limit_s: float | None, as_json: bool) -> int:
    """
    Follow job ID to its end: what the provider tells, how far it is, what came of it.

    Ctrl-C and --limit leave the job alone; the same command goes on watching. A job that was cut off before it was at the provider is
    brought there first. Exits with 0 where the job succeeded, else with 1.
    """
    return watch_job(session, name, session.output(as_json=as_json), every_s=every_s, limit_s=limit_s)


def watch_job(session: Session, name: str, output: "Output", *, every_s: float = _EVERY_S, limit_s: float | None = None) -> int:
    """
    Follow a job to its end and tell of it; return the exit code.

    Raises:
        Refused: There is no such job, or the time is up.
        Misconfigured: The provider's key or address is wrong.
    """
    from adapters.cli.jobs_told import fields_of, tell_job

    job = asyncio.run(_watch(session, name, output, every_s=every_s, limit_s=limit_s))
    if job is None:
        output.note(N_("The job goes on at the provider. To go on watching: aprendiz jobs watch {job}"), job=name)
        return _INTERRUPTED
    if output.as_json:
        output.emit(fields_of(job))
    else:
        tell_job(job, output)
    return 0 if job.trained_model else 1


async def _watch(session: Session, name: str, output: "Output", *, every_s: float, limit_s: float | None) -> "HostedJob | None":
    """Return the job as it ended; None where the process was told to stop."""
    from adapters.hosted_jobs import hosted_jobs_on
    from store.hosted_jobs import SqlHostedJobs

    async with session.records() as records, hosted_jobs_on(records.database, session.settings, fresh_s=every_s / 2) as jobs:
        watching = _Watching(jobs, SqlHostedJobs(records.database), output, every_s)
        async with _stoppable(limit_s) as told:
            with output.progress(N_("Training")) as progress:
                return await watching.to_the_end(name, progress)
        if told:
            return None
    raise Refused(f"job {name} has not ended after {limit_s:g} s; it goes on, and aprendiz jobs watch {name} goes on watching")


class _Watching:
    """Tells what is new of a job."""

    def __init__(self, jobs: "HostedJobs", ledger: "SqlHostedJobs", output: "Output", every_s: float) -> None:
        self._jobs, self._ledger, self._output, self._every_s = jobs, ledger, output, every_s
        self._seen, self._status, self._trouble = 0, "", ""

    async def to_the_end(self, name: str, progress: "Progress") -> "HostedJob":
        while True:
            job = await self._look(name)
            await self._tell(job, progress)
            if job.ended_at is not None:
                return job
            await asyncio.sleep(self._every_s)

    async def _look(self, name: str) -> "HostedJob":
        trouble = ""
        try:
            job = await self._jobs.advance(name)
        except TryAgainLater as error:  # a provider that is down comes back
            trouble = str(error)
            job = await self._ledger.require(name)
        if trouble and trouble != self._trouble:
            self._output.note(N_("{reason}"), reason=trouble)
        self._trouble = trouble
        return job

    async def _tell(self, job: "HostedJob", progress: "Progress") -> None:
        from adapters.cli.jobs_told import event_fields, state_of, tell_events

        events = await self._ledger.events(job.job_id, after=self._seen)
        self._seen = events[-1].event_id if events else self._seen
        for each in events if self._output.as_json else ():
            self._output.emit(event_fields(each))
        tell_events(events, self._output)
        if state_of(job) != self._status:
            self._status = state_of(job)
            self._output.say(N_("Job {job}: {status}."), job=job.job_id, status=self._status)
        progress(job.detail.get("step", 0), job.detail.get("steps", 0))


@asynccontextmanager
async def _stoppable(limit_s: float | None) -> AsyncIterator[list[int]]:
    """End the block after that time, or when the process is told to stop: then the list holds by what signal."""
    loop = asyncio.get_running_loop()
    told: list[int] = []
    try:
        async with asyncio.timeout(limit_s) as limit:

            def stop(number: int) -> None:
                told.append(number)
                limit.reschedule(loop.time())

            for number in _STOP:
                loop.add_signal_handler(number, stop, number)
            try:
                yield told
            finally:
                for number in _STOP:
                    loop.remove_signal_handler(number)
    except TimeoutError:
        return
