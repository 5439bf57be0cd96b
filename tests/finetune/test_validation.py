"""What keeps a file from being trained on, by line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BadRequest, Refused
from bot.messages import Message
from bot.prompt import render_turn
from finetune.findings import Finding
from finetune.validation import require_valid, validate_rows
from store.linking import NearQuestions
from tests.finetune.exporting import passage

SYSTEM = {"role": "system", "content": "Be brief."}
QUESTION = {"role": "user", "content": "When do you open?"}
ANSWER = {"role": "assistant", "content": "At 8."}


def characters(messages: Sequence[Message]) -> int:
    """Count characters for tokens."""
    return sum(len(message.content) for message in messages)


def row(*messages: Any, **fields: Any) -> str:
    """Return a row as a line."""
    return json.dumps({"messages": list(messages), **fields})


def check(path: Path, *lines: str | bytes, limit_tokens: int = 200, kept_out: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Write *lines* to *path* and validate it."""
    path.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
    return validate_rows(path, count_tokens=characters, limit_tokens=limit_tokens, kept_out=NearQuestions(kept_out))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return where rows are written."""
    return tmp_path / "train.jsonl"


def test_good_rows_have_no_findings(rows: Path) -> None:
    """With and without a system message, with earlier turns, weights, metadata, a byte order mark and empty lines."""
    lines = (
        b"\xef\xbb\xbf" + row(SYSTEM, QUESTION, ANSWER).encode(),
        "",
        row(QUESTION, ANSWER | {"weight": 0}, QUESTION, ANSWER | {"weight": 1}, metadata={"exchange_id": "e"}),
        row(QUESTION, {"role": "assistant", "content": "Às 8.\u2028\x85"}),
    )

    assert check(rows, *lines, kept_out=["Another?"]) == ()


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("{", "json", "no JSON at column 2"),
        ("[]", "messages", 'has no list "messages"'),
        ('{"messages": []}', "messages", 'has no list "messages"'),
        ('{"prompt": "Hi"}', "messages", 'has no list "messages"'),
        (row({"role": "tool", "content": "x"}), "role", "message 1 has the role 'tool'"),
        (row("Hi"), "role", "message 1 has the role 'None'"),
        (row({"role": ["user"], "content": "x"}), "role", "message 1 has the role"),
        (row(QUESTION, {"role": "assistant", "content": None}), "content", "message 2 has no text"),
        (row(QUESTION, {"role": "assistant"}), "content", "message 2 has no text"),
        (row(QUESTION, {"role": "assistant", "content": " \n"}), "empty", "message 2 (assistant) is empty or only white space"),
        (row(QUESTION, {"role": "assistant", "content": "\u200b\ufeff"}), "empty", "message 2 (assistant) is empty or only white space"),
        (row(QUESTION, ANSWER | {"weight": 2}), "weight", "message 2 has a weight"),
        (row(QUESTION | {"weight": 0}, ANSWER), "weight", "message 1 has a weight"),
        (row(QUESTION, QUESTION, ANSWER), "order", "message 2 (user) stands where assistant is due"),
        (row(SYSTEM, ANSWER), "order", "message 2 (assistant) stands where user is due"),
        (row(QUESTION, SYSTEM, ANSWER), "order", "message 2 (system) stands where assistant is due"),
        (row(SYSTEM, QUESTION), "no_answer", "ends without an answer"),
        (row(SYSTEM), "no_answer", "ends without an answer"),
        (row(QUESTION, {"role": "assistant", "content": "x" * 190}), "too_long", "207 tokens, 7 over the limit of 200"),
        (b'{"messages": "\xe9"}', "encoding", "no UTF-8 at byte 15 of the line"),
        (row(SYSTEM, QUESTION, ANSWER), "duplicate", "the same row as line 1"),
    ],
)
def test_each_fault_is_found_in_its_line(rows: Path, line: str | bytes, code: str, message: str) -> None:
    """Whoever prepared the file is told where and what to do."""
    (finding,) = check(rows, row(SYSTEM, QUESTION, ANSWER), line)

    assert (finding.line, finding.code) == (2, code)
    assert finding.message.startswith(message)
    assert finding.remedy


@pytest.mark.parametrize(
    "asked",
    [
        row(QUESTION, ANSWER),
        row({"role": "user", "content": "WHEN do you open"}, ANSWER),
        row({"role": "user", "content": render_turn([passage("We open at 8.")], "When do you open?")}, ANSWER),
        row({"role": "user", "content": "Hello, when do you open, please?"}, ANSWER),
        row(QUESTION, ANSWER, {"role": "user", "content": "And on Sundays?"}, ANSWER),
        row({"role": "user", "content": "Tell me."}, ANSWER, metadata={"question": "When do you open?"}),
    ],
)
def test_a_question_kept_for_testing_is_found_wherever_it_stands(rows: Path, asked: str) -> None:
    """Trained on what judges it, a version would look better than it is."""
    (finding,) = check(rows, asked, kept_out=["When do you open?"])

    assert (finding.line, finding.code) == (1, "leak")


@pytest.mark.parametrize("lines", [(), ("",), ("", "  ")])
def test_a_file_without_rows_is_found(rows: Path, lines: tuple[str, ...]) -> None:
    """Training on nothing would give the base again."""
    assert [(finding.line, finding.code) for finding in check(rows, *lines)] == [(0, "no_rows")]


def test_findings_end_somewhere(rows: Path) -> None:
    """A video under the wrong name has a finding in every line."""
    assert len(check(rows, *["{"] * 1500)) == 1000


def test_rows_of_text_may_be_of_any_length(rows: Path) -> None:
    """They are cut into blocks; what is empty, broken or there twice is found as in any row."""
    lines = [json.dumps({"text": text}) for text in ("Olá. " * 1000, " ", "Adeus.", "Adeus.")]

    assert {(each.line, each.code) for each in check(rows, *lines, "x")} == {(2, "empty_text"), (4, "duplicate"), (5, "json")}


def test_plain_text_needs_only_words_in_utf_8(tmp_path: Path) -> None:
    """It is cut into blocks, so a paragraph may be of any length."""
    assert check(tmp_path / "a.txt", "Olá. " * 1000, "", "Adeus.") == ()
    assert [(each.line, each.code) for each in check(tmp_path / "b.txt", "Ol\xe1".encode(), b"\xe1")] == [(2, "encoding")]
    assert [(each.line, each.code) for each in check(tmp_path / "c.txt", " ", "\t")] == [(0, "no_text")]


@pytest.mark.parametrize("name", ["rows.csv", "rows"])
def test_another_kind_of_file_is_found(tmp_path: Path, name: str) -> None:
    """Its name decides how it is read."""
    assert [(each.line, each.code) for each in check(tmp_path / name, "a")] == [(0, "file_type")]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A typing mistake in the command."""
    with pytest.raises(BadRequest, match=r"gone\.jsonl cannot be read \(No such file"):
        validate_rows(tmp_path / "gone.jsonl", count_tokens=characters, limit_tokens=200)


def test_a_bad_file_is_refused_with_its_first_five_findings(rows: Path) -> None:
    """A sentence each: more would hide them."""
    findings = check(rows, *["{"] * 7)

    with pytest.raises(Refused) as refused:
        require_valid(rows, findings)
    detail = str(refused.value)
    assert detail.startswith(f"{rows} cannot be trained on. line 1: no JSON at column 2")
    assert detail.count(": write one JSON object a line.") == 5
    assert detail.endswith("and 2 more findings.")


def test_a_good_file_is_not_refused(rows: Path) -> None:
    """Nor is one with findings of the whole file called a line."""
    require_valid(rows, ())

    with pytest.raises(Refused, match=r"trained on\. the file holds no rows: write"):
        require_valid(rows, check(rows))
