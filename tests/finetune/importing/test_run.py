"""From files to rows: folded, contradictions apart, split without a leak, with the same bytes whatever happens on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Misconfigured, Refused
from finetune.importing import run, spool
from finetune.importing.grouping import group
from finetune.importing.preparing import Batch, Options
from finetune.importing.run import Wish, import_data
from finetune.importing.shares import SPLITS
from finetune.importing.shelf import Shelf
from finetune.validation import validate_rows
from store.folding import Folding
from store.linking import NearQuestions
from tests.benchmarks.data_tickets import write_tickets
from tests.finetune.importing.made import bytes_in, imported, lines_of, refused_in, rows_in, said_in, write_lines, zendesk

QUESTION = "Why does the big pump in the cellar rattle when the small one is switched on in the morning?"
ANSWER = "Tighten the two screws at its back and put the rubber mat under the front feet again."


def asked_in(path: Path) -> list[str]:
    """Return the first question of each row of a file."""
    return [next(each["content"] for each in row["messages"] if each["role"] == "user") for row in lines_of(path)]


def test_near_duplicates_are_folded_with_their_count(tmp_path: Path) -> None:
    """Whatever numbers people left in them; another code is another row."""
    tickets = [
        zendesk(1, QUESTION, ANSWER),
        zendesk(2, f"Hello!\n{QUESTION.replace('cellar', 'celar')}", ANSWER),
        zendesk(3, f"{QUESTION} My e-mail is ana@exemplo.com.br.", ANSWER),
        zendesk(4, QUESTION.replace("pump", "pump X-77"), ANSWER),
    ]
    manifest = imported([write_lines(tmp_path / "t.jsonl", tickets)], tmp_path / "out")

    counts = {row["metadata"]["origin"]["ticket"]: row["metadata"].get("count", 1) for row in rows_in(tmp_path / "out")}
    assert counts in ({"1": 2, "3": 1, "4": 1}, {"1": 3, "4": 1})
    assert manifest["counts"]["folded"] == 4 - len(counts)
    assert sum(counts.values()) == 4


def test_contradictions_are_for_an_expert(tmp_path: Path) -> None:
    """They train nobody."""
    asked = "How many days do I have to return a lamp that I bought?"
    rows = [{"question": asked, "answer": f"You can return it within {days} days."} for days in (7, 30)]
    other = {"question": "Where is the shop?", "answer": "In the main street, behind the church."}
    manifest = imported([write_lines(tmp_path / "t.jsonl", [*rows, other])], tmp_path / "out")

    (told,) = lines_of(tmp_path / "out" / "contradictions.jsonl")
    assert [row["messages"][-1]["content"] for row in told["rows"]] == [row["answer"] for row in rows]
    assert said_in(tmp_path / "out") == [[*other.values()]]
    assert manifest["counts"]["contradicting"] == 2


def test_lines_around_many_records_are_taken_out(tmp_path: Path) -> None:
    """They are learnt from the records; an answer that is often given is none, and rows that share nothing else are not folded."""
    footer = "Visite a nossa central de ajuda, protocolo"
    asked = [f"Why does pump {'AB' * number} rattle?" for number in range(1, 61)]
    tickets = [zendesk(at, text, f"Tighten screw {at}.\n\n{footer} {at * 7}.") for at, text in enumerate(asked)]
    same = [zendesk(100 + at, f"Where is manual {'CD' * at}?", f"{footer} {at}.") for at in range(1, 4)]
    manifest = imported([write_lines(tmp_path / "t.jsonl", [*tickets, *same])], tmp_path / "out")

    answers = sorted(said[-1] for said in said_in(tmp_path / "out"))
    assert answers == sorted([*(f"Tighten screw {at}." for at in range(60)), *(f"{footer} {at}." for at in range(1, 4))])
    assert manifest["counts"]["cleaned"]["boilerplate"] == 60
    assert manifest["counts"]["boilerplate"] == [{"line": "visite a nossa central de ajuda protocolo 0", "rows": 60}]


def test_splits_never_leak(tmp_path: Path) -> None:
    """No row to train or validate on asks nearly what a test row asks; every category is tested."""
    write_tickets(tmp_path / "t.jsonl", 400)
    manifest = imported([tmp_path / "t.jsonl"], tmp_path / "out")

    tested = NearQuestions(asked_in(tmp_path / "out" / "test.jsonl"))
    learnt = [*asked_in(tmp_path / "out" / "train.jsonl"), *asked_in(tmp_path / "out" / "validation.jsonl")]
    assert len(learnt) > 200
    assert not any(map(tested.holds, learnt))
    categories = manifest["counts"]["categories"].values()
    assert all(0.15 < counts["test"] / sum(counts.values()) < 0.35 for counts in categories)


def test_a_later_question_that_is_tested_keeps_its_conversation_out(tmp_path: Path) -> None:
    """Trained on what judges it, a version would look better than it is."""
    asked = f"{QUESTION} It is loud."
    told = [{"role": "user", "content": "May I ask two things at once?"}, {"role": "assistant", "content": "Of course you may."}]
    told += [{"role": "user", "content": asked}, {"role": "assistant", "content": ANSWER}]
    rows = [{"messages": told}, {"question": QUESTION, "answer": ANSWER}]
    folder, known = tmp_path / "out", NearQuestions([QUESTION])
    files = (write_lines(tmp_path / "a.jsonl", rows[:1]), write_lines(tmp_path / "b.jsonl", rows[1:]))
    train = NearQuestions(["May I ask two things at once?"])
    import_data(Wish(files, folder, assigned={"test": known, "train": train}))

    assert refused_in(folder) == [("a.jsonl", 1, "tested_later")]
    assert [path.name for path in folder.glob("*t*.jsonl") if lines_of(path) and path.stem in SPLITS] == ["test.jsonl"]


@pytest.mark.parametrize("split", SPLITS)
def test_what_the_ledger_has_assigned_stays_so(tmp_path: Path, split: Any) -> None:
    """A question that near-duplicates were asked of before goes where they are."""
    path = write_lines(tmp_path / "t.jsonl", [zendesk(1, QUESTION, ANSWER)])
    import_data(Wish((path,), tmp_path / "out", assigned={split: NearQuestions([f"Please, {QUESTION.lower()}"])}))

    assert asked_in(tmp_path / "out" / f"{split}.jsonl") == [QUESTION]


def test_imported_rows_can_be_trained_on(tmp_path: Path) -> None:
    """As `aprendiz train` looks at them."""
    write_tickets(tmp_path / "t.jsonl", 60)
    manifest = imported([tmp_path / "t.jsonl"], tmp_path / "out", system="Be kind.")

    train = tmp_path / "out" / "train.jsonl"
    assert validate_rows(train, count_tokens=len, limit_tokens=1000) == ()
    assert manifest["validation"] == {"test.jsonl": {}, "train.jsonl": {}, "validation.jsonl": {}}


def test_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    """And in any folder."""
    write_tickets(tmp_path / "t.jsonl", 450)
    for workers in (1, 3):
        imported([tmp_path / "t.jsonl"], tmp_path / str(workers), workers=workers)

    assert bytes_in(tmp_path / "1") == bytes_in(tmp_path / "3")


class _Killed(BaseException):
    """The end of a process, as far as its work on the disk is concerned."""


def _killing(do: Callable[..., Any], after: int) -> Callable[..., Any]:
    left = after

    def killed(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Killed
        return do(*arguments, **named)

    return killed


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (Shelf, "append", 3),
        (Shelf, "checkpoint", 2),
        (spool.Spool, "append", 0),
        (spool.Spool, "append", 3),
        (spool.Spool, "checkpoint", 1),
        (Folding, "fold", 3),
        (run, "group", 0),
        (run, "write_rows", 0),
        (run, "write_lines", 1),
        (run, "write_manifest", 0),
    ],
)
def test_a_killed_import_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: int
) -> None:
    """Nothing is lost and nothing is there twice, wherever it was stopped."""
    write_tickets(tmp_path / "t.jsonl", 120)
    monkeypatch.setattr(run, "_BATCH", 10)
    monkeypatch.setattr(run, "_BATCHES", 2)
    imported([tmp_path / "t.jsonl"], tmp_path / "whole")
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, _killing(getattr(owner, name), after))
        with pytest.raises(_Killed):
            imported([tmp_path / "t.jsonl"], tmp_path / "out")
        assert not (tmp_path / "out" / "manifest.json").exists()

    imported([tmp_path / "t.jsonl"], tmp_path / "out")

    assert bytes_in(tmp_path / "out") == bytes_in(tmp_path / "whole")
    assert not (tmp_path / "out" / ".work").exists()


@pytest.mark.parametrize(("system", "read"), [("", 0), ("Be kind.", 60)])
def test_what_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, read: int) -> None:
    """What takes long is done once; other settings begin anew."""
    write_tickets(tmp_path / "t.jsonl", 60)
    with monkeypatch.context() as patched:
        patched.setattr(run, "group", _killing(group, 0))
        with pytest.raises(_Killed):
            imported([tmp_path / "t.jsonl"], tmp_path / "out")
    appended: list[int] = []
    append = spool.Spool.append

    def counted(to: spool.Spool, batch: Batch) -> None:
        appended.append(len(batch.outcomes))
        append(to, batch)

    monkeypatch.setattr(spool.Spool, "append", counted)
    manifest = imported([tmp_path / "t.jsonl"], tmp_path / "out", system=system)

    assert (sum(appended), manifest["counts"]["read"]) == (read, 60)


_RUN = """
import sys
from pathlib import Path
from finetune.importing import run
from tests.finetune.importing.made import imported
run._BATCH, run._BATCHES = 10, 1
imported([Path(sys.argv[1])], Path(sys.argv[2]), workers=2)
"""


def test_a_process_that_is_killed_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real SIGKILL amid the reading; its children end with it."""
    write_tickets(tmp_path / "t.jsonl", 300)
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", _RUN, str(tmp_path / "t.jsonl"), str(out)])
    rows = out / ".work" / "spool" / "rows.jsonl"
    while not (rows.exists() and rows.stat().st_size > 20_000):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert [path.name for path in out.iterdir()] == [".work"]

    monkeypatch.setattr(run, "_BATCH", 10)
    imported([tmp_path / "t.jsonl"], out)
    imported([tmp_path / "t.jsonl"], tmp_path / "whole")

    assert bytes_in(out) == bytes_in(tmp_path / "whole")


def test_a_full_disk_is_told_and_the_same_command_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept stays."""
    write_tickets(tmp_path / "t.jsonl", 60)
    imported([tmp_path / "t.jsonl"], tmp_path / "whole")
    with monkeypatch.context() as patched:
        patched.setattr(spool, "ROW", _Full())
        with pytest.raises(Misconfigured, match=r"No space left on device\): free space there.*the same command goes on"):
            imported([tmp_path / "t.jsonl"], tmp_path / "out")
    imported([tmp_path / "t.jsonl"], tmp_path / "out")

    assert bytes_in(tmp_path / "out") == bytes_in(tmp_path / "whole")


class _Full:
    def pack(self, *_values: int) -> bytes:
        raise OSError(28, "No space left on device")


def test_two_imports_into_one_folder_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is refused while the first runs."""
    path = write_lines(tmp_path / "t.jsonl", [zendesk(1, QUESTION, ANSWER)])
    refusals: list[str] = []

    def second(*_arguments: Any) -> None:
        with pytest.raises(Refused) as refused:
            imported([path], tmp_path / "out")
        refusals.append(str(refused.value))

    import_data(Wish((path,), tmp_path / "out", options=Options()), progress=second)

    assert set(refusals) == {f"another import writes into {tmp_path / 'out'}: wait for its end, or name another folder"}


def test_the_manifest_tells_files_and_settings(tmp_path: Path) -> None:
    """What was read, what was written, and what was made of it."""
    path = write_lines(tmp_path / "t.jsonl", [zendesk(1, f"{QUESTION} Call (11) 98888-7777.", ANSWER), zendesk(2, "x", "y", status="new")])
    manifest = imported([path], tmp_path / "out")

    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == manifest
    counts = manifest["counts"]
    assert (counts["read"], counts["refused"], counts["redacted"], counts["rows_redacted"]) == (2, {"unsolved": 1}, {"PHONE": 1}, 1)
    assert [source["file"] for source in manifest["sources"]] == ["t.jsonl"]
    assert set(manifest["files"]) == {path.name for path in (tmp_path / "out").iterdir()} - {"manifest.json"}
