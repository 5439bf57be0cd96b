"""Which questions ask nearly the same: their marks, as a ledger may keep them, and the pairs among them that are alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from store.courtesies import COURTESIES
from store.lexical import fold
from store.shingles import ALIKE, WIDTH, Hashes, Pieces, Signatures, bands_of, figures_of, plain

_COMPARED: Final = 1 << 15  # pairs at a time, some 16 MB


@dataclass(frozen=True, slots=True)
class Marks:
    """What questions are compared by: signatures, shape (questions, `shingles.WIDTH`), and figures; no text can be read from them."""

    signatures: Signatures
    figures: tuple[str, ...]

    def keys(self) -> Hashes:
        """Return the keys of which two alike questions share one, shape (questions, `shingles.BANDS`); other figures make other keys."""
        told = np.array([int(each or "0", 16) for each in self.figures], dtype=np.uint64)
        return bands_of(self.signatures) ^ told[:, None]


def marks_of(questions: Sequence[str]) -> Marks:
    """Return the marks of *questions*, without what is said around them (please, I would like to know)."""
    asked = [plain(COURTESIES.sub("", fold(question))) or plain(question) for question in questions]
    return Marks(Pieces.of(asked).signatures(), tuple(map(figures_of, asked)))


def joined(one: Marks, other: Marks) -> Marks:
    """Return the marks of both, *one*'s first."""
    return Marks(np.concatenate([one.signatures, other.signatures]), one.figures + other.figures)


def no_marks() -> Marks:
    """Return the marks of no question."""
    return Marks(np.zeros((0, WIDTH), dtype=np.uint32), ())


def alike_pairs(marks: Marks, *, known: int = 0) -> NDArray[np.int64]:
    """
    Return the pairs of questions that ask nearly the same, as their places, shape (pairs, 2); which those are depends on no order.

    Args:
        marks: Of all questions.
        known: So many at the beginning are not compared among themselves.
    """
    candidates = _candidates(marks.keys(), known)
    chunks = [_alike(marks.signatures, candidates[at : at + _COMPARED]) for at in range(0, len(candidates), _COMPARED)]
    return np.concatenate(chunks) if chunks else candidates


def _candidates(keys: Hashes, known: int) -> NDArray[np.int64]:
    """Return the pairs that share a key, each once, the earlier place first."""
    count = len(keys)
    found: list[NDArray[np.int64]] = []
    for band in keys.T:
        order = np.argsort(band, kind="stable")
        ordered = band[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if count else np.zeros(0, dtype=np.int64)
        sizes = np.diff(np.append(starts, count))
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            places = order[start : start + size]  # ascending, for the sort is stable
            first, second = np.triu_indices(size, 1)
            new = places[second] >= known
            found.append(places[first[new]] * count + places[second[new]])
    pairs = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    return np.stack([pairs // max(count, 1), pairs % max(count, 1)], axis=1)


def _alike(signatures: Signatures, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    shares = (signatures[pairs[:, 0]] == signatures[pairs[:, 1]]).mean(axis=1)
    result: NDArray[np.int64] = pairs[shares >= ALIKE]
    return result


class KeptOut(Protocol):
    """Questions that nobody may train on."""

    def holds(self, question: str) -> bool:
        """Tell whether *question* is one of them, or near one."""


class NearQuestions:
    """Questions that are kept out, and whether another asks nearly the same as one of them."""

    def __init__(self, questions: Sequence[str]) -> None:
        self._exact = frozenset(map(plain, questions))
        self._keep(marks_of(sorted({*questions})))

    @classmethod
    def marked(cls, marks: Marks) -> Self:
        """Return the questions of which only the marks are known."""
        found = cls(())
        found._keep(marks)
        return found

    def _keep(self, marks: Marks) -> None:
        self._marks = marks
        self._places: dict[int, list[int]] = {}
        for place, keys in enumerate(self._marks.keys().tolist()):
            for key in keys:
                self._places.setdefault(key, []).append(place)

    def near(self, marks: Marks) -> NDArray[np.bool_]:
        """Tell of each question whether it is near one of them."""
        found = np.zeros(len(marks.figures), dtype=np.bool_)
        for at, keys in enumerate(marks.keys().tolist()):
            found[at] = self._is_near(keys, marks.signatures[at : at + 1])
        return found

    def holds(self, question: str) -> bool:
        """Tell whether *question* is one of them, or near one."""
        if plain(question) in self._exact:
            return True
        mark = marks_of([question])
        (keys,) = mark.keys().tolist()
        return self._is_near(keys, mark.signatures)

    def _is_near(self, keys: Sequence[int], signature: Signatures) -> bool:
        places = sorted({place for key in keys for place in self._places.get(key, ())})
        return bool(((self._marks.signatures[places] == signature).mean(axis=1) >= ALIKE).any()) if places else False
