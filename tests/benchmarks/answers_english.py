"""English questions about an employee handbook of untidy pages, more than a third of them written by one who had not seen the pages."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.messages import Reach, Viewer
from store.candidates import Candidate, read_candidates
from store.lexical import terms_of
from tests.benchmarks.answers_desk import Desk, Half, handbook, in_half, open_desk, ranks, say
from tests.benchmarks.result import Result, at_least

VIEWER = Viewer("employees")
COUNTED = ("reading", "unseen")  # how the questions that count were written; tests/data/answers/README.md says more
_AVOIDING = "avoiding"
_ASKED = 3  # times that the question counts in BM25 alone, which has to do without the encoder

Asking = Callable[[str, NDArray[np.float32]], Sequence[str]]  # the sources of the five best passages


async def en_hit5(workdir: Path) -> Result:
    """Return the share of questions for which a passage of the right page is among the five best."""
    hit, _ = await measure(workdir, "report")
    return at_least("en_hit5", hit, goal=0.95, unit="share")


async def en_mrr5(workdir: Path) -> Result:
    """Return the mean of 1 over the rank of the first passage of the right page, 0 beyond the fifth."""
    _, mrr = await measure(workdir, "report")
    return at_least("en_mrr5", mrr, goal=0.88, unit="share")


async def measure(workdir: Path, half: Half) -> tuple[float, float]:
    """Return hit@5 and MRR@5, and say beside them what each kind, and simpler ways of searching, have."""
    pages = handbook()
    questions = await in_half("handbook_questions.jsonl", half)
    async with open_desk(workdir, [pages]) as desk:
        vectors = await desk.encoder.encode([each["question"] for each in questions])
        found = [
            [passage.source for passage in await desk.retriever.search(each["question"], viewer=VIEWER, limit=5)] for each in questions
        ]
        result = _told("the product", questions, found)
        for name, ask in (await _baselines(desk)).items():
            _told(name, questions, [ask(each["question"], vector) for each, vector in zip(questions, vectors, strict=True)])
    return result


def _told(name: str, questions: Sequence[Mapping[str, Any]], found: Sequence[Sequence[str]]) -> tuple[float, float]:
    hits = [[source.endswith(tuple(each["pages"])) for source in sources] for each, sources in zip(questions, found, strict=True)]

    def of(*written: str) -> tuple[float, float]:
        some = ranks(hit for hit, each in zip(hits, questions, strict=True) if each["written"] in written)
        count = sum(each["written"] in written for each in questions)
        say(f"{name}, {count} written {' or '.join(written)}: hit@5 {some[0]:.3f}, MRR@5 {some[1]:.3f}")
        return some

    for each in (*COUNTED, _AVOIDING):
        of(each)
    return of(*COUNTED)


async def _baselines(desk: Desk) -> dict[str, Asking]:
    import bm25s

    candidates = await read_candidates(desk.database, VIEWER)
    sources = [each.passage.source for each in candidates]
    matrix = await _vectors(desk, candidates)  # (passages, dimension)
    bm25 = bm25s.BM25()
    bm25.index([terms_of(each.searched) for each in candidates], show_progress=False)

    def best(scores: NDArray[np.floating[Any]]) -> list[str]:
        return [sources[row] for row in np.argsort(-scores, kind="stable")[:5]]

    def by_words(question: str) -> NDArray[np.floating[Any]]:
        known = [term for term in terms_of(question) if term in bm25.vocab_dict]
        return np.asarray(bm25.get_scores(known * _ASKED)) if known else np.zeros(len(candidates))

    def standard(scores: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        deviations: NDArray[np.floating[Any]] = np.divide(scores - scores.mean(), scores.std() or 1.0)
        return deviations

    return {
        "BM25 alone": lambda question, _: best(by_words(question)),
        "embeddings alone": lambda _, vector: best(matrix @ vector),
        "plain sum": lambda question, vector: best(standard(by_words(question)) + standard(matrix @ vector)),
    }


async def _vectors(desk: Desk, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    ids = [each.passage.passage_id for each in candidates]
    return np.stack([entry.vector for entry in await desk.index.fetch("passages", Reach("employees"), ids)])
