"""Loss curves: kept as a table and a picture, and told in words."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.texts import N_

TABLE: Final = "losses.csv"
PICTURE: Final = "losses.png"

# Loss is a mean over tokens in nats: 5 % less is a step that matters, a quarter between the curves is a gap.
_STEP: Final = 0.05
_GAP: Final = 1.25
# From a loss so small even a doubled one is nothing: each token is still as good as certain.
_LEARNT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Losses:
    """Means over the learnt tokens, natural log: of each step (from 1), and (step, loss) of the validation rows at each epoch's end."""

    steps: tuple[float, ...]
    validation: tuple[tuple[int, float], ...]


def describe(losses: Sequence[float], validation_losses: Sequence[float]) -> str:
    """
    Say in a sentence (a message id) whether a model learnt too little, enough, or by heart.

    Args:
        losses: Of the training rows, one an epoch.
        validation_losses: Of the validation rows, one an epoch; empty where there are none.
    """
    if not validation_losses:
        return N_("Without validation rows nobody can tell whether the rows were learnt or learnt by heart.")
    best = min(range(len(validation_losses)), key=validation_losses.__getitem__)
    if validation_losses[-1] > max(validation_losses[best] * (1 + _STEP), _LEARNT):
        return N_("Overfitting: the validation loss rose again after its lowest point, so the rows were being learnt by heart.")
    if len(losses) > 1 and _falls(losses) and _falls(validation_losses):
        return N_("Underfitting: both losses were still falling at the end, so more epochs or a higher learning rate may help.")
    if validation_losses[-1] > max(losses[-1] * _GAP, _LEARNT):
        return N_("The validation loss stayed above the training loss: more varied rows would help more than more epochs.")
    return N_("Training and validation loss ended close together: the rows were learnt, not learnt by heart.")


def write_curves(losses: Losses, folder: Path) -> None:
    """
    Write `losses.csv` and `losses.png` to *folder*.

    Raises:
        OSError: The folder cannot be written.
    """
    validation = dict(losses.validation)
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("step", "training_loss", "validation_loss"))
        table.writerows((step, f"{loss:.6g}", _figure(validation.get(step))) for step, loss in enumerate(losses.steps, 1))
    _draw(losses, folder / PICTURE)


def _draw(losses: Losses, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Not pyplot, which keeps figures, and a window system, for the whole process.
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(range(1, len(losses.steps) + 1), losses.steps, linewidth=1, label="training")
    if losses.validation:
        axes.plot(*zip(*losses.validation, strict=True), marker="o", label="validation")
    axes.set(xlabel="step", ylabel="loss (nats per token)", ylim=(0, None))
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _falls(losses: Sequence[float]) -> bool:
    return losses[-1] < losses[-2] * (1 - _STEP) and losses[-1] > _LEARNT


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
