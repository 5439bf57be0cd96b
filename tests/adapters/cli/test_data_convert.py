"""`aprendiz data convert`: rows from one format into another."""

import json
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz

SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = [{"role": "user", "content": "Open?"}, {"role": "assistant", "content": "At 8."}]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [
        json.dumps({"messages": [SYSTEM, *ASKED], "id": 7}),
        json.dumps({"messages": [*ASKED, *ASKED]}),
        "{broken",
        json.dumps({"messages": ASKED}),
    ]
    path.write_text("\n".join(lines))
    return path


def test_programs_read_what_was_lost_and_where(aprendiz: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Reduced, left out and broken, each with the lines."""
    ran = aprendiz("data", "convert", rows, "--to", "question-answer", "--out", tmp_path / "new" / "out.json", "--json")
    told = ran.json

    assert ran.code == 0
    assert (told["from"], told["to"], told["rows"], told["written"], told["broken"]) == ("messages", "question-answer", 3, 2, 1)
    assert [(each["code"], each["rows"], each["lines"]) for each in told["reduced"]] == [("system", 1, [1])]
    assert [(each["code"], each["rows"], each["lines"]) for each in told["left_out"]] == [("several_turns", 1, [2])]
    assert [(each["line"], each["code"]) for each in told["findings"]] == [(3, "json")]
    assert json.loads((tmp_path / "new" / "out.json").read_text()) == [
        {"question": "Open?", "answer": "At 8.", "metadata": {"id": 7}},
        {"question": "Open?", "answer": "At 8."},
    ]


def test_people_read_it_in_sentences(worded: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """The broken lines on standard error."""
    ran = worded("data", "convert", rows, "--to", "instruction", "--out", tmp_path / "out.csv", "--turns", "last", "--no-metadata")

    assert "Rows written to " in ran.out
    assert " as instruction: 3; read as " in ran.out
    assert "with the last question and answer only 1 2" in " ".join(ran.out.split())
    assert "without the metadata 1 1" in " ".join(ran.out.split())
    assert "Left out" not in ran.out
    assert "line 3: no JSON" in ran.err
    assert (tmp_path / "out.csv").read_text().splitlines()[0] == '"instruction","input","output","metadata"'


def test_only_the_first_broken_lines_are_shown(worded: Aprendiz, rows: Path, tmp_path: Path) -> None:
    """Nobody reads a thousand; how many more there are is said."""
    rows.write_text(rows.read_text() + "\n{" * 14)
    ran = worded("data", "convert", rows, "--to", "roles", "--out", tmp_path / "out.jsonl")

    assert ran.err.count("no JSON") == 10
    assert "and 5 more" in ran.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--to", "preference"), 1, "preference holds none of the 3 rows"),
        (("--to", "text", "--from", "question-answer"), 1, "no row of"),
        (("--to", "tex"), 2, "no format is called tex; there are messages,"),
        (("--to", "text", "--from", "m"), 2, "no format is called m"),
    ],
)
def test_what_cannot_be_written_leaves_no_file(
    aprendiz: Aprendiz, rows: Path, tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    """And what was there stays."""
    target = tmp_path / "out.jsonl"
    target.write_text("before")
    ran = aprendiz("data", "convert", rows, *options, "--out", target)

    assert (ran.code, target.read_text()) == (code, "before")
    assert said in ran.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["out.jsonl", "rows.jsonl"]


def test_a_folder_that_cannot_be_made_is_named(aprendiz: Aprendiz, rows: Path) -> None:
    """A file stands where the folder should."""
    ran = aprendiz("data", "convert", rows, "--to", "roles", "--out", rows / "out.jsonl")

    assert ran.code == 1
    assert "cannot be made" in ran.err


def test_the_help_names_every_format(aprendiz: Aprendiz) -> None:
    """Nobody has to guess."""
    from finetune.formats.registry import FORMATS

    told = " ".join(aprendiz("data", "convert", "--help").out.split()).replace("- ", "-")

    assert all(f" {name}" in told for name in FORMATS)
