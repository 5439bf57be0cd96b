"""Evaluations as tests need them: so many questions of a kind, each with what both contenders answered."""

from collections.abc import Sequence
from dataclasses import replace

from bot.messages import Passage
from finetune.arms import AskedOf, Reply, Side
from finetune.evaluation import Evaluation
from finetune.questions import HeldOut, Kind

GOOD, BAD = True, False


def held(
    question: str = "How often is the filter changed?",
    *,
    reference: str = "",
    facts: Sequence[str] = (),
    decline: bool = False,
    kind: Kind = "down",
    language: str = "en",
) -> HeldOut:
    """Return a question."""
    return HeldOut(question, reference, tuple(facts), decline, "employees", language, kind, question)


def reply(good: bool = True, *, text: str = "", declined: bool = False, total_s: float = 1.0) -> Reply:
    """Return an answer of which only so much counts."""
    said = text or ("every six months" if good else "every day")
    return Reply(said, "generated", good, declined, float(good), 0.5, 0.5, 0.5, tokens=10, first_token_s=total_s / 2, total_s=total_s)


def side(name: str, replies: Sequence[Reply]) -> Side:
    """Return a contender that answers alike in every arm."""
    answers = tuple(replies)
    return Side(name, name, (), answers, answers, answers, answers, (2.0,) * len(answers))


def evaluation(pairs: Sequence[tuple[HeldOut, bool, bool]], *, languages: tuple[str, ...] = ("en",)) -> Evaluation:
    """Return an evaluation of (question, good before, good now)."""
    passage = Passage("p1", "guide.md", "Guide", "Filters", "Replace it every six months.", "all", language="en", score=0.9)
    asked = tuple(AskedOf(each, each.language, (passage,), in_best=True, in_given=True, quoted=reply(total_s=0.0)) for each, _, _ in pairs)
    return Evaluation(
        asked=asked,
        first=side("base", [reply(before) for _, before, _ in pairs]),
        second=side("v1", [reply(after) for _, _, after in pairs]),
        model="small",
        audience="employees",
        languages=languages,
        support=0.85,
        max_tokens=48,
        cpu_s=1.0,
    )


def of_kind(kind: Kind, count: int, before: bool, after: bool, *, language: str = "en") -> list[tuple[HeldOut, bool, bool]]:
    """Return *count* questions of one kind that fare alike."""
    return [(held(f"{kind} {number} {before} {after}", kind=kind, language=language), before, after) for number in range(count)]


def with_second(
    given: Evaluation,
    *,
    alone: Sequence[Reply] | None = None,
    passages: Sequence[Reply] | None = None,
    spoken: Sequence[Reply] | None = None,
) -> Evaluation:
    """Return *given* with some of the second contender's arms replaced."""
    second = given.second
    changed = replace(
        second,
        alone=tuple(alone or second.alone),
        passages=tuple(passages or second.passages),
        spoken=tuple(spoken or second.spoken),
    )
    return replace(given, second=changed)
