"""
Train what `store/e5_cross.npz` holds: `python -m tests.benchmarks.fitting_cross_encoder WORKDIR [--passes N] [--seed S]`.

From tests/data/answers/question_families.jsonl alone, but for the subjects that are left out: questions with what means the same and what
only looks like it. WORKDIR keeps the weights after each pass, from where a later run goes on. At the end the product's file is written,
and standard error says how well pairs of the subjects left out are told apart.
"""

import asyncio
import json
import random
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from store import e5_cross
from store.e5_cross import QUESTIONS
from store.embeddings import UniversalSentenceEncoder
from store.question_reading import read
from tests.benchmarks.courtesies import politely
from tests.benchmarks.cross_training import Pair, options_of, train_to_file

_FAMILIES: Final = Path(__file__).parents[1] / "data" / "answers" / "question_families.jsonl"
_PRODUCT: Final = Path(e5_cross.__file__).with_name(QUESTIONS.file)
_POLITELY: Final = 0.15  # of the questions of all pairs
_PUT_ALIKE: Final = 40  # questions of other subjects, the nearest by the first encoder,
_PERHAPS_THE_SAME: Final = 0.75  # but for those of a higher cosine
_OWN_LANGUAGE: Final = 4  # of the phrasings of a family, the first ones are in its question's language


def families_of(subjects: Sequence[Mapping[str, Any]], rng: random.Random) -> list[list[Pair]]:
    """Return for each question the pairs of its family, and of that with the other families of its subject: some seventeen."""
    return [[*_pairs_of(question, subject, rng)] for subject in subjects for question in subject["questions"]]


def _pairs_of(question: Mapping[str, Any], subject: Mapping[str, Any], rng: random.Random) -> Iterator[Pair]:
    asked, same, language = question["q"], question["same"], question["lang"]
    near = [each["q"] for each in question["near"]]
    for other in rng.sample(same, 4):
        yield Pair(asked, other, 1.0)
    for one, other in rng.sample([*combinations(same, 2)], 2):
        yield Pair(one, other, 1.0)
    # Nobody writes down that a question is itself, and what is learnt from rewordings alone takes what is too much alike for a trap.
    known = rng.choice([asked, *same[:_OWN_LANGUAGE]])
    yield Pair(asked, lightly_changed(asked, language, rng), 1.0)
    yield Pair(known, lightly_changed(known, language, rng) if rng.random() < 0.5 else known, 1.0)
    for other in near:
        yield Pair(asked, lightly_changed(other, language, rng) if rng.random() < 0.25 else other, 0.0)
    for other in rng.sample(near, 2):
        yield Pair(rng.choice(same), other, 0.0)
    others = [each for each in subject["questions"] if each is not question]
    for another in rng.sample(others, min(2, len(others))):
        yield Pair(rng.choice([asked, *same]), rng.choice([another["q"], *another["same"]]), 0.0)


def of_other_subjects(subjects: Sequence[Mapping[str, Any]], vectors: NDArray[np.float32], rng: random.Random) -> list[Pair]:
    """
    Return two pairs a question with questions of other subjects that are put alike: "how much notice do I give" for this and for that.

    *vectors* has a row for each question of *subjects*, in their order: (questions, dimension), of length 1.
    """
    asked = [(number, question) for number, subject in enumerate(subjects) for question in subject["questions"]]
    subject_of = np.array([number for number, _ in asked])
    pairs: list[Pair] = []
    for row, (number, question) in enumerate(asked):
        cosines = vectors @ vectors[row]
        cosines[(subject_of == number) | (cosines > _PERHAPS_THE_SAME)] = -1.0
        nearest = [place for place in np.argsort(-cosines)[:_PUT_ALIKE].tolist() if cosines[place] > -1]
        for other in (asked[place][1] for place in rng.sample(nearest, min(2, len(nearest)))):
            mine = rng.choice([question["q"], *question["same"]])
            pairs.append(Pair(mine, other["q"] if rng.random() < 0.7 else rng.choice(other["same"]), 0.0))
    return pairs


def some_politely(pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    """Return *pairs*, some of their questions with courtesies: they tell nothing of what is the same, and nothing of what is not."""

    def perhaps(question: str) -> str:
        return politely(question, language, rng) if rng.random() < _POLITELY and (language := read(question).language) else question

    return [Pair(perhaps(pair.one), perhaps(pair.other), pair.same) for pair in pairs]


def lightly_changed(question: str, language: str, rng: random.Random) -> str:
    """Return *question* as somebody in a hurry, or a polite one, types it."""
    changed = question
    for change in rng.sample(("plain", "slip", "polite", "polite"), rng.choice((1, 1, 2))):
        if change == "plain":
            letters = unicodedata.normalize("NFD", changed.lower())
            changed = "".join(letter for letter in letters if not unicodedata.combining(letter)).rstrip("?.! ")
        elif change == "slip":
            changed = _slipped(changed, rng)
        else:
            changed = politely(changed, language, rng)
    return changed


def _slipped(question: str, rng: random.Random) -> str:
    """Return *question* with two letters beside each other exchanged, none of them at its word's ends."""
    words = question.split()
    long = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha() and word.islower()]
    if long:
        place = rng.choice(long)
        word = words[place]
        if two := [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]:
            at = rng.choice(two)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def main() -> None:
    """Train, write the product's file, and say on standard error what it is worth."""
    options = options_of("fitting_cross_encoder", _PRODUCT)
    rng = random.Random(options.seed)
    subjects = [json.loads(line) for line in _FAMILIES.read_text(encoding="utf-8").splitlines()]
    taught = [subject for subject in subjects if not subject.get("left_out")]
    families = families_of([subject for subject in subjects if subject.get("left_out")], random.Random(0))
    left_out = [pair for family in families for pair in family]
    vectors = asyncio.run(UniversalSentenceEncoder().encode([question["q"] for subject in taught for question in subject["questions"]]))
    train_to_file(options, [_pass(taught, vectors, rng) for _ in range(options.passes)], left_out, rng)


def _pass(subjects: Sequence[Mapping[str, Any]], vectors: NDArray[np.float32], rng: random.Random) -> list[list[Pair]]:
    """Return every family's pairs once, those with other subjects among them, some politely."""
    families = families_of(subjects, rng)
    for pair in of_other_subjects(subjects, vectors, rng):
        rng.choice(families).append(pair)
    return [some_politely(family, rng) for family in families]


if __name__ == "__main__":
    main()
