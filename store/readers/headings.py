"""The path of headings above a block, and where in the page it can be linked to."""

import re
from collections import Counter

_LONGEST = 1000
_ANCHOR = re.compile(r"[^\s\"'<>&%\\`#]{1,255}")
# What programs put into a file's properties by themselves.
_PRINTED = re.compile(r"microsoft \w+ - (.+?)(?:\.(?:docx?|rtf|xlsx?|pptx?))?", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"(?:(?:word )?document[oe]?|presentation|apresenta[cç][aã]o|workbook|(?:book|pasta)(?=\d)|untitled|sem t[ií]tulo)[ _-]?\d*(?:\.\w+)?",
    re.IGNORECASE,
)


def own_title(title: str) -> str:
    """Return the *title* in a file's properties as its author wrote it, empty where a program did: "Microsoft Word - Documento1.docx"."""
    words = " ".join(title.split())
    printed = _PRINTED.fullmatch(words)
    words = printed[1] if printed else words
    return "" if _NO_TITLE.fullmatch(words) else words


class Headings:
    """Follows a document's headings; the title itself is no part of the path, because every passage carries it already."""

    def __init__(self, title: str) -> None:
        """Start with the document's *title*, or empty to take the first heading."""
        self.title = title
        self._open: list[tuple[int, str, str]] = []

    def enter(self, level: int, words: str, *, anchor: str = "") -> None:
        """Note a heading of *level* (1 is the highest), linked to by *anchor*; one that no address can hold is left out."""
        self._open = [heading for heading in self._open if heading[0] < level]
        self.title = self.title or words
        self._open.append((level, words, anchor if _ANCHOR.fullmatch(anchor) else ""))

    @property
    def path(self) -> str:
        """The headings above, joined by " > "."""
        return " > ".join(words for _, words, _ in self._open if words and words != self.title)[:_LONGEST]

    @property
    def anchor(self) -> str:
        """The anchor of the nearest heading above that has one."""
        return next((anchor for _, _, anchor in reversed(self._open) if anchor), "")


class Slugs:
    """Anchors that sites make of headings, as GitHub does (https://github.com/Flet/github-slugger)."""

    def __init__(self) -> None:
        """Start a page."""
        self._taken: Counter[str] = Counter()

    def slug_of(self, words: str) -> str:
        """Return the anchor of the next heading; one that was there before is numbered."""
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = self._taken[slug]
        self._taken[slug] += 1
        return f"{slug}-{count}" if count else slug
