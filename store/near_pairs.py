"""Which texts are near each other: every pair compared, in blocks of bounded memory, and what is linked gathered as it comes."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from store.lexical import words_of
from store.substance import signed_figures

Progress = Callable[[int, int], None]

_BLOCK: Final = 1024  # texts: a block of similarities takes 4 MB, and up to 100 MB where all its pairs are near


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """
    Texts that differ in more than case, accents and punctuation.

    `rows` says where each stands among all texts, in order; `language` has shape (distinct texts,) and is equal for texts in one
    language, 0 where it is not known.
    """

    rows: Sequence[Sequence[int]]
    language: NDArray[np.int64]

    @property
    def first(self) -> list[int]:
        """The first row of each."""
        return [rows[0] for rows in self.rows]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Near pairs: numbers of the one and the other, and their cosine similarity, shape (pairs,) each."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    similarity: NDArray[np.float32]

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the *chosen* ones, a mask of shape (pairs,)."""
        return type(self)(self.one[chosen], self.other[chosen], self.similarity[chosen])


def distinct(texts: Sequence[str], languages: Sequence[str], under: Sequence[Hashable] = ()) -> Distinct:
    """
    Gather *texts* that are the same words, with the same signs and currencies.

    Args:
        texts: What is said.
        languages: Of each its language, empty where it is not known.
        under: Of each what it stands under; equal for those that may be gathered.
    """
    rows: dict[object, list[int]] = {}
    tongues = {"": 0}
    language: list[int] = []
    for row, text in enumerate(texts):
        words = words_of(text)
        said = (tuple(words), signed_figures(text)) if words else text.strip()
        known = rows.setdefault((said, under[row] if under else None), [])
        if not known:
            language.append(tongues.setdefault(languages[row], len(tongues)))
        known.append(row)
    return Distinct(list(rows.values()), np.array(language, dtype=np.int64))


def near_pairs(vectors: NDArray[np.float32], *, threshold: float, progress: Progress) -> Iterator[Pairs]:
    """
    Yield each two vectors of a cosine similarity of at least *threshold* once, those of two blocks at a time.

    Args:
        vectors: L2-normalised, shape (count, dimension).
        threshold: From -1 to 1.
        progress: Called with the blocks compared and those to be compared in all.
    """
    starts = range(0, len(vectors), _BLOCK)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    for first in starts:
        for second in range(first, len(vectors), _BLOCK):
            progress(done, total)
            done += 1
            cosines = vectors[first : first + _BLOCK] @ vectors[second : second + _BLOCK].T  # (block, block)
            near = cosines >= threshold
            one, other = np.nonzero(np.triu(near, k=1) if first == second else near)
            if len(one):
                yield Pairs(one + first, other + second, np.minimum(cosines[one, other], np.float32(1.0)))
    progress(total, total)


def nearest(vector: NDArray[np.float32], vectors: NDArray[np.float32], *, threshold: float, limit: int) -> list[tuple[int, float]]:
    """
    Return the rows of *vectors* most similar to *vector*, with their cosine, best first.

    Args:
        vector: L2-normalised, shape (dimension,).
        vectors: L2-normalised, shape (count, dimension).
        threshold: The least cosine.
        limit: At most so many.
    """
    cosines = vectors @ vector  # (count,)
    best = np.argsort(-cosines, kind="stable")[:limit]
    return [(int(row), min(float(cosines[row]), 1.0)) for row in best if cosines[row] >= threshold]


class Links:
    """
    What hangs together by near pairs, with what each is nearest to.

    `labels` (count,) is equal for those that are linked, directly or through others; `nearest` (count,) is -1, and `similarity`
    (count,) 0, where nothing is near.
    """

    def __init__(self, count: int) -> None:
        self.labels = np.arange(count)
        self.nearest = np.full(count, -1, dtype=np.int64)
        self.similarity = np.zeros(count, dtype=np.float32)

    def add(self, pairs: Pairs) -> None:
        """Link *pairs*."""
        self._note_nearest(pairs.one, pairs.other, pairs.similarity)
        self._note_nearest(pairs.other, pairs.one, pairs.similarity)
        labels, others, count = self.labels[pairs.one], self.labels[pairs.other], len(self.labels)
        new = labels != others
        parents = np.arange(count)
        for linked in np.unique(labels[new] * count + others[new]).tolist():
            one, other = divmod(linked, count)
            low, high = sorted((_root(parents, one), _root(parents, other)))
            parents[high] = low
        while not np.array_equal(above := parents[parents], parents):
            parents = above
        self.labels = parents[self.labels]

    def _note_nearest(self, one: NDArray[np.int64], other: NDArray[np.int64], similarity: NDArray[np.float32]) -> None:
        order = np.argsort(similarity, kind="stable")
        order = order[similarity[order] > self.similarity[one[order]]]
        self.nearest[one[order]] = other[order]  # of those that are repeated numpy keeps the last, which is the nearest
        self.similarity[one[order]] = similarity[order]


def _root(parents: NDArray[np.int64], label: int) -> int:
    while parents[label] != label:
        parents[label] = parents[parents[label]]
        label = int(parents[label])
    return label
