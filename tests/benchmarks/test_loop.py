"""The benchmark of the loop, small: that its rows are there, share what they make, and ask and vote as people do."""

import importlib
import inspect
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import process
from tests.benchmarks import loop_rounds
from tests.benchmarks.loop import ROWS
from tests.benchmarks.loop_shared import once, shared_folder
from tests.benchmarks.loop_traffic import HIDREX, asked_home, copied


@pytest.fixture(autouse=True)
def _place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep what is shared out of the real temporary folder, where a full benchmark may be running."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shared_folder.cache_clear()
    yield
    shared_folder.cache_clear()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_can_be_measured(row: object) -> None:
    """Each names a coroutine function of a module that loads; a misspelt one would count as missed after hours."""
    module = importlib.import_module(f"tests.benchmarks.{row.module}")  # type: ignore[attr-defined]

    assert inspect.iscoroutinefunction(getattr(module, row.name))  # type: ignore[attr-defined]


def test_what_one_row_made_the_next_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """Trainings take minutes each, and the rows run one after the other; that it was taken is told."""
    made = [once("a-training", lambda: {"number": 1}), once("a-training", lambda: {"number": 2})]

    assert made == [{"number": 1}, {"number": 1}]
    assert "a-training: taken from" in capsys.readouterr().err


def test_people_ask_vote_and_correct(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One fact in three phrasings, the real small model: each answer is voted on, and what is wrong is corrected."""
    workdir = tmp_path / "work"
    workdir.mkdir()
    folder = copied(asked_home(HIDREX, facts=1), workdir)
    listed = subprocess.run(
        process(folder / "home", "conversations", "list", "--json"), cwd=folder, capture_output=True, text=True, timeout=110, check=True
    )

    assert "3 questions of hidrex asked" in capsys.readouterr().err
    assert len(listed.stdout.splitlines()) == 3
    assert all('"up": 1' in line or '"corrected": true' in line for line in listed.stdout.splitlines())
    assert asked_home(HIDREX, facts=1).exists()


async def test_shares_are_means_over_seeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each seed counts alike, however many of its questions had failed before."""
    counts = [{"fixed": 3, "failed_before": 4, "lost": 0, "liked": 10}, {"fixed": 1, "failed_before": 2, "lost": 1, "liked": 10}] * 2
    for seed, each in enumerate(counts[:3]):
        once(f"round-hidrex-brackholm-{seed}", lambda each=each: {"figures": {"counts": each}})  # type: ignore[misc]
    fixed, lost = await loop_rounds.fixed(tmp_path), await loop_rounds.lost(tmp_path)

    assert (round(fixed.value, 3), fixed.met) == (0.667, True)
    assert (round(lost.value, 3), lost.met) == (0.033, False)
