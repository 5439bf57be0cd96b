"""
Fit the constants of bot/confidence.py: `APRENDIZ_BENCH_HANDBOOK=… python -m tests.benchmarks.fitting_confidence`, some minutes.

From the halves to tune on alone. A logistic regression tells questions that the material answers from those that it does not: questions
about other things, near it and far from it, what people ask other companies, and (for a fraction of their weight, for something near may
answer them) its own questions once what answers them was taken away. Then the log-odds are stretched so that they say how often the
passages hold the answer, and the threshold is put where the goals for wrongly given and wrongly declined answers are missed by the same
share, or met with the same room. Standard error says what both would be on questions, and on whole companies, that were not fitted.
"""

import asyncio
import random
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from bot.messages import Audience, Viewer
from store.embeddings import UniversalSentenceEncoder
from store.evidence import Ranked, evidence_of
from store.logistic import fit_logistic
from tests.benchmarks.answers_material import (
    DATA,
    PASSAGES,
    SAMPLE,
    Asked,
    Gold,
    Material,
    bilingual,
    handbook,
    lines,
    loop_table,
    of_half,
    retriever_over,
)

Array = NDArray[np.float64]
Kind = Literal["in", "off", "far", "more", "cross", "taken"]

_LOOKED_AT: Final = 40  # candidates, enough of them besides those that hold the answer
_COMPARED: Final = 10  # as many as the product looks at
# What a question counts, beside one that is answered: there are fewer of those off the subject, and others are not so sure to be off it.
_WEIGHTS: Final[dict[Kind, float]] = {"in": 1.0, "off": 3.0, "far": 1.0, "more": 2.0, "cross": 0.7, "taken": 0.15}
_BALANCE: Final = 0.25  # 0: a company counts by its questions, 1: every company the same
_CROSS: Final = 20  # questions taken from each other company
_RIDGE: Final = 30.0
_FOLDS: Final = 5
_FACTS: Final = 6  # under one heading of a page
_JUDGED: Final = ("bilingual", "handbook")
_GOAL_IN, _GOAL_OUT = 0.08, 0.10  # wrongly declined, wrongly given
_FIGURES: Final = (
    *("relevance", "cosine", "apart", "closely", "lead", "answers", "answers_most", "heading", "borne", "unsaid", "untold"),
    *("agreement", "cohesion", "known", "strange", "length", "spoken"),
)
_OF_THE_READER: Final = ("answers", "answers_most")


@dataclass(frozen=True, slots=True)
class Seen:
    """A question with what retrieval told of it; `held` says whether the passages that the model would read hold its answer."""

    company: str
    question: str
    kind: Kind
    evidence: dict[str, float]
    held: bool


async def main() -> None:
    """Write the constants to standard output."""
    with tempfile.TemporaryDirectory() as folder:
        workdir = Path(folder)
        encoder = UniversalSentenceEncoder()
        seen: list[Seen] = []
        for material, kinds in materials(workdir):
            seen += await _look(material, kinds, workdir, encoder)
            sys.stderr.write(f"{material.name}: {len(seen)}\n")
    fit(seen)


def materials(workdir: Path) -> list[tuple[Material, list[Kind]]]:
    """Return what is asked of each material, and of which kind each question is."""
    companies = list(
        filter(None, (bilingual(workdir), handbook(), _hidrex(), _sample(), *_loop("sabia", workdir), *_loop("brackholm", workdir)))
    )
    far = [Asked(each["question"], None, "tune") for each in lines(DATA / "unrelated_questions.jsonl")[::2]]
    more = lines(DATA / "answers" / "declining_more.jsonl")
    rng = random.Random(1)
    found: list[tuple[Material, list[Kind]]] = []
    for material in companies:
        own = [*of_half(material.asked, "tune")]
        if material.name == "handbook":
            own += [Asked(each["question"], _from(each["pages"]), "tune") for each in lines(DATA / "handbook_questions.jsonl")[::2]]
        kinds: list[Kind] = ["in" if each.gold else "off" for each in own]
        written = [
            Asked(each["question"], _holds(each["holds"]), "tune") for each in more if each["about"] in (_company(material.name), "any")
        ]
        elsewhere = [other for other in companies if other.name == _company(other.name) != _company(material.name)]
        others = [Asked(each.text, None, "tune") for other in elsewhere for each in _some(other, rng)]
        kinds.extend("far" for _ in far)
        kinds.extend("in" if each.gold else "more" for each in written)
        kinds.extend("cross" for _ in others)
        found.append((Material(material.name, material.folders, material.audience, (*own, *far, *written, *others)), kinds))
    return found


def _hidrex() -> Material:
    facts = lines(DATA / "hidrex" / "facts.jsonl")[::2]
    asked = [Asked(question, _holds(fact["answer"]), "tune") for fact in facts for question in fact["questions"][1:]]
    return Material("hidrex", ((DATA / "hidrex" / "faq.csv", "employees"),), "employees", tuple(asked))


def _sample() -> Material:
    audiences: tuple[Audience, ...] = ("employees", "customers", "all")
    questions = lines(DATA / "sample_questions.jsonl")[::2]
    asked = [Asked(each["question"], _from(each["source"]), "tune") for each in questions if each["audience"] == "employees"]
    return Material("sample", tuple((SAMPLE / audience, audience) for audience in audiences), "employees", tuple(asked))


def _loop(name: str, workdir: Path) -> list[Material]:
    """Return the same company twice: its facts as an FAQ, and as pages whose headings say nothing."""
    facts = lines(DATA / "loop" / f"{name}.jsonl")
    table, page = loop_table(name, workdir), workdir / f"{name}_pages.md"
    parts = [facts[first : first + _FACTS] for first in range(0, len(facts), _FACTS)]
    texts = ["\n\n".join(fact["answer"] for fact in part) for part in parts]
    page.write_text(
        "\n\n".join([f"# {name.title()}", *(f"## {number}\n\n{text}" for number, text in enumerate(texts, 1))]), encoding="utf-8"
    )
    asked = [
        tuple(Asked(fact["questions"][at], _holds(fact["answer"]), "tune") for fact in facts for at in (first, 3, 4)) for first in (1, 0)
    ]
    return [
        Material(name, ((table, "employees"),), "employees", asked[0]),
        Material(f"{name}_pages", ((page, "employees"),), "employees", asked[1]),
    ]


def _some(material: Material, rng: random.Random) -> list[Asked]:
    answered = [each for each in of_half(material.asked, "tune") if each.gold]
    return rng.sample(answered, min(_CROSS, len(answered)))


def _company(name: str) -> str:
    return name.removesuffix("_pages")


async def _look(material: Material, kinds: Sequence[Kind], workdir: Path, encoder: UniversalSentenceEncoder) -> list[Seen]:
    seen: list[Seen] = []
    async with retriever_over(material, workdir, encoder=encoder) as retriever:
        ranking: Any = retriever._ranking  # type: ignore[attr-defined]  # what was not given is to be looked at, too
        viewer = Viewer(material.audience)
        for each, kind in zip(material.asked, kinds, strict=True):
            searched = await ranking.ask(each.text, (), viewer=viewer)
            words, ranked = searched.words, await ranking._read(searched, await ranking._rank(searched, viewer, limit=_LOOKED_AT))
            company = _company(material.name)
            held = bool(each.gold) and any(each.gold(candidate.passage) for candidate in ranked[:PASSAGES] if each.gold)
            seen.append(Seen(company, each.text, kind, _evidence(each.text, ranked, words.rarity), held))
            if each.gold:
                left = await ranking._read(searched, [candidate for candidate in ranked if not each.gold(candidate.passage)])
                seen.append(Seen(company, each.text, "taken", _evidence(each.text, left, words.rarity), held=False))
    return seen


def _evidence(question: str, ranked: Sequence[Any], rarity: Callable[[str], float]) -> dict[str, float]:
    looked_at = [
        Ranked(
            each.passage.score,
            each.cosine,
            each.passage.heading,
            f"{each.passage.title} {each.passage.text}",
            each.second,
            answers=each.answers,
        )
        for each in ranked[:_COMPARED]
    ]
    return evidence_of(question, looked_at, rarity=rarity)


def fit(seen: Sequence[Seen]) -> None:
    """Fit the constants to *seen* and write them to standard output: with all figures, and for where nobody read the passages."""
    seen = [each for each in seen if each.evidence]
    below = _fit(seen, _FIGURES, "")
    _fit(seen, tuple(name for name in _FIGURES if name not in _OF_THE_READER), "UNREAD_", like=below)


def _fit(seen: Sequence[Seen], names: Sequence[str], called: str, *, like: float | None = None) -> float:
    """Write the constants for the figures of *names*, and return the threshold: with *like* the offset is such that it is that one."""
    figures = np.array([[each.evidence.get(name, np.nan) for name in names] for each in seen])  # (questions, figures)
    usual, spread = np.nanmean(figures, axis=0), np.nanstd(figures, axis=0) + 1e-9
    # What retrieval could not tell counts as usual, as it does for bot/confidence.py.
    rows = np.column_stack([np.ones(len(seen)), np.nan_to_num((figures - usual) / spread)])
    answerable = np.array([each.kind == "in" for each in seen], dtype=float)
    weights = _weights(seen)
    _cross_validate(seen, rows, answerable, weights)

    fitted = fit_logistic(rows[:, 1:], answerable, weights=weights, ridge=_RIDGE)
    score = rows @ fitted
    real = np.array([each.kind in ("in", "off", "far") for each in seen])
    held = np.array([each.held for each in seen], dtype=float)
    stretched = fit_logistic(score[real, None], held[real], weights=np.ones(int(real.sum())), ridge=1e-3)
    score = stretched[0] + stretched[1] * score
    below = _threshold(seen, score)
    moved = 0.0 if like is None else like - below
    _say(f"{called}OFFSET: Final = {stretched[0] + stretched[1] * fitted[0] + moved:.3f}")
    _say(f"{called}WEIGHTS: Final[Weights] = {{")
    for name, mean, weight in zip(names, usual, stretched[1] * fitted[1:] / spread, strict=True):
        _say(f'    "{name}": ({mean:.3f}, {weight:.3f}),')
    _say("}")
    if like is None:
        _say(f"DECLINED_BELOW: Final = {below:.3f}")
    _say(f"# fitted on: {_rates(seen, score, below)}")
    return below


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _weights(seen: Sequence[Seen]) -> Array:
    counts = Counter((each.company, each.kind) for each in seen)
    weights = np.array([_WEIGHTS[each.kind] * counts[each.company, each.kind] ** -_BALANCE for each in seen])
    weights *= len(seen) * 0.6 / weights.sum()  # so that the ridge stays what it was, whatever the balance
    return weights


def _cross_validate(seen: Sequence[Seen], rows: Array, answerable: Array, weights: Array) -> None:
    hashed = np.array([zlib.crc32(each.question.encode()) for each in seen])
    companies = np.array([each.company for each in seen])
    splits = {
        "questions not seen": [(hashed % _FOLDS == fold, hashed % _FOLDS != fold) for fold in range(_FOLDS)],
        "companies not seen": [
            (companies == name, (companies != name) & ~np.isin(hashed, hashed[companies == name])) for name in sorted({*companies.tolist()})
        ],
    }
    for name, folds in splits.items():
        score = np.zeros(len(seen))
        for tested, fitted_on in folds:
            score[tested] = rows[tested] @ fit_logistic(
                rows[fitted_on, 1:], answerable[fitted_on], weights=weights[fitted_on], ridge=_RIDGE
            )
        sys.stderr.write(f"{name}: {_rates(seen, score, _threshold(seen, score))}\n")


def _threshold(seen: Sequence[Seen], score: Array) -> float:
    inside, outside = _judged(seen, score)
    return float(min(sorted({*inside, *outside}), key=lambda at: max((inside < at).mean() / _GOAL_IN, (outside >= at).mean() / _GOAL_OUT)))


def _judged(seen: Sequence[Seen], score: Array) -> tuple[Array, Array]:
    judged = np.array([each.company in _JUDGED for each in seen])
    kinds = np.array([each.kind for each in seen])
    return score[judged & (kinds == "in")], score[judged & (kinds == "off")]


def _rates(seen: Sequence[Seen], score: Array, below: float) -> str:
    inside, outside = _judged(seen, score)
    said = [f"wrongly declined {(inside < below).mean():.3f}, rightly {(outside < below).mean():.3f}; declined of"]
    for company in dict.fromkeys(each.company for each in seen):
        shares = [
            f"{kind} {np.mean(own):.2f}"
            for kind in _WEIGHTS
            if (own := [value < below for each, value in zip(seen, score, strict=True) if (each.company, each.kind) == (company, kind)])
        ]
        said.append(f"{company}: {', '.join(shares)}")
    return " | ".join(said)


def _holds(words: str | None) -> Gold | None:
    if words is None:
        return None
    told = " ".join(words.split()).casefold()
    return lambda passage: told in " ".join(f"{passage.heading} {passage.text}".split()).casefold()


def _from(source: str | list[str]) -> Gold:
    return lambda passage: bool(passage.source.startswith(source) if isinstance(source, str) else passage.source.endswith(tuple(source)))


if __name__ == "__main__":
    asyncio.run(main())
