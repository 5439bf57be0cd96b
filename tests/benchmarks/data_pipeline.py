"""100,000 made-up tickets imported with one command: how fast, in how much memory, and with the same bytes by any number of workers."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import psutil

from tests.benchmarks.data_tickets import write_tickets
from tests.benchmarks.result import Result

ROWS: Final = 100_000
COMPARED: Final = 2_000
SPEED: Final = 800  # rows a second
PEAK_MB: Final = 500
FLAT_MB: Final = 50  # more at twice the rows
_LOOKED_EVERY_S: Final = 0.1


async def pipeline(workdir: Path) -> Result:
    """Import 50,000 and 100,000 tickets with two workers; return the latter's rows a second. Its peak must keep to its goals, too."""
    measured = await measure(workdir, rows=ROWS)
    sys.stderr.write(f"pipeline: {json.dumps(measured)}\n")
    met = measured["rows_s"] >= SPEED and measured["peak_mb"] < PEAK_MB and measured["peak_mb"] - measured["half_peak_mb"] < FLAT_MB
    return Result("pipeline", measured["rows_s"], "rows/s", f">= {SPEED}, peak < {PEAK_MB} MB, flat", met)


async def deterministic(workdir: Path) -> Result:
    """Import the same tickets with one, two and three workers; return how many files differ."""
    await asyncio.to_thread(write_tickets, workdir / "tickets.jsonl", COMPARED)
    found = []
    for workers in (1, 2, 3):
        await _import(workdir, workdir / "tickets.jsonl", workdir / str(workers), workers)
        found.append({path.name: path.read_bytes() for path in (workdir / str(workers)).iterdir()})
    names = set().union(*found)
    differing = sum(len({each.get(name) for each in found}) > 1 for name in names)
    return Result("deterministic", differing, "files that differ", "<= 0", differing == 0 and len(names) > 3)


async def measure(workdir: Path, *, rows: int) -> dict[str, Any]:
    """
    Return rows a second and peak of the whole process tree (MB) at *rows*, the peak at half of them.

    `loop_s` is what a loop of this process takes before and after, which tells how busy the machine is.
    """
    before = _loop_s()
    half = await _measured(workdir, rows // 2)
    whole = await _measured(workdir, rows)
    return {
        "rows_s": round(rows / whole[0], 1),
        "peak_mb": round(whole[1], 1),
        "half_rows_s": round(rows / 2 / half[0], 1),
        "half_peak_mb": round(half[1], 1),
        "loop_s": [round(before, 2), round(_loop_s(), 2)],
    }


async def _measured(workdir: Path, rows: int) -> tuple[float, float]:
    tickets = workdir / f"tickets-{rows}.jsonl"
    await asyncio.to_thread(write_tickets, tickets, rows)
    return await _import(workdir, tickets, workdir / f"out-{rows}", 2)


async def _import(workdir: Path, tickets: Path, folder: Path, workers: int) -> tuple[float, float]:
    """Import *tickets* with the command; return its seconds and its peak in MB, children included."""
    run = ("env", f"APRENDIZ_HOME={workdir / 'home'}", sys.executable, "-m", "adapters.cli.main", "data", "import", str(tickets))
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *run, "--out", str(folder), "--workers", str(workers), "--json", stdout=asyncio.subprocess.DEVNULL
    )
    peak = 0
    while process.returncode is None:
        peak = max(peak, _resident(process.pid))
        try:
            await asyncio.wait_for(process.wait(), _LOOKED_EVERY_S)
        except TimeoutError:
            continue
    assert process.returncode == 0
    return time.monotonic() - started, peak / 2**20


def _resident(pid: int) -> int:
    """Return the bytes that a process and its children hold; pages that they share count once for each."""
    total = 0
    try:
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def _loop_s() -> float:
    started = time.monotonic()
    sum(number * number for number in range(5_000_000))
    return time.monotonic() - started


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(measure(Path(folder), rows=int(sys.argv[1]))))  # noqa: T201
