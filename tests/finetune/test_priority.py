"""A process that yields to others: in a child, since there is no way back."""

import subprocess
import sys


def test_it_has_the_lowest_claim_and_so_have_its_threads() -> None:
    """Whoever waits for an answer goes first."""
    code = """
import os, threading
from finetune.priority import yield_to_others
yield_to_others()
found = []
thread = threading.Thread(target=lambda: found.append((os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0) == os.SCHED_IDLE)))
thread.start(); thread.join()
print(*found[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=110, check=True)

    assert done.stdout.split() == ["19", "True"]
