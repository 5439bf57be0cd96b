"""The clock, a way in like any other: it calls what the command line calls, on time, once, and catches up after downtime."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.errors import ChatbotError, Misconfigured
from store.jobs import JobRuns

logger = logging.getLogger(__name__)

# crontab counts days from Sunday (0 or 7), APScheduler from Monday: names mean the same to both.
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Job:
    """
    Something to do on time.

    `every_s` (seconds) repeats while the process runs, without a record; `cron` (five fields) is recorded, and done once after
    a downtime that swallowed its time.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    every_s: float = 0.0
    cron: str = ""


class Clock:
    """Runs jobs until it is cancelled."""

    def __init__(self, jobs: tuple[Job, ...], *, runs: JobRuns, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        """
        Plan *jobs*.

        Raises:
            Misconfigured: A cron setting cannot be read.
        """
        self._zone = zone
        self._planned = [(job, self._trigger(job)) for job in jobs]
        self._runs = runs
        self._now = now

    async def run(self) -> None:
        """Run the jobs until cancelled; each at most once at a time."""
        scheduler = AsyncIOScheduler(timezone=self._zone)
        # A drain that takes longer than its interval is no news.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        for job, trigger in self._planned:
            scheduler.add_job(
                self._run,
                trigger,
                args=[job],
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=await self._first_run(job, trigger),
            )
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    def _trigger(self, job: Job) -> BaseTrigger:
        if not job.cron:
            return IntervalTrigger(seconds=job.every_s, timezone=self._zone)
        try:
            return cron_trigger(job.cron, self._zone)
        except (ValueError, IndexError) as error:
            raise Misconfigured(
                f"{job.name}.cron: {job.cron!r} is no cron setting ({error}); write five fields, such as 0 3 * * * for 3 a.m."
            ) from error

    async def _first_run(self, job: Job, trigger: BaseTrigger) -> datetime | None:
        now = self._now()
        if not job.cron:
            return now
        last = await self._runs.last_run(job.name)
        if last is None:
            # Counted from the first start: a new home owes nothing.
            await self._runs.note(job.name, now, outcome="done", detail="first start")
            last = now
        due: datetime | None = trigger.get_next_fire_time(None, last)
        return now if due and due <= now else due

    async def _run(self, job: Job) -> None:
        async with self._runs.alone(job.name) as alone:
            if not alone:
                return
            outcome, detail = "failed", "stopped"
            try:
                await job.run()
                outcome, detail = "done", ""
            except ChatbotError as error:
                detail = f"{type(error).__name__}: {error}"
                logger.warning("job failed", extra={"job": job.name, "reason": detail})
            except asyncio.CancelledError:  # the clock stops; APScheduler would call it an error
                logger.info("job stopped", extra={"job": job.name})
            finally:
                if job.cron:
                    await self._runs.note(job.name, self._now(), outcome=outcome, detail=detail)


def cron_trigger(expression: str, zone: ZoneInfo) -> CronTrigger:
    """
    Return the trigger of a five-field cron *expression*, days of the week counted as crontab counts them.

    Raises:
        ValueError: It cannot be read.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"{len(fields)} fields")
    minute, hour, day, month, weekday = fields
    return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone=zone)


def _weekdays(field: str) -> str:
    """Spell the numbers of a day-of-week field as names; a range becomes a list, as it may wrap around Monday."""
    return ",".join(_weekday(part) for part in field.split(","))


def _weekday(part: str) -> str:
    first, _, last = part.partition("-")
    if last.isdigit() and first.isdigit():
        return ",".join(dict.fromkeys(_DAYS[number] for number in range(int(first), int(last) + 1)))
    return _DAYS[int(part)] if part.isdigit() else part
