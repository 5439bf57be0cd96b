"""Rows out of files: whole files, manifests that fit, others' rows untouched, whatever was cut off before."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.identifiers import new_id
from finetune.erased_files import Wanted, clear_converted, clear_evaluations, clear_exports, clear_rounds, learnt_in, rows_of
from finetune.export_reading import read_export
from store.training_rows import written
from tests.contracts.ledgers import NOW

GONE, STAYS = new_id(NOW), new_id(NOW)
THEIRS = "Where do I, Zanzibar, park?"
WANTED = Wanted(frozenset({GONE}), frozenset({THEIRS, "hi"}))


def row(exchange_id: str, *turns: tuple[str, str], **metadata: Any) -> dict[str, Any]:
    """Return a row as an export writes it."""
    messages = [{"role": role, "content": text} for turn in turns for role, text in zip(("user", "assistant"), turn, strict=True)]
    known = {"audience": "employees", "language": "en", "kind": "generated", "up": 1, "down": 0, "asked_at": "", "corrected": False}
    return {"messages": messages, "metadata": {"exchange_id": exchange_id, **known, **metadata}}


MINE = row(GONE, (THEIRS, "In the yard."))
OTHER = row(STAYS, ("When is lunch?", "At noon."), corrected=True)
AFTER = row(new_id(NOW), (THEIRS, "In the yard."), ("And I?", "There, too."))


def export(folder: Path, *rows: dict[str, Any]) -> Path:
    """Write an export, as `aprendiz export` does."""
    content = "".join(map(written, rows)).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"training-{sha256[:12]}.jsonl"
    folder.mkdir(exist_ok=True)
    path.write_bytes(content)
    ids = [each["metadata"]["exchange_id"] for each in rows]
    counted = {"rows": len(rows), "corrected": sum(each["metadata"]["corrected"] for each in rows), "turns_cut": 0}
    named = {"file": path.name, "sha256": sha256, "size_bytes": len(content), **counted, "first_exchange": ids[0], "last_exchange": ids[-1]}
    (folder / "manifest.json").write_text(json.dumps(named))
    return path


def beside(folder: Path, kind: str, *rows: dict[str, Any]) -> None:
    """Write what `aprendiz export` writes beside the rows."""
    content = "".join(map(written, rows)).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"training-{sha256[:12]}.{kind}.jsonl"
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    told = {"file": name, "sha256": sha256, "size_bytes": len(content), "rows": len(rows)}
    (folder / "manifest.json").write_text(json.dumps({**manifest, kind: told}))


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the export that the manifest names."""
    named = json.loads((folder / "manifest.json").read_text())
    return [json.loads(line) for line in (folder / named["file"]).read_text().splitlines()]


def test_rows_go_and_turns_are_cut(tmp_path: Path) -> None:
    """The file is named for its content, its manifest fits, and a round reads it."""
    old = export(tmp_path, MINE, OTHER, AFTER)
    counts = clear_exports(tmp_path, WANTED)
    read = read_export(tmp_path)

    assert counts == {"rows": 1, "turns": 1}
    assert rows_in(tmp_path) == [OTHER, AFTER | {"messages": AFTER["messages"][2:]}]
    assert not old.exists()
    assert [each.exchange_id for each in read.examples] == [STAYS, AFTER["metadata"]["exchange_id"]]
    assert json.loads((tmp_path / "manifest.json").read_text())["rows"] == 2


def test_an_export_without_them_keeps_every_byte(tmp_path: Path) -> None:
    """Names and times, too: whoever did not leave is not touched."""
    path = export(tmp_path, OTHER)
    before = (path.read_bytes(), path.stat().st_mtime_ns, (tmp_path / "manifest.json").read_bytes())

    assert clear_exports(tmp_path, WANTED) == {}
    assert (path.read_bytes(), path.stat().st_mtime_ns, (tmp_path / "manifest.json").read_bytes()) == before


def test_older_exports_and_other_files_are_cleared_too(tmp_path: Path) -> None:
    """What an earlier export left beside the newest one, a table somebody made of it, and a draft of a killed one."""
    export(tmp_path, MINE, AFTER)
    export(tmp_path, MINE, OTHER)
    (tmp_path / "table.csv").write_text(f"question\n{THEIRS}\n")
    (tmp_path / ".training.draft").write_text(written(MINE))
    (tmp_path / "other.csv").write_text("question\nWhen is lunch?\n")
    clear_exports(tmp_path, WANTED)

    assert not any(b"Zanzibar" in path.read_bytes() for path in tmp_path.iterdir())
    assert (tmp_path / "other.csv").exists()
    assert len([*tmp_path.glob("training-*.jsonl")]) == 2


@pytest.mark.parametrize("cut", ["before the manifest", "before the old file is gone", "before the manifest's hash"])
def test_cut_off_anywhere_the_next_call_ends_it(tmp_path: Path, cut: str) -> None:
    """The manifest names a whole file in the end, whatever a killed process left."""
    old = export(tmp_path, MINE, OTHER)
    content = written(OTHER).encode()
    new = tmp_path / f"training-{hashlib.sha256(content).hexdigest()[:12]}.jsonl"
    new.write_bytes(content)
    named = json.loads((tmp_path / "manifest.json").read_text())
    if cut != "before the manifest":
        (tmp_path / "manifest.json").write_text(json.dumps(named | {"file": new.name}))
    if cut == "before the manifest's hash":
        old.unlink()
        with pytest.raises(Refused):
            read_export(tmp_path)
    clear_exports(tmp_path, WANTED)

    assert [each.exchange_id for each in read_export(tmp_path).examples] == [STAYS]
    assert [each.name for each in tmp_path.glob("*.jsonl")] == [new.name]


def test_a_short_question_is_theirs_only_where_it_stands_alone(tmp_path: Path) -> None:
    """Everybody says hi somewhere inside a sentence."""
    greeting = row(new_id(NOW), ("hi", "Hello."), ("Is this it?", "Yes."))
    inside = row(new_id(NOW), ("Is this a white ship?", "Yes."))
    export(tmp_path, greeting, inside)
    clear_exports(tmp_path, WANTED)

    assert rows_in(tmp_path) == [greeting | {"messages": greeting["messages"][2:]}, inside]


def test_a_round_loses_rows_questions_and_what_was_answered_to_them(tmp_path: Path) -> None:
    """Its card stays; a round without them is not touched."""
    for name, rows in (("R1", (MINE, OTHER)), ("R2", (OTHER,))):
        folder = tmp_path / name
        for inner in ("rows", "evaluation"):
            (folder / inner).mkdir(parents=True)
        (folder / "rows" / "train.jsonl").write_text("".join(map(written, rows)))
        held = [{"question": each["messages"][0]["content"], "exchange_id": each["metadata"]["exchange_id"]} for each in rows]
        asked = {"held_out": held, "again": [], "wrong": {"c": [each["exchange_id"] for each in held]}}
        (folder / "questions.json").write_text(json.dumps(asked))
        (folder / "evaluation.json").write_text(json.dumps({"asked": held}))
        (folder / "evaluation" / "answers-base-alone.jsonl").write_text("{}\n")
        (folder / "report.html").write_text(f"<p>{name}</p>")
        (folder / "card.json").write_text("{}")
    learnt = learnt_in(tmp_path, WANTED)
    counts = clear_rounds(tmp_path, WANTED)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}

    assert learnt == {"R1": 1}
    assert counts == {"rows": 1, "questions": 1, "files": 3}
    assert json.loads((tmp_path / "R1" / "questions.json").read_text())["wrong"] == {"c": [STAYS]}
    assert {path for path in left if path.startswith("R1")} == {"R1/rows/train.jsonl", "R1/questions.json", "R1/card.json"}
    assert len([path for path in left if path.startswith("R2")]) == 6
    assert clear_rounds(tmp_path, WANTED) == {}
    assert rows_of(tmp_path, WANTED) == {}


def test_an_evaluation_that_asked_their_question_goes(tmp_path: Path) -> None:
    """Also where the page shows it escaped; the others stay."""
    for name, text in (("one", "Where do I, Zanzibar, park?"), ("two", "When is lunch?")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_text(f"<p>{text}</p>")
    clear_evaluations(tmp_path, WANTED)

    assert [path.name for path in tmp_path.rglob("*.html")] == ["report.html"]
    assert (tmp_path / "two" / "report.html").exists()


def test_missing_folders_are_empty(tmp_path: Path) -> None:
    """A home that never trained has neither."""
    assert clear_rounds(tmp_path / "rounds", WANTED) == {}
    assert clear_evaluations(tmp_path / "evaluations", WANTED) == {}
    assert learnt_in(tmp_path / "rounds", WANTED) == {}


def test_what_has_aged_is_known_by_its_id_and_as_a_whole(tmp_path: Path) -> None:
    """Of a hundred thousand texts none can be searched for in every line; a turn of theirs is cut all the same."""
    holding = row(new_id(NOW), (f"Heading: {THEIRS}", "Yes."))
    export(tmp_path, MINE, AFTER, holding)
    clear_exports(tmp_path, Wanted(WANTED.ids, WANTED.texts, searched=False))

    assert rows_in(tmp_path) == [AFTER | {"messages": AFTER["messages"][2:]}, holding]


@pytest.mark.parametrize("kind", ["preferences", "thumbs"])
def test_what_stands_beside_the_rows_goes_too(tmp_path: Path, kind: str) -> None:
    """Pairs and rated answers hold the same words; the manifest names and counts what is left."""
    export(tmp_path, MINE, OTHER)

    def pair(exchange_id: str, *questions: str) -> dict[str, Any]:
        turns = [{"role": role, "content": text} for each in questions for role, text in (("user", each), ("assistant", "Yes."))]
        return {"prompt": turns[:-1], "chosen": turns[-1:], "rejected": turns[-1:], "metadata": {"exchange_id": exchange_id}}

    beside(tmp_path, kind, pair(GONE, THEIRS), pair(STAYS, THEIRS, "And I?"), pair(STAYS, "When is lunch?"))
    clear_exports(tmp_path, WANTED)

    named = json.loads((tmp_path / "manifest.json").read_text())[kind]
    content = (tmp_path / named["file"]).read_bytes()
    assert (named["sha256"], named["size_bytes"], named["rows"]) == (hashlib.sha256(content).hexdigest(), len(content), 2)
    assert named["file"] == f"training-{named['sha256'][:12]}.{kind}.jsonl"
    assert [[turn["content"] for turn in json.loads(line)["prompt"]] for line in content.splitlines()] == [["And I?"], ["When is lunch?"]]
    assert len([*tmp_path.glob(f"*.{kind}.jsonl")]) == 1


def test_converted_rows_are_deleted_whosesoever_they_are(tmp_path: Path) -> None:
    """What was left half written, too."""
    for name in ("rows.jsonl", ".rows.jsonl.1.draft"):
        (tmp_path / name).write_text(THEIRS)

    assert clear_converted(tmp_path) == {"files": 2}
    assert not [*tmp_path.iterdir()]
    assert not +clear_converted(tmp_path / "none")
