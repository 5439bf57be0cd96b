"""Two contenders compared and judged, with the papers that are left of it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetune.arms import Contender, Means
from finetune.evaluation import Evaluation, Progress, evaluate
from finetune.gate import Decision, decide
from finetune.questions import HeldOut
from finetune.report import write_report
from finetune.whole import write_whole

REPORT: Final = "report.html"
RESULT: Final = "evaluation.json"


@dataclass(frozen=True, slots=True)
class Compared:
    """What two contenders answered, what the gate says of the second, and where that is written."""

    found: Evaluation
    decision: Decision
    report: Path


async def compare(
    asked: Sequence[HeldOut], first: Contender, second: Contender, *, means: Means, folder: Path, language: str, progress: Progress
) -> Compared:
    """
    Ask both the same, judge the second by the gate, and write evaluation and report into *folder*; see `finetune.evaluation.evaluate`.

    Raises:
        Misconfigured: A model or an adapter cannot be used, or a file not be written.
        Refused: There is no question.
        ChatbotError: A model failed, or the budget has no room; what was answered is kept.
    """
    found = await evaluate(asked, first=first, second=second, means=means, folder=folder, progress=progress)
    decision = await asyncio.to_thread(decide, found, language=language)
    await asyncio.to_thread(_keep, found, decision, folder, language)
    return Compared(found, decision, folder / REPORT)


def name_of(text: str) -> str:
    """Return *text* as a folder's name."""
    return re.sub(r"[^\w.-]+", "_", text).strip("_")[-80:]


def _keep(found: Evaluation, decision: Decision, folder: Path, language: str) -> None:
    write_whole(folder / RESULT, found.to_json())
    write_report(found, decision, training=None, path=folder / REPORT, language=language)
