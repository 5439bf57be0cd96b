"""How much of people's personal data is redacted, and how much else: on texts written after the rules were frozen."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from store.personal_data import KINDS
from store.redaction import PatternRedactor
from tests.benchmarks.result import Result

HELD_OUT = Path(__file__).parents[1] / "data" / "redaction_held_out.jsonl"
# The made-up company's own, as its operator would set them.
EXCEPTIONS = ("(11) 93030-1200", "+1 (415) 555-0100", "ajuda@torvia.example", "help@torvia.example", "Rua da Fábrica, 100")
PRECISION, RECALL = 0.97, 0.95
_MARKED = re.compile(r"\[\[(?P<kinds>[A-Z|]+):(?P<text>.+?)\]\]", re.DOTALL)
_PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})_\d+\]")
_COVERED, _WITHIN = 0.8, 0.5  # shares of characters


class Find(NamedTuple):
    """Where data is, and what kinds it may be called."""

    start: int
    end: int
    kinds: frozenset[str]


@dataclass(slots=True)
class Score:
    """Finds that are right, all finds, and what should have been found."""

    right: int = 0
    found: int = 0
    met: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float:
        """The share of finds that are right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what should be found that is."""
        return self.met / self.wanted if self.wanted else 1.0


async def redaction(_workdir: Path) -> Result:
    """Measure the share of structured data that is redacted; the precision must reach its goal, too, or the row is missed."""
    scores, wrong = measure(HELD_OUT)
    structured = total(score for kind, score in scores.items() if kind != "PERSON")
    for kind, score in sorted(scores.items()):
        precision, recall = f"{score.precision:.3f} ({score.right}/{score.found})", f"{score.recall:.3f} ({score.met}/{score.wanted})"
        sys.stderr.write(f"{kind}: precision {precision}, recall {recall}\n")
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    met = structured.precision >= PRECISION and structured.recall >= RECALL
    said = f"recall, at a precision of {structured.precision:.3f}"
    return Result("redaction", structured.recall, said, f">= {RECALL:g}, precision >= {PRECISION:g}", met)


def measure(path: Path) -> tuple[dict[str, Score], list[str]]:
    """Return the scores by kind on the texts of *path*, and a line for each mistake."""
    redactor = PatternRedactor(exceptions=EXCEPTIONS)
    scores: dict[str, Score] = {kind: Score() for kind in KINDS}
    wrong: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        entry = json.loads(line)
        text, wanted = unmarked(entry["text"])
        found = [*finds(text, redactor.redact(text, entry.get("names", ())))]
        for each in found:
            is_right = any(each.kinds <= other.kinds and _share(each, other) >= _WITHIN for other in wanted)
            (kind,) = each.kinds
            scores[kind].found += 1
            scores[kind].right += is_right
            wrong += [] if is_right else [f"{number}: not {kind}: {text[each.start : each.end]!r}"]
        for each in wanted:
            covered = sum(_share(each, other) for other in found if other.kinds <= each.kinds)
            kind = min(each.kinds, key=KINDS.index)
            scores[kind].wanted += 1
            scores[kind].met += covered >= _COVERED
            wrong += [] if covered >= _COVERED else [f"{number}: {kind} missed: {text[each.start : each.end]!r}"]
    return scores, wrong


def total(scores: Iterator[Score]) -> Score:
    """Return the sum of *scores*."""
    sums: Counter[str] = Counter()
    for score in scores:
        sums.update(right=score.right, found=score.found, met=score.met, wanted=score.wanted)
    return Score(**sums)


def unmarked(marked: str) -> tuple[str, list[Find]]:
    """Return a text without its marks ([[CPF:529.982.247-25]], [[PIX|PHONE:…]]), and what they mark."""
    text, wanted, end = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[end : match.start()]
        wanted.append(Find(len(text), len(text) + len(match["text"]), frozenset(match["kinds"].split("|"))))
        text, end = text + match["text"], match.end()
    return text + marked[end:], wanted


def finds(text: str, redacted: str) -> Iterator[Find]:
    """Yield what stands in *text* where *redacted* has placeholders."""
    pieces = _PLACEHOLDER.split(redacted)
    kept, kinds = pieces[::2], pieces[1::2]
    aligned = re.fullmatch("(.+?)".join(map(re.escape, kept)), text, re.DOTALL)
    assert aligned, redacted
    for number, kind in enumerate(kinds, 1):
        yield Find(*aligned.span(number), frozenset({kind}))


def _share(inner: Find, outer: Find) -> float:
    return max(0, min(inner.end, outer.end) - max(inner.start, outer.start)) / (inner.end - inner.start)
