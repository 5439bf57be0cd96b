"""Starting and resting: how soon `serve` is ready, and what the demo holds in memory once it has answered."""

import asyncio
import json
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from bot.backends.llama_cpp import default_model_path
from tests.benchmarks.result import Result, at_most

QUESTION = "Quais tributos estão incluídos no Simples Nacional?"
_STARTS = 5
_READY_WITHIN_S = 120
_QUIET_S = 5.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running `aprendiz serve`: its process, address, and the seconds from exec to ready."""

    process: asyncio.subprocess.Process
    url: str
    ready_s: float


async def rss_demo_idle(workdir: Path) -> Result:
    """Resident memory of `serve --demo` on a fresh home, after one answered question and the model's requantisation."""
    async with serving(workdir, "--demo") as served:
        async with httpx2.AsyncClient(base_url=served.url, timeout=120) as client:
            answer = await client.post("/generate", json={"input_text": QUESTION})
            answer.raise_for_status()
        say("answer", answer.json()["output_text"][:80])
        await _requantised(workdir / "home" / "models")
        await _quiet(served.process.pid)
        megabytes = resident_megabytes(served.process.pid)
    return at_most("rss_demo_idle", megabytes, goal=700, unit="MB")


async def start_second(workdir: Path) -> Result:
    """Seconds from exec to ready on an existing home: the median of five starts, with the machine's own pace beside it."""
    async with serving(workdir, "--demo"):
        await _requantised(workdir / "home" / "models")
    starts = []
    for _ in range(_STARTS):
        pace = await asyncio.to_thread(calibration_s)
        async with serving(workdir) as served:
            starts.append(served.ready_s)
        say("start", f"{served.ready_s:.2f} s, calibration loop {pace:.3f} s")
    return at_most("start_second", statistics.median(starts), goal=8, unit="s")


@asynccontextmanager
async def serving(workdir: Path, *options: str) -> AsyncIterator[Served]:
    """Run `aprendiz serve` on `workdir/home` until the end; it must then stop within ten seconds with exit code 0."""
    command = [sys.executable, "-m", "adapters.cli.main", "serve", "--port", "0", *options]
    variables = dict(os.environ) | {"APRENDIZ_HOME": str(workdir / "home"), "PYTHONPATH": str(Path.cwd())}  # noqa: TID251  # handed on whole
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(*command, cwd=workdir, env=variables, stdout=sys.stderr)
    try:
        url = await _ready(process, workdir / "home" / "serve.json")
        yield Served(process, url, time.monotonic() - began)
        process.terminate()
        code = await asyncio.wait_for(process.wait(), 10)
        if code != 0:
            raise RuntimeError(f"serve ended with exit code {code}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _ready(process: asyncio.subprocess.Process, announced: Path) -> str:
    async with asyncio.timeout(_READY_WITHIN_S), httpx2.AsyncClient(timeout=5) as client:
        while process.returncode is None:
            await asyncio.sleep(0.02)
            if not announced.exists():
                continue
            url = str(json.loads(announced.read_text())["url"])
            try:
                if (await client.get(f"{url}readyz")).is_success:
                    return url
            except httpx2.TransportError:
                continue
    raise RuntimeError(f"serve ended with exit code {process.returncode} before it was ready")


async def _requantised(folder: Path) -> None:
    """Wait until the faster twin of the demo's model is written."""
    stem = re.sub(r"[.-]Q4_1$", "", default_model_path().stem)
    async with asyncio.timeout(_READY_WITHIN_S):
        while not list(folder.glob(f"{stem}.Q8_0.*.gguf")):
            await asyncio.sleep(0.2)


async def _quiet(pid: int) -> None:
    """Wait until the process hardly computes for some seconds: the new model is then loaded."""
    process = psutil.Process(pid)
    process.cpu_percent()
    async with asyncio.timeout(_READY_WITHIN_S):
        await asyncio.sleep(_QUIET_S)
        while process.cpu_percent() > 10:
            await asyncio.sleep(_QUIET_S)


def resident_megabytes(pid: int) -> float:
    """Return the resident memory (VmRSS) of a process and its children, in MB of 10^6 bytes."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 1e6


def calibration_s() -> float:
    """Return the seconds that a fixed loop takes here and now: other work on the machine shows in it."""
    began = time.perf_counter()
    sum(number * number for number in range(2_000_000))
    return time.perf_counter() - began


def say(what: str, value: str) -> None:
    """Tell whoever watches."""
    sys.stderr.write(f"{what}: {value}\n")
