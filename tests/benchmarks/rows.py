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

from tests.benchmarks.result import Result, Skipped

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


def measure(row: Row, *, handbook: Path | None = None) -> dict[str, Any]:
    """
    Measure *row* and return its fields; *handbook* is the folder that some rows need (in place of APRENDIZ_BENCH_HANDBOOK).

    A row that fails, or takes longer than it may, counts as missed, with `value` null and its error on standard error. One whose
    material is not here has `value` and `met` null, and `skipped` says why.
    """
    given = ["env", f"APRENDIZ_BENCH_HANDBOOK={handbook.absolute()}"] if handbook else []
    with tempfile.TemporaryDirectory(prefix=f"bench-{row.name}-") as workdir:
        result = Path(workdir) / "result.json"
        command = [*given, sys.executable, "-m", "tests.benchmarks.rows", row.module, row.name, workdir, str(result)]
        try:
            done = subprocess.run(command, stdout=STDERR, timeout=row.limit_s, check=False)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"{row.name}: not done within {row.limit_s:g} s\n")
        else:
            if done.returncode == 0:
                measured = dict(json.loads(result.read_text()))
                return measured if measured["met"] is not None else {**measured, "unit": row.unit, "goal": row.goal}
            sys.stderr.write(f"{row.name}: failed with exit code {done.returncode}\n")
    return {"name": row.name, "value": None, "unit": row.unit, "goal": row.goal, "met": False}


def function_of(module: str, name: str) -> Function:
    """Return what measures the row *name*: a coroutine function of that name, with an underscore behind Python's own words."""
    function: Function = getattr(importlib.import_module(f"tests.benchmarks.{module}"), f"{name}_" if iskeyword(name) else name)
    return function


def main(module: str, name: str, workdir: str, result: str) -> None:
    """Run one row's function in *workdir* and write its result."""
    function = function_of(module, name)
    inside = Path(workdir) / "work"
    inside.mkdir()
    try:
        measured = asdict(asyncio.run(_run(function, inside)))
    except Skipped as reason:
        measured = {"name": name, "value": None, "unit": "", "goal": "", "met": None, "skipped": str(reason)}
    Path(result).write_text(json.dumps(measured))


async def _run(function: Function, workdir: Path) -> Result:
    return await function(workdir)


if __name__ == "__main__":
    main(*sys.argv[1:])
