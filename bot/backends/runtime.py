"""How llama.cpp runs, known without loading its library."""

import os
from dataclasses import dataclass

MOST_THREADS = 8  # beyond, memory bandwidth is the limit and other work suffers
# Rounds that a waiting OpenMP thread spins before it sleeps, some 50 µs; libgomp's default is 300,000. Beside other load on two
# cores, decoding went from 3-8 to 14-28 tokens/s. https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
SPIN_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Runtime:
    """Layers on a GPU (-1 for all), threads (0: one a core, at most 8), context window in tokens."""

    gpu_layers: int = 0
    threads: int = 0
    context_tokens: int = 4096


class DecodeFailed(Exception):
    """llama.cpp could not evaluate; the sequence is lost. Carries its return code."""


def default_threads() -> int:
    """Return one thread for each core that this process may use, at most 8."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_THREADS)


def limit_spinning() -> None:
    """Let OpenMP threads sleep soon: to be called before the library is loaded, which reads this once and takes it no other way."""
    os.putenv("GOMP_SPINCOUNT", str(SPIN_ROUNDS))
