"""The clock: on time, once, and caught up after downtime."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.clock import Clock, Job, cron_trigger
from bot.errors import Misconfigured, TryAgainLater
from store.jobs import JobRuns
from store.tables import metadata

UTC_ZONE = ZoneInfo("UTC")
ZONE = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)  # a Friday


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A ledger's tables in a file."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/ledger.db")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


class Counter:
    """A job that counts its runs."""

    def __init__(self, *, takes_s: float = 0.0, error: TryAgainLater | None = None) -> None:
        self.runs = 0
        self.at_once = 0
        self.most_at_once = 0
        self._takes_s = takes_s
        self._error = error

    async def __call__(self) -> None:
        self.runs += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self._takes_s)
        self.at_once -= 1
        if self._error:
            raise self._error


async def run_for(seconds: float, *clocks: Clock) -> None:
    """Let *clocks* run side by side."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for clock in clocks:
                group.create_task(clock.run())


def clock(database: AsyncEngine, folder: Path, job: Job) -> Clock:
    """Return a clock with one job."""
    return Clock((job,), runs=JobRuns(database, folder), zone=UTC_ZONE, now=lambda: datetime.now(UTC))


async def test_a_missed_run_is_caught_up_once(database: AsyncEngine, tmp_path: Path) -> None:
    """A machine that was off at 3 a.m. for a week exports once when it is back, not seven times and not never."""
    runs = JobRuns(database, tmp_path)
    await runs.note("export", datetime.now(UTC) - timedelta(days=7), outcome="done")
    counter = Counter()
    job = Job("export", counter, cron="0 3 * * *")
    await run_for(0.4, clock(database, tmp_path, job))
    await run_for(0.4, clock(database, tmp_path, job))

    assert counter.runs == 1


async def test_a_new_home_owes_no_run(database: AsyncEngine, tmp_path: Path) -> None:
    """The first start exports nothing until its time comes."""
    counter = Counter()
    runs = JobRuns(database, tmp_path)
    running = asyncio.ensure_future(clock(database, tmp_path, Job("export", counter, cron="0 3 * * *")).run())
    async with asyncio.timeout(20):
        while await runs.last_run("export") is None:  # noqa: ASYNC110 - what is on disk tells nobody
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    running.cancel()

    assert counter.runs == 0


async def test_a_clock_that_stops_stops_its_job_without_an_alarm(
    database: AsyncEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A round may be at work when the server is told to stop; it goes on another time."""
    runs = JobRuns(database, tmp_path)
    await runs.note("round", datetime.now(UTC) - timedelta(days=7), outcome="done")
    counter = Counter(takes_s=30)
    with caplog.at_level("INFO"):
        await run_for(0.5, clock(database, tmp_path, Job("round", counter, cron="0 3 * * *")))
        await asyncio.sleep(0.2)

    assert (counter.runs, counter.at_once) == (1, 1)  # cut off in the middle
    assert "job stopped" in caplog.messages
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_slow_job_never_runs_twice_at_once(database: AsyncEngine, tmp_path: Path) -> None:
    """Two drains would write the same rows; two processes on one home must not either."""
    counter = Counter(takes_s=0.2)
    job = Job("drain", counter, every_s=0.05)
    await run_for(0.7, clock(database, tmp_path, job), clock(database, tmp_path, job))

    assert counter.runs >= 2
    assert counter.most_at_once == 1


async def test_a_failing_job_is_recorded_and_runs_again(database: AsyncEngine, tmp_path: Path) -> None:
    """One bad night must not end the schedule."""
    counter = Counter(error=TryAgainLater("the disk is full"))
    await run_for(0.5, clock(database, tmp_path, Job("drain", counter, every_s=0.1)))

    assert counter.runs >= 2


@pytest.mark.parametrize(
    ("field", "day"), [("0", "Sunday"), ("7", "Sunday"), ("1", "Monday"), ("5-6", "Friday"), ("sat", "Saturday"), ("3,2", "Tuesday")]
)
def test_days_of_the_week_count_as_in_crontab(field: str, day: str) -> None:
    """APScheduler counts from Monday; every operator's crontab counts from Sunday."""
    after = datetime(2026, 5, 3 if day != "Sunday" else 2, 12, tzinfo=ZONE)  # a Sunday, or the Saturday before

    fires = cron_trigger(f"0 3 * * {field}", ZONE).get_next_fire_time(None, after)

    assert (fires.strftime("%A"), fires.hour) == (day, 3)


@pytest.mark.parametrize("expression", ["", "0 3 * *", "61 3 * * *", "0 3 * * 9", "soon"])
def test_a_wrong_cron_setting_is_refused_at_the_start(expression: str, tmp_path: Path) -> None:
    """Not at three in the morning, when nobody reads the log."""
    with pytest.raises(Misconfigured) as caught:
        Clock((Job("export", Counter(), cron=expression or "x"),), runs=None, zone=UTC_ZONE, now=lambda: NOON)  # type: ignore[arg-type]

    assert "export.cron" in str(caught.value)
