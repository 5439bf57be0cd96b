"""Questions that drift: each of a family is a near-duplicate of the next, the first and the last are none."""

import random

from store.linking import alike_pairs, marks_of

_LETTERS = "abcdefghijklmnoprstuvz"


def families(count: int, *, length: int) -> list[list[str]]:
    """Return so many families of that many questions, in words of their own."""
    return [_family(random.Random(number), length) for number in range(count)]


def _family(rng: random.Random, length: int) -> list[str]:
    words = ["".join(rng.choices(_LETTERS, k=6)) for _ in range(16 + length)]
    return [" ".join(words[step : step + 16]) + "?" for step in range(length)]


def are_alike(one: str, other: str) -> bool:
    """Tell whether two questions are near-duplicates."""
    return bool(len(alike_pairs(marks_of([one, other]))))
