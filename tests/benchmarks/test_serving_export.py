"""The benchmark of the export, on a ledger small enough for every test run."""

from pathlib import Path

from tests.benchmarks.serving_export import measure


async def test_the_export_is_measured(tmp_path: Path) -> None:
    """A row that measures nothing would meet every goal."""
    measured = await measure(tmp_path, count=400)

    assert 150 < measured["rows"] < 300
    assert 20_000 < measured["peak_kb"] < 300_000
