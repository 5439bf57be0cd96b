"""The benchmark of checking rows measures what it says, in small."""

from pathlib import Path

from tests.benchmarks.data import ROWS
from tests.benchmarks.data_validate import measure, write_rows
from tests.benchmarks.rows import function_of


async def test_a_small_file_is_measured(tmp_path: Path) -> None:
    """Both programs count the same tokens of all rows."""
    measured = await measure(tmp_path, size_bytes=1_000_000)

    assert measured["rows"] == 5000
    assert measured["tokens"] > 100 * 5000 / 2
    assert measured["speed"] > 0
    assert 20 < measured["peak_mb"] < 400


def test_the_same_file_is_made_every_time(tmp_path: Path) -> None:
    """From a fixed seed."""
    for name in ("a", "b"):
        write_rows(tmp_path / name, 1000)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_every_row_has_its_function() -> None:
    """As `aprendiz bench data` looks for it."""
    assert all(function_of(row.module, row.name) for row in ROWS)
