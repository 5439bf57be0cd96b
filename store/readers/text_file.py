"""Plain text: paragraphs between empty lines; a line of dashes or equals signs marks the one before it as a heading."""

import re

from store.readers.document import Block, Draft

_ITEM = re.compile(r"\s*(?:[-*•–·]|\d{1,3}[.)]|[a-z]\))\s+\S")
_HEADING = re.compile(r"[^.:;!?,]{2,80}")
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
    """Return the list items among *lines* as lists, the lines between them as paragraphs."""
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
