"""Held-out, golden and plain questions."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Misconfigured
from finetune.questions import HeldOut, held_out, read_questions
from store.clusters import cluster_of
from tests.finetune.exporting import example, turn


def test_questions_of_the_test_split_are_held_out() -> None:
    """With the answer that people liked or an expert wrote, and whether production's was wrong."""
    examples = [
        example("Liked?", "Yes.", line=1, split="test"),
        example("Mixed?", "Rather.", line=2, split="test", up=3, down=1),
        example("Corrected?", "At 8.", line=3, split="test", corrected=True, up=0, audience="all", language="pt"),
        example("Trained on?", "Yes.", line=4),
    ]

    found = held_out(examples)

    assert len({each.subject for each in found}) == 3
    assert tuple(replace(each, subject="") for each in found) == (
        HeldOut("Liked?", "Yes.", (), False, "employees", "en", "up", cluster_of("Liked?"), "e1"),
        HeldOut("Mixed?", "Rather.", (), False, "employees", "en", "down", cluster_of("Mixed?"), "e2"),
        HeldOut("Corrected?", "At 8.", (), False, "all", "pt", "down", cluster_of("Corrected?"), "e3"),
    )


def test_a_question_is_held_out_once_with_its_best_answer() -> None:
    """Asked twice it must not count twice; an expert's answer goes before the most liked, that before the newest."""
    examples = [
        example("When?", "At 9.", line=1, split="test", up=5),
        example("when", "At 8.", line=2, split="test", up=1),
        example("Who?", "Ana.", line=3, split="test", up=9, history=turn("What is the name of the head of sales?", "I do not know.")),
        example("Where does the legal office keep the archive of old contracts?", "Room 1.", line=4, split="test", up=9),
        example(
            "Where does the legal office keep the archive of old contracts?",
            "Room 2.",
            line=5,
            split="test",
            corrected=True,
            history=turn("Hi", "Hi"),
        ),
    ]

    assert [(each.question, each.reference) for each in held_out(examples)] == [
        ("When?", "At 9."),
        ("Where does the legal office keep the archive of old contracts?", "Room 2."),
    ]


def test_follow_ups_are_not_asked_alone() -> None:
    """Without the turn before, "and on Saturdays?" asks nothing."""
    follow_up = example("And on Saturdays?", "Until noon.", split="test", history=turn("When does Ipê open?", "At 8."))

    assert held_out([follow_up]) == ()


def test_a_liked_refusal_must_be_repeated() -> None:
    """A version that answers there has begun to invent."""
    (question,) = held_out([example("Is there life on Mars?", "I found nothing.", split="test", kind="declined")])

    assert (question.must_decline, question.reference) == (True, "")


def read(path: Path, *lines: str, **fields: Any) -> tuple[HeldOut, ...]:
    """Write *lines* to *path* and read them as questions."""
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_questions(path, **fields)


def test_golden_questions_are_read(tmp_path: Path) -> None:
    """What an operator writes by hand: a byte order mark, empty lines and Windows' line ends included."""
    lines = (
        '\ufeff{"question": "Qual é o prazo?", "must_contain": ["30 dias"], "language": "pt"}\r',
        "",
        '{"question": "Is there life on Mars?", "must_decline": true, "audience": "all"}',
        '{"question": "Who?", "answer": "Ana."}',
    )

    assert read(tmp_path / "golden.jsonl", *lines, audience="customers") == (
        HeldOut("Qual é o prazo?", "", ("30 dias",), False, "customers", "pt", "golden", cluster_of("Qual é o prazo?")),
        HeldOut("Is there life on Mars?", "", (), True, "all", "", "golden", cluster_of("Is there life on Mars?")),
        HeldOut("Who?", "Ana.", (), False, "customers", "", "golden", cluster_of("Who?")),
    )


def test_facts_give_a_question_for_each_phrasing(tmp_path: Path) -> None:
    """The benchmark's material has several questions to an answer."""
    found = read(
        tmp_path / "facts.jsonl", '{"answer": "At 8.", "must_contain": ["8"], "questions": ["When?", "At what time?"]}', kind="plain"
    )

    assert [(each.question, each.reference, each.must_contain, each.kind) for each in found] == [
        ("When?", "At 8.", ("8",), "plain"),
        ("At what time?", "At 8.", ("8",), "plain"),
    ]


@pytest.mark.parametrize("path", ["tests/data/golden.jsonl", "tests/data/hidrex/facts.jsonl"])
def test_the_projects_own_questions_are_read(path: str, request: pytest.FixtureRequest) -> None:
    """They have the very format that operators are told of."""
    assert read_questions(request.config.rootpath / path)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"question": "Why?"', "no JSON at column"),
        ('["Why?"]', "must be a JSON object"),
        ('{"question": "Why?", "answers": ["a"]}', '"answers" is unknown'),
        ('{"answer": "a"}', '"question" or "questions" must be there'),
        ('{"question": "Why?", "questions": ["Why?"], "answer": "a"}', '"question" or "questions" must be there'),
        ('{"question": " ", "answer": "a"}', '"question" is empty'),
        ('{"questions": [], "answer": "a"}', '"questions" is empty'),
        ('{"questions": ["Why?", ""], "answer": "a"}', '"questions" is empty'),
        ('{"questions": "Why?", "answer": "a"}', '"questions" must be a list of texts'),
        ('{"question": 1, "answer": "a"}', '"question" must be a text'),
        ('{"question": "Why?", "answer": 3}', '"answer" must be a text'),
        ('{"question": "Why?", "must_contain": "a"}', '"must_contain" must be a list of texts'),
        ('{"question": "Why?", "must_contain": ["a", 1]}', '"must_contain" must be a list of texts'),
        ('{"question": "Why?", "must_contain": [""]}', '"must_contain" holds an empty text'),
        ('{"question": "Why?", "must_decline": "yes"}', '"must_decline" must be true or false'),
        ('{"question": "Why?", "must_decline": true, "must_contain": ["a"]}', '"must_decline" contradicts'),
        ('{"question": "Why?", "must_decline": true, "answer": "a"}', '"must_decline" contradicts'),
        ('{"question": "Why?"}', '"answer" is missing'),
        ('{"question": "Why?", "answer": "a", "language": 1}', '"language" must be a text'),
        ('{"question": "Why?", "answer": "a", "audience": "staff"}', '"audience" must be one of employees, customers, all'),
    ],
)
def test_a_wrong_line_is_named_with_its_key(tmp_path: Path, line: str, problem: str) -> None:
    """Operators write these files by hand."""
    path = tmp_path / "golden.jsonl"

    with pytest.raises(Misconfigured) as wrong:
        read(path, '{"question": "Fine?", "answer": "Yes."}', line)
    assert str(wrong.value).startswith(f"{path}, line 2: ")
    assert problem in str(wrong.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, or saved by a program with an encoding of its own."""
    with pytest.raises(Misconfigured, match=r"none\.jsonl cannot be read \(No such file"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes('{"question": "É?"}'.encode("latin-1"))
    with pytest.raises(Misconfigured, match="not UTF-8 \\(byte 14\\): save the file as UTF-8"):
        read_questions(tmp_path / "latin.jsonl")
