"""Approved answers: how often a paraphrase gets the right one, and how often a question that only looks alike gets it too."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from bot.messages import Approved, Reach, Viewer
from store.approvals import Approvals, new_answer
from store.approved import ApprovedAnswers
from store.database import Database, migrate, open_database
from store.e5 import E5Encoder
from store.e5_cross import E5CrossEncoder
from store.embeddings import UniversalSentenceEncoder
from tests.benchmarks.result import Result, at_least, at_most

_DATA = Path(__file__).parents[1] / "data" / "answers"
_AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question that was approved, and one that is `same` or only looks like it."""

    approved: str
    asked: str
    same: bool


async def approved_first(workdir: Path) -> Result:
    """Of the paraphrases in the halves that nothing was tuned on, the share that gets the answer to its question; all others beside it."""
    shares: list[tuple[int, int]] = []
    for name in ("near_miss.jsonl", "near_miss_wide.jsonl", "near_miss_unseen.jsonl"):
        asked = [pair for pair in _pairs(name, half="report") if pair.same]
        served = await _served(workdir, [pair.approved for pair in _pairs(name)], asked)
        shares.append(
            (sum(answer is not None and answer.question == pair.approved for pair, answer in zip(asked, served, strict=True)), len(asked))
        )
    right, paraphrases = map(sum, zip(*shares, strict=True))
    mild, free, unseen = (served / asked for served, asked in shares)
    beside = f"of paraphrases; of those that keep to the words {mild:.3f}, told as customers do {free:.3f}, by strangers {unseen:.3f}"
    return at_least("approved_first", right / paraphrases, goal=0.9, unit=beside)


async def approved_first_wrong(workdir: Path) -> Result:
    """
    Of the near misses in those halves, and of those of other trades, the share that gets an answer it must not get.

    Beside it, on stderr: how often a paraphrase gets the answer to its question's near miss where only that was approved.

    Some near misses of the first set are approved questions of it in the other language: only the answer to what they look like is wrong.
    """
    wrong = dict.fromkeys(("near_miss.jsonl", "near_miss_wide.jsonl", "near_miss_more.jsonl", "near_miss_unseen.jsonl"), 0)
    pairs = 0
    for name in wrong:
        asked = [pair for pair in _pairs(name, half="" if name == "near_miss_more.jsonl" else "report") if not pair.same]
        served = await _served(workdir, [pair.approved for pair in _pairs(name)], asked)
        wrong[name] = sum(
            answer is not None and (answer.question == pair.approved or name != "near_miss.jsonl")
            for pair, answer in zip(asked, served, strict=True)
        )
        pairs += len(asked)
        sys.stderr.write(f"{await _instead(workdir, name)} of {name.removesuffix('.jsonl')} get the near miss's answer\n")
    beside = ", ".join(f"{count} of {name.removesuffix('.jsonl')}" for name, count in wrong.items())
    return at_most("approved_first_wrong", sum(wrong.values()) / pairs, goal=0.01, unit=f"of {pairs} near misses ({beside})")


def _pairs(name: str, *, half: str = "") -> list[Pair]:
    rows = [json.loads(line) for line in (_DATA / name).read_text().splitlines()]
    return [Pair(row["approved"], row["asked"], row["same"]) for row in rows if half in ("", row.get("half"))]


async def _instead(workdir: Path, name: str) -> str:
    """Approve the near misses, not what they look like; return how many of how many paraphrases get their answers."""
    half = "" if name == "near_miss_more.jsonl" else "report"
    looks_like = {pair.approved: pair.asked for pair in _pairs(name, half=half) if not pair.same}
    asked = [pair for pair in _pairs(name, half=half) if pair.same and pair.approved in looks_like]
    served = await _served(workdir, [looks_like.get(pair.approved, pair.approved) for pair in _pairs(name)], asked)
    misled = sum(answer is not None and answer.question == looks_like[pair.approved] for pair, answer in zip(asked, served, strict=True))
    return f"{misled} of {len(asked)} paraphrases"


async def _served(workdir: Path, known: Sequence[str], asked: Sequence[Pair]) -> list[Approved | None]:
    """Approve the questions *known*, each with an answer of its own, and ask those of *asked*."""
    encoder, second = UniversalSentenceEncoder(), E5Encoder()
    async with open_database(f"sqlite:///{workdir / f'{uuid4().hex}.db'}") as database:
        await migrate(database)
        await approve(database, encoder, [*dict.fromkeys(known)])
        answers = ApprovedAnswers(database, encoder, second, E5CrossEncoder())
        questions = [pair.asked for pair in asked]
        read = zip(questions, await encoder.encode(questions), await second.encode_questions(questions), strict=True)
        found = [await answers.find(question, vector, viewer=Viewer("employees"), second=closely) for question, vector, closely in read]
    return [each[0] if each else None for each in found]


async def approve(database: Database, encoder: UniversalSentenceEncoder, questions: Sequence[str]) -> None:
    """Approve *questions*, each with an answer of its own."""
    approvals = Approvals(database, encoder, now=lambda: _AT)
    for number, question in enumerate(questions):
        await approvals.add(new_answer(question, f"Answer {number}.", reach=Reach("employees"), author="expert", at=_AT), language="")
