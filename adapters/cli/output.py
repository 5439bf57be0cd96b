"""What a command writes: sentences and tables for a person, one line of JSON for a program."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TextIO

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from adapters.cli.wording import one_line, printable
from bot.texts import translate

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Takes how much is done, and how much there is in all (0 where that is not known)."""

    def __call__(self, done: int, total: int, name: str = "", /) -> None:
        """Show it; *name* is what comes next."""


_UNFOLDED = 1000
_GAP = 3  # columns of the terminal between two of a table's
_PROSE = 20  # a column that is read beside another one
_LEAST = 8
_LOGGED_EVERY_S = 30.0


class Output:
    """Writes in the operator's language; with *as_json* only `emit` reaches standard output."""

    def __init__(self, language: str, *, as_json: bool) -> None:
        """Write sentences in *language*."""
        self.language = language
        self.as_json = as_json
        self.console = _console(sys.stdout)
        self.error_console = _console(sys.stderr)

    def say(self, message: str, *, style: str = "", **fields: object) -> None:
        """Write a sentence (a message id) to standard output; nothing in JSON mode."""
        if not self.as_json:
            self._write(self.console, translate(self.language, message, **fields), style)

    def note(self, message: str, **fields: object) -> None:
        """Write a sentence (a message id) to standard error, in JSON mode too."""
        self._write(self.error_console, translate(self.language, message, **fields), "yellow")

    def piece(self, text: str, *, style: str = "") -> None:
        """Write a piece of running text as it comes; nothing in JSON mode."""
        if not self.as_json:
            self.console.print(printable(text), end="", style=style, markup=False, highlight=False, soft_wrap=True)

    def emit(self, value: object) -> None:
        """Write *value* as one line of JSON to standard output."""
        click.echo(one_line(value))

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write rows under translated *headings* (message ids); they fold, but a first column to be copied only where it must."""
        names, cells = self._texts(headings, rows)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        whole = _keeps_first_whole(_widths(names, cells), self.console.width, ids=not any(" " in row[0] for row in cells))
        for number, name in enumerate(names):
            table.add_column(name, overflow="fold", no_wrap=whole and number == 0)
        for row in cells:
            table.add_row(*map(Text, row))
        self.console.print(table)

    def fits(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bool:
        """Tell whether a table of these is as narrow as the terminal where its first column folds, and that alone."""
        first, *others = _widths(*self._texts(headings, rows))
        return min(first, _PROSE) + sum(others) + _GAP * len(others) <= self.console.width

    def _texts(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[list[str], list[list[str]]]:
        return [translate(self.language, each) for each in headings], [[printable(str(cell)) for cell in row] for row in rows]

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write names (message ids) with their values beside them; nothing in JSON mode."""
        if self.as_json:
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in pairs:
            grid.add_row(translate(self.language, name), Text(printable(value)))
        self.console.print(grid)

    def findings(self, lines: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Write (mark, its style, name, detail, remedy) one below the other; all but the mark are already translated."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for mark, style, name, detail, remedy in lines:
            text = Text(printable(detail))
            if remedy:
                text.append(f" → {printable(remedy)}", style=style)
            grid.add_row(Text(mark, style=style), name, text)
        self.console.print(grid)

    @contextmanager
    def progress(self, message: str, **fields: object) -> Iterator[Progress]:
        """Show how far a job is: a bar on a terminal, elsewhere a log line now and then and one at its end."""
        text = translate(self.language, message, **fields)
        if self.as_json or not self.error_console.is_terminal:
            yield _Unseen(text)
            logger.info("job done", extra={"job": text})
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=self.error_console, transient=True) as bar:
            task = bar.add_task(text, total=None)
            yield lambda done, total, _name="": bar.update(task, completed=done, total=total or None)

    @staticmethod
    def _write(console: Console, text: str, style: str) -> None:
        console.print(printable(text), style=style, markup=False, soft_wrap=not console.is_terminal)


def _console(stream: TextIO) -> Console:
    # Where no person looks nothing is folded: a path stays in one piece for grep.
    return Console(file=stream, highlight=False, width=None if stream.isatty() else _UNFOLDED)


def _widths(names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column of a table is where nothing folds."""
    return [max(cell_len(line) for text in column for line in text.split("\n")) for column in zip(names, *cells, strict=True)]


def _keeps_first_whole(widths: Sequence[int], width: int, *, ids: bool) -> bool:
    """Tell whether the first column is not to fold: it leaves room for the others, or, of *ids*, takes no more than half of the line."""
    first, *others = widths
    room = width - _GAP * len(others)
    return first + sum(min(each, _LEAST if ids else _PROSE) for each in others) <= room or (ids and first <= room // 2)


class _Unseen:
    """Nobody watches: a log line every half a minute tells that a long job moves."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._next = time.monotonic() + _LOGGED_EVERY_S

    def __call__(self, done: int, total: int, _name: str = "", /) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LOGGED_EVERY_S
            logger.info("job goes on", extra={"job": self._job, "done": done, "total": total})
