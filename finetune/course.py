"""How a training went so far: its losses, what it cost, which epoch was best, and when it has gone wrong or long enough."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from bot.errors import Refused
from finetune.curves import Losses

_LAST = 10  # steps whose mean is looked at: single batches jump
_GUESSING = 8.0  # nats a token: to draw from 3,000 words blindly; no language model begins there


@dataclass(slots=True)
class Course:
    """
    The course of a training of `steps_per_epoch`.

    `losses` are of each step, `counted` the learnt tokens of each step, `validation` of each epoch that ended; `tokens` were trained on
    in `seconds` and `cpu_s` of processor time; `precision` is what was computed with.
    """

    steps_per_epoch: int
    precision: str
    losses: list[float] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0

    @classmethod
    def resumed(cls, state: Mapping[str, Any]) -> Self:
        """Return the course that `to_dict` gave."""
        return cls(**state)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    @property
    def step(self) -> int:
        """The steps done."""
        return len(self.losses)

    @property
    def epoch(self) -> int:
        """The epoch of the next step, from 1."""
        return self.step // self.steps_per_epoch + 1

    @property
    def epoch_ended(self) -> bool:
        """Whether the last step was the last of an epoch."""
        return self.step > 0 and self.step % self.steps_per_epoch == 0

    def epoch_losses(self) -> tuple[float, ...]:
        """Return the mean loss over the learnt tokens of each epoch, of the last one as far as it went."""
        means = []
        for at in range(0, self.step, self.steps_per_epoch):
            losses, counted = self.losses[at : at + self.steps_per_epoch], self.counted[at : at + self.steps_per_epoch]
            means.append(sum(loss * count for loss, count in zip(losses, counted, strict=True)) / sum(counted))
        return tuple(means)

    @property
    def best_epoch(self) -> int:
        """The epoch with the least validation loss, the earliest of equals; without validation rows the last that ended (0: none)."""
        if not self.validation:
            return self.step // self.steps_per_epoch
        return min(range(len(self.validation)), key=self.validation.__getitem__) + 1

    def patience_spent(self, patience: int) -> bool:
        """Tell whether the validation loss has not fallen for *patience* epochs (0: any number is waited)."""
        return 0 < patience <= len(self.validation) - self.best_epoch if self.validation else False

    def curves(self) -> Losses:
        """Return what the pictures show."""
        validation = tuple(((number + 1) * self.steps_per_epoch, loss) for number, loss in enumerate(self.validation))
        return Losses(tuple(self.losses), validation)

    def note(self, loss: float, *, counted: int, tokens: int) -> None:
        """
        Note the step that was just computed, before its weights are kept.

        Raises:
            Refused: The loss is no number, or has risen far above where it began.
        """
        if not math.isfinite(loss):
            raise diverged(self.step + 1, "the loss is no number")
        self.losses.append(loss)
        self.counted.append(counted)
        self.tokens += tokens
        first, last = self._mean(self.losses[:_LAST]), self._mean(self.losses[-_LAST:])
        if self.step >= 2 * _LAST and last > max(3 * first, first + 2):
            raise diverged(self.step, f"the loss rose from {first:.2f} to {last:.2f}")
        # What runs away with the first steps makes `first` large, too.
        if self.step >= _LAST and last > max(_GUESSING, self.losses[0] + 2):
            raise diverged(self.step, f"the loss rose from {self.losses[0]:.2f} to {last:.2f}")

    @staticmethod
    def _mean(values: list[float]) -> float:
        return sum(values) / len(values)


def diverged(step: int, what: str) -> Refused:
    """Return the error of a training that ran away."""
    return Refused(
        f"the training diverged at step {step} ({what}), nothing of it is used: lower learning_rate in the recipe, or check the rows"
    )
