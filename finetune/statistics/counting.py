"""Files of rows in figures: counted as they stream by, in a memory that does not grow with them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from finetune.findings import Finding
from finetune.formats.converting import KEPT
from finetune.formats.format import Format
from finetune.formats.reading import format_of, read_records
from finetune.formats.records import Record, Turn
from finetune.statistics.balance import Category, Lack, lacks_of
from finetune.statistics.drawing import Drawn
from finetune.statistics.lengths import Lengths
from finetune.statistics.seen import CATEGORY, Seen, see
from finetune.token_counts import Count, sequences_of
from store.export_files import MANIFEST
from store.language import identify

QUESTIONS: Final = 1000  # looked at for topics
_READ_CHARACTERS: Final = 600  # of an answer, to tell its language
_AT_ONCE: Final = 200
_MOST_CATEGORIES: Final = 1000

Measure = Literal["question_characters", "answer_characters", "question_tokens", "answer_tokens", "row_tokens"]
MEASURES: Final[tuple[Measure, ...]] = ("question_characters", "answer_characters", "question_tokens", "answer_tokens", "row_tokens")


@dataclass(frozen=True, slots=True)
class File:
    """One of the files: `rows` were read, `broken` could not be."""

    path: Path
    format: Format
    rows: int
    broken: int


@dataclass(slots=True)
class Statistics:
    """
    What was counted of the rows of all `files`.

    `tokens` are those of all sequences that a trainer reads; `questions` are a sample, for topics; of the lines that could not be read,
    `findings` name the first. `refusals` are from the manifest of an export beside the files, empty where there is none.
    """

    files: list[File] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    whole: Category = field(default_factory=Category)
    categories: dict[str, Category] = field(default_factory=dict)
    further: int = 0  # rows of categories beyond the first thousand
    lengths: dict[Measure, Lengths] = field(default_factory=lambda: {each: Lengths() for each in MEASURES})
    questions: Drawn[str] = field(default_factory=lambda: Drawn(QUESTIONS))
    asked: int = 0  # rows with a question
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return self.whole.rows

    @property
    def broken(self) -> int:
        """How many rows could not be read."""
        return sum(file.broken for file in self.files)

    @property
    def tokens(self) -> int:
        """The tokens of all rows."""
        return self.lengths["row_tokens"].total

    @property
    def lacks(self) -> dict[str, list[Lack]]:
        """What is wrong with which categories, the smallest first; nothing where no row names one."""
        if set(self.categories) <= {""}:
            return {}
        ordered = sorted(self.categories.items(), key=lambda found: (found[1].rows, found[0]))
        found = {name: lacks_of(category, whole=self.whole) for name, category in ordered if name}
        return {name: lacks for name, lacks in found.items() if lacks}


def count_rows(
    paths: Sequence[Path],
    count: Count,
    *,
    given: Format | None = None,
    category: str = CATEGORY,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Statistics:
    """
    Read *paths* once and count.

    Args:
        paths: Files of rows, any formats.
        count: How the tokens of conversations are counted.
        given: The format of all; None: told by the first rows of each.
        category: The key of metadata that names a row's category.
        progress: Called with the rows done and 0, since nobody knows how many there are.

    Raises:
        BadRequest: A file cannot be read, or is written in no known format.
    """
    found = Statistics()
    counting = _Counting(found, count, category)
    manifests: set[Path] = set()
    for path in paths:
        chosen = given or format_of(path)
        before, broken = found.rows, 0
        records: list[Record] = []
        for read in read_records(path, chosen):
            if isinstance(read, Finding):
                broken += 1
                found.findings += [read][: KEPT - len(found.findings)]
                continue
            records.append(read)
            if len(records) == _AT_ONCE:
                counting.add(records)
                records = []
                progress(found.rows, 0)
        counting.add(records)
        found.files.append(File(path, chosen, found.rows - before, broken))
        manifest = path.with_name(MANIFEST)
        if manifest not in manifests and (refused := _refusals(manifest, path.name)):
            manifests.add(manifest)
            found.refusals.update(refused)
    return found


class _Counting:
    """Adds rows to what was counted."""

    def __init__(self, found: Statistics, count: Count, category: str) -> None:
        self._found = found
        self._count = count
        self._category = category
        # A text is counted as a message, less what is around it: not every chat template takes an answer alone.
        self._around = count([[Turn("user", ".")]])[0] - 1

    def add(self, records: Sequence[Record]) -> None:
        if not records:
            return
        rows = [see(record, category=self._category) for record in records]
        for row in rows:
            self._add(row)
        self._measure(records, rows)

    def _add(self, row: Seen) -> None:
        found = self._found
        language = identify((row.answer or row.question)[:_READ_CHARACTERS])
        for category in (found.whole, self._category_of(row.category)):
            if category is None:
                continue
            category.rows += 1
            category.sources.add(row.source)
            category.languages.add(language)
            category.answers.add(row.answer)
            if row.good is not None:
                category.verdicts[row.good] += 1
        if row.question:
            found.asked += 1
            found.questions.add(row.key, row.question[:_READ_CHARACTERS])
        found.lengths["question_characters"].add(len(row.question))
        found.lengths["answer_characters"].add(len(row.answer))

    def _category_of(self, name: str) -> Category | None:
        categories = self._found.categories
        if name not in categories:
            if len(categories) == _MOST_CATEGORIES:
                self._found.further += 1
                return None
            categories[name] = Category()
        return categories[name]

    def _measure(self, records: Sequence[Record], rows: Sequence[Seen]) -> None:
        lengths = self._found.lengths
        self._measure_texts([row.question for row in rows], lengths["question_tokens"])
        self._measure_texts([row.answer for row in rows], lengths["answer_tokens"])
        sequences = [sequences_of(record) for record in records]
        counts = iter(self._count([each for several in sequences for each in several]))
        for several in sequences:
            lengths["row_tokens"].add(sum(next(counts) for _ in several))

    def _measure_texts(self, texts: Sequence[str], lengths: Lengths) -> None:
        counts = self._count([[Turn("user", text)] for text in texts])
        for text, tokens in zip(texts, counts, strict=True):
            lengths.add(max(0, tokens - self._around) if text else 0)


def _refusals(manifest: Path, name: str) -> dict[str, int]:
    """Return what an export refused, by reason, where its manifest names the file called *name*."""
    try:
        told = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(told, dict):
        return {}
    files = [part.get("file") for part in (told, told.get("preferences"), told.get("thumbs")) if isinstance(part, dict)]
    refused = told.get("refusals")
    if name not in files or not isinstance(refused, dict):
        return {}
    return {reason: count for reason, count in refused.items() if isinstance(count, int)}
