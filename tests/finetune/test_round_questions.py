"""What a round asks: the held-out questions and the golden ones, and afterwards those it was trained on."""

import json
from pathlib import Path
from typing import Any

from finetune.examples import Example
from finetune.round_questions import RoundQuestions, golden_of, questions_of
from tests.finetune.exporting import example

CORRECTED: dict[str, Any] = {"up": 0, "down": 1, "corrected": True}


def made(count: int, **fields: Any) -> list[Example]:
    """Return so many examples to different questions."""
    first = sum(map(ord, json.dumps(fields, default=str))) * 1000
    return [example(f"Question {first + number}?", line=first + number, **fields) for number in range(count)]


def test_held_out_questions_are_judged_and_trained_ones_asked_again() -> None:
    """Those that were wrong in training get a receipt as well; what was liked there needs none."""
    wrong, liked = made(2, split="test", **CORRECTED), made(3, split="test")
    trained = [*made(4, split="train", **CORRECTED), *made(1, split="validation", **CORRECTED), *made(5, split="train")]
    found = questions_of([*wrong, *liked, *trained], ())

    assert [each.kind for each in found.held_out] == ["down"] * 2 + ["up"] * 3
    assert len(found.again) == 5
    assert {each.kind for each in found.again} == {"down"}


def test_every_exchange_of_a_question_gets_its_receipt() -> None:
    """Ten people asked it, ten voted it down: it is fixed for all of them."""
    asked = [example("Where is the key?", line=line, split="test", **CORRECTED) for line in (1, 2)]
    liked = example("Where is the key?", line=3, split="test")
    found = questions_of([*asked, liked], ())

    assert list(found.wrong.values()) == [("e1", "e2")]
    assert len(found.held_out) == 1


def test_imported_questions_are_judged_and_get_no_receipt() -> None:
    """Nobody asked them here, so nobody is told; nor is who wrote an approved answer."""
    found = questions_of(
        [
            *made(3, split="test", up=0, origin={"import": "rows/"}, exchange_id="import:1"),
            *made(2, split="train", up=0, origin={"import": "rows/"}, exchange_id="import:2"),
            *made(2, split="test", up=0, corrected=True, exchange_id="approved:1"),
        ],
        (),
    )

    assert sorted((each.kind, each.reference != "") for each in found.held_out) == [("down", True)] * 2 + [("imported", True)] * 3
    assert (found.wrong, found.again) == ({}, ())


def test_golden_questions_stand_beside(tmp_path: Path) -> None:
    """Those of the audience and those for all; without a file there are none."""
    lines = [
        {"question": "One?", "must_contain": ["1"]},
        {"question": "Two?", "must_contain": ["2"], "audience": "all"},
        {"question": "Three?", "must_contain": ["3"], "audience": "customers"},
    ]
    path = tmp_path / "golden.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    golden = golden_of(path, audience="employees")

    assert [each.question for each in golden] == ["One?", "Two?"]
    assert golden_of(None, audience="employees") == ()
    assert questions_of([], golden).held_out == golden


def test_many_questions_are_bounded_by_their_clusters() -> None:
    """A large company's round is not to evaluate for a day; which questions stay does not change as others are rated."""
    many = [*made(230, split="test", **CORRECTED), *made(210, split="test")]
    found = questions_of(many, ()).held_out
    fewer = questions_of(many[:-1], ()).held_out

    assert [sum(each.kind == kind for each in found) for kind in ("down", "up")] == [200, 200]
    assert len(set(found) & set(fewer)) >= 399


def test_they_are_read_as_they_were_kept() -> None:
    """The folder holds them for as long as the round lasts."""
    examples = [*made(2, split="test", **CORRECTED), *made(2, split="train", **CORRECTED), *made(1, split="test")]
    found = questions_of(examples, ())

    assert RoundQuestions.from_json(json.loads(json.dumps(found.to_json()))) == found
