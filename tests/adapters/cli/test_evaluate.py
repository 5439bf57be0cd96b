"""`aprendiz evaluate`: with the real model on a few questions, and what it refuses in one sentence."""

import json
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    entry = {"question": "How often do I replace the air filter?", "must_contain": ["six months"], "language": "en"}
    path.write_text(json.dumps(entry) + "\n")
    return path


def test_a_model_compared_with_itself_changes_nothing(aprendiz: Aprendiz, asked: Path, questions: Path, tmp_path: Path) -> None:
    """The whole path with the real model: a table's figures, a report, no promotion."""
    ran = aprendiz("evaluate", "base", "base", "--questions", questions, "--out", tmp_path / "out", "--json")

    assert ran.code == 0, ran.err
    assert (ran.json["first"], ran.json["second"], ran.json["promote"]) == ("base", "base", False)
    assert ran.json["figures"]["ceiling"]["best"]["value"] == 1.0
    assert "Not one answer changed." in Path(ran.json["report"]).read_text(encoding="utf-8")


def test_people_get_a_table_and_the_reasons(aprendiz: Aprendiz, asked: Path, questions: Path, tmp_path: Path) -> None:
    """With what speaks against it first."""
    ran = aprendiz("evaluate", "base", "base", "--questions", questions, "--out", tmp_path / "out")

    assert ran.code == 0, ran.err
    assert "base with passages" in ran.out
    assert "✗ Only 0 held-out questions had been voted down or corrected" in ran.out
    assert "report.html" in ran.out


@pytest.mark.parametrize(
    ("contender", "sentence"),
    [
        ("production", "no version is in production for employees"),
        ("7", "there is no version 7"),
        ("v7", "there is no version 7"),
        ("nowhere.gguf", "is neither base, production, a version's number"),
    ],
)
def test_unknown_contenders_are_refused(aprendiz: Aprendiz, home: Path, questions: Path, contender: str, sentence: str) -> None:
    """With what would be right."""
    ran = aprendiz("evaluate", "base", contender, "--questions", questions)

    assert (ran.code, ran.out) == (1, "")
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_any_held_out_question_it_is_refused(aprendiz: Aprendiz, home: Path) -> None:
    """A new home has none."""
    ran = aprendiz("evaluate", "base", "base")

    assert ran.code == 1
    assert "no question is held out yet" in ran.err


def test_a_wrong_file_of_questions_is_refused_with_its_line(aprendiz: Aprendiz, home: Path, tmp_path: Path) -> None:
    """Before anything is loaded."""
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "x"}\n')
    ran = aprendiz("evaluate", "base", "base", "--questions", path)

    assert ran.code == 1
    assert "line 1" in ran.err


def test_an_empty_file_of_questions_is_refused(aprendiz: Aprendiz, home: Path, tmp_path: Path) -> None:
    """There is nothing to ask."""
    path = tmp_path / "questions.jsonl"
    path.write_text("\n")

    assert "holds no question" in aprendiz("evaluate", "base", "base", "--questions", path).err


def test_nothing_is_laid_over_a_hosted_model(aprendiz: Aprendiz, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter's file is of a local one."""
    (tmp_path / "mine.gguf").write_bytes(b"an adapter")
    monkeypatch.setenv("APRENDIZ_MODEL__BACKEND", "openai")
    monkeypatch.setenv("APRENDIZ_MODEL__NAME", "gpt")

    assert "over a local model" in aprendiz("evaluate", "base", tmp_path / "mine.gguf").err


def test_a_file_that_is_no_adapter_is_refused(aprendiz: Aprendiz, asked: Path, questions: Path, tmp_path: Path) -> None:
    """Never silently compared as if it were."""
    path = tmp_path / "adapter.gguf"
    path.write_bytes(b"no adapter")
    ran = aprendiz("evaluate", "base", path, "--questions", questions, "--out", tmp_path / "out")

    assert ran.code == 1
    assert "cannot be laid over" in ran.err


def test_golden_questions_are_asked_by_default_and_limited(aprendiz: Aprendiz, asked: Path) -> None:
    """Those in the home, spread evenly."""
    lines = [{"question": f"How often do I replace the air filter {number}?", "must_contain": ["six months"]} for number in range(3)]
    (asked / "golden.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = aprendiz("evaluate", "base", "base", "--limit", "1", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["figures"]["golden"]["count"] == 1
