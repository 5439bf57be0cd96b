"""Rows that answer one question in ways that cannot both be right: for an expert to decide, not for training."""

from collections.abc import Sequence
from itertools import combinations

from store.near_miss import differs
from store.question_reading import Reading, read
from store.substance import says_otherwise


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


def asks_the_same(one: Reading, other: Reading) -> bool:
    """Tell whether two near-duplicate questions are one: neither names what the other does not, and none has a word exchanged."""
    return differs(one, other) is None and not (one.content.keys() - other.content.keys() and other.content.keys() - one.content.keys())
