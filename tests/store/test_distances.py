"""Distances: the values that their formulas give, and a sentence for what has none."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import ArrayLike

from bot.errors import BadRequest
from store.distances import (
    DistanceName,
    Embedded,
    cosine,
    distances,
    hamming,
    hamming_of_codes,
    inner_product,
    jaccard,
    l1,
    l2,
)

FIRST = [[3.0, 4.0], [1.0, 0.0]]
RAGGED: Any = [[1, 2], [1]]
SECOND = [[0.0, 0.0], [3.0, 4.0], [-3.0, -4.0]]


def test_l2_is_the_straight_line() -> None:
    """A 3-4-5 triangle, and exactly 0 for equal vectors however the rounding falls."""
    assert l2(FIRST, SECOND) == pytest.approx(np.array([[5, 0, 10], [1, 20**0.5, 32**0.5]]))
    vectors = np.random.default_rng(1).normal(size=(40, 512)).astype(np.float32)
    assert np.diag(l2(vectors, vectors)).tolist() == [0.0] * 40


def test_a_small_difference_is_not_rounded_away() -> None:
    """Near-duplicates are what distances are asked about most."""
    assert l2([[1.0, 1.0]], [[1.0, 1.0 + 1e-5]])[0, 0] == pytest.approx(1e-5, rel=1e-3)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [([1e8, 0.0], [1e8 + 1, 0.0], 1.0), ([1000.0, 0.3], [1000.0, 0.30001], 1e-5), ([1e12, 1e12], [1e12, 1e12 + 0.5], 0.5)],
)
def test_close_vectors_far_from_the_origin_are_not_equal(first: list[float], second: list[float], distance: float) -> None:
    """Measurements have an offset, such as a year or a serial number, in which a difference of squares drowns."""
    assert l2([first, [0.0, 0.0]], [second])[0, 0] == pytest.approx(distance, rel=1e-9)


def test_all_may_be_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed in parts, every one like the others."""
    monkeypatch.setattr("store.distances._STEP_BYTES", 1000)
    offset = 1e6 + np.random.default_rng(4).normal(size=(30, 16))

    assert l2(offset[:7], offset) == pytest.approx(np.linalg.norm(offset[:7, None] - offset, axis=2), rel=1e-9)


def test_l1_is_the_way_along_the_axes() -> None:
    """Sums of absolute differences, in parts as in one piece."""
    assert l1(FIRST, SECOND).tolist() == [[7, 0, 14], [1, 6, 8]]
    many = np.arange(3 * 900_000, dtype=np.float64).reshape(3, 900_000)  # more than one step holds
    assert l1(many[:1], many).tolist() == [[0, 900_000.0**2, 2 * 900_000.0**2]]


def test_cosine_heeds_direction_alone() -> None:
    """0 for one direction, 1 for a right angle, 2 for the opposite, whatever the lengths."""
    assert cosine([[2.0, 0.0]], [[5.0, 0.0], [0.0, 3.0], [-0.1, 0.0]]) == pytest.approx(np.array([[0, 1, 2]]))


def test_inner_product_heeds_length_too() -> None:
    """A longer vector in the same direction is nearer than the vector itself."""
    assert inner_product([[1.0, 2.0]], [[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]]).tolist() == [[-4, -9, 1]]


def test_hamming_counts_differing_signs() -> None:
    """Zero is not above zero, and bits beyond a whole byte count as well."""
    first = np.array([[1.0, -1.0, 0.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
    second = np.array([[5.0, -0.1, -3.0, 1e-9, 1.0, 1.0, 1.0, 1.0, 1.0], [-1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0]])

    assert hamming(first, second).tolist() == [[0, 9]]


def test_hamming_of_codes_counts_differing_places() -> None:
    """One typing mistake in a part's number is a distance of 1."""
    assert hamming_of_codes(["FH-300", "fh-300"], ["FH-300", "FH-800", "LT-600"]).tolist() == [[0, 1, 3], [2, 3, 3]]
    assert hamming_of_codes([], ["FH-300"]).shape == (0, 1)


def test_codes_may_be_none_empty_or_accented() -> None:
    """A file without rows, a column without values, and the two ways in which systems write é."""
    assert hamming_of_codes([], []).shape == (0, 0)
    assert hamming_of_codes([""], ["", ""]).tolist() == [[0, 0]]
    assert hamming_of_codes(["CAFE\u0301-1"], ["CAF\u00c9-2", "CAFE-1"]).tolist() == [[1, 1]]


def test_codes_of_two_lengths_are_refused() -> None:
    """Which two, and what to do instead."""
    with pytest.raises(BadRequest, match=r"'E10' has 3 characters and 'FH-300' has 6: .* strings of one length"):
        hamming_of_codes(["FH-300"], ["E10"])


def test_jaccard_compares_sets_of_words() -> None:
    """Order, repetition, case and accents do not count."""
    assert jaccard(["A água está fria"], ["fria, FRIA agua esta a", "a água", "quente", ""]) == pytest.approx(np.array([[0, 0.5, 1, 1]]))


def test_runs_of_words_heed_their_order() -> None:
    """Two texts of the same words in another order share fewer runs."""
    assert jaccard(["the dog bites the man"], ["the man bites the dog"]).tolist() == [[0.0]]
    assert jaccard(["the dog bites the man"], ["the man bites the dog"], size=2) == pytest.approx(np.array([[1 - 3 / 5]]))


def test_runs_of_characters_forgive_a_typing_mistake() -> None:
    """As sets of words the two would have nothing in common."""
    assert jaccard(["compressor"], ["compresor"]).tolist() == [[1.0]]
    assert jaccard(["compressor"], ["compresor"], unit="characters", size=3)[0, 0] == pytest.approx(1 - 6 / 9)
    assert jaccard(["ab"], ["AB", "abc"], unit="characters", size=3).tolist() == [[0.0, 1.0]]


def test_texts_without_a_word_are_equal_to_each_other_alone() -> None:
    """An empty set has no share to be computed; the division must not give NaN."""
    assert jaccard(["", "…"], ["!", "word"]).tolist() == [[0.0, 1.0], [0.0, 1.0]]
    with pytest.raises(BadRequest, match="runs of 0 words"):
        jaccard(["a"], ["b"], size=0)


@pytest.mark.parametrize("measure", [l2, l1, cosine, inner_product, hamming])
def test_unusable_vectors_are_named(measure: Callable[[ArrayLike, ArrayLike], object]) -> None:
    """A stray NaN would otherwise make every order arbitrary, silently."""

    def refusal(first: ArrayLike, second: ArrayLike) -> str:
        with pytest.raises(BadRequest) as caught:
            measure(first, second)
        return str(caught.value)

    assert "2 numbers each and the second 3: compare vectors of one encoder" in refusal([[1, 2]], [[1, 2, 3]])
    assert "row 1 of the second vectors holds NaN or infinity" in refusal([[1.0, 2.0]], [[1.0, 2.0], [float("nan"), 0.0]])
    assert "row 0 of the first vectors holds NaN or infinity" in refusal([[float("inf"), 2]], [[1, 2]])
    assert "row 1 of the second vectors holds a number beyond 1e+150" in refusal([[1, 2]], [[1.0, 2.0], [0.0, -1e200]])
    assert "the first vectors have the shape (2,)" in refusal([1, 2], [[1, 2]])
    assert "the first vectors are no rows of equally many numbers" in refusal(RAGGED, [[1, 2]])


def test_a_zero_vector_has_no_cosine() -> None:
    """It points nowhere: 0/0 must not become a distance."""
    with pytest.raises(BadRequest, match="row 1 of the second vectors is all zeros"):
        cosine([[1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize("name", get_args(DistanceName))
def test_every_distance_is_found_by_its_name(name: DistanceName) -> None:
    """In one shape, smaller is nearer, and none for an empty batch."""
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(3, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = Embedded(["one way", "another road", "no street"], vectors)
    measured = distances(name, texts, texts)

    assert measured.shape == (3, 3)
    assert measured.argmin(axis=1).tolist() == [0, 1, 2]
    assert distances(name, texts, Embedded([], vectors[:0])).shape == (3, 0)


def test_for_vectors_of_length_one_three_distances_agree() -> None:
    """The documentation says so, and a comparison calls them alike."""
    vectors = np.random.default_rng(3).normal(size=(30, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first, second = vectors[:10], vectors[10:]

    assert inner_product(first, second) == pytest.approx(cosine(first, second))
    assert l2(first, second) ** 2 == pytest.approx(2 * cosine(first, second))
