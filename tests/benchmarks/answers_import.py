"""Reading a handbook: pages a second from the command to the last passage in the index, in a process of its own."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.answers_desk import handbook
from tests.benchmarks.result import Result, at_least
from tests.benchmarks.serving_start import calibration_s

_IMPORTS = 5
_PATIENCE_S = 300


async def import_(workdir: Path) -> Result:
    """Pages a second of `knowledge add` on a fresh home: the median of five, with the machine's own pace beside it."""
    return await asyncio.to_thread(_import, workdir)


def _import(workdir: Path) -> Result:
    folder = handbook()
    paces: list[float] = []
    for number in range(_IMPORTS):
        pace_s = calibration_s()
        pages, seconds = _add(folder, workdir / f"home-{number}")
        paces.append(pages / seconds)
        sys.stderr.write(f"import: {pages} pages in {seconds:.2f} s, {paces[-1]:.1f} a second, calibration loop {pace_s:.3f} s\n")
    return at_least("import", statistics.median(paces), goal=20, unit="pages/s")


def _add(folder: Path, home: Path) -> tuple[int, float]:
    """Import *folder* into *home* and return its pages and the seconds from exec to exit."""
    # `env` sets the one variable and becomes the process: all others are handed on as they are.
    command = ["env", f"APRENDIZ_HOME={home}", sys.executable, "-m", "adapters.cli.main"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "knowledge", "add", str(folder), "--json"], cwd=home.parent, stdout=subprocess.PIPE, timeout=_PATIENCE_S, check=True
    )
    seconds = time.monotonic() - began
    checked = subprocess.run(
        [*command, "index", "check", "--json"], cwd=home.parent, stdout=subprocess.PIPE, timeout=_PATIENCE_S, check=True
    )
    if not json.loads(checked.stdout)["equal"]:
        raise RuntimeError("the index is not what the ledger says")
    return int(json.loads(done.stdout)["added"]), seconds
