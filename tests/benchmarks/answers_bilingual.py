"""Paraphrased questions about an FAQ half in Portuguese and half in English, asked in either language."""

import asyncio
import csv
from pathlib import Path
from typing import Literal

from bot.messages import Viewer
from tests.benchmarks.answers_desk import Half, in_half, open_desk, read_lines, say
from tests.benchmarks.result import Result, at_least, at_most

Writing = Literal["question", "plain", "typo"]


async def bilingual_recall5(workdir: Path) -> Result:
    """Return the share of questions whose entry is among the five best."""
    return at_least("bilingual_recall5", (await recalls(workdir, "report", "question"))[0], goal=0.9, unit="share")


async def bilingual_plain(workdir: Path) -> Result:
    """Return what of that is lost where the questions are typed without accents."""
    accented, plain = await recalls(workdir, "report", "question", "plain")
    return at_most("bilingual_plain", accented - plain, goal=0.03, unit="share")


async def bilingual_typo(workdir: Path) -> Result:
    """Return what of that is lost where each question has one typing mistake."""
    right, mistyped = await recalls(workdir, "report", "question", "typo")
    return at_most("bilingual_typo", right - mistyped, goal=0.05, unit="share")


async def recalls(workdir: Path, half: Half, *writings: Writing) -> list[float]:
    """Return recall@5 of the questions in each of these *writings*, and say beside it what they have within and across languages."""
    path = workdir / "faq.csv"
    facts = await read_lines("bilingual_facts.jsonl")
    await asyncio.to_thread(_write, path, facts)
    language = {each["id"]: each["language"] for each in facts}
    questions = await in_half("bilingual_questions.jsonl", half)
    shares: list[float] = []
    async with open_desk(workdir, [path]) as desk:
        for writing in writings:
            hits: dict[bool, list[bool]] = {False: [], True: []}
            for each in questions:
                found = await desk.retriever.search(each[writing], viewer=Viewer("employees"), limit=5)
                hits[each["language"] != language[each["fact"]]].append(each["fact"] in [passage.row for passage in found])
            every = [*hits[False], *hits[True]]
            shares.append(sum(every) / len(every))
            same, other = (sum(some) / len(some) for some in hits.values())
            say(f"{writing}: recall@5 {shares[-1]:.3f} of {len(every)}; in the entry's language {same:.3f}, in the other {other:.3f}")
    return shares


def _write(path: Path, facts: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "question", "answer"))
        rows.writerows((each["id"], each["question"], each["answer"]) for each in facts)
