"""Whether a file can be trained on, told before the hours are spent: what is wrong in which line, and what to do about it."""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.errors import BadRequest, Refused
from bot.messages import Message
from finetune.findings import WORDINGS, Code, Finding
from finetune.formats.format import Format
from finetune.formats.lines import UTF8_MARK
from finetune.formats.reading import container_of, format_of, read_lines
from finetune.formats.records import Record, Text, Turn
from finetune.formats.registry import FORMATS
from finetune.left_data import SECRET, LeftData
from finetune.repeats import Repeats
from finetune.row_checks import asks_one_of, faults_in
from finetune.token_counts import Count, is_text, sequences_of
from finetune.trainable import ANY, Trainer, local_trainer
from store.linking import KeptOut

_Lengthy = tuple[int, int, tuple[tuple[Turn, ...], ...]]  # a line, its limit in tokens or 0, and what is read in one go there
CountTokens = Callable[[Sequence[Message]], int]

_NAMED: Final = 5  # findings told in a refusal
_KEPT: Final = 1000  # findings kept of one file: nobody reads more, and a file of another kind has one in every line
_BATCH: Final = 256  # rows whose tokens are counted at once
_AHEAD: Final = 2  # such batches that reading may be ahead
_TOLD_EVERY: Final = 1000  # rows between calls of *progress*


@dataclass(frozen=True, slots=True)
class Checks:
    """
    What a file is checked for.

    `given` None: the format is told by the first rows. `tested` and `held_out` are questions that nobody may train on, nor on
    near-duplicates of them, from files and from the ledger. `count` None leaves the tokens out, `left_data` None the personal data.
    """

    trainer: Trainer = ANY
    count: Count | None = None
    given: Format | None = None
    tested: KeptOut | None = None
    held_out: KeptOut | None = None
    left_data: LeftData | None = None


@dataclass(frozen=True, slots=True)
class Validated:
    """
    What was found in a file.

    `rows` are all, broken ones included; `lengths` are the tokens of each row that was counted and `lines` where they stand;
    `cut_tokens` are those beyond the trainer's limit. Of the findings, by line, at most a thousand are kept; `counts` has them all.
    """

    trainer: Trainer
    given: Format
    rows: int
    cut_tokens: int
    lengths: "array[int]"
    lines: "array[int]"
    findings: tuple[Finding, ...]
    counts: Mapping[Code, int]

    @property
    def tokens(self) -> int:
        """The tokens of all rows."""
        return sum(self.lengths)


def refuses(trainer: Trainer, code: Code) -> bool:
    """Tell whether *trainer* refuses a file for a finding of that code."""
    return code in trainer.refused or (WORDINGS[code].refuses and code not in trainer.tolerated)


def validate(path: Path, checks: Checks, *, progress: Callable[[int, int], object] = lambda _done, _total: None) -> Validated:
    """
    Check a file of rows (`.jsonl`, `.json`, `.csv`), of which some bytes a row are held.

    Args:
        path: The file.
        checks: What for.
        progress: Called with the rows done and 0, since nobody knows how many there are.

    Raises:
        BadRequest: The file cannot be read, or its name says no kind.
    """
    given = checks.given or _format_of(path, checks.trainer)
    with ThreadPoolExecutor(1) as counting:  # encoding leaves Python to the thread that reads
        run = _Run(checks, given, counting)
        for finding in _of_file(path, given, checks.trainer):
            run.keep(finding)
        for found in read_lines(path, given):
            run.take(found)
            if run.rows % _TOLD_EVERY == 0:
                progress(run.rows, 0)
        run.end()
    return Validated(
        checks.trainer,
        given,
        run.rows,
        run.cut_tokens,
        run.lengths,
        run.repeats.lines,
        tuple(sorted(run.findings, key=_line)[:_KEPT]),
        run.counts,
    )


def _line(finding: Finding) -> int:
    return finding.line


def _format_of(path: Path, trainer: Trainer) -> Format:
    container_of(path)
    try:
        return format_of(path)
    except BadRequest:  # then each row is a finding
        return FORMATS[trainer.formats[0] if trainer.formats else "messages"]


def _of_file(path: Path, given: Format, trainer: Trainer) -> Iterator[Finding]:
    """Give what is wrong with the file as a whole."""
    wanted = trainer.formats[0] if trainer.formats else ""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            marked = file.read(3) == UTF8_MARK
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    if trainer.file_bytes and size > trainer.file_bytes:
        yield Finding(0, "file_too_large", {"size": size >> 20, "limit": trainer.file_bytes >> 20})
    if trainer.formats and given.name not in trainer.formats:
        yield Finding(0, "model_format", {"model": trainer.name, "format": given.name, "wanted": wanted})
    elif trainer.hosted and container_of(path) != "jsonl":
        yield Finding(0, "not_json_lines", {"model": trainer.name, "wanted": given.name})
    if trainer.hosted and marked:
        yield Finding(1, "byte_order_mark")


@dataclass(slots=True)
class _Run:
    """One pass over a file; `waiting` rows are to be counted, `sent` ones are being counted, in their order."""

    checks: Checks
    given: Format
    counting: Executor
    waiting: list[_Lengthy] = field(default_factory=list)
    sent: deque[tuple[list[_Lengthy], Future[Sequence[int]]]] = field(default_factory=deque)
    rows: int = 0
    cut_tokens: int = 0
    lengths: "array[int]" = field(default_factory=lambda: array("I"))
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[Code] = field(default_factory=Counter)
    with_metadata: int = 0
    first_metadata: int = 0
    repeats: Repeats = field(default_factory=Repeats)

    def keep(self, finding: Finding) -> None:
        """Count *finding*, and keep it if there is room."""
        self.counts[finding.code] += 1
        if len(self.findings) < _KEPT:
            self.findings.append(finding)

    def take(self, found: tuple[int, Record] | Finding) -> None:
        """Check a row."""
        self.rows += 1
        if isinstance(found, Finding):
            self.keep(found)
            return
        line, record = found
        for code, values in faults_in(record):
            self._note(line, code, **values)
            if refuses(self.checks.trainer, code):  # of what cannot be learnt nothing more is asked
                return
        self._count(record, line)
        self.repeats.add(record, line)
        if record.metadata:
            self.with_metadata += 1
            self.first_metadata = self.first_metadata or line
        self._look(record, line)

    def end(self) -> None:
        """Note what is only known of all rows."""
        trainer = self.checks.trainer
        self._send()
        while self.sent:
            self._receive()
        count, pairs = self.repeats.found(limit=_KEPT)
        self.findings += [Finding(line, "duplicate", {"first": first}) for line, first in pairs]
        if count:
            self.counts["duplicate"] = count
        if trainer.hosted and self.with_metadata:
            self._note(self.first_metadata, "metadata", rows=self.with_metadata, format=self.given.name)
        if not self.rows:
            self._note(0, "no_rows")
        elif self.rows < trainer.minimum_rows:
            self._note(0, "too_few_rows", rows=self.rows, model=trainer.name, minimum=trainer.minimum_rows)

    def _note(self, line: int, code: Code, **values: Any) -> None:
        self.keep(Finding(line, code, values))

    def _count(self, record: Record, line: int) -> None:
        if self.checks.count is None:
            return
        trainer = self.checks.trainer
        is_divided = isinstance(record, Text) and not trainer.cuts
        self.waiting.append((line, 0 if is_divided else trainer.limit_tokens, sequences_of(record)))
        if len(self.waiting) == _BATCH:
            self._send()

    def _send(self) -> None:
        """Have the rows that wait counted."""
        if self.checks.count is None or not self.waiting:
            return
        sequences = [sequence for _, _, each in self.waiting for sequence in each]
        self.sent.append((self.waiting, self.counting.submit(self.checks.count, sequences)))
        self.waiting = []
        if len(self.sent) > _AHEAD:
            self._receive()

    def _receive(self) -> None:
        """Take the tokens of the rows that were sent first."""
        rows, counted = self.sent.popleft()
        counts = iter(counted.result())
        for line, limit, sequences in rows:
            self._counted(line, limit, [next(counts) for _ in sequences])

    def _counted(self, line: int, limit: int, tokens: Sequence[int]) -> None:
        self.lengths.append(sum(tokens))
        over = max(tokens) - limit
        if limit and over > 0:
            self.cut_tokens += sum(max(0, each - limit) for each in tokens)
            self._note(line, "cut" if self.checks.trainer.cuts else "too_long", tokens=max(tokens), over=over, limit=limit)

    def _look(self, record: Record, line: int) -> None:
        checks = self.checks
        if asks_one_of(record, checks.tested):
            self._note(line, "leak")
        elif asks_one_of(record, checks.held_out):
            self._note(line, "held_out")
        if checks.left_data is None:
            return
        kinds = checks.left_data.kinds_in(record)
        if SECRET in kinds:
            self._note(line, "secret")
        if personal := [kind for kind in kinds if kind != SECRET]:
            self._note(line, "personal_data", kinds=", ".join(personal))


def validate_rows(
    path: Path, *, count_tokens: CountTokens, limit_tokens: int, kept_out: KeptOut | None = None, held_out: KeptOut | None = None
) -> tuple[Finding, ...]:
    """
    Check a file that `aprendiz train` trains on: rows (`.jsonl`, one `{"messages": […]}` or `{"text": "…"}` a line) or plain text (`.txt`).

    Args:
        path: The file. Plain text need only be UTF-8 and hold something: it is cut into blocks, however long a paragraph is. So
            are texts of rows.
        count_tokens: Counts a conversation in the tokens of the model that is trained, the chat template's included.
        limit_tokens: The longest row that can be trained on.
        kept_out: Questions that nobody may train on, nor on near-duplicates of them.
        held_out: The same of the ledger.

    Returns:
        What keeps the file from being trained on, by line; at most a thousand findings. Nothing: it can be.

    Raises:
        BadRequest: The file cannot be read.
    """
    if path.suffix == ".txt":
        return _check_text(path)
    if path.suffix != ".jsonl":
        return (Finding(0, "file_type", {"name": path.name, "suffix": path.suffix or "nothing"}),)
    trainer = local_trainer(path.name, block_tokens=limit_tokens)

    def count(conversations: Sequence[Sequence[Turn]]) -> Sequence[int]:
        return [0 if is_text(turns) else count_tokens([Message(turn.role, turn.content) for turn in turns]) for turns in conversations]

    given = _format_of(path, trainer)
    taken = given if given.name in trainer.formats else FORMATS["messages"]
    found = validate(path, Checks(trainer, count, taken, tested=kept_out, held_out=held_out))
    return tuple(each for each in found.findings if refuses(trainer, each.code))


def require_valid(path: Path, findings: Sequence[Finding]) -> None:
    """
    Refuse a file with findings as a whole.

    Raises:
        Refused: There are findings; the first five stand in the detail, a sentence each.
    """
    if not findings:
        return
    more = [f"and {len(findings) - _NAMED} more findings"] if len(findings) > _NAMED else []
    told = [finding.sentence() for finding in findings[:_NAMED]]
    raise Refused(f"{path} cannot be trained on. {'. '.join([*told, *more])}.")


def _check_text(path: Path) -> tuple[Finding, ...]:
    words = False
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    words = bool(line.decode().strip("\ufeff \t\r\n\f\v")) or words
                except UnicodeDecodeError as error:
                    return (Finding(number, "encoding", {"byte": error.start + 1}),)
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    return () if words else (Finding(0, "no_text"),)
