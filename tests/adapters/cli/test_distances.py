"""`aprendiz knowledge search --distance` and `--compare`."""

from pathlib import Path
from typing import get_args

import pytest

from adapters.cli.distances import DISTANCES
from bot.errors import EmptyQuestion, Refused
from store.distances import DistanceName
from tests.adapters.cli.conftest import QUESTION, SECRET, Aprendiz

FILTER = '{"question": "How often do I replace the air filter?", "expect": "every six months"}\n'
LABELLED = """question,expect
When is the shop open?,hours.md
What does a yearly contract cost?,ninety dollars
How much discount may Finance grant?,discounts.md
How do I book trains and flights?,travel desk
Who painted the Mona Lisa?,Leonardo
"""


def test_the_command_line_knows_every_distance() -> None:
    """Its help must not load numpy, so that the names stand there once more."""
    assert get_args(DistanceName) == DISTANCES


def test_the_index_is_searched_by_a_distance(asked: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """With the passages' meanings as the index has them; an unknown distance is wrong usage."""
    found = aprendiz("knowledge", "search", QUESTION, "--distance", "l2", "--json").json
    unknown = aprendiz("knowledge", "search", QUESTION, "--distance", "euclid")

    assert (found["query"], found["distance"]) == (QUESTION, "l2")
    assert [set(hit) for hit in found["hits"]] == [{"source", "title", "text", "row", "page", "anchor", "dated", "distance"}]
    assert 0 < found["hits"][0]["distance"] < 2**0.5  # nearer than what has nothing to do with it
    assert unknown.code == 2
    assert "'euclid' is not one of 'cosine', 'l2'" in unknown.err


@pytest.mark.parametrize("name", DISTANCES)
def test_the_nearest_passage_comes_first(shelf: Path, worded: Aprendiz, name: str) -> None:
    """By every distance, with its value; other audiences' passages are not measured."""
    found = worded("knowledge", "search", "The shop is open from nine to six", "--distance", name, "--audience", "customers", "--json").json
    shown = worded("knowledge", "search", SECRET, "--distance", name, "--audience", "customers")

    assert [hit["source"] for hit in found["hits"]] == ["hours.md", "prices.md"]
    assert found["hits"][0]["distance"] < found["hits"][1]["distance"]
    assert "ninety dollars" in shown.out
    assert "forty" not in shown.out


def test_a_batch_is_searched_line_by_line(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Beside a running server as well, which owns the index: the passages are read anew."""
    (tmp_path / "in.jsonl").write_text('"open on weekdays"\n3\n')
    first, second = worded("knowledge", "search", "--batch", tmp_path / "in.jsonl", "--distance", "jaccard", "--limit", "1").lines

    assert [hit["source"] for hit in first["hits"]] == ["hours.md"]
    assert list(second) == ["error"]


def test_a_comparison_says_which_distance_is_best(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """For people and programs; what nothing can answer is named and left out."""
    (tmp_path / "labelled.csv").write_text(LABELLED)
    shown = worded("knowledge", "search", "--compare", tmp_path / "labelled.csv")
    found = worded("knowledge", "search", "--compare", tmp_path / "labelled.csv", "--json").json

    assert "Line 6: nothing is called or says “Leonardo”; left out." in shown.err
    assert "Best at parting right from wrong: " in shown.out
    assert "The order may be chance: more questions, twenty or above" in shown.out
    assert found["decided"] is False
    assert (found["questions"], found["left_out"]) == (3, [3, 6])  # line 3 expects the customers' document
    assert {each["name"] for each in found["distances"]} == {*DISTANCES}
    assert found["best"][0] == found["distances"][0]["name"]
    assert all(0 <= each["hit1"] <= each["hit5"] <= 1 for each in found["distances"])


def test_what_another_audience_may_not_see_is_not_expected_of_it(shelf: Path, worded: Aprendiz, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """The comparison must not tell that such a document exists."""
    (tmp_path / "one.jsonl").write_text(
        '{"question": "How much?", "expect": "discounts.md"}\n{"question": "When?", "expect": "hours.md"}\n'
    )
    found = worded("knowledge", "search", "--compare", tmp_path / "one.jsonl", "--audience", "customers", "--json").json

    assert (found["questions"], found["left_out"]) == (1, [1])


def test_a_comparison_without_a_right_passage_is_refused(asked: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """One sentence; likewise for a file that is none, and a home without documents."""
    (tmp_path / "x.jsonl").write_text('{"question": "Who?", "expect": "Leonardo"}\n')
    (tmp_path / "empty.jsonl").write_text("")
    nothing = aprendiz("knowledge", "search", "--compare", tmp_path / "x.jsonl")
    empty = aprendiz("knowledge", "search", "--compare", tmp_path / "empty.jsonl")
    customers = aprendiz("knowledge", "search", "--compare", tmp_path / "x.jsonl", "--audience", "customers")

    assert nothing.err == f"No document that employees see is called or says what {tmp_path / 'x.jsonl'} expects.\n"
    assert empty.err == f"{tmp_path / 'empty.jsonl'} holds no question: write one a line\n"
    assert customers.err == "There are no documents for customers yet: aprendiz knowledge add PATH…\n"
    assert [nothing.code, empty.code, customers.code] == [1, 1, 1]


def test_what_every_passage_says_tells_no_distance_from_another(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Where nothing can be wrong every distance would be perfect."""
    line, other = '{"question": "What is there?", "expect": "is"}\n', '{"question": "When is the shop open?", "expect": "hours.md"}\n'
    (tmp_path / "some.jsonl").write_text(line + other)
    (tmp_path / "only.jsonl").write_text(line)
    arguments = ("knowledge", "search", "--audience", "customers", "--json", "--compare")
    some = worded(*arguments, tmp_path / "some.jsonl")

    assert some.err == "Line 1: every passage is “is”, so none is wrong; left out.\n"
    assert (some.json["questions"], some.json["left_out"]) == (1, [1])
    with pytest.raises(Refused, match=r"Every passage that customers see is what .*only\.jsonl expects: without a wrong one"):
        worded(*arguments, tmp_path / "only.jsonl")


def test_lines_that_nothing_matches_are_numbered(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Somebody has to look at them; the first ones will do."""
    (tmp_path / "x.jsonl").write_text('{"question": "Who?", "expect": "Leonardo"}\n' * 7)

    with pytest.raises(Refused, match=r"x\.jsonl expects \(lines 1, 2, 3, 4, 5, …\)\."):
        worded("knowledge", "search", "--compare", tmp_path / "x.jsonl")


def test_an_empty_question_is_near_to_nothing(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Any passage would be as good an answer."""
    (tmp_path / "in.jsonl").write_text('" "\n"open on weekdays"\n')
    empty, found = worded("knowledge", "search", "--batch", tmp_path / "in.jsonl", "--distance", "l2").lines

    assert empty == {"error": "Please write your question in words."}
    assert found["hits"]
    with pytest.raises(EmptyQuestion):
        worded("knowledge", "search", "", "--distance", "l2")


def test_query_batch_and_comparison_exclude_each_other(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Two at once are a mistake."""
    (tmp_path / "x.jsonl").write_text(FILTER)

    assert aprendiz("knowledge", "search", "x", "--compare", tmp_path / "x.jsonl").code == 2
    assert aprendiz("knowledge", "search", "--compare", tmp_path / "x.jsonl", "--distance", "l1").code == 2
