"""Rows of a benchmark: each is measured in a process of its own, so that one cannot spend another's memory or take it down."""

import asyncio
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any

from tests.benchmarks.result import Result

Function = Callable[[Path], Awaitable[Result]]
LIMIT_S = 1800
STDERR = 2  # standard output is for the results alone


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row to measure: *module* of tests.benchmarks holds the function *name*; unit and goal stand for it where it fails.

    The function of a name that is a word of Python's has an underscore at its end. A row is given up after `limit_s` seconds.
    """

    name: str
    module: str
    unit: str
    goal: str
    limit_s: float = LIMIT_S


def measure(row: Row) -> dict[str, Any]:
    """
    Measure *row* and return its fields.

    A row that fails, or takes longer than it may, counts as missed, with `value` null and its error on standard error.
    """
    with tempfile.TemporaryDirectory(prefix=f"bench-{row.name}-") as workdir:
        result = Path(workdir) / "result.json"
        command = [sys.executable, "-m", "tests.benchmarks.rows", row.module, row.name, workdir, str(result)]
        try:
            done = subprocess.run(command, stdout=STDERR, timeout=row.limit_s, check=False)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"{row.name}: not done within {row.limit_s:g} s\n")
        else:
            if done.returncode == 0:
                return dict(json.loads(result.read_text()))
            sys.stderr.write(f"{row.name}: failed with exit code {done.returncode}\n")
    return {"name": row.name, "value": None, "unit": row.unit, "goal": row.goal, "met": False}


def main(module: str, name: str, workdir: str, result: str) -> None:
    """Run one row's function in *workdir* and write its result."""
    function: Function = getattr(importlib.import_module(f"tests.benchmarks.{module}"), f"{name}_" if iskeyword(name) else name)
    inside = Path(workdir) / "work"
    inside.mkdir()
    Path(result).write_text(json.dumps(asdict(asyncio.run(_run(function, inside)))))


async def _run(function: Function, workdir: Path) -> Result:
    return await function(workdir)


if __name__ == "__main__":
    main(*sys.argv[1:])
