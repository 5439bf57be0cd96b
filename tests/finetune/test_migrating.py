"""The rows that trained a model, written for training elsewhere: all of them, or none."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import finetune.migrating
from bot.errors import Refused
from finetune.formats.converting import Conversion, Converted, convert
from finetune.migrating import Rows, write_as

GOOD = {"instruction": "How long does a filter last?", "input": "", "output": "Six months."}
BROKEN = {"instruction": "How long does a filter last?", "input": "", "output": 6}
BAD = {"prompt": "How long does a filter last?", "completion": "Years.", "label": False}
THUMB = {"prompt": "How long does a filter last?", "completion": "Six months.", "label": True}


def rows_of(path: Path, *rows: dict[str, Any]) -> Rows:
    """Write rows that trained a model."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Rows(path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_rows_in_another_format_are_converted(tmp_path: Path) -> None:
    """All of them."""
    write_as(rows_of(tmp_path / "rows.jsonl", GOOD, GOOD), tmp_path / "train.jsonl")

    assert len((tmp_path / "train.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ((GOOD, BROKEN, GOOD), r"1 of the 3 rows .* would be missing as messages: what cannot be read as .* \(1, first line 2: "),
        ((THUMB, BAD, BAD), r"2 of the 3 rows .*: an answer that was found bad, which would be learnt \(2, first in line 2\)\."),
    ],
)
def test_no_row_is_dropped_unseen(tmp_path: Path, rows: tuple[dict[str, Any], ...], sentence: str) -> None:
    """It is refused, with counts, and nothing is left that would be trained on."""
    with pytest.raises(Refused, match=sentence):
        write_as(rows_of(tmp_path / "rows.jsonl", *rows), tmp_path / "train.jsonl")

    assert not (tmp_path / "train.jsonl").exists()


def test_rows_that_change_meanwhile_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be trained on is not what trained the model."""
    rows = rows_of(tmp_path / "rows.jsonl", GOOD, GOOD)

    def changed_first(wish: Conversion, *, convert: Callable[[Conversion], Converted] = convert) -> Converted:
        rows_of(rows.path, GOOD)
        return convert(wish)

    monkeypatch.setattr(finetune.migrating, "convert", changed_first)
    with pytest.raises(Refused, match="was changed while it was read"):
        write_as(rows, tmp_path / "train.jsonl")

    assert not (tmp_path / "train.jsonl").exists()
