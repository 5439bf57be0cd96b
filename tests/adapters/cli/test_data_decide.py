"""`aprendiz data sample` and `aprendiz data decide`: decisions are made once."""

import csv
import json
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file of ten rows, some of which look like formulas."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"question": f"=Q{at}", "answer": f"A{at}", "category": "ab"[at % 2]}) for at in range(10)))
    return path


def table_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def decided(sample: Path, *words: str) -> Path:
    """Fill in decisions as a person does in a spreadsheet."""
    table = table_in(sample)
    for each, word in zip(table, words, strict=False):
        each["decision"] = word
    target = sample.with_name("decided.csv")
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return target


def test_decisions_are_applied_and_kept(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Later samples leave decided rows out, and rows once dropped are dropped from any file."""
    assert aprendiz("data", "sample", rows, "--out", tmp_path / "read", "--rows", "4", "--json").json["rows"] == 4
    sample = tmp_path / "read" / "sample.csv"
    first = {each["row"] for each in table_in(sample)}
    told = aprendiz(
        "data", "decide", rows, "--decisions", decided(sample, "drop", "Accept", "drop"), "--out", tmp_path / "kept.jsonl", "--json"
    ).json
    again = aprendiz("data", "decide", rows, "--out", tmp_path / "again.jsonl", "--json").json
    aprendiz("data", "sample", rows, "--out", tmp_path / "next", "--as", "jsonl")
    later = [json.loads(line) for line in (tmp_path / "next" / "sample.jsonl").read_text().splitlines()]

    assert (told["rows"], told["dropped"], told["accepted"], told["decided"], told["unknown"]) == (10, 2, 1, 3, 0)
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 8
    assert (again["dropped"], (tmp_path / "again.jsonl").read_text()) == (2, (tmp_path / "kept.jsonl").read_text())
    assert len(later) == 7
    assert len(first & {each["row"] for each in later}) == 1
    assert "A1" not in (tmp_path / "home" / "row-decisions.jsonl").read_text()


def test_words_are_no_formulas_to_a_spreadsheet(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Whoever opens the sample runs nothing."""
    aprendiz("data", "sample", rows, "--out", tmp_path)
    table = table_in(tmp_path / "sample.csv")

    assert all(each["question"].startswith("'=Q") for each in table)


def test_a_sample_that_may_hold_decisions_is_not_overwritten(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """An hour's reading lies in it."""
    aprendiz("data", "sample", rows, "--out", tmp_path)
    ran = aprendiz("data", "sample", rows, "--out", tmp_path)

    assert ran.code == 1
    assert "is there already and may hold decisions" in ran.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("row,decision\nr1,maybe\n", "line 2: 'maybe' is no decision"),
        ("row,question\nr1,x\n", "has no row or no decision"),
        ("decision\ndrop\n", "has no row or no decision"),
        ("row,decision\nr1,\n", "holds no decision"),
        ("garbage", "holds no decision"),
    ],
)
def test_a_wrong_decision_is_named_and_nothing_is_written(aprendiz: Aprendiz, rows: Path, tmp_path: Path, content: str, said: str) -> None:
    """With its line."""
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(content)
    ran = aprendiz("data", "decide", rows, "--decisions", wrong, "--out", tmp_path / "kept.jsonl")

    assert ran.code == 1
    assert said in ran.err
    assert not (tmp_path / "kept.jsonl").exists()
    assert not (tmp_path / "home" / "row-decisions.jsonl").exists()


def test_people_read_what_became_of_their_decisions(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Those about other files are kept and told; a file of which nothing is left is not written."""
    other = tmp_path / "other.csv"
    other.write_text("row,decision\nr1,drop\n")
    ran = aprendiz("data", "decide", rows, "--decisions", other, "--out", tmp_path / "kept.jsonl")
    aprendiz("data", "sample", rows, "--out", tmp_path)
    none = aprendiz(
        "data", "decide", rows, "--decisions", decided(tmp_path / "sample.csv", *["drop"] * 10), "--out", tmp_path / "none.jsonl"
    )
    nothing = aprendiz("data", "sample", rows, "--out", tmp_path / "more")

    assert "Rows read: 10; dropped by decision: 0;" in ran.out
    assert "Decisions about rows that " in ran.err
    assert "does not hold, kept for other files: 1." in ran.err
    assert none.code == nothing.code == 1
    assert "10 were dropped" in none.err
    assert "no row of" in nothing.err
