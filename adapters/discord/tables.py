"""Tables for Discord, which shows none: in columns where a phone has room for them, else a line for each row."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len

_WIDEST: Final = 56  # characters of a line of code that a narrow window does not fold
_GAP: Final = "  "
# The second line of a table (https://github.github.com/gfm/#delimiter-row): without one there is none, and nothing to be read closely.
_RULE: Final = re.compile(r"^[ \t>|]*:?-+:?[ \t]*(?:\|[ \t]*(?::?-+:?[ \t]*)?)*$", re.MULTILINE)
# What means something in Markdown and would be shown as it stands in a block of code.
_MARKUP: Final = re.compile(r"[*~`<]|\]\(|https?://|(?<!\w)_|_(?!\w)")
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)


def without_tables(markdown: str) -> str:
    """Return *markdown* with each table as Discord can show it: aligned in a block of code, or as `**column**: value` in a list of rows."""
    if "|" not in markdown or not _RULE.search(markdown):
        return markdown
    lines = markdown.split("\n")
    done: list[str] = []
    read = 0
    for (start, end), rows in _tables(_parser().parse(markdown)):
        done += [*lines[read:start], *_shown(rows)]
        read = end
    return "\n".join([*done, *lines[read:]])


def _tables(tokens: Sequence[Token]) -> Iterator[tuple[tuple[int, int], list[list[str]]]]:
    """Yield each table's lines (from, up to) with its rows of cells, the first of which is its heading."""
    rows: list[list[str]] = []
    start = end = 0
    for before, token in zip_longest([None, *tokens], tokens):
        match token:
            case Token(type="table_open", map=[start, end]):
                rows = []
            case Token(type="tr_open"):
                rows.append([])
            case Token(type="inline") if before and before.type in ("th_open", "td_open"):
                rows[-1].append(" ".join(_BREAK.sub(" ", token.content).split()))
            case Token(type="table_close"):
                yield (start, end), rows


def _shown(rows: list[list[str]]) -> list[str]:
    widths = [max(map(cell_len, column)) for column in zip_longest(*rows, fillvalue="")]
    narrow = sum(widths) + len(_GAP) * (len(widths) - 1) <= _WIDEST
    if narrow and not any(_MARKUP.search(cell) for row in rows for cell in row):
        return _aligned(rows, widths)
    return _listed(rows)


def _aligned(rows: list[list[str]], widths: list[int]) -> list[str]:
    heading, *others = ([_padded(cell, width) for cell, width in zip(row, widths, strict=False)] for row in rows)
    rule = ["-" * width for width in widths]
    return ["```", *(_GAP.join(cells).rstrip() for cells in (heading, rule, *others)), "```"]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def _listed(rows: list[list[str]]) -> list[str]:
    heading, *others = rows
    if not others:
        return ["- " + " · ".join(f"**{name}**" for name in heading if name)]
    return [f"- {' · '.join(_named(name, cell) for name, cell in zip(heading, row, strict=False) if cell)}" for row in others]


def _named(name: str, cell: str) -> str:
    plain = name.replace("**", "").removesuffix(":")
    return f"**{plain}**: {cell}" if plain else cell


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")
