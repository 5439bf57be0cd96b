"""From a model elsewhere to an adapter here: a round that trains on the rows which trained that model, and is judged against it."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.backends.scoring import Scorer
from bot.errors import BadRequest, Refused
from bot.messages import Audience, Message
from finetune.arms import Contender
from finetune.findings import Finding
from finetune.formats.adapting import LEFT_OUT
from finetune.formats.converting import Conversion, Converted, convert
from finetune.formats.format import Format
from finetune.formats.reading import format_of, read_records
from finetune.formats.records import Conversation, Record
from finetune.formats.registry import FORMATS
from finetune.questions import HeldOut
from finetune.round_questions import RoundQuestions
from finetune.rounds import MIGRATION, Detail, Ended, RoundParts, Step, Steps, Work
from finetune.row_checks import asks_one_of, questions_of
from finetune.rows import TRAIN, VALIDATION
from finetune.validation import require_valid, validate_rows
from store.linking import KeptOut, NearQuestions

_MESSAGES: Final = FORMATS["messages"]


@dataclass(frozen=True, slots=True)
class Rows:
    """A file of rows that trained a model, and what it held then (sha256 as lower-case hex)."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Migration:
    """What is left (`first`, whose model is open), the rows that it was trained on, and the questions that judge what follows it."""

    first: Contender
    rows: Rows
    validation: Rows | None
    questions: tuple[HeldOut, ...]

    @property
    def conditions(self) -> dict[str, Any]:
        """What tells one migration from another, as plain JSON."""
        asked = json.dumps([asdict(each) for each in self.questions], sort_keys=True)
        return {
            "from": self.first.name,
            "rows": self.rows.sha256,
            "validation": self.validation.sha256 if self.validation else "",
            "questions": hashlib.sha256(asked.encode()).hexdigest(),
        }


def migrating(parts: RoundParts, migration: Migration, *, served: Path) -> RoundParts:
    """Return what a round works with that trains on the migration's rows; *served* is the file that answers here."""

    async def origin(_audience: Audience, _report: Callable[[int, int], None]) -> str:
        return migration.rows.sha256

    return replace(
        parts,
        steps=_MigrationSteps(parts.steps, migration, served),
        export=origin,
        conditions={**parts.conditions, MIGRATION: migration.conditions},
        unchanged="Neither the rows nor the questions nor the models changed",
    )


class _MigrationSteps:
    """See `finetune.rounds.Steps`: only where rows and questions come from is another thing."""

    def __init__(self, steps: Steps, migration: Migration, served: Path) -> None:
        self._steps, self._migration, self._served = steps, migration, served

    async def run(self, step: Step, work: Work, report: Callable[[int, int], None]) -> Detail:
        """See the protocol."""
        if step != "rows":
            return await self._steps.run(step, work, report)
        try:
            return await self._rows(work)
        except (BadRequest, Refused) as error:
            raise Ended(str(error)) from error

    async def _rows(self, work: Work) -> Detail:
        migration = self._migration
        counts = await asyncio.to_thread(_write_rows, migration, work, self._served)
        asked = RoundQuestions(migration.questions, (), {})
        await asyncio.to_thread(work.folder.keep, work.folder.questions, asked.to_json())
        source = {"name": migration.first.name, **counts, "test": len(migration.questions)}
        told = {"manifest_sha256": migration.rows.sha256, "rights": "", "dropped": 0}
        return {"examples": counts["train"], **counts, "left_out": 0, "held_out": {}, "sources": [source | told], "note": ""}


def _write_rows(migration: Migration, work: Work, served: Path) -> dict[str, int]:
    """Lay the rows where training looks for them, checked as anybody's, and return how many there are."""
    folder = work.folder.rows
    folder.mkdir(parents=True, exist_ok=True)
    kept_out = NearQuestions([each.question for each in migration.questions])
    files = {TRAIN: migration.rows, VALIDATION: migration.validation}
    with Scorer(served) as scorer:

        def count_tokens(messages: Sequence[Message]) -> int:
            return len(scorer.tokens_of(messages))

        for name, rows in files.items():
            if rows is None:
                continue
            write_as(rows, folder / name)
            limit = work.recipe.block_tokens
            found = validate_rows(folder / name, count_tokens=count_tokens, limit_tokens=limit, kept_out=kept_out)
            require_valid(rows.path, found)
    return {"train": _lines(folder / TRAIN), "validation": _lines(folder / VALIDATION) if migration.validation else 0}


def write_as(rows: Rows, target: Path, wanted: Format = _MESSAGES) -> None:
    """
    Write rows as JSON Lines of the format *wanted*: byte for byte where they are such, else converted; call it off the event loop.

    Where it refuses there is no file.

    Raises:
        Refused: They are not what they were, or one of them cannot be read, or the format cannot hold it.
        BadRequest: They cannot be read.
        Misconfigured: The disk is full or fails.
    """
    given = format_of(rows.path)
    if given.name != wanted.name or rows.path.suffix != ".jsonl":
        _convert(rows, Conversion(rows.path, target, to=wanted, given=given))
        return
    content = rows.path.read_bytes()
    _require_unchanged(rows, hashlib.sha256(content).hexdigest())
    target.write_bytes(content)


def _convert(rows: Rows, wish: Conversion) -> None:
    """Convert all of *rows*, or refuse: what trained the model that is left must not shrink unseen."""
    try:
        done = convert(wish)
        _require_all(done, wish)
        with rows.path.open("rb") as file:
            _require_unchanged(rows, hashlib.file_digest(file, "sha256").hexdigest())
    except Refused:
        wish.target.unlink(missing_ok=True)
        raise


def _require_all(done: Converted, wish: Conversion) -> None:
    """Refuse a conversion in which rows are missing; the detail tells how many, and why."""
    if not (done.broken or done.left_out):
        return
    why = [f"{LEFT_OUT[loss]} ({tally.rows}, first in line {tally.lines[0]})" for loss, tally in done.left_out.items()]
    if done.broken:
        why.insert(0, f"what cannot be read as {done.given.name} ({done.broken}, first {done.findings[0].sentence()})")
    count = done.broken + sum(tally.rows for tally in done.left_out.values())
    raise Refused(
        f"{count} of the {done.rows + done.broken} rows of {wish.source} would be missing as {wish.to.name}: {'; '.join(why)}. "
        "Correct them, or convert the file yourself (aprendiz data convert) and name what is left with --rows FILE"
    )


def _require_unchanged(rows: Rows, sha256: str) -> None:
    if sha256 != rows.sha256:
        raise Refused(f"{rows.path} was changed while it was read: run the command again")


def untaught(questions: Sequence[HeldOut], files: Sequence[Rows]) -> tuple[HeldOut, ...]:
    """
    Return the questions that nothing in *files* asks, nor a near-duplicate; call it off the event loop.

    Raises:
        BadRequest: A file cannot be read, or is written in no known format.
    """
    taught = {question for rows in files for record in _records(rows.path) for question in questions_of(record)}
    near = NearQuestions(sorted(taught))
    return tuple(each for each in questions if not near.holds(each.question))


def require_answers(rows: Rows) -> None:
    """
    Refuse rows from which no adapter learns answers.

    Raises:
        Refused: They hold something else, preferences say.
        BadRequest: The file cannot be read, or is written in no known format.
    """
    if not any(isinstance(record, Conversation) for record in _records(rows.path)):
        given = format_of(rows.path).name
        raise Refused(f"{rows.path} holds no questions with answers ({given}): a local adapter cannot be trained on that")


def require_untested(rows: Rows, kept_out: KeptOut) -> None:
    """
    Refuse rows that ask what is kept for testing: versions are judged by that.

    Raises:
        Refused: One does; the detail names its line.
        BadRequest: The file cannot be read, or is written in no known format.
    """
    line = next((record.origin.line for record in _records(rows.path) if record.origin and asks_one_of(record, kept_out)), None)
    if line is not None:
        raise Refused(
            f"{rows.path}, line {line} asks what the ledger keeps for testing, or nearly: leave such rows out (aprendiz data validate "
            "names them), and name the rest with --rows FILE"
        )


def _records(path: Path) -> Iterator[Record]:
    return (found for found in read_records(path, format_of(path)) if not isinstance(found, Finding))


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())
