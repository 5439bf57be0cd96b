"""Work in a thread that a cancelled task tells to stop, and waits for."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from bot.errors import Refused
from finetune.stoppable import Stopped, run_stoppable, unless_stopped


async def test_it_gives_what_the_work_gives() -> None:
    """Off the loop: the thread is another."""
    assert await run_stoppable(lambda stopped: (stopped(), threading.current_thread() is threading.main_thread())) == (False, False)


async def test_errors_come_through() -> None:
    """A diverging loss is told where the round waits."""

    def fail(_stopped: Callable[[], bool]) -> None:
        raise Refused("diverged")

    with pytest.raises(Refused, match="diverged"):
        await run_stoppable(fail)


async def test_a_cancelled_task_waits_for_the_checkpoint() -> None:
    """Half a checkpoint would be worse than none."""
    wrote: list[str] = []

    def train(stopped: Callable[[], bool]) -> None:
        wrote.append("began")
        while not stopped():
            time.sleep(0.01)
        wrote.append("checkpoint")
        raise Refused("never heard")

    running = asyncio.ensure_future(run_stoppable(train))
    while not wrote:  # noqa: ASYNC110 - a thread sets no asyncio event
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert wrote == ["began", "checkpoint"]


async def test_work_that_knows_no_stopping_stops_at_its_next_report() -> None:
    """Parity asks fifty prompts; nobody waits for the rest of them."""
    seen: list[int] = []

    def compare(stopped: Callable[[], bool]) -> None:
        report = unless_stopped(lambda done, _total: seen.append(done), stopped)
        for number in range(1000):
            report(number, 1000)
            time.sleep(0.01)

    running = asyncio.ensure_future(run_stoppable(compare))
    while not seen:  # noqa: ASYNC110 - a thread sets no asyncio event
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert len(seen) < 1000


def test_a_report_after_the_stop_raises() -> None:
    """Whatever lies between the work and the thread's end is passed through."""
    with pytest.raises(Stopped):
        unless_stopped(lambda _done, _total: None, lambda: True)(1, 2)
