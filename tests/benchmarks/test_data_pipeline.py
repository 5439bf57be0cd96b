"""The benchmark of imports measures what it says, in small."""

from pathlib import Path

import pytest

from tests.benchmarks import data_pipeline
from tests.benchmarks.data_pipeline import deterministic, measure
from tests.benchmarks.data_tickets import write_tickets


async def test_a_small_import_is_measured(tmp_path: Path) -> None:
    """With the memory of all its processes."""
    measured = await measure(tmp_path, rows=100)

    assert measured["rows_s"] > 0
    assert 100 < measured["peak_mb"] < 1000
    assert len(list((tmp_path / "out-100").glob("*.jsonl"))) > 2


async def test_workers_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File by file."""
    monkeypatch.setattr(data_pipeline, "COMPARED", 60)

    assert (await deterministic(tmp_path)).met


def test_the_same_tickets_are_made_every_time(tmp_path: Path) -> None:
    """From a fixed seed; of some 400 characters a question and an answer."""
    for name in ("a", "b"):
        write_tickets(tmp_path / name, 200)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert 200 * 800 < (tmp_path / "a").stat().st_size < 200 * 2000
