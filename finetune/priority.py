"""How a process yields to others: training and evaluation must not slow the answers that people wait for."""

import os

_LOWEST = 19  # https://man7.org/linux/man-pages/man2/nice.2.html


def yield_to_others() -> None:
    """
    Give this process, and the threads it starts from now on, the lowest claim on the processor, for good.

    On Linux the scheduler runs it only where nothing else wants the core (SCHED_IDLE); elsewhere it is merely as nice as can be.
    """
    if hasattr(os, "nice"):
        os.nice(_LOWEST)
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
