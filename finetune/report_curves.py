"""Loss curves as the report draws them: points of an SVG, from the table that training leaves."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetune.curves import Losses
from finetune.training import Trained

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 30
_TICKS: Final = 4
_SMOOTHED_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid: where it lies, and what is written beside it."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Curves:
    """Polylines in SVG's own form ("x,y x,y"), and the dots of the validation losses; `levels` are losses, `steps` steps."""

    raw: str
    smooth: str
    validation: str
    dots: tuple[tuple[float, float], ...]
    levels: tuple[Tick, ...]
    steps: tuple[Tick, ...]


def losses_of(training: Trained, table: Path | None) -> Losses:
    """
    Return the losses step by step where *table* (losses.csv) is there, else epoch by epoch.

    Raises:
        OSError: The table cannot be read.
    """
    if table is None or not table.is_file():
        return Losses(training.losses, tuple(enumerate(training.validation_losses, 1)))
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    validation = ((int(row["step"]), float(row["validation_loss"])) for row in rows if row["validation_loss"])
    return Losses(tuple(float(row["training_loss"]) for row in rows), tuple(validation))


def curves_of(losses: Losses) -> Curves | None:
    """Return what to draw; None where a single loss makes no curve."""
    if len(losses.steps) + len(losses.validation) < 2:
        return None
    last = max(len(losses.steps), *(step for step, _ in losses.validation), 1)
    top = _round_up(max([*losses.steps, *(loss for _, loss in losses.validation)]))

    def x(step: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (step - 1) / max(1, last - 1), 1)

    def y(loss: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * loss / top, 1)

    def line(points: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{x(step)},{y(loss)}" for step, loss in points)

    steps = sorted({1 + (last - 1) * part // _TICKS for part in range(_TICKS + 1)})
    return Curves(
        raw=line(list(enumerate(losses.steps, 1))),
        smooth=line(list(enumerate(_smoothed(losses.steps), 1))),
        validation=line(losses.validation),
        dots=tuple((x(step), y(loss)) for step, loss in losses.validation),
        levels=tuple(Tick(y(top * part / _TICKS), top * part / _TICKS) for part in range(_TICKS + 1)),
        steps=tuple(Tick(x(step), step) for step in steps),
    )


def _smoothed(losses: Sequence[float]) -> Iterator[float]:
    weight = 2 / (_SMOOTHED_STEPS + 1)
    mean = losses[0] if losses else 0.0
    for loss in losses:
        mean += weight * (loss - mean)
        yield mean


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 4, 5, 8 times a power of ten that is no smaller: its quarters are round numbers."""
    scale = 1e-3
    while True:
        for step in (1, 2, 4, 5, 8):
            if value <= step * scale:
                return step * scale
        scale *= 10
