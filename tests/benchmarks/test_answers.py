"""The benchmark of answers, small: that its rows are there, count rightly, and say what they lack."""

import inspect
import random
import tempfile
from pathlib import Path

import pytest

from tests.benchmarks.answers import ROWS
from tests.benchmarks.answers_desk import handbook, in_half, ranks
from tests.benchmarks.answers_speed import ask, made_home
from tests.benchmarks.answers_texts import a_question, a_text
from tests.benchmarks.result import Skipped
from tests.benchmarks.rows import Row, function_of, measure


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_can_be_measured(row: Row) -> None:
    """Each names a coroutine function of a module that loads; a misspelt one would count as missed after an hour."""
    assert inspect.iscoroutinefunction(function_of(row.module, row.name))


def test_a_hit_counts_by_its_place_among_five() -> None:
    """What is sixth nobody sees."""
    assert ranks(iter([[True], [False, True], [False] * 5 + [True], []])) == (0.5, (1 + 1 / 2) / 4)


def test_without_the_handbook_a_row_is_skipped_and_says_so() -> None:
    """A clean clone has none: that is no failure, and no success either."""
    row = next(row for row in ROWS if row.name == "en_hit5")

    measured = measure(row, handbook=Path("/nowhere"))

    assert (measured["value"], measured["met"], measured["goal"], measured["unit"]) == (None, None, ">= 0.95", "share")
    assert "--handbook" in measured["skipped"]


def test_the_handbook_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command hands it to each row's process."""
    monkeypatch.setenv("APRENDIZ_BENCH_HANDBOOK", str(tmp_path))
    assert handbook() == tmp_path
    monkeypatch.setenv("APRENDIZ_BENCH_HANDBOOK", str(tmp_path / "gone"))
    with pytest.raises(Skipped):
        handbook()


async def test_the_halves_of_the_questions_are_apart() -> None:
    """What was looked at while choosing settings must not be reported."""
    for name in ("bilingual_questions.jsonl", "handbook_questions.jsonl"):
        tune = {each["question"] for each in await in_half(name, "tune")}
        report = {each["question"] for each in await in_half(name, "report")}
        assert len(tune) > 100 < len(report)
        assert not tune & report


def test_the_made_texts_vary_and_are_the_same_each_time() -> None:
    """A hundred thousand copies of ten sentences would be folded into ten."""
    texts = {a_text(random.Random(seed)) for seed in range(500)}

    assert len({text for _, text, _ in texts}) == 500
    assert {language for *_, language in texts} == {"en", "pt"}
    assert a_text(random.Random(3)) == a_text(random.Random(3))
    assert "{" not in "".join(a_question(random.Random(seed)) for seed in range(99))


async def test_what_was_made_for_one_row_serves_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making it takes most of an hour."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home = await made_home(60)
    made = (home / "complete").stat().st_mtime_ns
    milliseconds, megabytes = await ask(home, asked=3)

    assert await made_home(60) == home
    assert (home / "complete").stat().st_mtime_ns == made
    assert milliseconds > 0 < megabytes
