"""Plain text: paragraphs between empty lines, tables in columns; a line of dashes or equals signs makes the one before it a heading."""

import re
from itertools import groupby, pairwise

from store.readers.document import Block, Draft

_ITEM = re.compile(r"\s*(?:[-*•–·]|\d{1,3}[.)]|[a-z]\))\s+\S")
_HEADING = re.compile(r"[^.:;!?,]{2,80}")
_GAP = re.compile(r"(?<=\S)(?: *\t[ \t]*| {2,})(?=\S)")
_OUT_OF_LINE = 1  # characters
_RULE = re.compile(r"[-=_*~]{3,}")


def read_text(text: str) -> Draft:
    """Return the paragraphs and lists of *text*; a short first line that stands alone is the title."""
    groups = [group.splitlines() for group in re.split(r"\n[ \t]*\n", text.strip("\n"))]
    title, heading = "", ""
    blocks: list[Block] = []
    for number, lines in enumerate(groups):
        rest = [line.rstrip() for line in lines if line.strip()]
        if number == 0 and len(groups) > 1 and rest and _alone(rest):
            title, rest = rest[0].strip(), []
        elif len(rest) > 1 and _RULE.fullmatch(rest[1].strip()) and _HEADING.fullmatch(rest[0].strip()):
            title, heading, rest = title or rest[0].strip(), rest[0].strip(), rest[2:]
        blocks += blocks_of(rest, heading=heading)
    return Draft(title=title, blocks=tuple(blocks))


def blocks_of(lines: list[str], *, heading: str = "", page: int = 0) -> list[Block]:
    """Return the list items among *lines* as lists, lines in columns as tables, the lines between them as paragraphs."""
    blocks: list[Block] = []
    for aligned, group in groupby(zip(lines, _aligned(lines), strict=True), key=lambda each: each[1]):
        of_group = [line for line, _ in group]
        if aligned:
            named = int(not re.search(r"\d", of_group[0]))
            blocks.append(Block("table", tuple(line.strip() for line in of_group), heading, page, head=named))
        else:
            blocks += _prose_and_lists(of_group, heading, page)
    return blocks


def _aligned(lines: list[str]) -> list[bool]:
    """Tell which lines stand in columns: the next line or the one before has as many gaps, at about the same places."""
    beside = [_are_alike(one, other) for one, other in pairwise(map(_gaps, lines))]
    return [before or after for before, after in zip([False, *beside], [*beside, False], strict=True)][: len(lines)]


def _gaps(line: str) -> list[re.Match[str]]:
    return [] if _ITEM.match(line) else [*_GAP.finditer(line)]


def _are_alike(one: list[re.Match[str]], other: list[re.Match[str]]) -> bool:
    """Tell whether the gaps of two lines begin (after numbers set to the right) or end together; tabs set them wherever they fall."""
    return 1 < len(one) == len(other) and all(
        "\t" in a[0] + b[0] or min(abs(a.start() - b.start()), abs(a.end() - b.end())) <= _OUT_OF_LINE
        for a, b in zip(one, other, strict=True)
    )


def _prose_and_lists(lines: list[str], heading: str, page: int) -> list[Block]:
    blocks: list[Block] = []
    items: list[str] = []
    prose: list[str] = []
    for line in [*lines, ""]:
        begins_item = bool(_ITEM.match(line))
        if (begins_item or not line) and prose:
            blocks.append(Block("paragraph", (" ".join(prose),), heading, page))
            prose = []
        if begins_item:
            items.append(line.strip())
        elif line and items:
            items[-1] += " " + line.strip()
        elif line:
            prose.append(line.strip())
    if items:
        blocks.append(Block("list", tuple(items), heading, page))
    return blocks


def _alone(lines: list[str]) -> bool:
    underlined = len(lines) == 2 and bool(_RULE.fullmatch(lines[1].strip()))
    return (len(lines) == 1 or underlined) and bool(_HEADING.fullmatch(lines[0].strip()))
