"""Whether the second contender replaces the first: decided by rules fixed beforehand, told in words with numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.texts import N_, translate
from finetune.arms import AskedOf, Reply
from finetune.bootstrap import Interval
from finetune.evaluation import Evaluation
from finetune.figures import ceiling_of, compare, comparisons, figures_of
from finetune.parity import Parity
from finetune.questions import Kind

# The fewest at which even "all of them got better" is no accident: a sign test gives 2 · 2^-6 = .03 there, and .06 at five.
LEAST_DOWN: Final = 6
LOST_SHARE: Final = 0.02
LEAST_OF_LANGUAGE: Final = 10
KNOWN: Final[tuple[Kind, ...]] = ("down", "imported")  # whose right answer is known, whatever production answered
_NAMED: Final = 5  # golden questions that are named


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What the gate says.

    `reasons` are sentences; the first `against` of them speak against a promotion, the others for it. `figures` is a JSON object of every
    number; `languages` are those that the second may speak beyond the configured ones.
    """

    promote: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, Any]
    languages: tuple[str, ...]
    against: int = 0


@dataclass(frozen=True, slots=True)
class _Finding:
    """One rule's verdict in words (a message id with its fields)."""

    passed: bool
    message: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Improvement:
    """How it is said whether questions with a known answer improve (message ids)."""

    too_few: str
    better: str
    no_better: str


_PEOPLE_S: Final = _Improvement(
    too_few=N_("Only {count} held-out questions had been voted down or corrected; {needed} are needed to tell an improvement from luck."),
    better=N_(
        "Of {count} held-out questions that had been voted down or corrected it answers {after:.0%} well, before {before:.0%}: "
        "{difference:+.0%}, 95% interval {low:+.0%} to {high:+.0%}."
    ),
    no_better=N_(
        "No certain improvement: of {count} held-out questions that had been voted down or corrected it answers {after:.0%} well, "
        "before {before:.0%}; {difference:+.0%}, and the 95% interval {low:+.0%} to {high:+.0%} does not lie above zero."
    ),
)
_WITH_IMPORTED: Final = _Improvement(
    too_few=N_(
        "Only {count} held-out questions had been voted down, corrected or imported; {needed} are needed to tell an improvement from luck."
    ),
    better=N_(
        "Of {count} held-out questions that had been voted down, corrected or imported it answers {after:.0%} well, "
        "before {before:.0%}: {difference:+.0%}, 95% interval {low:+.0%} to {high:+.0%}."
    ),
    no_better=N_(
        "No certain improvement: of {count} held-out questions that had been voted down, corrected or imported it answers {after:.0%} "
        "well, before {before:.0%}; {difference:+.0%}, and the 95% interval {low:+.0%} to {high:+.0%} does not lie above zero."
    ),
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A question with both contenders' answers in one arm."""

    asked: AskedOf
    before: Reply
    after: Reply

    @property
    def lost(self) -> bool:
        """Whether only the first answers it well."""
        return self.before.good and not self.after.good

    @property
    def fixed(self) -> bool:
        """Whether only the second answers it well: what the first answers already is not fixed."""
        return self.after.good and not self.before.good


def decide(evaluation: Evaluation, *, parity: Parity | None = None, seed: int = 0, language: str = "en") -> Decision:
    """
    Judge the second contender by the first.

    It is promoted only where held-out questions that were voted down, corrected or imported improve with passages (the 95% interval of the
    difference lies above zero), of those that people liked it loses at most 2 % or one, it passes every golden question, is not
    significantly worse without passages, and its file answers as its trained weights do.

    Args:
        evaluation: Of both.
        parity: Of the second's file with its trained weights; None where that was not asked (a comparison, no promotion).
        seed: Of the bootstrap.
        language: Of the reasons.
    """
    pairs = _pairs(evaluation)
    findings = [
        _improves(evaluation, seed),
        _keeps(pairs),
        _golden(pairs, language),
        _without_passages(evaluation, seed),
        *([_alike(parity)] if parity else []),
    ]
    added = tuple(each for each in _foreign(evaluation) if _speaks_as_well(evaluation, each))
    against = [finding for finding in findings if not finding.passed]
    told = [*against, *(finding for finding in findings if finding.passed), *([_may_speak(added)] if added else [])]
    return Decision(
        promote=not against,
        reasons=tuple(translate(language, finding.message, **finding.fields) for finding in told),
        figures=_figures(evaluation, pairs, parity, seed=seed),
        languages=added,
        against=len(against),
    )


def lost_allowed(count: int) -> int:
    """Return how many of *count* well answered questions may be lost: 2 %, or one."""
    return max(1, int(LOST_SHARE * count))


def _pairs(evaluation: Evaluation) -> list[_Pair]:
    return [_Pair(*each) for each in zip(evaluation.asked, evaluation.first.passages, evaluation.second.passages, strict=True)]


def _of_kind(pairs: Sequence[_Pair], kind: Kind) -> list[_Pair]:
    return [pair for pair in pairs if pair.asked.held.kind == kind]


def _improves(evaluation: Evaluation, seed: int) -> _Finding:
    compared = compare(evaluation, "passages", lambda each: each.held.kind in KNOWN, group="kind", name="down", seed=seed)
    words = _WITH_IMPORTED if any(each.held.kind == "imported" for each in evaluation.asked) else _PEOPLE_S
    count = compared.before.count
    fields = {
        "count": count,
        "needed": LEAST_DOWN,
        "before": compared.before.value,
        "after": compared.after.value,
        "difference": compared.difference.value,
        "low": compared.difference.low,
        "high": compared.difference.high,
    }
    if count < LEAST_DOWN:
        return _Finding(False, words.too_few, fields)
    if compared.difference.low > 0:
        return _Finding(True, words.better, fields)
    return _Finding(False, words.no_better, fields)


def _keeps(pairs: Sequence[_Pair]) -> _Finding:
    liked = [pair for pair in _of_kind(pairs, "up") if pair.before.good]
    if not liked:
        nothing = N_("No held-out question that people liked was answered well before, so none could be lost.")
        return _Finding(True, nothing, {})
    lost = sum(pair.lost for pair in liked)
    fields = {"count": len(liked), "lost": lost, "allowed": lost_allowed(len(liked))}
    if lost <= lost_allowed(len(liked)):
        return _Finding(True, N_("Of {count} liked questions that were answered well before it loses {lost} ({allowed} allowed)."), fields)
    return _Finding(
        False, N_("It loses {lost} of {count} liked questions that were answered well before; at most {allowed} may be lost."), fields
    )


def _golden(pairs: Sequence[_Pair], language: str) -> _Finding:
    golden = _of_kind(pairs, "golden")
    failed = [pair for pair in golden if not pair.after.good]
    if not golden:
        return _Finding(True, N_("There are no golden questions."), {})
    if not failed:
        return _Finding(True, N_("All {count} golden questions pass."), {"count": len(golden)})
    names = [f"“{pair.asked.held.question}”" for pair in failed[:_NAMED]]
    if len(failed) > _NAMED:
        names.append(translate(language, "and {count} more", count=len(failed) - _NAMED))
    fields = {"count": len(golden), "failed": len(failed), "names": ", ".join(names), "new": sum(pair.lost for pair in failed)}
    return _Finding(False, N_("{failed} of {count} golden questions fail ({new} of them did not before): {names}."), fields)


def _without_passages(evaluation: Evaluation, seed: int) -> _Finding:
    difference = compare(evaluation, "alone", lambda each: not each.held.must_decline, group="all", name="", seed=seed).difference
    fields = {"difference": difference.value, "low": difference.low, "high": difference.high}
    if difference.count and difference.high < 0:
        worse = N_("Without passages it is worse: {difference:+.0%}, 95% interval {low:+.0%} to {high:+.0%}.")
        return _Finding(False, worse, fields)
    return _Finding(True, N_("Without passages it is not certainly worse: {difference:+.0%}, {low:+.0%} to {high:+.0%}."), fields)


def _alike(parity: Parity) -> _Finding:
    fields = {"agreement": parity.agreement, "limit": parity.limit, "tokens": parity.tokens, "reason": parity.reason}
    if parity.passed:
        return _Finding(True, N_("The served file writes {agreement:.1%} of {tokens} tokens as the trained weights do."), fields)
    return _Finding(False, N_("The served file does not answer as the trained weights do: {reason}."), fields)


def _foreign(evaluation: Evaluation) -> list[str]:
    """Return the languages of enough questions that the model is not configured to speak."""
    if "*" in evaluation.languages:
        return []
    counts: dict[str, int] = {}
    for each in evaluation.asked:
        if each.language and each.language not in evaluation.languages:
            counts[each.language] = counts.get(each.language, 0) + 1
    return sorted(language for language, count in counts.items() if count >= LEAST_OF_LANGUAGE)


def _speaks_as_well(evaluation: Evaluation, language: str) -> bool:
    """Tell whether the second, speaking *language* as far as its passages support it, loses nothing against the quotation."""
    pairs = zip(evaluation.asked, evaluation.second.spoken, strict=True)
    quoted = [(each.quoted.good, reply.good) for each, reply in pairs if each.language == language]
    well = sum(before for before, _ in quoted)
    return sum(before and not after for before, after in quoted) <= lost_allowed(well)


def _may_speak(languages: Sequence[str]) -> _Finding:
    speaks = N_("It may speak {languages}: it answers there as well as the passages quoted.")
    return _Finding(True, speaks, {"languages": ", ".join(languages)})


def _figures(evaluation: Evaluation, pairs: Sequence[_Pair], parity: Parity | None, *, seed: int) -> dict[str, Any]:
    down, imported = _of_kind(pairs, "down"), _of_kind(pairs, "imported")
    known, liked = [*down, *imported], [pair for pair in _of_kind(pairs, "up") if pair.before.good]
    failed = [pair for pair in known if not pair.before.good]
    fixed, lost = sum(pair.fixed for pair in known), sum(pair.lost for pair in liked)
    counts = {"down": len(down), "imported": len(imported), "failed_before": len(failed), "fixed": fixed, "liked": len(liked), "lost": lost}
    golden = _of_kind(pairs, "golden")
    ceiling = ceiling_of(evaluation.asked)
    return {
        "questions": len(pairs),
        "fixed": _share(fixed, len(known)),
        "fixed_of_failed": _share(fixed, len(failed)),
        "lost": _share(lost, len(liked)),
        "counts": counts,
        "golden": {"count": len(golden), "passed": sum(pair.after.good for pair in golden)},
        "ceiling": {"best": asdict(ceiling.best), "given": asdict(ceiling.given)},
        "systems": {
            f"{name}/{arm}": asdict(figures_of(side, evaluation.asked, arm))
            for name, side in (("first", evaluation.first), ("second", evaluation.second))
            for arm in ("alone", "passages", "full")
        },
        "compared": {arm: [asdict(each) for each in comparisons(evaluation, arm, seed=seed)] for arm in ("alone", "passages", "full")},
        "parity": asdict(parity) if parity else None,
        "cpu_s": evaluation.cpu_s,
    }


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def interval_of(values: Mapping[str, Any]) -> Interval:
    """Return an interval as `figures` keeps it."""
    return Interval(**values)
