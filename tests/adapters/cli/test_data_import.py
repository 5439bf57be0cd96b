"""`aprendiz data import` and `data split`: files to rows, as people and programs see it."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from bot.messages import Reach
from finetune.importing.manifest import read_manifest
from tests.adapters.cli.conftest import Aprendiz


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    path = tmp_path / "faq.csv"
    path.write_text("Problem,Solution\nWhere is the key of staff M-12345?,In the box.\nWhere is the lamp?,\n")
    return path


def test_programs_read_the_manifest(aprendiz: Aprendiz, faq: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's patterns are followed."""
    monkeypatch.setenv("APRENDIZ_PRIVACY__PATTERNS", json.dumps({"STAFF": "M-[0-9]{5}"}))
    named = ("--map", "question=Problem", "--map", "answer=Solution", "--workers", "1")
    ran = aprendiz("data", "import", faq, "--out", tmp_path / "out", *named, "--source-rights", "own", "--json")

    assert ran.code == 0
    assert (ran.json["counts"]["refused"], ran.json["counts"]["redacted"]) == ({"no_value": 1}, {"STAFF": 1})
    assert ran.json["settings"]["columns"] == {"question": "Problem", "answer": "Solution"}
    (name,) = ran.json["counts"]["rows"]
    row = json.loads((tmp_path / "out" / name).read_text())
    assert (row["messages"][0]["content"], row["metadata"]["rights"]) == ("Where is the key of staff [STAFF_1]?", "own")


def test_people_read_tables(worded: Aprendiz, faq: Path, tmp_path: Path) -> None:
    """What was written, and what was left out and why."""
    named = ("--map", "question=Problem", "--map", "answer=Solution", "--workers", "1")
    ran = worded("data", "import", faq, "--out", tmp_path / "out", *named)

    assert ran.code == 0
    assert "the column … is empty" in ran.out
    assert "Folded as near-duplicates" in ran.out


@pytest.mark.parametrize(
    ("options", "told", "code"),
    [
        (("--map", "question=Frage"), "has no column Frage: its columns are Problem, Solution", 1),
        (("--map", "Frage"), "Frage is not FIELD=COLUMN", 2),
        (("--map", "category=Problem"), "--map names neither question nor answer nor text", 1),
        (("--format", "telegram"), "no format is called telegram", 2),
    ],
)
def test_what_is_asked_wrongly_is_told(
    aprendiz: Aprendiz, faq: Path, tmp_path: Path, options: tuple[str, ...], told: str, code: int
) -> None:
    """In a sentence, before anything is read."""
    ran = aprendiz("data", "import", faq, "--out", tmp_path / "out", "--workers", "1", *options)

    assert (ran.code, told in " ".join(ran.err.split())) == (code, True)


def test_nothing_left_is_a_refusal(worded: Aprendiz, tmp_path: Path) -> None:
    """Where to look is told."""
    (tmp_path / "a.jsonl").write_text("{\n")
    ran = worded("data", "import", tmp_path / "a.jsonl", "--out", tmp_path / "out", "--workers", "1")

    assert ran.code == 1
    assert "Nothing is left to train on" in " ".join(ran.out.split())


def test_rows_are_divided_by_category_and_keep_their_format(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Near-duplicates stay together; broken lines are told."""
    rows = [{"question": f"Where is part {chr(65 + n) * 4} kept?", "answer": f"Shelf {n}.", "topic": "parts"} for n in range(20)]
    rows += [{**rows[3], "question": f"Hello, {rows[3]['question'].lower()}"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{\n")
    ran = aprendiz("data", "split", tmp_path / "rows.jsonl", "--out", tmp_path / "out", "--category", "topic", "--json")

    assert (ran.code, ran.json["broken"], sum(ran.json["rows"].values())) == (0, 1, 21)
    assert ran.json["rows"]["test.jsonl"] in (5, 6)
    files = [(tmp_path / "out" / f"{split}.jsonl").read_text().splitlines() for split in ("train", "validation", "test")]
    asked = [[json.loads(line)["question"].lower() for line in lines] for lines in files]
    assert sorted(sum(rows[3]["question"].lower() in question for question in each) for each in asked) == [0, 0, 2]


@pytest.mark.parametrize(("number", "told"), [(1, True), (20, False)])
def test_rows_of_which_none_is_left_to_test_on_are_told(worded: Aprendiz, tmp_path: Path, number: int, *, told: bool) -> None:
    """They are all for training, then: what a model learns from them nobody could tell."""
    rows = [{"question": f"Where is part {chr(65 + n) * 4} kept?", "answer": "There."} for n in range(number)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = worded("data", "split", tmp_path / "rows.jsonl", "--out", tmp_path / "out")

    assert (ran.code, "No row is left to test on" in " ".join((ran.out + ran.err).split())) == (0, told)


def test_whom_rows_are_for_stands_in_the_manifest(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """A round trains nobody else's model on them."""
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "Where is the key?", "answer": "In the box."}) + "\n")
    whose = ("--audience", "customers", "--scope", "guild:discord:9", "--source-rights", "our own")
    imported = aprendiz("data", "import", tmp_path / "rows.jsonl", "--out", tmp_path / "a", "--workers", "1", *whose)
    divided = aprendiz("data", "split", tmp_path / "rows.jsonl", "--out", tmp_path / "b", *whose)
    found = [read_manifest(tmp_path / name) for name in ("a", "b")]

    assert (imported.code, divided.code) == (0, 0)
    assert {(each.reach, each.rights, sum(each.rows.values())) for each in found} == {(Reach("customers", "guild:discord:9"), "our own", 1)}


@pytest.mark.parametrize("command", ["import", "split"])
def test_rows_and_exports_do_not_take_each_other_s_manifest(aprendiz: Aprendiz, tmp_path: Path, command: str) -> None:
    """A round would find no export, or an export would make an import nameless; in each way it is told before anything is written."""
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "Where is the key?", "answer": "In the box."}) + "\n")
    into = ("data", command, tmp_path / "rows.jsonl", "--out")
    below = aprendiz(*into, tmp_path / "home" / "exports" / "rows")
    exported = aprendiz("export", "--out", tmp_path / "exported")
    over = aprendiz(*into, tmp_path / "exported")
    imported = aprendiz(*into, tmp_path / "imported")
    back = aprendiz("export", "--out", tmp_path / "imported")

    assert (exported.code, imported.code) == (0, 0)
    assert (below.code, "where rounds look for exports: name a folder elsewhere" in " ".join(below.err.split())) == (1, True)
    assert (over.code, "holds an export, whose manifest.json would be lost" in " ".join(over.err.split())) == (1, True)
    assert (back.code, "holds imported rows, whose manifest.json would be lost" in " ".join(back.err.split())) == (1, True)
    assert read_manifest(tmp_path / "imported").rows


def test_a_scope_that_is_none_is_told(aprendiz: Aprendiz, faq: Path, tmp_path: Path) -> None:
    """Before anything is read."""
    ran = aprendiz("data", "split", faq, "--out", tmp_path / "out", "--scope", "everybody")

    assert (ran.code, "'everybody' is no scope" in ran.err) == (1, True)


def test_an_import_does_not_read_what_it_wrote(aprendiz: Aprendiz, faq: Path, tmp_path: Path) -> None:
    """Into a folder among its sources, a second time: the same bytes."""
    faq.write_text("question,answer\nWhere is the lamp?,In the cellar.\n")
    command = ("data", "import", tmp_path, "--out", tmp_path / "rows", "--workers", "1")
    first = aprendiz(*command)
    written = {path.name: path.read_bytes() for path in (tmp_path / "rows").iterdir()}
    second = aprendiz(*command)

    assert (first.code, second.code) == (0, 0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "rows").iterdir()} == written


@pytest.mark.parametrize("command", ["import", "split"])
def test_files_that_no_import_wrote_stay(aprendiz: Aprendiz, tmp_path: Path, command: str) -> None:
    """A set of one's own, read or only lying there; rows of an earlier run are replaced, unless they are what is read."""
    own = '{"question": "Where is the lamp?", "answer": "In the cellar."}\n'
    (tmp_path / "other.jsonl").write_text(own)
    for name in ("train.jsonl", "test.jsonl"):
        (tmp_path / name).write_text(own)
    into, out = ("--out", tmp_path, "--source-rights", "own"), ("--out", tmp_path / "out")
    read = aprendiz("data", command, tmp_path / "train.jsonl", *into)
    lying = aprendiz("data", command, tmp_path / "other.jsonl", *into)
    twice = [aprendiz("data", command, tmp_path / "other.jsonl", *out).code for _ in range(2)]
    (written,) = (path for path in (tmp_path / "out").glob("t*.jsonl") if path.read_bytes())
    again = aprendiz("data", command, written, *out)

    assert (read.code, "would be lost where the rows are written" in " ".join(read.err.split())) == (1, True)
    assert (lying.code, "holds test.jsonl, which no import wrote" in " ".join(lying.err.split())) == (1, True)
    assert [(tmp_path / name).read_text() for name in ("train.jsonl", "test.jsonl")] == [own, own]
    assert (twice, again.code) == ([0, 0], 1)


def test_rows_are_divided_into_a_folder_by_one_run(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Two would write over each other's drafts; what a killed one left goes with the next."""
    rows, out, work = tmp_path / "rows.jsonl", tmp_path / "out", tmp_path / "out" / ".split"
    rows.write_text('{"question": "Where is the lamp?", "answer": "In the cellar."}\n')
    (work / "rows").mkdir(parents=True)
    (work / "rows" / "rows.jsonl").write_text("left behind")
    (out / "train.jsonl").write_text("of a run that was killed")
    with FileLock(work / "lock"):
        beside = aprendiz("data", "split", rows, "--out", out)
    after = aprendiz("data", "split", rows, "--out", out)

    assert (beside.code, "another run divides rows into" in " ".join(beside.err.split())) == (1, True)
    assert (after.code, work.exists()) == (0, False)
    assert sum((out / f"{split}.jsonl").read_bytes() == rows.read_bytes() for split in ("train", "validation", "test")) == 1
