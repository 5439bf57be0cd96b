"""`aprendiz data proofread`: what is proposed, decided once, and applied nowhere else."""

import csv
import json
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz
from tests.adapters.cli.test_data_decide import table_in


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return rows with mistakes in questions and answers, one of them rejected, and a broken line; too short for the rules of the extra."""
    path = tmp_path / "rows.jsonl"
    preference = {"prompt": "onde fica,aqui", "chosen": "Perto de de,assim", "rejected": "de de lado"}
    path.write_text("\n".join([json.dumps(preference), "broken", json.dumps({**preference, "chosen": "No LT-800,FH-300."})]))
    return path


def decided(table: Path, *words: str) -> Path:
    """Fill in decisions as a person does in a spreadsheet."""
    lines = table_in(table)
    target = table.with_name("decided.csv")
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows({**line, "decision": word} for line, word in zip(lines, words, strict=True))
    return target


def test_what_was_accepted_is_applied_and_decisions_are_kept(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Row by row; a rejected answer, codes and broken lines stay out of it, and no decision is asked for twice."""
    listed = aprendiz("data", "proofread", rows, "--list", tmp_path / "table.csv", "--json").json
    told = aprendiz(
        *("data", "proofread", rows, "--decisions", decided(tmp_path / "table.csv", "Accept", "keep")),
        *("--out", tmp_path / "mended.jsonl", "--json"),
    ).json
    later = aprendiz("data", "proofread", rows, "--json").json
    mended = [json.loads(line) for line in (tmp_path / "mended.jsonl").read_text().splitlines()]

    assert [(each["line"], each["kind"], each["before"], each["after"]) for each in listed["proposals"]] == [
        (1, "doubled", "de de", "de"),
        (1, "spacing", ",", ", "),
    ]
    assert (told["rows"], told["changed"], told["applied"], told["broken"]) == (2, 1, 1, 1)
    assert [each["chosen"] for each in mended] == ["Perto de,assim", "No LT-800,FH-300."]
    assert {each["rejected"] for each in mended} == {"de de lado"}
    assert (later["count"], later["decided"]) == (0, 2)
    assert "Perto" not in (tmp_path / "home" / "proofreading-decisions.jsonl").read_text()


def test_questions_are_proposed_for_on_request(aprendiz: Aprendiz, rows: Path) -> None:
    """People will go on to ask as they do: by default only what is learnt is mended."""
    told = aprendiz("data", "proofread", rows, "--questions", "--json").json

    assert [(each["before"], each["after"]) for each in told["proposals"]] == [("o", "O"), (",", ", "), ("de de", "de"), (",", ", ")]


def test_a_table_is_not_overwritten_and_its_words_are_checked(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """An hour's reading lies in it."""
    aprendiz("data", "proofread", rows, "--list", tmp_path / "table.csv")
    again = aprendiz("data", "proofread", rows, "--list", tmp_path / "table.csv")
    other = aprendiz(
        "data", "proofread", rows, "--decisions", decided(tmp_path / "table.csv", "perhaps", ""), "--out", tmp_path / "x.jsonl"
    )
    number = aprendiz(
        *("data", "proofread", rows, "--decisions", decided(tmp_path / "table.csv", "5", "")), *("--out", tmp_path / "y.jsonl", "--json")
    )

    assert (again.code, "is there already and may hold decisions" in again.err) == (1, True)
    assert (other.code, "line 2: 'perhaps' is no decision" in other.err, (tmp_path / "x.jsonl").exists()) == (1, True, False)
    assert (number.code, number.json["applied"], number.json["unknown"]) == (0, 0, 1)
