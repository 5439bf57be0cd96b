"""What a training leaves in its folder: the best epoch's adapter, the curves, and the figures, whole or not at all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bot.errors import Misconfigured
from finetune.checkpoints import Checkpoints, replace_folder, require_same, sha256_of, write_json, writing
from finetune.course import Course
from finetune.curves import write_curves
from finetune.recipe import Recipe
from finetune.training import Base, GgufBase, Trained

ADAPTER: Final = "adapter"
RESULT: Final = "training.json"


def keep(
    course: Course, checkpoints: Checkpoints, *, base: Base, folder: Path, made_from: Mapping[str, str], passed_over: tuple[str, ...]
) -> Trained:
    """
    Lay the best epoch's adapter, the curves and the figures of an ended training into *folder*.

    Raises:
        Misconfigured: The best epoch's checkpoint is damaged, or *folder* cannot be written.
    """
    best = checkpoints.at(course.best_epoch * course.steps_per_epoch)
    if best is None:
        name = f"the checkpoint of epoch {course.best_epoch}, the best,"
        raise Misconfigured(f"{name} in {folder} is damaged: delete {folder} and train again")
    figures = {
        "best_epoch": course.best_epoch,
        "losses": course.epoch_losses(),
        "validation_losses": tuple(course.validation),
        "tokens": course.tokens,
        "seconds": course.seconds,
        "cpu_s": course.cpu_s,
        "precision": course.precision,
        "passed_over": passed_over,
    }
    with writing(folder):
        replace_folder(best.folder / ADAPTER, folder / ADAPTER)
        write_curves(course.curves(), folder)
        write_json(folder / RESULT, {"made_from": dict(made_from), **figures})
    return _trained(figures, folder, base)


def finished(folder: Path, made_from: Mapping[str, str], base: Base) -> Trained | None:
    """
    Return what a training in *folder* gave that has ended, None where there is none.

    Raises:
        Refused: It was made from something else.
    """
    try:
        found = json.loads((folder / RESULT).read_bytes())
    except OSError:
        return None
    require_same(found.pop("made_from"), made_from, folder)
    return _trained(found, folder, base)


def parts(rows: Sequence[Path], validation: Path | None, *, base: Base, recipe: Recipe) -> dict[str, str]:
    """
    Return the hashes of all that a training is made from, by name.

    Raises:
        Misconfigured: A file cannot be read.
    """
    try:
        weights = (
            [base.path] if isinstance(base, GgufBase) else sorted(base.folder.glob("*.json")) + sorted(base.folder.glob("*.safetensors"))
        )
        return {
            "rows": " ".join(map(sha256_of, rows)),
            "validation rows": sha256_of(validation) if validation else "",
            "base": hashlib.sha256("".join(map(sha256_of, weights)).encode()).hexdigest(),
            "recipe": recipe.sha256,
        }
    except OSError as error:
        raise Misconfigured(f"{error.filename} cannot be read ({error.strerror}): correct its name or rights") from error


def _trained(figures: Mapping[str, Any], folder: Path, base: Base) -> Trained:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in figures.items()}
    return Trained(adapter=folder / ADAPTER, base=base, **values)
