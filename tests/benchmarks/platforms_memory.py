"""The memory that known threads cost a process at rest."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from store.database import migrate, open_database
from store.schema import claims, exchanges, posts
from tests.benchmarks import slack_child
from tests.benchmarks.instant import ANSWER, ledger_path
from tests.benchmarks.result import Result, at_most
from tests.benchmarks.serving_start import resident_megabytes, wait_until_quiet
from tests.fakes.slack_server import FakeSlack

THREADS = 10_000
_TURN_EVERY = timedelta(minutes=4)  # the newest now, the oldest four weeks ago


async def rss_10k(workdir: Path) -> Result:
    """Resident memory of an idle Slack process that knows 10,000 threads, beyond that of one with an empty home."""
    return at_most("rss_10k", await megabytes_of_threads(workdir, threads=THREADS), goal=150, unit="MB")


async def megabytes_of_threads(workdir: Path, *, threads: int) -> float:
    """Return the MB (10^6 bytes) that *threads* answered threads in the ledger add to an idle process."""
    empty, full = workdir / "empty", workdir / "full"
    for home in (empty, full):
        await asyncio.to_thread(home.mkdir)
    await _fill(full, threads)
    without, with_threads = await _idle_megabytes(empty), await _idle_megabytes(full)
    sys.stderr.write(f"idle: {without:.0f} MB with an empty home, {with_threads:.0f} MB with {threads} threads\n")
    return with_threads - without


async def _idle_megabytes(home: Path) -> float:
    async with FakeSlack().serving() as slack, slack_child.running(home, slack.settings) as process:
        await asyncio.to_thread(wait_until_quiet, process.pid)
        return await asyncio.to_thread(resident_megabytes, process.pid)


async def _fill(home: Path, threads: int) -> None:
    async with open_database(f"sqlite:///{ledger_path(home)}") as database:
        await migrate(database)
        now = datetime.now(UTC)
        rows = [_exchange(number, now - number * _TURN_EVERY) for number in range(threads)]
        async with database.begin() as connection:
            await connection.execute(insert(exchanges), rows)
            await connection.execute(insert(posts), [_post(row) for row in rows])
            await connection.execute(
                insert(claims), [{"key": _key(row), "exchange_id": row["exchange_id"], "claimed_at": row["asked_at"]} for row in rows]
            )


def _exchange(number: int, asked_at: datetime) -> dict[str, Any]:
    ts = f"{asked_at.timestamp():.6f}"
    return {
        "exchange_id": f"{number:020}",
        "conversation_id": f"slack:T0TEAM:C1:{ts}",
        "status": "answered",
        "person": f"person {number % 500}",
        "platform": "slack",
        "surface": "mention",
        "workspace": "T0TEAM",
        "channel": "C1",
        "audience": "employees",
        "rights_policy": "allow",
        "locale": "en",
        "message_ref": ts,
        "question": "When do I change the filter?",
        "asked_at": asked_at,
        "answered_at": asked_at + timedelta(seconds=1),
        "kind": "generated",
        "answer": ANSWER,
        "model": "instant",
    }


def _post(row: dict[str, Any]) -> dict[str, Any]:
    return {"exchange_id": row["exchange_id"], "part": 0, "platform": "slack", "channel": "C1", "message_ref": f"{row['message_ref']}1"}


def _key(row: dict[str, Any]) -> str:
    return f"slack:message:T0TEAM:C1:{row['message_ref']}"
