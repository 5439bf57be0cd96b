"""Texts as sets of overlapping pieces, and MinHash signatures of them, by which alike ones are found without comparing all with all."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from store.lexical import words_of
from store.question_words import NEGATIONS
from store.text import clean_text

ALIKE: Final = 0.8  # Jaccard similarity of two texts' pieces from which they are near-duplicates
SIZE: Final = 4  # characters of a piece: a mistyped letter changes four of them
# At ALIKE itself two texts share a band with a probability of .985, at .9 of 1, at .5 of .13 (Broder 1997; bands as in Leskovec, Rajaraman,
# Ullman, Mining of Massive Datasets, 3.4.2).
BANDS: Final = 18
_ROWS: Final = 7  # numbers of a signature in a band
WIDTH: Final = BANDS * _ROWS  # numbers of a signature
_SEED: Final = 20261122  # of the permutations, for ever: signatures are kept in ledgers

_NO_APOSTROPHES: Final = str.maketrans("", "", "'’")  # can't and cant
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio
_MIX: Final = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))  # splitmix64's
_LAST: Final = np.uint64(31)
_HALF: Final = np.uint64(32)

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint32]  # (texts, WIDTH)
Set = NDArray[np.uint32]  # ascending


def plain(text: str) -> str:
    """Return the folded words of *text*, one space apart, without apostrophes; what has none stays as it is."""
    cleaned = clean_text(text).translate(_NO_APOSTROPHES)
    return " ".join(words_of(cleaned)) or cleaned.strip()


def figures_of(words: str) -> str:
    """
    Return what tells texts apart that are otherwise alike, as 16 hex digits: their numbers and codes, and how often they deny.

    Args:
        words: As `plain` returns them.
    """
    each = words.split()
    held = sorted({word for word in each if not word.isalpha() and any(map(str.isdigit, word))})
    denials = len([word for word in each if word in NEGATIONS])
    return hashlib.sha256(f"{denials} {' '.join(held)}".encode()).hexdigest()[:16] if held or denials else ""


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of some texts as hashes, in their order; those of text *n* stand from `starts[n]` to `starts[n + 1]`."""

    hashes: Hashes
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, plain_texts: Sequence[str]) -> Self:
        """Cut texts, as `plain` returns them, into pieces of four characters, their ends included."""
        framed = [f" {text} ".ljust(SIZE, "\0") for text in plain_texts]
        letters = np.frombuffer("".join(framed).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        lengths = np.fromiter(map(len, framed), dtype=np.int64, count=len(framed))
        ends = np.cumsum(lengths)
        if not framed:
            return cls(letters, np.zeros(1, dtype=np.int64))
        whole = np.ones(len(letters), dtype=bool)
        for back in range(1, SIZE):
            whole[ends - back] = False  # begins in one text and would end in the next
        counts = lengths - (SIZE - 1)
        return cls(_hashed(letters)[whole[: len(letters) - SIZE + 1]], np.concatenate([[0], np.cumsum(counts)]))

    def sets(self) -> list[Set]:
        """Return the pieces of each text, each once, in ascending order, as the upper halves of their hashes."""
        texts = np.repeat(np.arange(len(self.starts) - 1, dtype=np.uint64), np.diff(self.starts))
        ordered = np.sort(texts << _HALF | self.hashes >> _HALF)  # all texts at once: each on its own takes four times as long
        once = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered
        ends = np.searchsorted(once, np.arange(1, len(self.starts) - 1, dtype=np.uint64) << _HALF)
        return np.split(once.astype(np.uint32), ends) if len(self.starts) > 1 else []

    def signatures(self) -> Signatures:
        """Return the texts' signatures, the same in every process."""
        from rensa import RMinHash

        if len(self.starts) == 1:
            return np.zeros((0, WIDTH), dtype=np.uint32)
        matrix: Any = RMinHash.digest_matrix_from_flat_token_hashes(self.hashes, self.starts.astype(np.uint64), WIDTH, _SEED)
        return np.array(matrix.to_rows(), dtype=np.uint32)


def _hashed(letters: Hashes) -> Hashes:
    """Return the hash of the piece that begins at each letter, shape (letters - SIZE + 1,)."""
    found = np.zeros(len(letters) - SIZE + 1, dtype=np.uint64)
    for at in range(SIZE):
        found = found * _FACTOR + letters[at : len(letters) - SIZE + 1 + at]
    return mixed(found)


def mixed(values: Hashes) -> Hashes:
    """Return *values* scattered over all 64 bits, each value to another."""
    for shift, factor in _MIX:
        values = (values ^ (values >> shift)) * factor
    return values ^ (values >> _LAST)


def bands_of(signatures: Signatures) -> Hashes:
    """Return the keys by which alike texts are found, shape (texts, BANDS): at least one is most likely the same of two that are alike."""
    numbers = signatures.astype(np.uint64).reshape(len(signatures), BANDS, _ROWS)
    keys = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), numbers.shape[:2])
    for at in range(_ROWS):
        keys = mixed((keys ^ numbers[:, :, at]) * _FACTOR)
    return keys


def similarity(mine: Set, theirs: Set) -> float:
    """Return the Jaccard similarity of two sets, as `Pieces.sets` returns them."""
    shared = len(np.intersect1d(mine, theirs, assume_unique=True))
    return shared / (len(mine) + len(theirs) - shared)
