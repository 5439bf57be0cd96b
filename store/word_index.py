"""BM25 in memory over texts that come and go; several indexes are searched as if they were one."""

import threading
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from store.lexical import terms_of

# The formula and the constants of Lucene (https://doi.org/10.1561/1500000019 and its inverse document frequency, which is never negative).
_K1, _B = 1.5, 0.75
_COUNT_BITS = 8  # of a posting: how often the term stands in the text, at most 255; the text's row is above them
_MOST = (1 << _COUNT_BITS) - 1
_GROUP = 64  # texts of which the best is looked at first
_FEW_ROWS = 1000  # dead rows that are not worth clearing away


@dataclass(slots=True)
class _Rows:
    """
    The texts, by row; a removed text's row stays until half of them are dead.

    `postings` has the rows of each term, ascending; `terms` the terms of each row one after the other, row r's from `starts[r]` on;
    `lengths` counts a row's terms, repeated ones each time, and is 0 for a dead row.
    """

    numbers: dict[str, int] = field(default_factory=dict)  # a term's
    postings: list["array[int]"] = field(default_factory=list)
    holders: "array[int]" = field(default_factory=lambda: array("I"))  # how many living texts hold each term
    terms: "array[int]" = field(default_factory=lambda: array("I"))
    starts: "array[int]" = field(default_factory=lambda: array("Q", [0]))
    lengths: "array[int]" = field(default_factory=lambda: array("I"))
    ids: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


class WordIndex:
    """
    Texts by their words: adding and removing one costs in proportion to it (20 µs and 10 µs for 40 terms).

    Threads may add, remove and search at the same time. It takes about 1 kB a text.
    """

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        """Index *texts*, each under the id before it."""
        self._kept = _Rows()
        self._length = 0  # of all texts, in terms
        self._lock = threading.Lock()
        self.put([(entry_id, terms_of(text)) for entry_id, text in texts])

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self._kept.rows)

    def __contains__(self, entry_id: object) -> bool:
        """Tell whether there is a text of that id."""
        return entry_id in self._kept.rows

    @property
    def length(self) -> int:
        """Of all texts together, in terms."""
        return self._length

    def holders(self, term: str) -> int:
        """Return how many texts hold *term*."""
        kept = self._kept
        number = kept.numbers.get(term)
        return 0 if number is None else kept.holders[number]

    def known(self, terms: AbstractSet[str]) -> AbstractSet[str]:
        """Return those of *terms* that any text holds."""
        numbers = self._kept.numbers
        return {term for term in terms if term in numbers and self.holders(term)}

    def holding(self, ids: Iterable[str], terms: AbstractSet[str]) -> set[str]:
        """Return those of *ids* whose text holds one of *terms*."""
        kept = self._kept
        numbers = {kept.numbers[term] for term in terms if term in kept.numbers}
        rows = {entry_id: row for entry_id in ids if (row := kept.rows.get(entry_id)) is not None}  # others may be taking some away
        return {entry_id for entry_id, row in rows.items() if not numbers.isdisjoint(kept.terms[kept.starts[row] : kept.starts[row + 1]])}

    def put(self, entries: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Index each id's text by its terms, in place of what was there under that id."""
        for entry_id, terms in entries:
            with self._lock:  # for one text at a time: a search does not wait for a whole import
                self._remove(entry_id)
                self._add(entry_id, Counter(terms), len(terms))

    def remove(self, ids: Iterable[str]) -> None:
        """Forget the texts of *ids*; unknown ones are passed over."""
        for entry_id in ids:
            with self._lock:
                self._remove(entry_id)

    def weigh(self, rarities: Mapping[str, float], mean_length: float) -> "Weighed":
        """Return every text's BM25 score for terms of these rarities, each as often as the question counts it."""
        with self._lock:  # an array that is looked at cannot grow: what looks at it must be gone before another thread adds a text
            return self._weigh(rarities, mean_length)

    def _weigh(self, rarities: Mapping[str, float], mean_length: float) -> "Weighed":
        kept = self._kept
        scores = np.zeros(len(kept.ids), dtype=np.float32)
        if kept.rows and mean_length:
            lengths = np.frombuffer(kept.lengths, dtype=np.uint32)
            slope, least = np.float32(_K1 * _B / mean_length), np.float32(_K1 * (1 - _B))
            for term, rarity in rarities.items():
                number = kept.numbers.get(term)
                if number is None or not kept.holders[number]:
                    continue
                posting = np.frombuffer(kept.postings[number], dtype=np.int64)
                rows = posting >> _COUNT_BITS  # each once
                counts = (posting & _MOST).astype(np.float32)
                norms = lengths.take(rows) * slope + least
                norms += counts
                counts *= np.float32(rarity)
                counts /= norms
                counts += scores.take(rows)
                scores[rows] = counts
            if len(kept.rows) < len(kept.ids):
                scores[lengths == 0] = 0
        return Weighed(kept.ids, kept.rows, scores)

    def _add(self, entry_id: str, counts: Mapping[str, int], length: int) -> None:
        kept = self._kept
        row = len(kept.ids)
        for term, count in counts.items():
            number = kept.numbers.setdefault(term, len(kept.postings))
            if number == len(kept.postings):
                kept.postings.append(array("Q"))
                kept.holders.append(0)
            kept.postings[number].append(row << _COUNT_BITS | min(count, _MOST))
            kept.holders[number] += 1
            kept.terms.append(number)
        kept.starts.append(len(kept.terms))
        kept.lengths.append(length)
        kept.ids.append(entry_id)
        kept.rows[entry_id] = row
        self._length += length

    def _remove(self, entry_id: str) -> None:
        kept = self._kept
        row = kept.rows.pop(entry_id, None)
        if row is None:
            return
        for number in kept.terms[kept.starts[row] : kept.starts[row + 1]]:
            kept.holders[number] -= 1
        self._length -= kept.lengths[row]
        kept.lengths[row] = 0
        if len(kept.ids) - len(kept.rows) > max(_FEW_ROWS, len(kept.rows)):
            self._kept = _living(kept)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The scores of an index's texts, as it was when they were taken: one number per row."""

    ids: Sequence[str]
    rows: Mapping[str, int]
    scores: NDArray[np.float32]

    def best(self, limit: int) -> dict[str, float]:
        """Return the *limit* best ids above 0, best first, equal ones by id."""
        found = np.flatnonzero(self.scores >= self._least_of(limit))
        ranked = sorted((-float(self.scores[row]), self.ids[row]) for row in found.tolist())
        return {entry_id: -score for score, entry_id in ranked[:limit]}

    def _least_of(self, limit: int) -> np.float32:
        """Return a score above 0 that the *limit* best reach, and few others: dividing groups of texts takes less than all of them."""
        least = np.float32(np.finfo(np.float32).tiny)
        groups = len(self.scores) // _GROUP
        if groups <= limit:
            return least
        best = self.scores[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)  # (groups,)
        return max(least, np.partition(best, -limit)[-limit])  # as many groups have a text that reaches it

    def of(self, ids: Iterable[str]) -> dict[str, float]:
        """Return the score of each of *ids* that is in this index."""
        rows = {entry_id: row for entry_id in ids if (row := self.rows.get(entry_id)) is not None}
        scored = len(self.scores)  # what was added since has none
        scores = self.scores[[row if row < scored else 0 for row in rows.values()]].tolist() if scored else [0.0] * len(rows)
        return {entry_id: score if row < scored else 0.0 for (entry_id, row), score in zip(rows.items(), scores, strict=True)}


def _living(kept: _Rows) -> _Rows:
    """Return *kept* without its dead rows and the terms that only those held."""
    alive = np.zeros(len(kept.ids), dtype=bool)
    alive[list(kept.rows.values())] = True
    moved = np.cumsum(alive) - 1  # to which row each goes
    living = _Rows()
    renumbered = np.zeros(len(kept.postings), dtype=np.uint32)
    for term, number in kept.numbers.items():
        if not kept.holders[number]:
            continue
        posting = np.frombuffer(kept.postings[number], dtype=np.int64)
        rows = posting >> _COUNT_BITS
        stays = alive[rows]
        renumbered[number] = living.numbers[term] = len(living.postings)
        living.postings.append(_array("Q", moved[rows[stays]] << _COUNT_BITS | posting[stays] & _MOST))
        living.holders.append(kept.holders[number])
    starts = np.frombuffer(kept.starts, dtype=np.int64)
    counts: NDArray[np.int64] = starts[1:] - starts[:-1]  # of terms, by row
    terms = np.frombuffer(kept.terms, dtype=np.uint32)
    living.terms = _array("I", renumbered[terms[np.repeat(alive, counts)]])
    living.starts = _array("Q", np.concatenate([[0], np.cumsum(counts[alive])]))
    living.lengths = _array("I", np.frombuffer(kept.lengths, dtype=np.uint32)[alive])
    living.ids = [entry_id for entry_id, stays in zip(kept.ids, alive, strict=True) if stays]
    living.rows = {entry_id: row for row, entry_id in enumerate(living.ids)}
    return living


def _array(code: str, values: NDArray[np.integer]) -> "array[int]":
    made = array(code)
    made.frombytes(values.astype(np.uint64 if code == "Q" else np.uint32).tobytes())
    return made
