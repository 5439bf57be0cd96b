"""An evaluation in numbers: each system by itself, both contenders compared by kind and language, and what retrieval could give."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

from finetune.arms import Arm, AskedOf, Reply, Side
from finetune.bootstrap import Interval, paired_difference, percentile, wilson
from finetune.consistency import consistency
from finetune.evaluation import Evaluation
from finetune.questions import Kind

Group = Literal["all", "kind", "language"]
KINDS: Final[tuple[Kind, ...]] = ("down", "up", "imported", "golden", "plain")


@dataclass(frozen=True, slots=True)
class Figures:
    """
    One system's figures over the questions it was asked.

    `good` is a share; `facts`, `f1`, `rouge_l`, `similarity` and `tokens` are means, `perplexity` a geometric one, None where nothing was
    measured. `declined_right` of `to_decline` questions were declined, `declined_wrong` of the others. Times are seconds of the answers
    that a model gave; `cut` is the share of them that were stopped at the limit, `prompt_tokens` what it read for each. `consistent` is the
    share of what was asked in several phrasings that was answered alike in all of them. `cost` is the mean of all answers in billionths of
    `currency`, 0 of a model on this machine, None where nobody knows a price.
    """

    good: Interval
    facts: float | None
    f1: float | None
    rouge_l: float | None
    similarity: float | None
    perplexity: float | None
    to_decline: int
    declined_right: int
    declined_wrong: int
    tokens: float | None
    first_token_p50_s: float
    first_token_p95_s: float
    total_p50_s: float
    total_p95_s: float
    cut: float | None
    prompt_tokens: float | None
    consistent: Interval
    cost: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Good answers of both contenders to the same questions: of one kind, in one language, or all (`name` empty)."""

    group: Group
    name: str
    before: Interval
    after: Interval
    difference: Interval


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The share of questions whose answer stands in the best passage, and in all those given: more a model cannot find."""

    best: Interval
    given: Interval


def figures_of(side: Side, asked: Sequence[AskedOf], arm: Arm) -> Figures:
    """Return the figures of one contender in one arm."""
    replies = side.arm(arm)
    pairs = list(zip(replies, asked, strict=True))
    spoken = [reply for reply in replies if reply.total_s]
    to_decline = [reply for reply, each in pairs if each.held.must_decline]
    others = [reply for reply, each in pairs if not each.held.must_decline]
    logs = [math.log(value) for value in side.perplexities if value] if arm == "passages" else []
    return Figures(
        good=wilson(sum(reply.good for reply in replies), len(replies)),
        facts=_mean([reply.facts for reply in replies]),
        f1=_mean([reply.f1 for reply in replies]),
        rouge_l=_mean([reply.rouge_l for reply in replies]),
        similarity=_mean([reply.similarity for reply in replies]),
        perplexity=math.exp(fmean(logs)) if logs else None,
        to_decline=len(to_decline),
        declined_right=sum(reply.declined for reply in to_decline),
        declined_wrong=sum(reply.declined for reply in others),
        tokens=_mean([reply.tokens for reply in spoken]),
        first_token_p50_s=percentile([reply.first_token_s for reply in spoken], 0.5),
        first_token_p95_s=percentile([reply.first_token_s for reply in spoken], 0.95),
        total_p50_s=percentile([reply.total_s for reply in spoken], 0.5),
        total_p95_s=percentile([reply.total_s for reply in spoken], 0.95),
        cut=_mean([float(reply.cut) for reply in spoken]),
        prompt_tokens=_mean([reply.prompt_tokens for reply in spoken]),
        consistent=consistency(replies, asked),
        cost=None if any(reply.cost is None for reply in replies) else _mean([reply.cost for reply in replies]),
        currency=side.currency,
    )


def compare(evaluation: Evaluation, arm: Arm, chosen: Callable[[AskedOf], bool], *, group: Group, name: str, seed: int) -> Comparison:
    """Compare the contenders in one arm over the questions that *chosen* picks."""
    before, after = (_good(side.arm(arm), evaluation.asked, chosen) for side in (evaluation.first, evaluation.second))
    return Comparison(
        group=group,
        name=name,
        before=wilson(sum(before), len(before)),
        after=wilson(sum(after), len(after)),
        difference=paired_difference(before, after, seed=seed),
    )


def comparisons(evaluation: Evaluation, arm: Arm, *, seed: int) -> tuple[Comparison, ...]:
    """Compare the contenders over all questions, then those of each kind and of each language there is."""
    kinds = [kind for kind in KINDS if any(each.held.kind == kind for each in evaluation.asked)]
    languages = sorted({each.language for each in evaluation.asked})
    groups: list[tuple[Group, str, Callable[[AskedOf], bool]]] = [
        ("all", "", lambda _: True),
        *(("kind", kind, _of_kind(kind)) for kind in kinds),
        *(("language", language, _in_language(language)) for language in languages),
    ]
    return tuple(compare(evaluation, arm, chosen, group=group, name=name, seed=seed) for group, name, chosen in groups)


def ceiling_of(asked: Sequence[AskedOf]) -> Ceiling:
    """Return what retrieval found of what was to be found."""
    best = [each.in_best for each in asked if each.in_best is not None]
    given = [each.in_given for each in asked if each.in_given is not None]
    return Ceiling(wilson(sum(best), len(best)), wilson(sum(given), len(given)))


def _good(replies: Sequence[Reply], asked: Sequence[AskedOf], chosen: Callable[[AskedOf], bool]) -> list[bool]:
    return [reply.good for reply, each in zip(replies, asked, strict=True) if chosen(each)]


def _of_kind(kind: Kind) -> Callable[[AskedOf], bool]:
    return lambda each: each.held.kind == kind


def _in_language(language: str) -> Callable[[AskedOf], bool]:
    return lambda each: each.language == language


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
