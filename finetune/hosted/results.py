"""What a provider measured step by step: kept as its table, and drawn."""

import base64
import binascii
import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from finetune.curves import Losses
from finetune.pages import page
from finetune.report_curves import HEIGHT, WIDTH, curves_of
from finetune.whole import write_whole

TABLE: Final = "metrics.csv"
PICTURE: Final = "metrics.svg"
_TRAINING: Final = ("train_loss", "training_loss")
_VALIDATION: Final = ("full_valid_loss", "valid_loss", "validation_loss")
_LONGEST_CELL: Final = 100
_LONGEST_LINE: Final = 100_000  # characters; below csv.field_size_limit, whatever it was set to


def keep_results(content: bytes, folder: Path) -> dict[str, Any]:
    """
    Keep a file of results in *folder*: the table as it is, and a picture of its losses.

    Returns:
        Where they lie (`metrics`, `picture`), or why there are none (`no_metrics`).

    Raises:
        Misconfigured: The folder cannot be written.
    """
    rows = table_in(content)
    if not rows:
        return {"no_metrics": "the file of results is no table of steps"}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / TABLE, out.getvalue())
    curves = curves_of(losses_in(rows))
    if curves is None:
        return {"metrics": str(folder / TABLE)}
    write_whole(folder / PICTURE, page("hosted/metrics.svg.jinja").render(curves=curves, width=WIDTH, height=HEIGHT))
    return {"metrics": str(folder / TABLE), "picture": str(folder / PICTURE)}


def table_in(content: bytes) -> list[dict[str, str]]:
    """
    Return the rows of a file of results; none where it holds no table whose first column is `step`.

    OpenAI sends the CSV in base64 (seen since 2024), other services as it is.
    """
    text = content.decode("utf-8-sig", errors="replace")
    if "," not in text.partition("\n")[0]:
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode("utf-8-sig", errors="replace")
        except (binascii.Error, ValueError):
            return []
    if max(map(len, text.splitlines()), default=0) > _LONGEST_LINE:
        return []
    reader = csv.DictReader(io.StringIO(text))
    try:
        names = [name for name in reader.fieldnames or () if name]
        if not names or names[0] != "step":
            return []
        return [{name: (row.get(name) or "")[:_LONGEST_CELL] for name in names} for row in reader]
    except csv.Error:
        return []


def losses_in(rows: Sequence[Mapping[str, str]]) -> Losses:
    """Return the losses of a table; rows count as steps, and cells that are no numbers are left out."""
    trained = [(at, loss) for at, row in enumerate(rows, 1) if (loss := _first(row, _TRAINING)) is not None]
    numbers = {at: number for number, (at, _) in enumerate(trained, 1)}
    validated = [(at, loss) for at, row in enumerate(rows, 1) if (loss := _first(row, _VALIDATION)) is not None]
    return Losses(tuple(loss for _, loss in trained), tuple((numbers.get(at, at), loss) for at, loss in validated))


def _first(row: Mapping[str, str], names: Sequence[str]) -> float | None:
    for name in names:
        try:
            value = float(row.get(name, ""))
        except ValueError:
            continue
        if math.isfinite(value) and value >= 0:
            return value
    return None
