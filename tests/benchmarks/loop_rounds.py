"""Whole rounds of `aprendiz round`, each in a process of its own: what they cost, what they fix and what they lose."""

import asyncio
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from finetune.bootstrap import wilson
from tests.benchmarks.loop_shared import SEEDS, once, say, shared_folder
from tests.benchmarks.loop_traffic import BRACKHOLM, HIDREX, HIDREX_TWICE, Company, asked_home, copied
from tests.benchmarks.result import Result, at_least, at_most

_WITHIN_S: Final = 3600


async def round_cpu(workdir: Path) -> Result:
    """Processor minutes of a whole round, from its export to its receipts: the 59 facts of hidrex, asked in two phrasings each."""
    done = await asyncio.to_thread(round_of, SEEDS[0], workdir, HIDREX_TWICE)
    return at_most("round_cpu", done["cpu_s"] / 60, goal=10, unit="CPU-min")


async def fixed(workdir: Path) -> Result:
    """
    Of the held-out questions voted down that the model still fails with the correction as a passage: the share the version answers.

    The mean of three seeds. Questions that the model answers well once the correction is a passage are not counted, on either side.
    """
    value = await asyncio.to_thread(_mean, "fixed", "failed_before", workdir)
    return at_least("fixed", value, goal=0.60, unit="share")


async def lost(workdir: Path) -> Result:
    """Of the held-out questions that people liked the answer to, and that the model answers well: the share the version does not."""
    value = await asyncio.to_thread(_mean, "lost", "liked", workdir)
    return at_most("lost", value, goal=0.02, unit="share")


def round_of(seed: int, workdir: Path, *companies: Company) -> dict[str, Any]:
    """Return the round of that *seed* on what the companies rated: its JSON, its `cpu_s` and its `wall_s`; run once for all rows."""
    name = "-".join(("round", *(company.name for company in companies), str(seed)))
    return once(name, partial(_run, name, seed, workdir, companies))


def _run(name: str, seed: int, workdir: Path, companies: Sequence[Company]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=workdir) as place:
        folder = copied(asked_home(*companies), Path(place))
        command = ["env", f"APRENDIZ_HOME={folder / 'home'}", sys.executable, "-m", "adapters.cli.main", "round", "--json"]
        before, began = _children_s(), time.monotonic()
        done = subprocess.run([*command, "--seed", str(seed)], cwd=folder, stdout=subprocess.PIPE, timeout=_WITHIN_S, check=False)
        cpu_s, wall_s = _children_s() - before, time.monotonic() - began
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        say(f"{name}: {told['status']}, {cpu_s:.0f} CPU-s in {wall_s:.0f} s; {' '.join(told['reasons'])}")
        if not told["figures"]:
            raise RuntimeError(f"the round came to no decision: {told['reasons']}")
        say(f"{name}: report in {shutil.copy(told['report'], shared_folder() / f'{name}.html')}")
    return {**told, "cpu_s": cpu_s, "wall_s": wall_s}


def _children_s() -> float:
    """Return the processor seconds, user's and system's, of the children that have ended, theirs included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _mean(what: str, of: str, workdir: Path) -> float:
    """Return the mean share over the seeds, on a Portuguese company and an English one; each seed's, and the interval of all, are told."""
    counts = [round_of(seed, workdir, HIDREX, BRACKHOLM)["figures"]["counts"] for seed in SEEDS]
    for seed, each in zip(SEEDS, counts, strict=True):
        say(f"{what}, seed {seed}: {each[what]} of {each[of]}; {each}")
    together = wilson(sum(each[what] for each in counts), sum(each[of] for each in counts))
    say(f"{what}: {together.value:.3f} [{together.low:.3f}, {together.high:.3f}] of {together.count}")
    share: Callable[[dict[str, int]], float] = lambda each: each[what] / each[of] if each[of] else 0.0  # noqa: E731
    return statistics.fmean(map(share, counts))
