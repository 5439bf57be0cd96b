"""The words of HTML elements, and the elements inside one; nothing here looks at an element twice."""

import re
from collections.abc import Collection, Iterator

from bs4.element import PageElement, PreformattedString, Tag

LISTS = ("ul", "ol", "menu", "dir")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset(
    {
        *LISTS,
        *HEADINGS,
        "html",
        "body",
        "main",
        "article",
        "section",
        "div",
        "p",
        "header",
        "footer",
        "aside",
        "figure",
        "figcaption",
        "blockquote",
        "address",
        "details",
        "summary",
        "form",
        "fieldset",
        "dl",
        "dt",
        "dd",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "pre",
        "hr",
        "br",
    }
)
_SPACE = re.compile(r"\s+")


def words_of(tag: Tag) -> str:
    """Return what *tag* says in one line."""
    return joined(inline(tag))


def joined(text: str) -> str:
    """Return *text* in one line, with one space between words."""
    return _SPACE.sub(" ", text).strip()


def inline(node: PageElement) -> str:
    """Return the text of *node*, of images the alternative text, with spaces around blocks."""
    if isinstance(node, PreformattedString):  # comments, declarations
        return ""
    if not isinstance(node, Tag):
        return str(node)
    if node.name == "img":
        return str(node.get("alt") or "")
    words = "".join(inline(child) for child in node.children)
    return f" {words} " if node.name in BLOCKS else words


def outermost(tag: Tag, names: Collection[str], *, closed: Collection[str] = ()) -> Iterator[Tag]:
    """Give the elements of *names* inside *tag* in order, but none inside another one, or inside one of *closed*."""
    waiting = [*reversed(tag.contents)]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Tag):
            continue
        if node.name in names:
            yield node
        elif node.name not in closed:
            waiting.extend(reversed(node.contents))


def number_in(tag: Tag, attribute: str, otherwise: int) -> int:
    """Return the number of at most six digits that an *attribute* holds, or *otherwise*."""
    said = str(tag.get(attribute) or "")
    return int(said) if re.fullmatch("[0-9]{1,6}", said) else otherwise
