"""What people decided on rows: kept by a hash of the row's content, applied to any file that holds the row."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from filelock import FileLock

from bot.errors import BadRequest, Misconfigured, Refused
from finetune.findings import Finding
from finetune.formats.adapting import adapt
from finetune.formats.converting import KEPT
from finetune.formats.format import Format
from finetune.formats.reading import Row, format_of, read_records, read_rows
from finetune.formats.writing import written
from finetune.statistics.seen import key_of
from finetune.whole import write_whole

FILE_NAME: Final = "row-decisions.jsonl"  # in the home; nobody's words can be read from it
_TOLD_EVERY: Final = 1000

Decision = Literal["accept", "drop"]
DECISIONS: Final[tuple[Decision, ...]] = ("accept", "drop")


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


def read_decisions(path: Path) -> dict[str, Decision]:
    """
    Return what a sample that somebody filled in decides, by the key of the row; rows without a decision are left out.

    Raises:
        BadRequest: The file cannot be read, lacks a column, or holds no decision or another word than accept and drop; the detail names the
            line.
    """
    found: dict[str, Decision] = {}
    for row in read_rows(path):
        if isinstance(row, Finding):
            raise BadRequest(f"{path}, {row.sentence()}")
        found |= _decision(path, row)
    if not found:
        raise BadRequest(f"{path} holds no decision: write accept or drop into its column decision")
    return found


def _decision(path: Path, row: Row) -> dict[str, Decision]:
    value: Mapping[str, Any] = row.value if isinstance(row.value, dict) else {}
    key, said = value.get("row"), value.get("decision")
    if not isinstance(key, str) or not key or not isinstance(said, str | None) or "decision" not in value:
        raise BadRequest(f"{path}, line {row.line} has no row or no decision: take a file that `aprendiz data sample` wrote")
    word = (said or "").strip().lower()
    if not word:
        return {}
    for known in DECISIONS:
        if word == known:
            return {key.strip(): known}
    raise BadRequest(f"{path}, line {row.line}: {word[:20]!r} is no decision: write accept or drop, or leave it empty")


def recorded(path: Path) -> dict[str, Decision]:
    """
    Return every decision kept in *path*; none where there is no such file.

    Raises:
        Misconfigured: The file is damaged.
    """
    if not path.exists():
        return {}
    try:
        return read_decisions(path)
    except BadRequest as error:
        raise Misconfigured(f"the decisions cannot be read: {error}") from error


def record(path: Path, given: Mapping[str, Decision]) -> dict[str, Decision]:
    """
    Keep what was *given* in *path* beside earlier decisions, later ones counting; return all.

    Raises:
        Misconfigured: The file is damaged or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        every = recorded(path) | dict(given)
        write_whole(path, "".join(json.dumps({"row": key, "decision": said}) + "\n" for key, said in every.items()))
    return every


def apply_decisions(
    source: Path,
    target: Path,
    decisions: Mapping[str, Decision],
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
