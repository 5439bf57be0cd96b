"""The life of a training job at a provider, in steps that any process can take up: upload, create, follow, end."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.errors import ChatbotError, Misconfigured, Refused, TryAgainLater
from bot.identifiers import new_id
from finetune.hosted.converted import drop_converted, rows_of
from finetune.hosted.once import Call, Once
from finetune.hosted.order import Order, RowsFile, Use, order_from
from finetune.hosted.provider import JOB_KEY, Command, Provider, ProviderRefused, RemoteJob
from finetune.hosted.results import keep_results
from store.hosted_jobs import HostedJob, NewJob, SqlHostedJobs
from store.jobs import JobRuns

logger = logging.getLogger(__name__)

_WAITS_S: Final = 10.0  # for another process that works on the job
_LOOKS_EVERY_S: Final = 0.2
_CREATE: Final = "create"


@dataclass(frozen=True, slots=True)
class LifeParts:
    """
    What jobs live by.

    `provider` opens, or has open, the provider of a name; `folder` keeps a folder for each job; what was heard of a job less than `fresh_s`
    ago is not asked again.
    """

    ledger: SqlHostedJobs
    runs: JobRuns
    provider: Callable[[str], Awaitable[Provider]]
    folder: Path
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    fresh_s: float = 2.0


class HostedJobs:
    """
    Jobs at providers.

    A job goes on where the ledger says it is. One process at a time works on it; a second one sees what the first wrote.
    """

    def __init__(self, parts: LifeParts) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._once = Once(parts.ledger, parts.now, parts.sleep)

    async def begin(self, provider: str, order: Order, *, again: bool = False) -> HostedJob:
        """
        Keep what is ordered, and return its job: the open one where the same was ordered before.

        Args:
            provider: Its name.
            order: Checked rows, and how they train.
            again: Train anew what was trained already.

        Raises:
            Refused: The same was trained already.
        """
        fingerprint = order.fingerprint(provider)
        done = None if again else await self._ledger.succeeded(fingerprint)
        if done is not None:
            raise Refused(
                f"job {done.job_id} trained {done.trained_model} from the same rows in the same way: use that, or train anew with --again"
            )
        now = self._parts.now()
        new = NewJob(job_id=new_id(now), provider=provider, model=order.model, terms=order.terms(), fingerprint=fingerprint, created_at=now)
        job = await self._ledger.begin(new)
        if job.job_id != new.job_id and not job.remote_id:
            return await self._ledger.note(job.job_id, {"terms": new.terms})  # the same rows may lie elsewhere now
        return job

    async def adopt(self, provider: str, remote_id: str) -> HostedJob:
        """
        Take over a job that was started elsewhere, or by us with another ledger; one that is known stays as it is.

        Raises:
            ChatbotError: The provider does not know it, or cannot be asked.
        """
        remote = await (await self._parts.provider(provider)).retrieve(remote_id)
        ours = await self._ledger.show(key) if (key := remote.metadata.get(JOB_KEY)) else None
        if ours is not None and (ours.job_id, ours.provider, ours.remote_id, ours.ended_at) == (key, provider, "", None):
            await self._ledger.note(ours.job_id, {"remote_id": remote.remote_id, "intent": ""})
            return await self.advance(ours.job_id)
        now = self._parts.now()
        new = NewJob(
            job_id=new_id(now),
            provider=provider,
            model=remote.model,
            terms={"method": remote.method, **remote.hyperparameters},
            fingerprint=hashlib.sha256(f"{provider} {remote.remote_id}".encode()).hexdigest(),
            created_at=now,
            remote_id=remote.remote_id,
        )
        job = await self._ledger.begin(new)
        files = {"training_file": remote.training_file, "validation_file": remote.validation_file}
        await self._ledger.note(job.job_id, files)
        return await self.advance(job.job_id)

    async def advance(self, name: str) -> HostedJob:
        """
        Do what comes next for a job, and return it; where another process is at it, return it as that left it.

        Raises:
            TryAgainLater: The provider does not answer; the next time goes on there.
            Misconfigured: Its key or address is wrong.
            Refused: It, or we, will not have the order; where the provider refused, the job has ended.
        """
        job = await self._ledger.require(name)
        async with self._parts.runs.alone(_lock_of(job)) as alone:
            job = await self._ledger.require(job.job_id)
            if not alone or job.ended_at is not None:
                return job
            try:
                return await self._go_on(job)
            except ProviderRefused as error:
                job = await self._ledger.require(job.job_id)
                if not job.remote_id:  # then nothing trains, nor ever will
                    await self._end(job, await self._parts.provider(job.provider), status="refused", reason=str(error))
                raise
            except ChatbotError as error:
                await self._ledger.note(job.job_id, {"reason": str(error)})
                raise

    async def advance_all(self) -> int:
        """
        Do what comes next for every job that may go on; return how many there are.

        Raises:
            ChatbotError: The first failure, once all had their turn.
        """
        failed: ChatbotError | None = None
        jobs = await self._ledger.unended()
        for job in jobs:
            try:
                after = await self.advance(job.job_id)
            except ChatbotError as error:
                failed = failed or error
                continue
            if after.ended_at is not None:
                logger.info("hosted job ended", extra={"job": job.job_id, "status": after.status})
        if failed is not None:
            raise failed
        return len(jobs)

    async def command(self, name: str, command: Command) -> HostedJob:
        """
        Pause, resume or cancel a job; one that the provider does not have yet can only be cancelled.

        Raises:
            Refused: It has ended, or the provider cannot do that, or not now.
            TryAgainLater, Misconfigured: As `advance`.
        """
        job = await self._ledger.require(name)
        async with self._alone(job):
            job = await self._ledger.require(job.job_id)
            if job.ended_at is not None:
                raise Refused(f"job {job.job_id} has ended ({job.status})")
            provider = await self._parts.provider(job.provider)
            if command != "cancel" and not provider.abilities.pause:
                raise Refused(f"{job.provider} cannot {command} a job; aprendiz jobs cancel ends it")
            remote_id = job.remote_id or await self._left_behind(job, provider)
            if not remote_id:
                if command != "cancel":
                    raise Refused(f"job {job.job_id} is not at {job.provider} yet: aprendiz jobs watch {job.job_id} brings it there")
                return await self._end(job, provider, status="cancelled", reason="")
            remote = await provider.command(remote_id, command)
            return await self._follow(await self._ledger.note(job.job_id, {"remote_id": remote_id, "intent": ""}), provider, remote)

    async def _go_on(self, job: HostedJob) -> HostedJob:
        provider = await self._parts.provider(job.provider)
        if not job.remote_id:
            order = order_from(job.terms)
            for use, rows in order.files.items():
                job = await self._uploaded(job, provider, use, rows)
            await drop_converted(rows_of(job), self._parts.folder, self._ledger)
            if job.intent != _CREATE and not await _are_ready(job, provider):
                return job
            job = await self._created(job, provider, order)
        if self._is_fresh(job):
            return job
        return await self._follow(job, provider, await provider.retrieve(job.remote_id))

    async def _uploaded(self, job: HostedJob, provider: Provider, use: Use, rows: RowsFile) -> HostedJob:
        column = f"{use}_file"
        if getattr(job, column):
            return job
        name = _name_of(job, use, rows)

        async def make() -> str:
            return await provider.upload(await asyncio.to_thread(rows.read), name=name)

        async def look() -> str | None:
            return await provider.find_file(name) or None

        file = await self._once.run(job, Call(_upload_of(use), make, look))
        return await self._ledger.note(job.job_id, {column: file, "intent": "", "reason": ""})

    async def _created(self, job: HostedJob, provider: Provider, order: Order) -> HostedJob:
        async def make() -> RemoteJob:
            files = {"training_file": job.training_file, "validation_file": job.validation_file}
            return await provider.create(order, job_id=job.job_id, **files)

        remote = await self._once.run(job, Call(_CREATE, make, _look_for(job, provider)))
        return await self._ledger.note(job.job_id, {"remote_id": remote.remote_id, "status": remote.status, "intent": "", "reason": ""})

    async def _left_behind(self, job: HostedJob, provider: Provider) -> str:
        """Return the provider's name of a job whose creation was cut off; empty where it was never created."""
        if job.intent != _CREATE:
            return ""

        found = await self._once.left_behind(_look_for(job, provider))
        return found.remote_id if found else ""

    async def _follow(self, job: HostedJob, provider: Provider, remote: RemoteJob) -> HostedJob:
        """Keep what the provider tells, and what came of the job where it has ended."""
        told = await provider.told(job.remote_id, known=str(job.detail.get("newest_event", "")))
        detail: dict[str, Any] = {
            **job.detail,
            "newest_event": told.newest,
            "step": remote.step or told.step or job.detail.get("step", 0),
            "steps": remote.steps or told.steps or job.detail.get("steps", 0),
            "trained_tokens": remote.trained_tokens,
        }
        values: dict[str, Any] = {"status": remote.status, "reason": remote.error, "asked_at": self._parts.now()}
        if remote.ended:
            detail |= await self._results(job, provider, remote)
            detail["step"] = detail["steps"] if remote.trained_model else detail["step"]
            values |= {"trained_model": remote.trained_model, "ended_at": self._parts.now()}
        return await self._ledger.note(job.job_id, values | {"detail": detail}, told.events)

    async def _results(self, job: HostedJob, provider: Provider, remote: RemoteJob) -> Mapping[str, Any]:
        """Return the checkpoints and where the metrics lie; what the provider no longer has is told, and keeps no job from its end."""
        checkpoints = await provider.checkpoints(remote.remote_id) if remote.trained_model else ()
        listed = [{"model": each.model, "step": each.step, "metrics": dict(each.metrics)} for each in checkpoints]
        if not (provider.abilities.metrics and remote.result_files):
            return {"checkpoints": listed}
        try:
            content = await provider.content(remote.result_files[0])
        except (Misconfigured, ProviderRefused) as error:
            return {"checkpoints": listed, "no_metrics": str(error)}
        folder = self._parts.folder / job.job_id
        return {"checkpoints": listed, **await asyncio.to_thread(keep_results, content, folder)}

    async def _end(self, job: HostedJob, provider: Provider, *, status: str, reason: str) -> HostedJob:
        """End a job that is nowhere but here; its rows do not stay at the provider."""
        try:
            for file in await _files_of(job, provider):
                await provider.delete_file(file)
        except ChatbotError as error:
            logger.warning("file left at the provider", extra={"job": job.job_id, "reason": str(error)})
        ended = await self._ledger.note(job.job_id, {"status": status, "reason": reason, "intent": "", "ended_at": self._parts.now()})
        await drop_converted(rows_of(ended), self._parts.folder, self._ledger)
        return ended

    def _is_fresh(self, job: HostedJob) -> bool:
        """Tell whether somebody asked just now; what a clock that was set back says of the future is no news."""
        if job.asked_at is None:
            return False
        return 0 <= (self._parts.now() - job.asked_at).total_seconds() < self._parts.fresh_s

    @asynccontextmanager
    async def _alone(self, job: HostedJob) -> AsyncIterator[None]:
        """Work on a job alone; wait a little for whoever does."""
        for _ in range(int(_WAITS_S / _LOOKS_EVERY_S)):
            async with self._parts.runs.alone(_lock_of(job)) as alone:
                if alone:
                    yield
                    return
            await self._parts.sleep(_LOOKS_EVERY_S)
        raise TryAgainLater(f"another process works on job {job.job_id}: try again in a moment")


async def _files_of(job: HostedJob, provider: Provider) -> list[str]:
    """Return the job's files at the provider, that whose upload was cut off among them."""
    cut_off = [_name_of(job, use, rows) for use, rows in order_from(job.terms).files.items() if job.intent == _upload_of(use)]
    found = [job.training_file, job.validation_file, *[await provider.find_file(name) for name in cut_off]]
    return [file for file in found if file]


def _name_of(job: HostedJob, use: Use, rows: RowsFile) -> str:
    return f"aprendiz-{job.job_id}-{use}-{rows.sha256[:12]}.jsonl"


def _upload_of(use: Use) -> str:
    return f"upload {use}"


async def _are_ready(job: HostedJob, provider: Provider) -> bool:
    for file in filter(None, (job.training_file, job.validation_file)):
        if not await provider.is_ready(file):
            return False
    return True


def _look_for(job: HostedJob, provider: Provider) -> Callable[[], Awaitable[RemoteJob | None]]:
    async def look() -> RemoteJob | None:
        return await provider.find_job(job.job_id, training_file=job.training_file)

    return look


def _lock_of(job: HostedJob) -> str:
    return f"job-{job.job_id}"
