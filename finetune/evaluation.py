"""Two contenders side by side: held-out questions through the served path on one frozen index, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bot.messages import Audience
from finetune.arms import AskedOf, Contender, Means, Side
from finetune.questions import HeldOut

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    What two contenders answered to the same questions.

    `languages` are those the model is configured to speak, `support` that of service; `max_tokens` bounded the answers with passages.
    `cpu_s` is the processor time of the process that finished it.
    """

    asked: tuple[AskedOf, ...]
    first: Side
    second: Side
    model: str
    audience: Audience
    languages: tuple[str, ...]
    support: float
    max_tokens: int
    cpu_s: float

    def to_json(self) -> str:
        """Return it as one JSON object that `evaluation_from` reads."""
        return _ADAPTER.dump_json(self, indent=1).decode()


def evaluation_from(text: str) -> Evaluation:
    """
    Read what `Evaluation.to_json` wrote.

    Raises:
        ValueError: It is something else.
    """
    return _ADAPTER.validate_json(text)


async def evaluate(
    questions: Sequence[HeldOut], *, first: Contender, second: Contender, means: Means, folder: Path, progress: Progress
) -> Evaluation:
    """
    Ask both contenders all *questions*.

    Args:
        questions: At least one.
        first: What answers now.
        second: What may answer instead.
        means: What they are asked through.
        folder: Keeps `answers-<name>-<arm>.jsonl`, appended to as they come: an evaluation that was cut off goes on there.
        progress: Called with how many answers there are, and how many there will be.

    Raises:
        Misconfigured: An adapter does not fit the model, or a file cannot be written.
        Refused: There is no question.
        ChatbotError: The model failed.
    """
    raise NotImplementedError


_ADAPTER = TypeAdapter(Evaluation)
