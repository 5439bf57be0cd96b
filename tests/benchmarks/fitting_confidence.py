"""
Fit the constants of bot/confidence.py: `APRENDIZ_BENCH_HANDBOOK=… python -m tests.benchmarks.fitting_confidence`, some minutes.

From the halves to tune on alone. A logistic regression tells questions that the material answers from those that it does not: questions
about other things, and (for a fraction of their weight, for something near may answer them) its own questions once what answers them was
taken away. Then the log-odds are stretched so that they say how often the passages hold the answer, and the threshold is put where the
goals for wrongly given and wrongly declined answers are missed by the same share, or met with the same room.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.messages import Viewer
from store.embeddings import UniversalSentenceEncoder
from store.evidence import Ranked, evidence_of
from store.logistic import fit_logistic
from tests.benchmarks.answers_material import DATA, PASSAGES, SAMPLE, Asked, Material, bilingual, handbook, lines, of_half, retriever_over

Array = NDArray[np.float64]

_LOOKED_AT: Final = 40  # candidates, enough of them besides those that hold the answer
_OFF_WEIGHT: Final = 3.0  # there are fewer of them
_TAKEN_WEIGHT: Final = 0.3
_GOAL_IN, _GOAL_OUT = 0.08, 0.10  # wrongly declined, wrongly given
_FIGURES: Final = ("relevance", "cosine", "words", "lead", "apart", "agreement", "coverage", "untold", "known", "strange", "length")


@dataclass(frozen=True, slots=True)
class _Seen:
    evidence: dict[str, float]
    answerable: bool
    held: bool  # in the passages that the model would read
    weight: float
    judged: bool  # counts for the threshold


async def main() -> None:
    """Write the constants to standard output."""
    with tempfile.TemporaryDirectory() as folder:
        workdir = Path(folder)
        encoder = UniversalSentenceEncoder()
        seen: list[_Seen] = []
        for material in filter(None, (bilingual(workdir), handbook(), *_more(workdir))):
            seen += await _look(material, workdir, encoder)
            sys.stderr.write(f"{material.name}: {len(seen)}\n")
    _fit(seen)


def _more(workdir: Path) -> list[Material]:
    del workdir
    far = [Asked(each["question"], None, "tune") for each in lines(DATA / "unrelated_questions.jsonl")[::2]]
    facts = lines(DATA / "hidrex" / "facts.jsonl")[::2]
    codes = [Asked(question, _says(fact["answer"]), "tune") for fact in facts for question in fact["questions"][1:]]
    sample = [
        Asked(each["question"], _from(each["source"]), "tune")
        for each in lines(DATA / "sample_questions.jsonl")[::2]
        if each["audience"] == "employees"
    ]
    company = tuple((SAMPLE / audience, audience) for audience in ("employees", "customers", "all"))
    return [
        Material("hidrex", ((DATA / "hidrex" / "faq.csv", "employees"),), "employees", (*codes, *far)),
        Material("sample", company, "employees", (*sample, *far)),  # type: ignore[arg-type]  # mypy sees strings
    ]


async def _look(material: Material, workdir: Path, encoder: UniversalSentenceEncoder) -> list[_Seen]:
    asked = of_half(material.asked, "tune")
    if material.name == "handbook":
        asked += [Asked(each["question"], _from(each["pages"]), "tune") for each in lines(DATA / "handbook_questions.jsonl")[::2]]
    seen: list[_Seen] = []
    async with retriever_over(material, workdir, encoder=encoder) as retriever:
        ranking: Any = retriever._ranking  # type: ignore[attr-defined]  # what was not given is to be looked at, too
        for each in asked:
            viewer = Viewer(material.audience)
            searched = await ranking.ask(each.text, (), viewer=viewer)
            words, ranked = searched.words, await ranking._rank(searched, viewer, limit=_LOOKED_AT)
            judged = material.name in ("bilingual", "handbook")
            seen.append(_seen(each, ranked, words.rarity, weight=1.0 if each.gold else _OFF_WEIGHT, judged=judged))
            if each.gold:
                left = [candidate for candidate in ranked if not each.gold(candidate.passage)]
                seen.append(_seen(replace(each, gold=None), left, words.rarity, weight=_TAKEN_WEIGHT, judged=False))
    return seen


def _seen(asked: Asked, ranked: list[Any], rarity: Callable[[str], float], *, weight: float, judged: bool) -> _Seen:
    looked_at = [
        Ranked(each.passage.score, each.cosine, each.words, f"{each.passage.heading} {each.passage.title} {each.passage.text}")
        for each in ranked[:10]
    ]
    held = bool(asked.gold) and any(asked.gold(each.passage) for each in ranked[:PASSAGES] if asked.gold)
    return _Seen(evidence_of(asked.text, looked_at, rarity=rarity), bool(asked.gold), held, weight, judged)


def _fit(seen: list[_Seen]) -> None:
    seen = [each for each in seen if each.evidence]
    figures = np.array([[each.evidence[name] for name in _FIGURES] for each in seen])  # (questions, figures)
    answerable = np.array([each.answerable for each in seen], dtype=float)
    weights = np.array([each.weight for each in seen])
    usual, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-9
    fitted = fit_logistic((figures - usual) / spread, answerable, weights=weights, ridge=2.0)
    score = fitted[0] + (figures - usual) / spread @ fitted[1:]
    real = np.array([each.weight != _TAKEN_WEIGHT for each in seen])
    held = np.array([each.held for each in seen], dtype=float)
    stretched = fit_logistic(score[real, None], held[real], weights=np.ones(int(real.sum())), ridge=1e-3)
    score = stretched[0] + stretched[1] * score
    judged = np.array([each.judged for each in seen])
    inside, outside = score[judged & (answerable == 1)], score[judged & (answerable == 0)]
    below = min(sorted({*inside, *outside}), key=lambda at: max((inside < at).mean() / _GOAL_IN, (outside >= at).mean() / _GOAL_OUT))
    print(f"OFFSET: Final = {stretched[0] + stretched[1] * fitted[0]:.3f}")  # noqa: T201
    print("WEIGHTS: Final[Mapping[str, tuple[float, float]]] = {")  # noqa: T201
    for name, mean, weight in zip(_FIGURES, usual, stretched[1] * fitted[1:] / spread, strict=True):
        print(f'    "{name}": ({mean:.3f}, {weight:.3f}),')  # noqa: T201
    print(f"}}\nDECLINED_BELOW: Final = {below:.3f}")  # noqa: T201
    print(f"# tune: wrongly declined {(inside < below).mean():.3f}, rightly {(outside < below).mean():.3f}")  # noqa: T201


def _says(answer: str) -> Callable[[Any], bool]:
    return lambda passage: bool(passage.text == answer)


def _from(source: str | list[str]) -> Callable[[Any], bool]:
    return lambda passage: bool(passage.source.startswith(source) if isinstance(source, str) else passage.source.endswith(tuple(source)))


if __name__ == "__main__":
    asyncio.run(main())
