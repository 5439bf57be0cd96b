"""`aprendiz knowledge`: documents in, and what a question would find."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.adapters.cli.conftest import GUIDE, QUESTION, Aprendiz
from tests.finetune.importing.made import zendesk


def test_documents_are_added_listed_and_removed(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """The whole life of a document, as a person sees it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "filters.md").write_text(GUIDE)

    added = aprendiz("knowledge", "add", tmp_path / "docs")
    listed = aprendiz("knowledge", "list")
    removed = aprendiz("knowledge", "remove", "filters.md")
    empty = aprendiz("knowledge", "list")

    assert added.out == (
        "Documents: 1 added, 0 changed, 0 unchanged, 0 removed, 0 skipped.\n"
        "Passages still to be read closely: 1. aprendiz serve does that while it runs, or aprendiz index refine does.\n"
    )
    assert "filters.md" in listed.out
    assert "employees" in listed.out
    assert removed.out == "Documents removed: 1.\n"
    assert empty.out == "No documents yet: aprendiz knowledge add PATH…\n"


def test_tickets_are_redacted_as_the_settings_say(aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the operator's own patterns, and with their exceptions."""
    monkeypatch.setenv("APRENDIZ_PRIVACY__PATTERNS", '{"STAFF": "M-[0-9]{5}"}')
    monkeypatch.setenv("APRENDIZ_PRIVACY__EXCEPTIONS", '["sac@firma.com.br"]')
    ticket = zendesk(1, "Where does M-12345 get a new card?", "M-12345 writes to sac@firma.com.br.")
    (tmp_path / "tickets.json").write_text(json.dumps(ticket))
    aprendiz("knowledge", "add", tmp_path / "tickets.json")
    (hit,) = aprendiz("knowledge", "search", "new card", "--json").json["hits"]

    assert "[STAFF_1] writes to sac@firma.com.br." in hit["text"]


def test_programs_read_the_same_as_json(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """A script that imports a folder every night acts on the numbers."""
    (tmp_path / "prices.csv").write_text("id,question,answer\n7,What does it cost?,Ten reais.\n")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "tickets.json").write_text('{"subject": "Keys?", "raw_subject": "Keys?", "status": "open"}')
    paths = [tmp_path / name for name in ("prices.csv", "empty.md", "tickets.json")]

    added = aprendiz("knowledge", "add", *paths, "--audience", "customers", "--json")
    listed = aprendiz("knowledge", "list", "--json")
    removed = aprendiz("knowledge", "remove", tmp_path / "prices.csv", "--json")

    assert (added.code, added.json["added"], added.json["passages"]) == (0, 1, 1)
    assert [skipped["name"] for skipped in added.json["skipped"]] == ["empty.md", "tickets.json"]
    assert added.json["notes"] == [{"name": "tickets.json", "note": "tickets that are not solved, left out: 1"}]
    assert added.err.endswith("tickets.json: tickets that are not solved, left out: 1\n")
    assert "empty.md: " in added.err
    assert [(line["shown"], line["audience"]) for line in listed.lines] == [("prices.csv", "customers")]
    assert removed.json == {"removed": 1}


def test_who_forgets_the_audience_takes_nothing_from_it(worded: Aprendiz, tmp_path: Path) -> None:
    """A folder is read again every month, by hand, by somebody else."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "filters.md").write_text(GUIDE)
    worded("knowledge", "add", tmp_path / "site", "--audience", "customers")
    (tmp_path / "internal.md").write_text(GUIDE.replace("six", "seven"))

    again = worded("knowledge", "add", tmp_path / "site", tmp_path / "internal.md", "--json").json
    listed = worded("knowledge", "list", "--json").lines

    assert (again["added"], again["changed"], again["unchanged"]) == (1, 0, 1)
    assert {(line["shown"], line["audience"]) for line in listed} == {("filters.md", "customers"), ("internal.md", "employees")}


def test_nothing_readable_is_a_refusal(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """An import that brought nothing must not look done."""
    (tmp_path / "photo.md").write_bytes(b"\x00\x01\x02\xff" * 50)
    ran = aprendiz("knowledge", "add", tmp_path / "photo.md")

    assert ran.code == 1
    assert ran.err.startswith("photo.md: ")
    assert ran.err.endswith("None of these documents could be read.\n")


def test_a_path_that_is_not_there_is_wrong_usage(aprendiz: Aprendiz) -> None:
    """A typing mistake is noticed before anything is opened."""
    assert aprendiz("knowledge", "add", "no-such-folder").code == 2


def test_removing_what_is_unknown_is_refused(aprendiz: Aprendiz) -> None:
    """A mistyped name must not pass for done."""
    ran = aprendiz("knowledge", "remove", "no-such.md")

    assert (ran.code, ran.err) == (1, "No document is called no-such.md; aprendiz knowledge list names them.\n")


def test_removing_what_is_not_told_apart_is_refused_with_the_paths(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Two folders may each hold a README for other people; and a variable that is not set is no name."""
    folders = [tmp_path / f"{number}" for number in range(6)]
    for folder in folders:
        folder.mkdir()
        (folder / "README.md").write_text(f"# Leia-me\n\nPasta {folder.name}.\n")
    aprendiz("knowledge", "add", *folders)

    several, unnamed = aprendiz("knowledge", "remove", "README.md"), aprendiz("knowledge", "remove", "")
    named = aprendiz("knowledge", "remove", folders[0] / "README.md", "--json").json

    paths = ", ".join(str(folder / "README.md") for folder in folders[:5])
    assert (several.code, unnamed.code, named) == (1, 1, {"removed": 1})
    assert several.err == f"6 documents are called README.md; give the path of the one that is meant: {paths}, …\n"
    assert unnamed.err == "Nothing is named: give a document's name as in aprendiz knowledge list, or its path.\n"


def test_search_prints_the_agreed_fields(asked: Path, aprendiz: Aprendiz) -> None:
    """Scripts and benchmarks are written against these names."""
    found = aprendiz("knowledge", "search", QUESTION, "--limit", "1", "--json").json

    assert found["query"] == QUESTION
    assert [set(hit) for hit in found["hits"]] == [{"source", "title", "text", "score", "row", "page", "anchor", "dated"}]
    assert found["hits"][0]["source"] == "filters.md"
    assert "six months" in found["hits"][0]["text"]
    assert (found["hits"][0]["anchor"], found["hits"][0]["dated"]) == ("filters", "")


@pytest.mark.parametrize("nothing", ["", " ", "?!"])
def test_a_search_for_nothing_is_refused(asked: Path, aprendiz: Aprendiz, tmp_path: Path, nothing: str) -> None:
    """Ten passages of no relevance look as if they were found."""
    (tmp_path / "in.jsonl").write_text(json.dumps(nothing) + "\n")
    ran = aprendiz("knowledge", "search", nothing)
    (line,) = aprendiz("knowledge", "search", "--batch", tmp_path / "in.jsonl").lines

    assert (ran.code, ran.out, ran.err) == (1, "", "Please write your question in words.\n")
    assert line == {"error": "Please write your question in words."}


def test_search_shows_people_the_text(asked: Path, aprendiz: Aprendiz) -> None:
    """An operator judges by reading."""
    ran = aprendiz("knowledge", "search", QUESTION)

    assert "filters.md" in ran.out
    assert "six months" in ran.out


def test_another_audience_finds_nothing(asked: Path, aprendiz: Aprendiz) -> None:
    """What employees may read stays with them, at the terminal too."""
    assert aprendiz("knowledge", "search", QUESTION, "--audience", "customers").out == "Nothing found.\n"


def test_a_batch_gives_a_line_for_a_line(asked: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """In order and complete, so that the two files can be laid side by side."""
    (tmp_path / "in.jsonl").write_text('{"query": "air filter"}\nnot json\n"washing"\n')
    first, second, third = aprendiz("knowledge", "search", "--batch", tmp_path / "in.jsonl").lines

    assert (first["query"], third["query"]) == ("air filter", "washing")
    assert list(second) == ["error"]


def test_a_query_and_a_batch_exclude_each_other(aprendiz: Aprendiz) -> None:
    """Neither, or both, is a mistake."""
    assert aprendiz("knowledge", "search").code == 2
    assert aprendiz("knowledge", "search", "x", "--batch", "-").code == 2


def test_an_interrupted_import_says_how_to_go_on_and_goes_on(home: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """A person who loses patience loses nothing: what was read stands, whole, and is not read again."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(_MANY):
        (folder / f"{number:03}.md").write_text(f"# Page {number}\n\nPage {number} says {number}.\n")
    impatient = threading.Thread(target=_interrupt_once_something_is_imported, args=(home,))
    impatient.start()

    stopped = aprendiz("knowledge", "add", folder)
    impatient.join()
    again = aprendiz("knowledge", "add", folder, "--json")

    assert stopped.code == 130
    told = re.search(r"Stopped after (\d+) of (\d+) documents\. What was read is kept: the same command goes on\.", stopped.err)
    assert told
    assert 0 < int(told[1]) <= int(told[2]) == _MANY
    assert (again.code, again.json["added"] + again.json["unchanged"]) == (0, _MANY)
    assert again.json["unchanged"] >= int(told[1])
    assert aprendiz("index", "check", "--json").json["equal"]


_MANY = 60


def _interrupt_once_something_is_imported(home: Path) -> None:
    """Press Ctrl-C."""
    for _ in range(6000):
        time.sleep(0.01)
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"file:{home / 'ledger.db'}?mode=ro", uri=True)) as ledger,
        ):
            if ledger.execute("SELECT count(*) FROM sources").fetchone()[0] > 2:
                os.kill(os.getpid(), signal.SIGINT)
                return


def test_an_index_that_is_in_use_keeps_no_document_out(home: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Beside another command that holds the index the documents are read all the same, and indexed by the next one."""
    (tmp_path / "filters.md").write_text(GUIDE)
    home.mkdir()
    with FileLock(home / "chroma.lock"):
        added = aprendiz("knowledge", "add", tmp_path / "filters.md")

    assert (added.code, added.out) == (0, "Documents: 1 added, 0 changed, 0 unchanged, 0 removed, 0 skipped.\n")
    assert added.err.startswith("Kept; the index will follow later (the index in ")
    assert aprendiz("index", "check").code == 1
    aprendiz("knowledge", "add", tmp_path / "filters.md")
    assert aprendiz("index", "check").code == 0


def test_what_is_refused_before_anything_is_read_is_refused_in_the_operators_language(
    aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question of signs alone needs no settings; the sentence about it does."""
    monkeypatch.setenv("APRENDIZ_LANGUAGE", "pt_BR")
    said = aprendiz("knowledge", "search", "?").err
    monkeypatch.setenv("APRENDIZ_LANGUAGE", "tlh")

    assert said == "Escreva sua pergunta em palavras.\n"
    assert aprendiz("knowledge", "search", "?").err == "Please write your question in words.\n"
