"""What a question would be answered from by now: retrieval and judge as `Engine.answer` has them, without a model; nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.confidence import Calibration, Calibrations
from bot.draft import Judge
from bot.messages import Passage, Viewer
from bot.placeholders import standing_alone
from bot.ports import Retriever
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Foresight:
    """Looks questions up and judges what is found; `calibrations` is None for the shipped weights."""

    retriever: Retriever
    settings: Settings
    calibrations: Calibrations | None = None

    async def judge(self) -> Judge:
        """Return who tells by now whether evidence is enough."""
        answers = self.settings.answers
        calibration = await self.calibrations.current() if self.calibrations else Calibration()
        return Judge(calibration, calibration.threshold(minimum=answers.minimum_confidence, precision=answers.precision))

    async def basis(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Passage | None:
        """
        Return the best passage, or the approved answer as one, that an answer would rest on; None where it would be declined.

        Args:
            question: As it was kept, redacted.
            viewer: Who would ask.
            earlier: The thread's earlier questions, oldest first.
        """
        judge = await self.judge()
        found = judge.trusted(await self.retriever.find(standing_alone(question), viewer=viewer, earlier=tuple(earlier)))
        return judge.basis(found, lambda _: self.settings.language[:2])
