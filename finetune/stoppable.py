"""Long synchronous work off the event loop, which a cancelled task does not abandon: it is told to stop, and waited for."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """Raised inside the work where it was told to stop; nobody waits for what it would have given."""


async def run_stoppable(work: Callable[[Callable[[], bool]], T]) -> T:
    """
    Call *work* in a thread, with a function that tells whether to stop.

    Where the task is cancelled, it waits until *work* has stopped: what it writes is then whole.
    """
    stop = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(work, stop.is_set))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # looked at: how stopped work ends is of no interest
        raise


def unless_stopped(progress: Callable[[int, int], None], stopped: Callable[[], bool]) -> Callable[[int, int], None]:
    """Return *progress* for work that knows no stopping by itself: it raises `Stopped` there."""

    def report(done: int, total: int) -> None:
        if stopped():
            raise Stopped
        progress(done, total)

    return report
