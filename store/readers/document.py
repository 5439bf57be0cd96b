"""What readers give: a document's blocks while it is read, its excerpts once it is divided."""

from dataclasses import dataclass
from typing import Literal

from bot.errors import BadDocument

Format = Literal["markdown", "text", "html", "csv", "pdf", "docx", "xlsx", "json", "zip"]
BlockKind = Literal["paragraph", "list", "table", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """
    What belongs together in a document.

    `lines` are a paragraph's only one, a list's items, a table's rows or code's lines; the first `head` of them are repeated
    wherever the block is divided (a table's header row), and `tail` closes every part (a code fence).
    """

    kind: BlockKind
    lines: tuple[str, ...]
    heading: str = ""
    page: int = 0
    head: int = 0
    tail: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage before it has an id; fields as in `bot.messages.Passage`, `question` that of an FAQ entry."""

    text: str
    heading: str = ""
    question: str = ""
    row: str = ""
    page: int = 0
    language: str = ""
    anchor: str = ""
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """
    What a reader left out of a file, and how often.

    `reason` is a translatable English clause whose placeholders are `count` and `where`, the first place.
    """

    reason: str
    count: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document divided into excerpts, at least one, in reading order."""

    title: str
    format: Format
    excerpts: tuple[Excerpt, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What the reader of one format made of a file: blocks to divide, or excerpts where the format has rows.

    `dated` is the day that the file itself says it was written or changed (ISO 8601, or empty), for what has no day of its own.
    """

    title: str = ""
    language: str = ""
    blocks: tuple[Block, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    notes: tuple[Note, ...] = ()
    dated: str = ""


class Unreadable(BadDocument):
    """
    A document that cannot be imported.

    `problem` is a translatable English clause whose placeholders are `values`; `fields` hold it in English. `notes` say what was left
    out before nothing remained.
    """

    notes: tuple[Note, ...] = ()

    def __init__(self, name: str, problem: str, **values: object) -> None:
        """Keep the file's *name* as people see it and the *problem* with its *values*."""
        super().__init__(f"{name}: {problem.format(**values)}", name=name, problem=problem, **values)
        self.name = name
