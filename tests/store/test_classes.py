"""Sorting into categories: by which method, how surely, and what is left as unsure."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.errors import BadRequest
from store.classes import Classifier, Sorted, Sorting
from store.confusion import confusion

BILLING, ACCESS, NOTHING = (1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)


def around(*centre: float, count: int, spread: float = 0.3, seed: int = 0) -> NDArray[np.float32]:
    """Return vectors of length 1 about a direction."""
    vectors = np.array(centre) + np.random.default_rng(seed).normal(scale=spread, size=(count, len(centre)))
    result: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return result


TAUGHT = np.concatenate([around(*BILLING, count=6), around(*ACCESS, count=6, seed=1)])


def between() -> NDArray[np.float32]:
    """Return what is equally near to the means of both categories."""
    means = [half.sum(axis=0) / np.linalg.norm(half.sum(axis=0)) for half in (TAUGHT[:6], TAUGHT[6:])]
    question: NDArray[np.float32] = (means[0] + means[1])[None] / np.linalg.norm(means[0] + means[1])
    return question


def taught(*, minimum: float = 0.5) -> Classifier:
    return Classifier(TAUGHT, ["billing"] * 6 + ["access"] * 6, minimum=minimum)


def test_questions_go_to_the_nearest_category() -> None:
    """In order, with a confidence that says so; the names are in alphabetical order."""
    classifier = taught()
    found = classifier.sort(np.concatenate([around(*ACCESS, count=1, spread=0.1), around(*BILLING, count=1, spread=0.1)]))

    assert [(each.category, each.sure) for each in found] == [("access", True), ("billing", True)]
    assert all(0.8 < each.confidence <= 1 for each in found)
    assert classifier.sorting.names == ("access", "billing")


def test_what_is_far_from_all_is_unsure() -> None:
    """It is no member of the category that happens to be least far."""
    (found,) = taught().sort(around(*NOTHING, count=1, spread=0.05))

    assert not found.sure
    assert found.confidence < 0.3


def test_examples_in_the_same_words_take_in_other_words() -> None:
    """An operator writes three variations of one sentence; people ask in their own words, farther away, yet far from all else."""
    vectors = np.concatenate([around(*BILLING, count=4, spread=0.02), around(*ACCESS, count=4, spread=0.02)])
    (found,) = Classifier(vectors, ["billing"] * 4 + ["access"] * 4, minimum=0.5).sort(np.array([[0.6, 0.1, 0.79, 0]], dtype=np.float32))

    assert (found.category, found.sure) == ("billing", True)


def test_what_lies_between_two_is_unsure() -> None:
    """A coin would be as right."""
    (found,) = taught().sort(between())

    assert not found.sure
    assert found.confidence == pytest.approx(0.5, abs=0.01)


def test_the_minimum_is_the_operators() -> None:
    """Whoever wants everything sorted, or only what is certain, can say so."""
    assert [taught(minimum=each).sort(between())[0].sure for each in (0.0, 0.4, 0.6)] == [True, True, False]


def test_compact_categories_are_sorted_by_their_means() -> None:
    """The simplest method that does best."""
    assert taught().sorting.nearest == 0


def test_a_category_in_two_places_is_sorted_by_its_nearest_examples() -> None:
    """Its mean lies between them, where another category is."""
    right, left, middle = (around(x, y, 0.0, count=5, spread=0.05, seed=seed) for seed, (x, y) in enumerate([(1, 0), (-1, 0.2), (0, 1)]))
    vectors = np.concatenate([right, left, middle])
    classifier = Classifier(vectors, ["two"] * 10 + ["one"] * 5, minimum=0.5)

    assert classifier.sorting.nearest > 0
    assert [each.category for each in classifier.sort(np.array([[-1, 0, 0], [0, 1, 0]], dtype=np.float32))] == ["two", "one"]


def test_an_example_does_not_vouch_for_itself() -> None:
    """The check would otherwise be perfect for any labels, also for these, which are exchanged."""
    vectors = np.concatenate([around(*BILLING, count=5, spread=0.05), around(*ACCESS, count=5, spread=0.05)])
    labels = ["billing"] * 4 + ["access"] + ["access"] * 4 + ["billing"]
    found = Classifier(vectors, labels, minimum=0.0).left_out

    assert [each.category for each in found] == ["billing"] * 5 + ["access"] * 5


def test_many_questions_are_sorted_in_parts() -> None:
    """More than one step holds, none lost."""
    vectors = np.concatenate([around(*ACCESS, count=600, spread=0.05), around(*BILLING, count=600, spread=0.05)])
    classifier = Classifier(vectors, ["access"] * 600 + ["billing"] * 600, minimum=0.5)

    assert [each.category for each in classifier.sort(vectors)] == ["access"] * 600 + ["billing"] * 600
    assert len(classifier.left_out) == 1200


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ([], "no category among the examples"),
        (["a", "a"], "only the category 'a'"),
        (["a", "a", "b"], "the category 'b' has one example only"),
    ],
)
def test_too_few_examples_are_refused(labels: list[str], problem: str) -> None:
    """With one example nothing can be left out, with one category there is nothing to choose."""
    with pytest.raises(BadRequest, match=problem):
        Classifier(np.ones((len(labels), 3), dtype=np.float32), labels, minimum=0.5)


def test_confidence_falls_with_the_distance_to_all() -> None:
    """At the score of the farthest members, and far from the others, it is an even chance."""
    sorting = Sorting(("a", "b"), 0, steepness=16.0, far=0.5, minimum=0.5)
    near, edge, outside = sorting.decide(np.array([[0.9, 0.0], [0.5, 0.0], [0.2, 0.0]]))

    assert near.confidence > 0.99
    assert edge.confidence == pytest.approx(0.5, abs=0.001)
    assert outside.confidence < 0.01


def test_a_confusion_table_counts_every_question_once() -> None:
    """Right, wrong and unsure are three things."""
    found = [Sorted("a", 0.9, True), Sorted("b", 0.9, True), Sorted("a", 0.2, False), Sorted("b", 0.9, True)]
    table = confusion(("a", "b", "c"), ["a", "a", "a", "b"], found)

    assert [(row.taken, row.unsure, row.right, row.accuracy) for row in table.rows] == [
        ((1, 1, 0), 1, 1, 1 / 3),
        ((0, 1, 0), 0, 1, 1.0),
        ((0, 0, 0), 0, 0, None),
    ]
    assert (table.questions, table.right, table.unsure) == (4, 2, 1)
    assert table.to_json()["categories"][0]["taken_for"] == {"a": 1, "b": 1}
    assert table.to_json()["accuracy"] == 0.5
