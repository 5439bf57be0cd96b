"""Rows that answer one question in ways that cannot both be right: for an expert to decide, not for training."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from store.near_miss import ADDED, differs
from store.question_reading import Reading, read
from store.substance import otherwise, says_otherwise, substance_of

_LITTLE: Final = ADDED | {"serve", "number"}  # which extension serves the desk, the number of its extension
# Share of the words that both have. Of the tune halves of tests/data/answers/near_miss*.jsonl this takes 123 of 610 paraphrases for one
# question, and 4 of 610 near misses; with a third of the words in one question alone, that might name another desk of the same place.
_MUCH: Final = 0.7


def contradicting(rows: Sequence[tuple[str, str]]) -> tuple[int, ...]:
    """
    Return the places of the rows that answer otherwise than another one to the same question, ascending.

    Args:
        rows: (question, answer), whose questions are near-duplicates of one another (as `store.folding` groups them); of those, only rows
            that ask the same are compared, for near-duplicates often ask two things.
    """
    readings = [read(question) for question, _ in rows]
    found: set[int] = set()
    for one, other in combinations(range(len(rows)), 2):
        if asks_the_same(readings[one], readings[other]) and says_otherwise(rows[one][1], rows[other][1]):
            found |= {one, other}
    return tuple(sorted(found))


def numbered_otherwise(one: tuple[Reading, str], other: tuple[Reading, str]) -> bool:
    """
    Tell whether two answers, each behind its question, differ in a number though their questions are much the same.

    Those are one but for words that tell little, more of which may be on either side: no name, number, code or denial, and no other thing.
    """
    return _are_much_the_same(one[0], other[0]) and otherwise(substance_of(one[1]), substance_of(other[1])) == "numbers"


def _are_much_the_same(one: Reading, other: Reading) -> bool:
    mine, theirs = one.content.keys() - _LITTLE, other.content.keys() - _LITTLE
    both, apart = mine & theirs, mine ^ theirs
    if len(both) < _MUCH * len(both | apart) or any(len(concept) == 1 for concept in apart):  # a letter is a name: block B
        return False
    return bool(both) and asks_the_same(one, other) and asks_the_same(other, one)


def asks_the_same(one: Reading, other: Reading) -> bool:
    """Tell whether two near-duplicate questions are one: neither names what the other does not, and none has a word exchanged."""
    return differs(one, other) is None and not (one.content.keys() - other.content.keys() and other.content.keys() - one.content.keys())
