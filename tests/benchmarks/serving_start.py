"""Starting and resting: how soon `serve` is ready, and what the demo holds in memory once it has answered."""

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bot.backends.llama_cpp import default_model_path
from tests.benchmarks.result import Result, at_most
from tests.benchmarks.rows import STDERR

QUESTION = "Quais tributos estão incluídos no Simples Nacional?"
_STARTS = 5
_READY_WITHIN_S = 120
_STOPPED_WITHIN_S = 10
_QUIET_S = 3.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running `aprendiz serve`: its process id, address, and the seconds from exec to ready."""

    pid: int
    url: str
    ready_s: float


async def rss_demo_idle(workdir: Path) -> Result:
    """Resident memory of `serve --demo` on a fresh home, after one answered question and the model's requantisation."""
    return await asyncio.to_thread(_rss_demo_idle, workdir)


async def start_second(workdir: Path) -> Result:
    """Seconds from exec to ready on an existing home: the median of five starts, with the machine's own pace beside it."""
    return await asyncio.to_thread(_start_second, workdir)


def _rss_demo_idle(workdir: Path) -> Result:
    with serving(workdir, "--demo") as served:
        answer = httpx2.post(f"{served.url}generate", json={"input_text": QUESTION}, timeout=120).raise_for_status()
        _say("answer", answer.json()["output_text"][:80])
        _wait_until_requantised(workdir / "home" / "models")
        wait_until_quiet(served.pid)
        megabytes = resident_megabytes(served.pid)
    return at_most("rss_demo_idle", megabytes, goal=700, unit="MB")


def _start_second(workdir: Path) -> Result:
    with serving(workdir, "--demo"):
        _wait_until_requantised(workdir / "home" / "models")
    starts = []
    for _ in range(_STARTS):
        pace_s = calibration_s()
        with serving(workdir) as served:
            starts.append(served.ready_s)
        _say("start", f"{served.ready_s:.2f} s, calibration loop {pace_s:.3f} s")
    return at_most("start_second", statistics.median(starts), goal=8, unit="s")


@contextmanager
def serving(workdir: Path, *options: str) -> Iterator[Served]:
    """
    Run `aprendiz serve` on `workdir/home` for as long as the context lasts.

    Raises:
        RuntimeError: It ended before it was ready, or did not stop cleanly within ten seconds.
    """
    home = workdir / "home"
    # `env` sets the one variable and becomes the process: all others are handed on as they are.
    command = ["env", f"APRENDIZ_HOME={home}", sys.executable, "-m", "adapters.cli.main", "serve", "--port", "0", *options]
    began = time.monotonic()
    with subprocess.Popen(command, cwd=workdir, stdout=STDERR) as process:
        try:
            url = _wait_until_ready(process, home / "serve.json")
            yield Served(process.pid, url, time.monotonic() - began)
            process.terminate()
            if process.wait(_STOPPED_WITHIN_S) != 0:
                raise RuntimeError(f"serve ended with exit code {process.returncode}")
        finally:
            process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], announced: Path) -> str:
    deadline = time.monotonic() + _READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
        if not announced.exists():
            continue
        url = str(json.loads(announced.read_text())["url"])
        try:
            if httpx2.get(f"{url}readyz", timeout=5).is_success:
                return url
        except httpx2.TransportError:
            continue
    raise RuntimeError("serve was not ready in time" if process.returncode is None else f"serve ended with exit code {process.returncode}")


def _wait_until_requantised(folder: Path) -> None:
    """Wait until the faster twin of the demo's model is written."""
    stem = re.sub(r"[.-]Q4_1$", "", default_model_path().stem)
    deadline = time.monotonic() + _READY_WITHIN_S
    while not list(folder.glob(f"{stem}.Q8_0.*.gguf")):
        if time.monotonic() > deadline:
            raise RuntimeError("the model was not requantised in time")
        time.sleep(0.2)


def wait_until_quiet(pid: int) -> None:
    """Wait until the process hardly computes for some seconds: the new model is then loaded."""
    deadline = time.monotonic() + _READY_WITHIN_S
    before = _processor_ticks(pid)
    while time.monotonic() < deadline:
        time.sleep(_QUIET_S)
        now = _processor_ticks(pid)
        if now - before < 10 * _QUIET_S:  # a tenth of a core: there are 100 ticks a second
            return
        before = now
    raise RuntimeError("serve did not come to rest")


def _processor_ticks(pid: int) -> int:
    """Return user and system time, fields 14 and 15 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def resident_megabytes(pid: int) -> float:
    """Return the resident memory (VmRSS) of a process and its descendants, in MB of 10^6 bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    kibibytes = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1])  # type: ignore[index]  # each live process has the line
    children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return kibibytes * 1024 / 1e6 + sum(resident_megabytes(int(child)) for child in children)


def calibration_s() -> float:
    """Return the seconds that a fixed loop takes here and now: other work on the machine shows in it."""
    began = time.perf_counter()
    sum(number * number for number in range(2_000_000))
    return time.perf_counter() - began


def _say(what: str, value: str) -> None:
    sys.stderr.write(f"{what}: {value}\n")
