"""What people decided on rows: kept by a hash of the row's content, applied to any file that holds the row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import Refused
from finetune.decided import Decisions
from finetune.findings import Finding
from finetune.formats.adapting import adapt
from finetune.formats.converting import KEPT
from finetune.formats.format import Format
from finetune.formats.reading import format_of, read_records
from finetune.formats.writing import written
from finetune.statistics.seen import key_of

FILE_NAME: Final = "row-decisions.jsonl"  # in the home; nobody's words can be read from it
_TOLD_EVERY: Final = 1000

ROW_DECISIONS: Final = Decisions("row", ("accept", "drop"), "aprendiz data sample")


@dataclass(frozen=True, slots=True)
class Decided:
    """
    What became of a file's rows.

    Of `rows` that were read, `dropped` were left out and `accepted` kept by decision; the others were kept, too. `met` are the keys of
    those decided on. `broken` rows could not be read; `findings` name the first.
    """

    rows: int
    accepted: int
    dropped: int
    met: frozenset[str]
    broken: int
    findings: tuple[Finding, ...]


def apply_decisions(
    source: Path,
    target: Path,
    decisions: Mapping[str, str],
    *,
    given: Format | None = None,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Decided:
    """
    Write the rows of *source* that nobody dropped to *target*, in the format they have; the file appears whole or not at all.

    Raises:
        BadRequest: *source* cannot be read, or a name says no kind of file.
        Refused: No row is left to write; nothing was written.
        Misconfigured: The disk is full or fails.
    """
    chosen = given or format_of(source)
    rows = kept = dropped = broken = 0
    met: set[str] = set()
    findings: list[Finding] = []
    accepted = 0
    with written(target, chosen) as write:
        for found in read_records(source, chosen):
            if isinstance(found, Finding):
                broken += 1
                findings += [found][: KEPT - len(findings)]
                continue
            rows += 1
            key = key_of(found)
            said = decisions.get(key)
            if said:
                met.add(key)
            accepted += said == "accept"
            dropped += said == "drop"
            for each in adapt(found, chosen, turns="out", metadata=True).records if said != "drop" else ():
                write(each)
                kept += 1
            if rows % _TOLD_EVERY == 0:
                progress(rows, 0)
        if not kept:
            raise Refused(f"no row of {source} is left: {dropped} were dropped and {broken} could not be read; nothing was written")
    return Decided(rows, accepted, dropped, frozenset(met), broken, tuple(findings))
