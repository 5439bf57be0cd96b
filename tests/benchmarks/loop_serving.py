"""Answering beside a training: how much longer people wait while a round runs at the lowest priority on the same machine."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2
import numpy as np

from tests.benchmarks.loop_shared import say
from tests.benchmarks.loop_traffic import BRACKHOLM, HIDREX, asked_home, copied, facts_in, write_document
from tests.benchmarks.result import Result, at_most
from tests.benchmarks.rows import STDERR
from tests.benchmarks.serving_start import serving, wait_until_quiet

_ASKED: Final = 40
_WARM_UP: Final = 5
_TRAINS_WITHIN_S: Final = 600


async def serve_while_training(workdir: Path) -> Result:
    """The 95th percentile of whole answers over HTTP while a round trains, over that of the same answers before and after it."""
    return await asyncio.to_thread(_serve_while_training, workdir)


def _serve_while_training(workdir: Path) -> Result:
    folder = copied(asked_home(HIDREX), workdir)
    questions = _teach_others(folder)
    with serving(folder) as served:
        wait_until_quiet(served.pid)
        _ask(served.url, questions[:_WARM_UP])
        before = _ask(served.url, questions)
        with _training(folder):
            beside = _ask(served.url, questions)
        wait_until_quiet(served.pid)
        after = _ask(served.url, questions)
    idle = float(np.percentile([*before, *after], 95))
    busy = float(np.percentile(beside, 95))
    say(f"answers' 95th percentile: idle {idle:.3f} s (before {_p95(before):.3f}, after {_p95(after):.3f}), beside a training {busy:.3f} s")
    return at_most("serve_while_training", busy / idle, goal=1.6, unit="x")


def _teach_others(folder: Path) -> Sequence[str]:
    """Import another company's facts, and return questions about them: to those nobody corrected an answer."""
    facts = facts_in(BRACKHOLM.facts)
    path = folder / "others.csv"
    write_document(facts, path)
    subprocess.run(_command(folder, "knowledge", "add", path), cwd=folder, stdout=STDERR, check=True, timeout=600)
    return [fact.questions[1] for fact in facts[:_ASKED]]


@contextmanager
def _training(folder: Path) -> Iterator[None]:
    """Run a round on the home, and give the word once it trains; it is stopped at the end."""
    with (
        tempfile.TemporaryFile() as out,
        subprocess.Popen(_command(folder, "round", "--json"), cwd=folder, stdout=out, stderr=STDERR) as process,
    ):
        try:
            _wait_until_it_trains(process, folder)
            yield
            if process.poll() is not None:
                raise RuntimeError("the round ended before the answers did: ask fewer")
        finally:
            process.terminate()


def _wait_until_it_trains(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _TRAINS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        shown = subprocess.run(_command(folder, "round", "--list", "--json"), cwd=folder, capture_output=True, check=True, timeout=120)
        if any(json.loads(line)["step"] == "train" for line in shown.stdout.splitlines()):
            return
        time.sleep(1)
    raise RuntimeError("the round did not come to its training")


def _command(folder: Path, *arguments: str | Path) -> list[str]:
    return ["env", f"APRENDIZ_HOME={folder / 'home'}", sys.executable, "-m", "adapters.cli.main", *map(str, arguments)]


def _ask(url: str, questions: Sequence[str]) -> list[float]:
    """Ask one after the other; return the seconds that each whole answer took."""
    taken = []
    with httpx2.Client(timeout=120, trust_env=False) as client:
        for question in questions:
            began = time.perf_counter()
            client.post(f"{url}generate", json={"input_text": question}).raise_for_status()
            taken.append(time.perf_counter() - began)
    return taken


def _p95(seconds: Sequence[float]) -> float:
    return float(np.percentile(seconds, 95))
