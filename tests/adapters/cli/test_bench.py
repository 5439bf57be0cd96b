"""`aprendiz bench`: rows against goals, each in a process of its own."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz

MODULE = """
from tests.benchmarks.result import Result, at_most
from tests.benchmarks.rows import Row

ROWS = (Row("quick", "trial_rows", "s", "<= 1"), Row("broken", "trial_rows", "MB", "<= 5"), Row("killed", "trial_rows", "x", ">= 2"))

async def quick(workdir):
    print("noise on standard output")
    return at_most("quick", len(list(workdir.iterdir())), goal=1, unit="s")

async def broken(workdir):
    raise ValueError("no")

async def killed(workdir):
    import os
    os.abort()
"""


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Add a benchmark of three rows to the package, for this process and those that it starts."""
    package = importlib.import_module("tests.benchmarks")
    path = Path(package.__path__[0]) / "trial_rows.py"
    path.write_text(MODULE)
    yield "trial_rows"
    path.unlink()
    sys.modules.pop("tests.benchmarks.trial_rows", None)


def test_the_last_line_is_the_results(trial: str, aprendiz: Aprendiz) -> None:
    """A row that raises or takes its process down counts as missed, and the others are still measured."""
    ran = aprendiz("bench", trial, "--json")

    assert ran.lines == [
        {
            "results": [
                {"name": "quick", "value": 0, "unit": "s", "goal": "<= 1", "met": True},
                {"name": "broken", "value": None, "unit": "MB", "goal": "<= 5", "met": False},
                {"name": "killed", "value": None, "unit": "x", "goal": ">= 2", "met": False},
            ]
        }
    ]
    assert ran.code == 0


def test_people_read_a_table(trial: str, aprendiz: Aprendiz) -> None:
    """One row alone, with its goal and whether it is met."""
    ran = aprendiz("bench", trial, "--only", "quick")

    assert "quick" in ran.out
    assert "✓" in ran.out
    assert "broken" not in ran.out


def test_an_unknown_row_names_the_known(trial: str, aprendiz: Aprendiz) -> None:
    """A mistyped row must not measure nothing and look done."""
    ran = aprendiz("bench", trial, "--only", "quik")

    assert ran.code == 1
    assert "quick, broken, killed" in ran.err


@pytest.mark.parametrize("name", ["nothing", "result", "../serving"])
def test_an_unknown_benchmark_is_refused(aprendiz: Aprendiz, name: str) -> None:
    """Neither a module that is not there nor one that is no benchmark."""
    ran = aprendiz("bench", name)

    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "there is no benchmark" in ran.err


def test_without_the_source_it_says_so(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed package carries no tests: that is no fault of the user's."""
    monkeypatch.setitem(sys.modules, "tests.benchmarks", None)
    ran = aprendiz("bench", "serving")

    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "checkout" in ran.err


def test_a_row_without_its_material_is_neither_met_nor_missed(aprendiz: Aprendiz) -> None:
    """People read what to give it; a script finds null."""
    ran = aprendiz("bench", "answers", "--only", "en_hit5")

    assert "en_hit5 was skipped: no employee handbook: give its folder with --handbook FOLDER" in " ".join(ran.out.split())
    assert "✗" not in ran.out
