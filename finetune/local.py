"""LoRA training in this process, with torch, transformers and peft."""

from pathlib import Path

from finetune.recipe import Recipe
from finetune.training import Base, Report, Stopped, Trained


def require_training() -> None:
    """
    Make sure that training is installed.

    Raises:
        Misconfigured: It is not.
    """
    raise NotImplementedError


def train(
    rows: Path, validation: Path | None, *, base: Base, recipe: Recipe, folder: Path, progress: Report, stopped: Stopped
) -> Trained | None:
    """Train an adapter; None where *stopped* ended it at a checkpoint."""
    raise NotImplementedError
