"""`aprendiz data redact`: a file without personal data, and a report."""

import json
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"q": "CPF 529.982.247-25, ramal M-12345, 11 93333-4444"}\n{broken\n')
    return path


def test_programs_read_counts_and_findings(aprendiz: Aprendiz, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's patterns and exceptions are followed."""
    monkeypatch.setenv("APRENDIZ_PRIVACY__PATTERNS", json.dumps({"STAFF": "M-[0-9]{5}"}))
    monkeypatch.setenv("APRENDIZ_PRIVACY__EXCEPTIONS", json.dumps(["(11) 93333-4444"]))
    ran = aprendiz("data", "redact", rows, "--out", tmp_path / "new" / "out.jsonl", "--json")

    assert ran.code == 0
    assert {**ran.json, "findings": []} == {
        "out": str(tmp_path / "new" / "out.jsonl"),
        "rows": 1,
        "rows_with": 1,
        "broken": 1,
        "counts": {"CPF": 1, "STAFF": 1},
        "findings": [],
    }
    assert [(each["line"], each["code"]) for each in ran.json["findings"]] == [(2, "json")]
    assert json.loads((tmp_path / "new" / "out.jsonl").read_text()) == {"q": "CPF [CPF_1], ramal [STAFF_1], 11 93333-4444"}


def test_people_read_it_in_sentences(worded: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """A table of kinds; broken lines on standard error."""
    ran = worded("data", "redact", rows, "--out", tmp_path / "out.jsonl")

    assert "personal data and secrets taken out: 2." in ran.out
    assert "CPF 1 PHONE 1" in " ".join(ran.out.split())
    assert "line 2: no JSON" in ran.err


def test_a_wrong_pattern_is_refused_before_anything_is_written(
    aprendiz: Aprendiz, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence that names the setting."""
    monkeypatch.setenv("APRENDIZ_PRIVACY__PATTERNS", json.dumps({"STAFF": "(a"}))
    ran = aprendiz("data", "redact", rows, "--out", tmp_path / "out.jsonl")

    assert ran.code == 1
    assert "privacy.patterns.STAFF" in ran.err
    assert not (tmp_path / "out.jsonl").exists()


def test_a_wrong_name_of_a_pattern_is_refused(aprendiz: Aprendiz, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would make placeholders that nothing else knows as such."""
    monkeypatch.setenv("APRENDIZ_PRIVACY__PATTERNS", json.dumps({"staff_no": "a"}))
    ran = aprendiz("data", "redact", rows, "--out", tmp_path / "out.jsonl")

    assert (ran.code, "'staff_no' is no name of a placeholder" in ran.err) == (1, True)
