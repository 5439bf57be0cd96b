"""
Distances between vectors, codes and texts: how each is computed, its range, and what it is for (docs/embeddings.md has them side by side).

Every function takes two batches and returns a matrix of shape (len(first), len(second)) in which smaller is nearer. All of it is in
memory at once: whoever compares many hands over the second batch in parts.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never
from unicodedata import normalize

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bot.errors import BadRequest
from store.lexical import fold, words_of

DistanceName = Literal["cosine", "l2", "l1", "inner_product", "hamming", "jaccard"]
Unit = Literal["words", "characters"]

_STEP_BYTES: Final = 2**24  # what one step of a row-wise distance may take beside its result
_CLOSE: Final = 1e-6  # of the sum of two squared lengths; below, rounding would show in the sixth digit of what is left of them
_LARGEST: Final = 1e150  # sums of squares of larger numbers are infinite


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Texts with their meanings: `vectors` has shape (len(texts), dimension)."""

    texts: Sequence[str]
    vectors: NDArray[np.float32]


def distances(name: DistanceName, first: Embedded, second: Embedded) -> NDArray[np.float64]:
    """
    Return the distances *name* between two batches, shape (len(first.texts), len(second.texts)).

    Jaccard compares the sets of words of the texts, every other one the vectors.

    Raises:
        BadRequest: As the distance itself; or none is called *name*.
    """
    match name:
        case "cosine":
            return cosine(first.vectors, second.vectors)
        case "l2":
            return l2(first.vectors, second.vectors)
        case "l1":
            return l1(first.vectors, second.vectors)
        case "inner_product":
            return inner_product(first.vectors, second.vectors)
        case "hamming":
            return hamming(first.vectors, second.vectors).astype(np.float64)
        case "jaccard":
            return jaccard(first.texts, second.texts)
        case unknown:
            assert_never(unknown)


def l2(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """
    Euclidean distance: sqrt(Σ (xᵢ − yᵢ)²), from 0 (equal) without an upper end; at most 2 between vectors of length 1.

    For vectors whose lengths mean something, such as measurements. Vectors of length 1 it orders as cosine does: it is sqrt(2 · cosine).
    Chroma's `l2` is its square.

    Args:
        first: Shape (m, dimension).
        second: Shape (n, dimension).

    Returns:
        Shape (m, n).

    Raises:
        BadRequest: The dimensions differ, a batch is no matrix, or a number is NaN, infinite or beyond ±1e150.
    """
    x, y = _pair(first, second)
    lengths = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1)  # (m, n)
    squares = lengths - 2 * x @ y.T
    rows, columns = np.nonzero(squares < _CLOSE * lengths)
    step = max(1, _STEP_BYTES // (8 * max(1, x.shape[1])))
    for begin in range(0, len(rows), step):
        row, column = rows[begin : begin + step], columns[begin : begin + step]
        squares[row, column] = np.square(x[row] - y[column]).sum(axis=1)
    result: NDArray[np.float64] = np.sqrt(squares)
    return result


def l1(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """
    Manhattan distance: Σ |xᵢ − yᵢ|, from 0 (equal) without an upper end; at most 2 · sqrt(dimension) between vectors of length 1.

    Heeds many small differences more than one large one, so a single broken dimension hardly spoils it. It is no matrix product: about
    forty times the work of an inner product.

    Args, returns and raises: as `l2`.
    """
    x, y = _pair(first, second)
    result = np.empty((len(x), len(y)))
    step = max(1, _STEP_BYTES // (8 * max(1, x.shape[1])))
    for begin in range(0, len(y), step):
        part = y[begin : begin + step]
        for row, vector in enumerate(x):
            result[row, begin : begin + step] = np.abs(part - vector).sum(axis=1)
    return result


def cosine(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """
    Cosine distance: 1 − ⟨x, y⟩ / (|x| · |y|), from 0 (one direction) over 1 (unrelated) to 2 (opposite).

    For meanings: an embedding's direction is what the text says, its length is not. The index measures with it.

    Args and returns: as `l2`.

    Raises:
        BadRequest: As `l2`; or a vector is all zeros, which has no direction.
    """
    x, y = _pair(first, second)
    return np.clip(1.0 - _directions(x, "first") @ _directions(y, "second").T, 0.0, 2.0)


def inner_product(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """
    Inner product as a distance: 1 − ⟨x, y⟩, without a lower or an upper end; for vectors of length 1 it is cosine's 0 to 2.

    Counts direction and length, for models whose longer vectors mean more weight (recommenders, some retrievers). A vector need not be
    nearest to itself. The same as Chroma's `ip`.

    Args, returns and raises: as `l2`.
    """
    x, y = _pair(first, second)
    result: NDArray[np.float64] = 1.0 - x @ y.T
    return result


def hamming(first: ArrayLike, second: ArrayLike) -> NDArray[np.int64]:
    """
    Hamming distance of signs: in how many dimensions one vector is above 0 and the other is not; a whole number from 0 to the dimension.

    For very many vectors in little memory: one bit a dimension in place of 32, a 512-dimensional vector in 64 bytes. For vectors whose
    numbers lie around 0, the share of differing bits grows with the angle between them (https://doi.org/10.1145/509907.509965 for
    random directions).

    Args, returns and raises: as `l2`.
    """
    x, y = _pair(first, second)
    bits, others = np.packbits(x > 0, axis=1), np.packbits(y > 0, axis=1)  # (m, bytes), (n, bytes)
    result = np.empty((len(x), len(y)), dtype=np.int64)
    for row, own in enumerate(bits):
        result[row] = np.bitwise_count(others ^ own).sum(axis=1, dtype=np.int64)
    return result


def hamming_of_codes(first: Sequence[str], second: Sequence[str]) -> NDArray[np.int64]:
    """
    Hamming distance of codes: at how many places two strings of one length differ; a whole number from 0 to that length.

    For part numbers, error codes and check sums: FH-300 and FH-800 have distance 1, which is one typing mistake. Case counts; an accented
    letter is one character however it is encoded.

    Args:
        first: m strings.
        second: n strings, all of the same length as the first ones.

    Returns:
        Shape (m, n).

    Raises:
        BadRequest: Two strings have different lengths.
    """
    ours, theirs = ([normalize("NFC", code) for code in codes] for codes in (first, second))
    lengths = {len(code): code for code in (*ours, *theirs)}
    if len(lengths) > 1:
        (_, one), (_, other), *_ = sorted(lengths.items())
        raise BadRequest(
            f"{one!r} has {len(one)} characters and {other!r} has {len(other)}: Hamming distance compares strings of one length, "
            "fill the shorter ones up or use Jaccard"
        )
    width = next(iter(lengths), 0)
    x, y = (np.array([[*map(ord, code)] for code in codes], dtype=np.int64).reshape(len(codes), width) for codes in (ours, theirs))
    return np.array([(y != row).sum(axis=1) for row in x], dtype=np.int64).reshape(len(x), len(y))


def jaccard(first: Sequence[str], second: Sequence[str], *, unit: Unit = "words", size: int = 1) -> NDArray[np.float64]:
    """
    Jaccard distance of texts: 1 − |A ∩ B| / |A ∪ B| of their sets, from 0 (the same set) to 1 (nothing in common).

    For the very words rather than the meaning: copies, boilerplate, and codes that an embedding blurs. It knows no synonyms and no other
    language. Runs of three characters forgive typing mistakes; runs of two or three words heed their order.

    Args:
        first: m texts; case and accents do not count.
        second: n texts.
        unit: What a set holds: runs of words, or runs of characters (spaces between words included).
        size: How long a run is; a shorter text is one run, and one without a word the empty set. Two empty sets are equal.

    Returns:
        Shape (m, n).

    Raises:
        BadRequest: *size* is below 1.
    """
    if size < 1:
        raise BadRequest(f"Jaccard distance cannot compare runs of {size} {unit}: give a size of 1 or more")
    ours, theirs = ([_runs(text, unit, size) for text in texts] for texts in (first, second))
    holders: defaultdict[str, list[int]] = defaultdict(list)  # which of the second texts hold a run
    for column, runs in enumerate(theirs):
        for run in runs:
            holders[run].append(column)
    columns = {run: np.array(each) for run, each in holders.items()}
    sizes = np.array([len(runs) for runs in theirs], dtype=np.float64)  # (n,)
    result = np.empty((len(ours), len(theirs)))
    for row, runs in enumerate(ours):
        common = np.zeros(len(theirs))
        for run in runs & columns.keys():
            common[columns[run]] += 1
        union = len(runs) + sizes - common
        result[row] = 1.0 - np.divide(common, union, out=np.ones_like(common), where=union > 0)
    return result


def _runs(text: str, unit: Unit, size: int) -> frozenset[str]:
    words = words_of(text)
    if not words:
        return frozenset()
    parts: Sequence[str] = words if unit == "words" else " ".join(fold(text).split())
    joint = " " if unit == "words" else ""
    return frozenset(joint.join(parts[begin : begin + size]) for begin in range(max(1, len(parts) - size + 1)))


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = _matrix(first, "first"), _matrix(second, "second")
    if x.shape[1] != y.shape[1]:
        raise BadRequest(f"the first vectors have {x.shape[1]} numbers each and the second {y.shape[1]}: compare vectors of one encoder")
    return x, y


def _matrix(vectors: ArrayLike, which: str) -> NDArray[np.float64]:
    try:
        matrix = np.asarray(vectors, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadRequest(f"the {which} vectors are no rows of equally many numbers: give an array of shape (count, dimension)") from error
    if matrix.ndim != 2:
        raise BadRequest(f"the {which} vectors have the shape {matrix.shape}: give an array of shape (count, dimension)")
    largest = np.maximum(matrix.max(axis=1, initial=0.0), -matrix.min(axis=1, initial=0.0))  # (count,); NaN stays NaN
    unusable = np.flatnonzero(~np.isfinite(largest))
    if len(unusable):
        raise BadRequest(f"row {unusable[0]} of the {which} vectors holds NaN or infinity: leave it out or encode its text again")
    too_large = np.flatnonzero(largest > _LARGEST)
    if len(too_large):
        raise BadRequest(
            f"row {too_large[0]} of the {which} vectors holds a number beyond {_LARGEST:g}, too large to be squared: scale all"
        )
    return matrix


def _directions(vectors: NDArray[np.float64], which: str) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    empty = np.flatnonzero(lengths == 0)
    if len(empty):
        raise BadRequest(f"row {empty[0]} of the {which} vectors is all zeros, which points nowhere: cosine distance needs a direction")
    result: NDArray[np.float64] = vectors / lengths
    return result
