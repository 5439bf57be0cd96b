"""Near-duplicates that MinHash finds among 5,000 rows, against comparing every pair of them in full."""

import asyncio
import random
from itertools import combinations
from pathlib import Path

import numpy as np

from store.folding import prepare
from store.shingles import ALIKE, SIZE, figures_of, plain, similarity
from tests.benchmarks.result import Result, at_least

ROWS = 5000
_SEED = 20_261_122
_WORDS = 60  # of a row: some 400 characters
_FAMILY = 5  # rows, on average, of which one was written and the others made from it
_MOST_CHANGED = 24  # words; from one on they fall below the limit of likeness at about eight
_BLOCK = 500  # rows compared at a time

Pairs = set[tuple[int, int]]


async def folding(_workdir: Path) -> Result:
    """Return the lower of recall and precision over all pairs of near-duplicates."""
    found, exact = await asyncio.to_thread(_measure)
    right = len(found & exact)
    return at_least("folding", min(right / len(exact), right / max(len(found), 1)), goal=0.95, unit="share of pairs")


def _measure() -> tuple[Pairs, Pairs]:
    rows = made_rows(ROWS, seed=_SEED)
    return found_pairs(rows), compared_pairs(rows)


def made_rows(count: int, *, seed: int) -> list[str]:
    """Return questions with answers in made-up words; most are another one with some words exchanged, dropped or mistyped."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("aaaabcdeeeefgiiilmnoooprstuuv", k=rng.randint(2, 10))) for _ in range(4000)]
    written: list[list[str]] = []
    rows = []
    for _ in range(count):
        if not written or rng.random() < 1 / _FAMILY:
            written.append(rng.choices(words, k=_WORDS))
            rows.append(written[-1])
        else:
            rows.append(_changed(rng.choice(written), words, rng))
    return [" ".join(row) for row in rows]


def found_pairs(rows: list[str]) -> Pairs:
    """Return the pairs that share a key and are near-duplicates."""
    prepared = prepare(rows)
    sharing: dict[int, list[int]] = {}
    for at, keys in enumerate(prepared.keys):
        for key in keys:
            sharing.setdefault(key, []).append(at)
    candidates = {pair for places in sharing.values() for pair in combinations(places, 2)}
    return {(one, two) for one, two in candidates if similarity(prepared.pieces[one], prepared.pieces[two]) >= ALIKE}


def compared_pairs(rows: list[str]) -> Pairs:
    """Return the pairs of near-duplicates by the texts themselves, each compared with each."""
    words = [plain(row) for row in rows]
    figures = [figures_of(each) for each in words]
    sets = [{framed[at : at + SIZE] for at in range(len(framed) - SIZE + 1)} for framed in (f" {each} " for each in words)]
    places = {piece: at for at, piece in enumerate(sorted(set().union(*sets)))}
    holds = np.zeros((len(rows), len(places)), dtype=np.float32)  # (rows, pieces)
    for at, pieces in enumerate(sets):
        holds[at, [places[piece] for piece in pieces]] = 1
    sizes = holds.sum(axis=1)
    found: Pairs = set()
    for start in range(0, len(rows), _BLOCK):
        shared = holds[start : start + _BLOCK] @ holds.T  # (block, rows)
        alike = shared / (sizes[start : start + _BLOCK, None] + sizes - shared) >= ALIKE
        found |= {(start + int(one), int(two)) for one, two in zip(*np.nonzero(alike), strict=True) if start + one < two}
    return {(one, two) for one, two in found if figures[one] == figures[two]}


def _changed(row: list[str], words: list[str], rng: random.Random) -> list[str]:
    changed = list(row)
    for _ in range(rng.randint(0, _MOST_CHANGED)):
        at = rng.randrange(len(changed))
        kind = rng.random()
        if kind < 0.5:
            changed[at] = rng.choice(words)
        elif kind < 0.75:
            changed[at] = changed[at][1:] + changed[at][:1]
        else:
            del changed[at]
    return changed
