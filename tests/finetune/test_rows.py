"""Training rows: as the model is asked in service, of the right split, and the same for the same export, recipe and seed."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.draft import NOTHING_FOUND
from bot.errors import Misconfigured
from bot.messages import Message, Passage
from bot.prompt import render_turn
from bot.texts import translate
from finetune.examples import Example
from finetune.recipe import Recipe, RowPlan, read_recipe
from finetune.rows import DataSet, build_rows
from finetune.validation import validate_rows
from store.clusters import cluster_of
from store.linking import NearQuestions
from store.splitting import Split
from tests.finetune.exporting import example, passage, turn

DOCUMENTS = tuple(
    passage(
        f"The {thing} on floor {floor} opens at {floor + 6}:30 and its code is K-{floor}{at}.",
        heading=f"Floor {floor}",
        passage_id=f"p{at}",
    )
    for at, (thing, floor) in enumerate((thing, floor) for thing in ("canteen", "archive", "gym", "garage", "shop") for floor in range(8))
)


def words(messages: Sequence[Message]) -> int:
    """Count words for tokens."""
    return sum(len(message.content.split()) + 3 for message in messages)


def recipe(block_tokens: int = 400, **rows: Any) -> Recipe:
    """Return the product's recipe, with three rows an example unless *rows* say otherwise."""
    plan = {"contexts": 3, "distractors": 2, "served_order_share": 0.5, "decline_share": 0.0, "practice_rows": 0, "most_rows": 0} | rows
    return replace(read_recipe(), block_tokens=block_tokens, rows=RowPlan(**plan))


def asked(at: int, **fields: Any) -> Example:
    """Return an example whose second passage answers."""
    found = DOCUMENTS[at]
    answer = found.text.partition(" and ")[0] + "."
    shown = (DOCUMENTS[at - 1], found, DOCUMENTS[at - 2])
    values: dict[str, Any] = {"question": f"When does number {at} open?", "answer": answer, "line": at + 1, "passages": shown}
    return example(**values | fields)


def build(folder: Path, examples: Sequence[Example], plan: Recipe | None = None, *, seed: int = 1, **fields: Any) -> DataSet:
    """Build rows of *examples* with their documents at hand."""
    values: dict[str, Any] = {"pool": DOCUMENTS, "count_tokens": words} | fields
    return build_rows(examples, recipe=plan or recipe(), seed=seed, folder=folder, **values)


def rows_in(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def shown_in(row: dict[str, Any]) -> list[Passage]:
    """Return the documents in a row's last question, best first as the prompt has it: the last is the best."""
    content = row["messages"][-2]["content"]
    found = [(content.index(each.text), each) for each in DOCUMENTS if each.text in content]
    return [each for _, each in sorted(found, reverse=True)]


def forms(path: Path) -> Counter[str]:
    """Count the forms of a file's rows."""
    return Counter(row["metadata"]["form"] for row in rows_in(path))


def test_a_row_is_asked_as_in_service(tmp_path: Path) -> None:
    """The system text, the earlier turns and the frame of the passages are those that the model meets."""
    found = asked(5, history=turn("Hello", "Hi!"))
    row = rows_in(build(tmp_path, [found], recipe(contexts=1)).train)[0]

    assert row["messages"] == [
        {"role": "system", "content": found.system},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi!", "weight": 0},
        {"role": "user", "content": render_turn([DOCUMENTS[5]], found.question)},
        {"role": "assistant", "content": found.answer},
    ]


def test_three_rows_show_the_passage_alone_as_served_and_shuffled(tmp_path: Path) -> None:
    """A small model must find the passage, not only read it."""
    rows = rows_in(build(tmp_path, [asked(5)]).train)
    neighbours = {DOCUMENTS[4], DOCUMENTS[3]}
    by_form = {row["metadata"]["form"]: shown_in(row) for row in rows}

    assert by_form["alone"] == [DOCUMENTS[5]]
    assert by_form["served"] == [DOCUMENTS[4], DOCUMENTS[5], DOCUMENTS[3]]
    assert len(by_form["shuffled"]) == 3
    assert DOCUMENTS[5] in by_form["shuffled"]
    assert not neighbours & set(by_form["shuffled"])


def test_with_one_row_each_questions_take_turns_with_the_forms(tmp_path: Path) -> None:
    """Many different questions teach more than many rows of few."""
    data = build(tmp_path, [asked(at) for at in range(2, 34)], recipe(contexts=1))

    assert forms(data.train) == {"alone": 8, "served": 12, "shuffled": 12}


@pytest.mark.parametrize(("share", "served"), [(0.0, 0), (0.25, 6), (0.75, 18), (1.0, 24)])
def test_the_recipe_sets_the_share_in_the_order_of_service(tmp_path: Path, share: float, served: int) -> None:
    """Of the rows with distractors; the others are shuffled."""
    data = build(tmp_path, [asked(at) for at in range(2, 34)], recipe(contexts=1, served_order_share=share))

    assert forms(data.train) == Counter(alone=8, served=served, shuffled=24 - served)


def test_the_recipe_sets_the_distractors(tmp_path: Path) -> None:
    """Without any, all rows of a question are one."""
    five = rows_in(build(tmp_path, [asked(5)], recipe(distractors=5)).train)
    none = build(tmp_path, [asked(5)], recipe(distractors=0))

    assert [len(shown_in(row)) for row in five] == [1, 6, 6]
    assert none.train_rows == 1


def test_a_correction_that_no_passage_holds_is_its_own_passage(tmp_path: Path) -> None:
    """From now on it is served as an approved answer, beside the passages of old."""
    found = example("Who fixes bikes?", "Ask Marta in room 7.", passages=DOCUMENTS[:2], corrected=True)
    rows = rows_in(build(tmp_path, [found], recipe(served_order_share=1.0)).train)
    served = next(row for row in rows if row["metadata"]["form"] == "served")["messages"][-2]["content"]

    assert "Who fixes bikes?: Ask Marta in room 7." in served
    assert shown_in(rows[1]) == list(DOCUMENTS[:2])
    assert served.index("Ask Marta") > served.index(DOCUMENTS[0].text)


def test_an_answer_to_several_questions_stands_under_another_of_them(tmp_path: Path) -> None:
    """Under its own question a row would be solved by comparing headings, which unseen phrasings do not allow."""
    first = example("Who fixes bikes?", "Ask Marta in room 7.", line=1, corrected=True)
    second = example("My bike is broken. Where do I go?", "Ask Marta in room 7.", line=2, corrected=True)
    rows = rows_in(build(tmp_path, [first, second], recipe(contexts=1, distractors=0)).train)

    assert "\n\nMy bike is broken. Where do I go?: Ask Marta" in rows[0]["messages"][-2]["content"]
    assert "\n\nWho fixes bikes?: Ask Marta" in rows[1]["messages"][-2]["content"]


def test_practice_rows_come_as_the_recipe_asks(tmp_path: Path) -> None:
    """Before the rated ones, under the system text in use; never without any."""
    rows = rows_in(build(tmp_path, [asked(5)], recipe(practice_rows=6)).train)

    assert [row["metadata"]["form"] for row in rows[:6]] == ["practice"] * 6
    assert len(rows) == 9
    assert {row["messages"][0]["content"] for row in rows} == {asked(5).system}
    assert build(tmp_path, [], recipe(practice_rows=6)).train_rows == 0


def test_practice_rows_speak_the_languages_of_the_rated_ones(tmp_path: Path) -> None:
    """What is taught must be of use to those who ask."""
    rows = rows_in(build(tmp_path, [asked(5, language="pt")], recipe(practice_rows=6)).train)

    assert {row["metadata"]["language"] for row in rows} == {"pt"}


@pytest.mark.parametrize(("most", "contexts", "examples", "judging"), [(0, 1, 20, 10), (30, 1, 20, 6), (10, 1, 10, 2), (10, 3, 4, 1)])
def test_the_recipe_limits_the_rows(tmp_path: Path, most: int, contexts: int, examples: int, judging: int) -> None:
    """More of them cost time and hardly teach the job better; those drawn stay in their order."""
    material = [*(asked(at) for at in range(2, 22)), *(asked(at, split="validation") for at in range(22, 32))]
    data = build(tmp_path, material, recipe(most_rows=most, contexts=contexts))
    lines = [int(row["metadata"]["exchange_id"][1:]) for row in rows_in(data.train)]

    assert (data.examples, data.train_rows, data.validation_rows) == (examples, examples * contexts, judging * contexts)
    assert lines == sorted(lines)


@pytest.mark.parametrize(("rated", "imported", "expected"), [(20, 20, (6, 2)), (3, 20, (3, 5)), (20, 1, (7, 1)), (0, 20, (0, 8))])
def test_rated_answers_leave_imported_ones_a_quarter(tmp_path: Path, rated: int, imported: int, expected: tuple[int, int]) -> None:
    """Thousands of tickets must not drown what people said of the answers, nor a busy month the tickets."""
    origin = {"import": "rows/", "file": "t.json"}
    tickets = [asked(at, line=at + 1, question=f"Ticket {at}?", origin=origin, up=0, passages=()) for at in range(imported)]
    data = build(tmp_path, [*(asked(at) for at in range(rated)), *tickets], recipe(most_rows=8, contexts=1))
    told = [row["metadata"] for row in rows_in(data.train)]

    assert (sum("origin" not in each for each in told), sum("origin" in each for each in told)) == expected
    assert all(each["origin"] == origin for each in told if "origin" in each)


def test_an_imported_answer_has_the_passages_that_are_found_for_it(tmp_path: Path) -> None:
    """Nobody asked it here; what would be found answers, among others, and where nothing does its own words are the passage."""
    known, unknown = (
        asked(3, passages=(), up=0, origin={"import": "rows/"}),
        example("Who is Ana?", "A clerk.", up=0, origin={"import": "rows/"}),
    )
    known = replace(known, question=DOCUMENTS[3].text.replace("opens at", "when opens"))
    data = build(tmp_path, [known, unknown], recipe(contexts=1, served_order_share=1.0))
    shown = {row["metadata"]["question"]: row["messages"][-2]["content"] for row in rows_in(data.train)}

    assert DOCUMENTS[3].text in shown[known.question]
    assert "A clerk." in shown["Who is Ana?"]


def test_rows_left_out_lend_their_passages(tmp_path: Path) -> None:
    """What is not trained on still stands beside what is."""
    data = build(tmp_path, [asked(at) for at in range(2, 22)], recipe(most_rows=1, contexts=1, distractors=5), pool=())
    other = build(tmp_path, [asked(at) for at in range(2, 22)], recipe(most_rows=4, contexts=1, distractors=5), pool=())

    assert data.train_rows == 1
    assert max(len(shown_in(row)) for row in rows_in(other.train)) == 6


def test_declining_rows_come_as_the_recipe_asks(tmp_path: Path) -> None:
    """Where nothing answers, the product's own sentence does, in the question's language."""
    examples = [asked(at, language="pt") for at in range(2, 22)]
    data = build(tmp_path, examples, recipe(decline_share=0.25))
    silent = [row for row in rows_in(data.train) if row["metadata"]["form"] == "silent"]

    assert len(silent) == 15
    assert {row["messages"][-1]["content"] for row in silent} == {translate("pt", NOTHING_FOUND)}
    assert all(len(shown_in(row)) == 3 for row in silent)


@pytest.mark.parametrize(("share", "rows"), [(0.0, 0), (0.1, 1)])
def test_a_refusal_that_people_liked_teaches_declining_only_where_asked(tmp_path: Path, share: float, rows: int) -> None:
    """It is no fact to learn: as an answer from passages it would teach to say that there is nothing in them."""
    found = example("Is there life on Mars?", translate("en", NOTHING_FOUND), kind="declined")

    assert build(tmp_path, [found], recipe(decline_share=share)).train_rows == rows


def test_splits_go_to_their_files_and_the_test_split_to_none(tmp_path: Path) -> None:
    """What judges a version must not have taught it."""
    examples = [asked(2), asked(3, split="validation"), asked(4, split="test")]
    data = build(tmp_path, examples)

    assert {row["metadata"]["question"] for row in rows_in(data.train)} == {examples[0].question}
    assert data.validation is not None
    assert {row["metadata"]["question"] for row in rows_in(data.validation)} == {examples[1].question}
    assert (data.examples, data.train_rows, data.validation_rows) == (1, 3, 3)


def test_without_validating_questions_there_is_no_file(tmp_path: Path) -> None:
    """An earlier run's must not stay either."""
    build(tmp_path, [asked(2), asked(3, split="validation")])
    data = build(tmp_path, [asked(2)])

    assert data.validation is None
    assert [path.name for path in tmp_path.iterdir()] == ["train.jsonl"]


def test_barred_questions_are_not_trained_on(tmp_path: Path) -> None:
    """Golden questions are asked of every version; someone may have asked them in a chat, too."""
    data = build(tmp_path, [asked(2), asked(3)], barred=[asked(3).question])

    assert {row["metadata"]["question"] for row in rows_in(data.train)} == {asked(2).question}


def test_earlier_turns_with_a_test_question_are_left_out(tmp_path: Path) -> None:
    """A thread goes on after a question that was drawn to judge; its answer must not be read there."""
    kept, leaking = turn("Hello", "Hi!"), turn(render_turn(DOCUMENTS[:2], asked(4).question), "At 10.")
    data = build(tmp_path, [asked(2, history=(*kept, *leaking)), asked(4, split="test")], recipe(contexts=1))

    assert [message["content"] for message in rows_in(data.train)[0]["messages"][1:-2]] == ["Hello", "Hi!"]


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """A round must be repeatable; another seed shuffles otherwise."""
    examples = [asked(at) for at in range(2, 22)]
    first, again, other = (build(tmp_path / str(at), examples, seed=seed).train.read_bytes() for at, seed in enumerate((1, 1, 2)))

    assert first == again
    assert first != other


def _served(folder: Path, found: Example, limit: int) -> dict[str, Any]:
    rows = rows_in(build(folder, [asked(2), found], recipe(limit, contexts=1, served_order_share=1.0)).train)
    return next(row for row in rows if row["metadata"]["form"] == "served")


def test_rows_too_long_give_up_the_passages_that_do_not_answer(tmp_path: Path) -> None:
    """The least relevant first; the one that answers stays, wherever it stood."""
    found = replace(asked(5), passages=(DOCUMENTS[4], DOCUMENTS[3], DOCUMENTS[5]))
    whole = words([Message("user", message["content"]) for message in _served(tmp_path, found, 400)["messages"]])

    assert shown_in(_served(tmp_path, found, whole - 1)) == [DOCUMENTS[4], DOCUMENTS[5]]
    assert shown_in(_served(tmp_path, found, whole - 20)) == [DOCUMENTS[5]]


def test_rows_still_too_long_give_up_the_oldest_turns(tmp_path: Path) -> None:
    """One long thread must not keep a round from training."""
    found = asked(5, history=(*turn("word " * 60, "word " * 60), *turn("Hello", "Hi!")))
    served = _served(tmp_path, found, 90)

    assert shown_in(served) == [DOCUMENTS[5]]
    assert [message["content"] for message in served["messages"][1:-2]] == ["Hello", "Hi!"]


def test_rows_that_never_fit_are_counted(tmp_path: Path) -> None:
    """People are told how many there were."""
    data = build(tmp_path, [asked(5), asked(6, answer="word " * 500)])

    assert (data.train_rows, data.passed_over) == (3, 3)


def test_what_comes_out_is_valid(tmp_path: Path) -> None:
    """Corrections, liked refusals, threads and repetitions together pass the check that stands before training."""
    examples = [
        *(asked(at, split=("train", "validation", "test")[at % 3]) for at in range(2, 30)),
        asked(2, line=50, audience="all", history=turn(asked(7).question, "At 7.")),
        asked(2, line=51, history=turn(asked(4).question, "At 7.")),
        asked(2, line=52, answer="At half past eight."),
        example("Is there life on Mars?", "No idea.", kind="declined", line=60),
    ]
    data = build(tmp_path, examples, recipe(decline_share=0.5))
    kept_out = NearQuestions([each.question for each in examples if each.split == "test"])

    assert data.validation is not None
    for path in (data.train, data.validation):
        assert validate_rows(path, count_tokens=words, limit_tokens=400, kept_out=kept_out) == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.integers(2, 6), seed=st.integers(0, 10_000))
def test_no_test_question_is_ever_trained_on(tmp_path: Path, rounds: int, seed: int) -> None:
    """Round after round more is asked, again or anew, in threads; what once judged never teaches."""
    rng = random.Random(seed)
    splits: dict[str, Split] = {}
    examples: list[Example] = []
    judged: set[str] = set()
    for _ in range(rounds):
        for _ in range(12):
            at = rng.randrange(2, 40)
            history = turn(asked(rng.randrange(2, 40)).question.upper(), "At 9.") if rng.random() < 0.4 else ()
            found = asked(at, line=len(examples) + 1, history=history, corrected=rng.random() < 0.3)
            split = splits.setdefault(found.cluster, rng.choice(("train", "train", "validation", "test")))
            examples.append(replace(found, split=split, question=rng.choice((found.question, found.question.upper()))))
        judged |= {each.question for each in examples if each.split == "test"}
        data = build(tmp_path, examples, recipe(contexts=2, decline_share=0.2), seed=seed)
        for path in filter(None, (data.train, data.validation)):
            assert not validate_rows(path, count_tokens=words, limit_tokens=400, kept_out=NearQuestions([*judged])) or not data.train_rows
        taught = {row["metadata"]["cluster"] for row in rows_in(data.train)}
        assert not taught & {cluster_of(question) for question in judged}
        assert {splits[cluster] for cluster in taught} <= {"train"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """In one sentence, with nothing half written."""
    (tmp_path / "rows").write_text("a file")

    with pytest.raises(Misconfigured, match=r"cannot be written to .*rows"):
        build(tmp_path / "rows", [asked(2)])


def test_a_full_disk_leaves_the_rows_of_before(tmp_path: Path) -> None:
    """The draft goes, what was whole stays."""
    whole = build(tmp_path, [asked(2)]).train.read_bytes()
    (tmp_path / ".train.jsonl.draft").symlink_to("/dev/full")

    with pytest.raises(Misconfigured, match="No space left"):
        build(tmp_path, [asked(at) for at in range(2, 30)])
    assert (tmp_path / "train.jsonl").read_bytes() == whole
    assert not (tmp_path / ".train.jsonl.draft").is_symlink()
