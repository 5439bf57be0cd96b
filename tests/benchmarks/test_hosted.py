"""The benchmark of hosted models measures what it says, in small."""

from pathlib import Path

from tests.benchmarks import hosted_midstream, hosted_outage
from tests.benchmarks.hosted import ROWS
from tests.benchmarks.hosted_overhead import measure as measure_overhead
from tests.benchmarks.rows import function_of


async def test_both_sides_of_the_overhead_are_measured(tmp_path: Path) -> None:
    """Real sockets, another process."""
    measured = await measure_overhead(tmp_path, rounds=1)

    assert measured["bare_ms"] > 200
    assert measured["routed_ms"] > 200
    assert 0.2 < measured["ratio"] < 5


async def test_every_question_is_answered_where_the_model_dies(tmp_path: Path) -> None:
    """By the stand-in where it died, once."""
    measured = await hosted_midstream.measure(tmp_path, questions=60)

    assert (measured["questions"], measured["right"], measured["recorded"]) == (60, 60, 60)
    assert measured["stood_in"] >= measured["died"] > 3
    assert measured["restarted"] > 0


def test_an_outage_costs_the_first_askers_the_deadline_and_the_others_nothing() -> None:
    """On a clock on which only waiting takes time."""
    measured = hosted_outage.measure(outage_s=20, around_s=6, work_takes_time=False)

    assert measured["unanswered"] == 0
    assert measured["late_s"] < 0.1
    assert measured["p50_s"] < 0.1
    assert measured["probes_apart_s"] >= 5
    assert 2 <= measured["probes"] <= 4
    assert measured["back_s"] < 7


def test_every_row_has_its_function() -> None:
    """As `aprendiz bench hosted` looks for it."""
    assert all(function_of(row.module, row.name) for row in ROWS)
