"""How often the bot says that it does not know: to questions that nothing answers, and, wrongly, to others. On the halves to report on."""

import sys
from functools import cache
from pathlib import Path
from typing import Final

from bot.confidence import Calibration
from bot.draft import Judge
from bot.messages import Found, Viewer
from store.embeddings import UniversalSentenceEncoder
from tests.benchmarks.answers_material import bilingual, handbook, of_half, retriever_over
from tests.benchmarks.result import Result, at_least, at_most

_OUT: Final = 0.9
_IN: Final = 0.08


async def declined_out(workdir: Path) -> Result:
    """Of the questions that the material does not answer, half of them near its subject: the share that is declined."""
    return at_least("declined_out", await _declined(workdir, answerable=False), goal=_OUT, unit="share")


async def declined_in(workdir: Path) -> Result:
    """Of the questions that the material answers: the share that is declined all the same."""
    return at_most("declined_in", await _declined(workdir, answerable=True), goal=_IN, unit="share")


def declines(found: Found) -> bool:
    """Tell whether the product declines, with its own settings and before any rating."""
    found = _judge().trusted(found)
    return found.approved is None and (not found.passages or _judge().declines(found.evidence))


async def _declined(workdir: Path, *, answerable: bool) -> float:
    encoder = UniversalSentenceEncoder()
    counts: dict[str, tuple[int, int]] = {}
    for material in filter(None, (bilingual(workdir), handbook())):
        asked = [each for each in of_half(material.asked, "report") if (each.gold is not None) == answerable]
        async with retriever_over(material, workdir, encoder=encoder) as retriever:
            found = [await retriever.find(each.text, viewer=Viewer(material.audience)) for each in asked]
        counts[material.name] = sum(map(declines, found)), len(asked)
    for name, (declined, all_) in counts.items():
        sys.stderr.write(f"{name}: {declined} of {all_} declined\n")
    return sum(declined for declined, _ in counts.values()) / sum(all_ for _, all_ in counts.values())


@cache
def _judge() -> Judge:
    calibration = Calibration()
    return Judge(calibration, calibration.threshold(minimum=None, precision=None))
