"""What a version answers otherwise than its predecessor, and which words of it are new."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from finetune.arms import AskedOf, Reply
from finetune.evaluation import Evaluation

Verdict = Literal["lost", "fixed", "bad", "good"]
# As they are read: losses first, then what was gained, then what is still wrong, then what only sounds different.
VERDICTS: Final[tuple[Verdict, ...]] = ("lost", "fixed", "bad", "good")


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose answer with passages changed; `verdict` is "bad" or "good" where it was that before and is that now."""

    asked: AskedOf
    before: Reply
    after: Reply
    verdict: Verdict


def changes_of(evaluation: Evaluation) -> tuple[Change, ...]:
    """Return every changed answer with passages, lost ones first."""
    triples = zip(evaluation.asked, evaluation.first.passages, evaluation.second.passages, strict=True)
    found = [Change(asked, before, after, _verdict(before, after)) for asked, before, after in triples if before.text != after.text]
    return tuple(sorted(found, key=lambda change: VERDICTS.index(change.verdict)))


def marked(text: str, other: str) -> tuple[tuple[str, bool], ...]:
    """Cut *text* into runs of words, each with whether *other* lacks it there; joined, they are *text*."""
    words, others = _words(text), _words(other)
    matcher = SequenceMatcher(None, others, words, autojunk=False)
    return tuple(("".join(words[start:end]), tag != "equal") for tag, _, _, start, end in matcher.get_opcodes() if end > start)


def _verdict(before: Reply, after: Reply) -> Verdict:
    if before.good != after.good:
        return "fixed" if after.good else "lost"
    return "good" if after.good else "bad"


def _words(text: str) -> Sequence[str]:
    """Cut behind every space."""
    words = text.split(" ")
    return [f"{word} " for word in words[:-1]] + words[-1:]
