"""The round as a child of a running server: started on time or after ratings, told in the log, stopped with the server."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.round_child import RoundChild, due, rated_for, round_jobs
from bot.errors import TryAgainLater
from bot.identifiers import new_id
from bot.messages import Audience
from bot.settings import RoundSettings
from store.database import Database, migrate, open_database
from store.ledger import SqlLedger
from store.rounds import RoundStatus, SqlRounds
from tests.contracts.ledgers import NOW, SEALER, answered


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


def script(tmp_path: Path, text: str) -> tuple[str, ...]:
    """Return the command that runs *text* in place of `aprendiz round`."""
    path = tmp_path / "child.py"
    path.write_text(text)
    return sys.executable, str(path)


async def test_how_it_ended_is_one_log_line_an_audience(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Status and version, nothing of what people said; what else it writes is left alone."""
    caplog.set_level(logging.INFO, "adapters")
    command = script(
        tmp_path,
        """print("noise"); print('{"audience": "employees", "status": "promoted", "version": 3, "reasons": ["better"]}')
print('{"audience": "customers", "status": "refused", "version": null}'); raise SystemExit(1)""",
    )
    async with RoundChild(command) as child:
        await child.run()
    ended = [(each.__dict__["audience"], each.__dict__["status"], each.__dict__["version"]) for each in caplog.records]

    assert ended == [("employees", "promoted", 3), ("customers", "refused", None)]


async def test_a_child_that_tells_of_no_end_has_failed(tmp_path: Path) -> None:
    """Its own last line is the reason: the clock keeps it with the job."""
    command = script(tmp_path, "import sys; print('first', file=sys.stderr); print('no model', file=sys.stderr); sys.exit(1)")
    async with RoundChild(command) as child:
        with pytest.raises(TryAgainLater, match=r"^no model$"):
            await child.run()


async def test_a_child_that_was_killed_has_failed(tmp_path: Path) -> None:
    """Out of memory, say."""
    async with RoundChild(script(tmp_path, "import os; os.kill(os.getpid(), 9)")) as child:
        with pytest.raises(TryAgainLater, match="exit code -9"):
            await child.run()


async def test_endless_output_takes_no_memory(tmp_path: Path) -> None:
    """Only the last of it is kept, and its last line still counts."""
    command = script(tmp_path, "for _ in range(20000): print('x' * 100)\nprint('{\"status\": \"promoted\"}')")
    async with RoundChild(command) as child:
        await child.run()


async def running(child: RoundChild, tmp_path: Path) -> asyncio.Task[None]:
    """Run the child until it says that it began."""
    task = asyncio.create_task(child.run("--audience", "customers"))
    async with asyncio.timeout(30):
        while not (tmp_path / "began").exists():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.02)
    return task


SLOW = """
import pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
def stop(*_):
    print("stopping" * 100_000, flush=True)  # more than a pipe holds
    (here / "ended").write_text("checkpoint")
    sys.exit(1)
signal.signal(signal.SIGTERM, {handler})
(here / "begins").write_text(" ".join(sys.argv[1:]))
(here / "begins").rename(here / "began")
time.sleep(60)
"""


async def test_it_is_told_to_stop_with_the_server_and_waited_for(tmp_path: Path) -> None:
    """It writes its checkpoint; the next time it goes on there."""
    async with RoundChild(script(tmp_path, SLOW.format(handler="stop"))) as child:
        task = await running(child, tmp_path)
        task.cancel()  # as the clock does when it stops

    assert (tmp_path / "began").read_text() == "--audience customers"
    assert (tmp_path / "ended").read_text() == "checkpoint"


async def test_one_that_will_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve ends in time whatever its child does."""
    monkeypatch.setattr("adapters.round_child._STOPS_WITHIN_S", 0.3)
    async with RoundChild(script(tmp_path, SLOW.format(handler="signal.SIG_IGN"))) as child:
        task = await running(child, tmp_path)
        task.cancel()

    assert not (tmp_path / "ended").exists()


async def test_a_second_one_is_not_started_beside_it(tmp_path: Path) -> None:
    """The time came while a round that ratings began still ran."""
    async with RoundChild(script(tmp_path, SLOW.format(handler="stop"))) as child:
        task = await running(child, tmp_path)
        await child.run("--audience", "employees")
        task.cancel()

    assert (tmp_path / "began").read_text() == "--audience customers"


async def kept(database: Database, audience: Audience, *, minutes: int, status: RoundStatus = "promoted") -> None:
    """Keep a round that began so many minutes after the first question."""
    at = NOW + timedelta(minutes=minutes)
    rounds = SqlRounds(database)
    round_id = new_id(at)
    await rounds.begin(round_id, audience, at=at)
    if status != "running":
        await rounds.end(round_id, status, at=at)


async def rate(database: Database, *minutes: int) -> None:
    """Rate an answer up at each of those minutes after the first question."""
    ledger = SqlLedger(database, SEALER)
    for minute in minutes:
        await ledger.rate(await answered(ledger, minute=minute), "voter", "up", via="web", at=NOW + timedelta(minutes=minute))


async def test_a_round_is_due_after_so_many_ratings(database: Database) -> None:
    """Counted from the beginning of the newest round: what it learnt from is not new."""
    rounds = SqlRounds(database)
    await rate(database, 1, 2, 3)
    before = await due(rounds, 3, tried={})
    await kept(database, "employees", minutes=5, status="refused")
    behind = await due(rounds, 3, tried={})
    await rate(database, 6, 7, 8)

    assert (before, behind, await due(rounds, 3, tried={})) == (("employees",), (), ("employees",))
    assert await due(rounds, 4, tried={}) == ()


async def test_one_that_came_to_nothing_is_not_tried_for_the_same_ratings_again(database: Database) -> None:
    """Votes down without a correction train nothing: no round begins, and none is tried every ten minutes."""
    await rate(database, 1, 2, 3)

    assert await due(SqlRounds(database), 3, tried={"employees": NOW + timedelta(minutes=4)}) == ()


async def test_a_round_that_was_cut_off_is_due(database: Database) -> None:
    """The server was stopped or the machine lost its power: it goes on."""
    await kept(database, "customers", minutes=5, status="running")

    assert await due(SqlRounds(database), 100, tried={}) == ("customers",)


async def test_what_is_for_all_makes_no_round_for_each(database: Database) -> None:
    """A version for employees is made where something was rated by them, not where only what all may see was."""
    rounds = SqlRounds(database)
    await rate(database, 1, 2)

    assert [await rated_for(rounds, audience, None) for audience in ("employees", "customers", "all")] == [2, 0, 0]


async def test_the_clock_gets_what_the_settings_ask_for(database: Database, tmp_path: Path) -> None:
    """Neither setting: no job. The ratings' job runs the round of that audience, once."""
    rounds, child = SqlRounds(database), RoundChild(script(tmp_path, ARGUMENTS))
    await rate(database, 1, 2)
    cron, ratings = round_jobs(rounds, RoundSettings(cron="0 4 * * *", after_rows=2), child, now=lambda: datetime.now(UTC))
    async with child:
        await ratings.run()
        await ratings.run()

    assert round_jobs(rounds, RoundSettings(), child, now=lambda: NOW) == ()
    assert (cron.name, cron.cron, ratings.name, ratings.every_s) == ("round", "0 4 * * *", "rounds", 600)
    assert (tmp_path / "arguments").read_text() == "--audience employees\n"


ARGUMENTS = """
import pathlib, sys
with (pathlib.Path(__file__).parent / "arguments").open("a") as file:
    print(*sys.argv[1:], file=file)
print('{"status": "unchanged"}')
"""
