"""Rows for a person to read: drawn from every source and category, without those that were decided on before."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from bot.errors import Refused
from finetune.decided import write_table
from finetune.findings import Finding
from finetune.formats import strict_json
from finetune.formats.format import Format
from finetune.formats.reading import format_of, read_records
from finetune.statistics.drawing import DrawnByStratum
from finetune.statistics.seen import CATEGORY, Seen, see
from finetune.whole import cannot_write, whole_file

ROWS: Final = 50
COLUMNS: Final = ("row", "line", "source", "category", "before", "question", "answer", "decision")
_CHARACTERS: Final = 4000  # of each text: enough to decide, and a bound for the memory
_TOLD_EVERY: Final = 1000

Kind = Literal["csv", "jsonl"]


def sample_rows(
    paths: Sequence[Path],
    *,
    rows: int = ROWS,
    seed: int = 0,
    given: Format | None = None,
    category: str = CATEGORY,
    decided: Collection[str] = frozenset(),
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> list[Seen]:
    """
    Return at most *rows* rows of *paths*, of every source and category as many as there is room for; long texts are cut.

    The same rows and *seed* give the same sample, whatever their order; rows that say the same are one. Those whose keys are *decided*
    are left out.

    Raises:
        BadRequest: A file cannot be read, or is written in no known format.
    """
    drawn: DrawnByStratum[Seen] = DrawnByStratum(rows, seed=seed)
    done = 0
    for path in paths:
        for record in read_records(path, given or format_of(path)):
            if isinstance(record, Finding):
                continue
            row = see(record, category=category)
            if row.key not in decided:
                drawn.add((row.source, row.category), row.key, _cut(row))
            done += 1
            if done % _TOLD_EVERY == 0:
                progress(done, 0)
    return drawn.dealt()


def write_sample(folder: Path, rows: Sequence[Seen], kind: Kind) -> Path:
    """
    Write *rows* to `sample.csv` or `sample.jsonl` in *folder*, with an empty column `decision`; return the file.

    Raises:
        Refused: There is one already: it may hold somebody's decisions.
        Misconfigured: It cannot be written.
    """
    target = folder / f"sample.{kind}"
    if target.exists():
        raise Refused(f"{target} is there already and may hold decisions: apply them with `aprendiz data decide`, then move it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(target, error) from error
    with whole_file(target) as draft:
        if kind == "csv":
            write_table(draft, COLUMNS, (tuple(_cells(row).values()) for row in rows))
        else:
            draft.write_text("".join(strict_json.write(_cells(row)) + "\n" for row in rows), encoding="utf-8")
    return target


def _cells(row: Seen) -> dict[str, object]:
    values = (row.key, row.line, row.source, row.category, row.before, row.question, row.answer, "")
    return dict(zip(COLUMNS, values, strict=True))


def _cut(row: Seen) -> Seen:
    return replace(row, before=_shortened(row.before), question=_shortened(row.question), answer=_shortened(row.answer))


def _shortened(text: str) -> str:
    return text if len(text) <= _CHARACTERS else text[:_CHARACTERS] + " …"
