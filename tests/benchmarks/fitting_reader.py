"""
Train what `store/e5_reader.npz` holds: `python -m tests.benchmarks.fitting_reader WORKDIR [--passes N] [--seed S]`.

From tests/data/answers/passages_asked.jsonl alone: passages of made-up companies, each with questions that it answers and questions that
one would expect to be answered there and are not. The network begins as the one that compares questions. WORKDIR keeps the weights after
each pass, from where a later run goes on. At the end the product's file is written, and standard error says how well questions are told
apart about passages of companies left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Final

from store import e5_cross
from store.e5_cross import PASSAGE, PASSAGES, QUESTIONS, as_read, read_trained
from tests.benchmarks.cross_training import Pair, options_of, train_to_file
from tests.benchmarks.fitting_cross_encoder import lightly_changed

_COMPANIES: Final = Path(__file__).parents[1] / "data" / "answers" / "passages_asked.jsonl"
_PRODUCT: Final = Path(e5_cross.__file__).with_name(PASSAGES.file)
_LEFT_OUT: Final = 20  # one company in so many
_JOINED: Final = 0.25  # of passages hold what a neighbour says, too, with its questions
_UNTITLED, _UNDER_COMPANY = 0.12, 0.25  # of passages have no heading, or the company's name above it
_FROM_NEIGHBOURS: Final = 3  # questions that they answer, and one that they do not
_CHANGED: Final = 0.2  # of questions are typed in a hurry, or politely


def families_of(companies: Sequence[Mapping[str, Any]], rng: Random) -> list[list[Pair]]:
    """Return for each passage the pairs of it and a question: some sixteen, a third of which it answers."""
    return [[*_pairs_of(company, at, companies, rng)] for company in companies for at in range(len(company["passages"]))]


def _pairs_of(company: Mapping[str, Any], at: int, companies: Sequence[Mapping[str, Any]], rng: Random) -> Iterator[Pair]:
    passage = company["passages"][at]
    neighbours = [each for each in company["passages"] if each is not passage]
    told, answered = (passage["heading"], passage["text"]), [*passage["answered"]]
    rng.shuffle(neighbours)
    if rng.random() < _JOINED:
        neighbour = neighbours.pop()
        told = _joined(passage, neighbour, company["company"], rng)
        answered += rng.sample(neighbour["answered"], 2)
    unanswered = [*passage["near"], *(rng.choice(each["answered"]) for each in neighbours[:_FROM_NEIGHBOURS])]
    unanswered.append(rng.choice(neighbours[0]["near"]))
    others = [each for each in companies if each is not company]
    if others:
        elsewhere = rng.choice(rng.choice(others)["passages"])
        unanswered.append(rng.choice([*elsewhere["answered"], *elsewhere["near"]]))
    read = as_read(_titled(told[0], company["company"], rng), told[1])
    for asked, same in ((answered, 1.0), (unanswered, 0.0)):
        for question in asked:
            changed = lightly_changed(question, company["lang"], rng) if rng.random() < _CHANGED else question
            yield Pair(read, changed, same, PASSAGE)


def _joined(passage: Mapping[str, Any], neighbour: Mapping[str, Any], company: str, rng: Random) -> tuple[str, str]:
    """Return both, in either order, as one text under what stands above the first's heading."""
    above, _, _ = passage["heading"].rpartition(" > ")
    both = rng.sample([passage, neighbour], 2)
    return above or company, "\n".join(f"{each['heading'].rpartition(' > ')[2]}\n{each['text']}" for each in both)


def _titled(heading: str, company: str, rng: Random) -> str:
    drawn = rng.random()
    if drawn < _UNTITLED:
        return ""
    return f"{company} > {heading}" if drawn < _UNTITLED + _UNDER_COMPANY else heading


def main() -> None:
    """Train, write the product's file, and say on standard error what it is worth."""
    options = options_of("fitting_reader", _PRODUCT)
    rng = Random(options.seed)
    companies = [json.loads(line) for line in _COMPANIES.read_text(encoding="utf-8").splitlines()]
    left_out = [pair for family in families_of(companies[::_LEFT_OUT], Random(0)) for pair in family]
    taught = [company for at, company in enumerate(companies) if at % _LEFT_OUT]
    begun = read_trained((files("store") / QUESTIONS.file).read_bytes())
    train_to_file(options, [families_of(taught, rng) for _ in range(options.passes)], left_out, rng, begun=begun)


if __name__ == "__main__":
    main()
