"""A file of rows into another format: what was written, reduced, left out or could not be read, and in which lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.errors import Refused
from finetune.findings import Finding
from finetune.formats.adapting import LEFT_OUT, Loss, Turns, adapt
from finetune.formats.ends import without_ends
from finetune.formats.format import Format
from finetune.formats.reading import format_of, read_records
from finetune.formats.writing import written

KEPT: Final = 1000  # findings kept of one file: nobody reads more
_EXAMPLES: Final = 5
_TOLD_EVERY: Final = 1000  # rows between calls of *progress*


@dataclass(frozen=True, slots=True)
class Conversion:
    """
    What to convert, and how; `given` None: the format is told by the first rows. `turns` and `metadata` as in `adapt`.

    `separator` and `stop` end questions and answers in the source, and are taken off (`finetune.formats.ends`).
    """

    source: Path
    target: Path
    to: Format
    given: Format | None = None
    turns: Turns = "out"
    metadata: bool = True
    separator: str = ""
    stop: str = ""


@dataclass(slots=True)
class Tally:
    """How many rows, and the lines of the first few."""

    rows: int = 0
    lines: list[int] = field(default_factory=list)

    def count(self, line: int) -> None:
        """Count a row in *line*."""
        self.rows += 1
        if len(self.lines) < _EXAMPLES:
            self.lines.append(line)


@dataclass(frozen=True, slots=True)
class Converted:
    """
    What became of a file's rows.

    `rows` were read and `written` were written; `broken` counts those that could not be read, the first of which `findings` name.
    `reduced` and `left_out` say what the format could not hold.
    """

    given: Format
    rows: int
    written: int
    broken: int
    findings: tuple[Finding, ...]
    reduced: Mapping[Loss, Tally]
    left_out: Mapping[Loss, Tally]


def convert(wish: Conversion, *, progress: Callable[[int, int], object] = lambda _done, _total: None) -> Converted:
    """
    Write the rows of a file in another format; the new file appears whole or not at all.

    Args:
        wish: What and how.
        progress: Called with the rows done and 0, since nobody knows how many there are.

    Raises:
        BadRequest: The file cannot be read, is written in no known format, or a name says no kind of file.
        Refused: No row is left to write; nothing was written.
        Misconfigured: The disk is full or fails.
    """
    given = wish.given or format_of(wish.source)
    rows = kept = broken = 0
    findings: list[Finding] = []
    losses: dict[Loss, Tally] = {}
    with written(wish.target, wish.to) as write:
        for found in read_records(wish.source, given):
            if isinstance(found, Finding):
                broken += 1
                findings += [found][: KEPT - len(findings)]
                continue
            rows += 1
            record = without_ends(found, separator=wish.separator, stop=wish.stop)
            adapted = adapt(record, wish.to, turns=wish.turns, metadata=wish.metadata)
            for loss in adapted.losses:
                losses.setdefault(loss, Tally()).count(found.origin.line if found.origin else 0)
            for record in adapted.records:
                write(record)
                kept += 1
            if rows % _TOLD_EVERY == 0:
                progress(rows, 0)
        if not kept:
            raise Refused(_nothing_left(wish, given, rows, findings, losses))
    reduced = {loss: tally for loss, tally in losses.items() if loss not in LEFT_OUT}
    left_out = {loss: tally for loss, tally in losses.items() if loss in LEFT_OUT}
    return Converted(given, rows, kept, broken, tuple(findings), reduced, left_out)


def _nothing_left(wish: Conversion, given: Format, rows: int, findings: Sequence[Finding], losses: Mapping[Loss, Tally]) -> str:
    if not rows:
        return f"no row of {wish.source} could be read as {given.name}: {findings[0].sentence()}"
    why = ", ".join(f"{LEFT_OUT[loss]} ({tally.rows})" for loss, tally in losses.items() if loss in LEFT_OUT)
    return f"{wish.to.name} holds none of the {rows} rows of {wish.source}: {why}; choose another format"
