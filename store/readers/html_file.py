"""HTML through Beautiful Soup: title, date, headings as a path with anchors, lists, tables; no scripts, styles or navigation."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import PageElement, PreformattedString, Tag

from store.readers.dates import day_in
from store.readers.document import Block, Draft
from store.readers.headings import Headings
from store.readers.ways_back import leads_on

_DROPPED = ("script", "style", "nav", "noscript", "template", "svg", "iframe", "button", "select")
_BLOCKS = frozenset(
    {
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
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
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
_IN_HEAD = frozenset({"title", "base", "link", "meta", "style", "script", "noscript", "template"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_OWN_LINES = sorted(_BLOCKS - {"br"})
_MOST_SPAN = 100
_REPEATED_CHARACTERS = 200  # a longer cell is not said again in the rows that it spans
_SPACE = re.compile(r"\s+")
_LISTS = ("ul", "ol", "menu", "dir")
_GROUPS = ("thead", "tbody", "tfoot")
# What a tag ends without an end tag, up to what it stands in: https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
_IMPLIED_ENDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "li": (("li",), _LISTS),
    **dict.fromkeys(("dt", "dd"), (("dt", "dd"), ("dl",))),
    **dict.fromkeys(("td", "th"), (("td", "th"), ("tr", "table"))),
    "tr": (("tr",), ("table",)),
    **dict.fromkeys(_GROUPS, (_GROUPS, ("table",))),
}
_IMPLIED_LEVELS = 50  # elements looked at above a tag: a hostile page has millions
_HOLDERS = 3  # elements above a heading that may bear its anchor
# Where pages say when they were changed, the surest first, and where when they were published: https://ogp.me/#no_vertical , https://schema.org
_CHANGED = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified", "dc.date.modified", "revised")
_PUBLISHED = ("article:published_time", "datepublished", "dcterms.created", "dcterms.date", "dc.date", "pubdate", "date")
_MARKED_TIME = re.compile(r"updated|modified|published|pubdate|atualizad|publicad", re.IGNORECASE)


def read_html(text: str) -> Draft:
    """
    Return the title (`<title>`, else the first heading), the language of `<html lang>`, and the blocks of *text*.

    Blocks have the anchors of their headings, the page the day that it says it was changed.
    """
    soup = _parsed(text)
    dated = _dated(soup)
    title = _words(soup.title) if soup.title else ""
    for element in (soup.title, soup.head):  # a title may stand without a head
        if element:
            element.decompose()
    headings = Headings(title)
    blocks = tuple(_blocks(soup, headings))
    root = soup.find("html")
    language = str(root.get("lang") or "")[:2].lower() if isinstance(root, Tag) else ""
    return Draft(title=headings.title, language=language, blocks=blocks, dated=dated)


def html_blocks(text: str, headings: Headings) -> tuple[Block, ...]:
    """Return the blocks of a piece of HTML inside another document, whose *headings* it follows and continues."""
    return tuple(_blocks(_parsed(text), headings))


class _Page(BeautifulSoup):
    """A page whose cells, rows and items end where the next one begins, end tag or not; html.parser puts them into each other."""

    def handle_starttag(self, name: str, *rest: Any, **options: Any) -> Tag | None:
        """End what the tag *name* ends, then begin it."""
        if self.currentTag is not None and self.currentTag.name == "head" and name not in _IN_HEAD:
            self.handle_endtag("head")
        ended, within = _IMPLIED_ENDS.get(name, ((), ()))
        if ended:
            near = islice(reversed(self.tagStack), _IMPLIED_LEVELS)
            tag = next((each for each in near if each.name in ended or each.name in within), None)
            if tag is not None and tag.name in ended:
                self.handle_endtag(tag.name)
        return super().handle_starttag(name, *rest, **options)


def _parsed(text: str) -> BeautifulSoup:
    soup = _Page(text, "html.parser")
    for element in soup.find_all(_DROPPED):
        # The heading of a section that unfolds is a button: https://www.w3.org/WAI/ARIA/apg/patterns/accordion/
        if element.name != "button" or not element.find_parent(_HEADINGS):
            element.decompose()
    for link in soup.find_all("a"):
        if leads_on(words := _words(link)) and link.parent and link.parent.name in ("p", "div") and _words(link.parent) == words:
            link.decompose()
    return soup


def _blocks(parent: Tag, headings: Headings) -> Iterator[Block]:
    run: list[str] = []
    for child in parent.children:
        if isinstance(child, Tag) and (child.name in _BLOCKS or child.find(_OWN_LINES)):
            yield from _paragraph(run, headings)
            run = []
            yield from _block(child, headings)
        else:
            run.append(_inline(child))
    yield from _paragraph(run, headings)


def _block(tag: Tag, headings: Headings) -> Iterator[Block]:
    if tag.name in _HEADINGS:
        headings.enter(int(tag.name[1]), _words(tag), anchor=_anchor(tag))
    elif tag.name in _LISTS:
        yield from _list(_items(tag), headings)
    elif tag.name == "dl":
        yield from _list(_definitions(tag), headings)
    elif tag.name == "table":
        yield from _table(tag, headings)
    elif tag.name == "tr":  # its table ended early, in Markdown at an empty line
        yield from _rows([tag], headings)
    elif tag.name == "pre":
        for line_end in tag.find_all("br"):
            line_end.replace_with("\n")
        yield Block("code", ("```", *tag.get_text().strip("\n").split("\n")), headings.path, head=1, tail="```", anchor=headings.anchor)
    else:
        yield from _blocks(tag, headings)


def _anchor(heading: Tag) -> str:
    """Return what a link to *heading* ends in: its own id, that of an element inside it or an empty one before it, or of its section."""
    inside = heading.find(_bears_anchor)
    before = heading.find_previous_sibling()
    marks = [heading, inside, before if isinstance(before, Tag) and before.name == "a" and not before.get_text(strip=True) else None]
    marks += _holders(heading)
    return next((found for mark in marks if isinstance(mark, Tag) and (found := _anchor_of(mark))), "")


def _holders(heading: Tag) -> list[Tag]:
    """Return the sections that begin with *heading*: those that the heading before it is not in, too."""
    previous = heading.find_previous(_HEADINGS)
    around = {id(holder) for holder in previous.parents} if previous else set()
    near = (holder for holder in islice(heading.parents, _HOLDERS) if id(holder) not in around)
    return [holder for holder in near if holder.name in ("section", "article", "div", "header")]


def _bears_anchor(tag: Tag) -> bool:
    return bool(_anchor_of(tag))


def _anchor_of(tag: Tag) -> str:
    return str(tag.get("id") or (tag.get("name") if tag.name == "a" else "") or "")


def _dated(soup: BeautifulSoup) -> str:
    said: dict[str, str] = {}
    for tag in soup.find_all(["meta", "time"]):
        day = day_in(str(tag.get("content") or tag.get("datetime") or (tag.get_text() if tag.name == "time" else "")))
        if day:
            said.setdefault(_called(tag), day)
    return next((said[name] for name in (*_CHANGED, *_PUBLISHED, "marked") if name in said), "")


def _called(tag: Tag) -> str:
    """Return what a `<meta>` or `<time>` calls its day; other times may be those of any event."""
    name = str(tag.get("itemprop") or tag.get("property") or tag.get("name") or tag.get("http-equiv") or "").lower()
    if tag.name == "time" and not name:
        marks = " ".join([*map(str, tag.get_attribute_list("class")), "pubdate" if tag.has_attr("pubdate") else ""])
        return "marked" if _MARKED_TIME.search(marks) else ""
    return name


def _list(lines: Iterator[str], headings: Headings) -> Iterator[Block]:
    kept = tuple(line for line in lines if line.strip(" -"))
    if kept:
        yield Block("list", kept, headings.path, anchor=headings.anchor)


def _paragraph(run: list[str], headings: Headings) -> Iterator[Block]:
    words = _SPACE.sub(" ", "".join(run)).strip()
    if words:
        yield Block("paragraph", (words,), headings.path, anchor=headings.anchor)


def _items(tag: Tag, indent: str = "") -> Iterator[str]:
    number = _number(tag, "start", 1) - 1
    for item in tag.find_all(("li", *_LISTS), recursive=False):
        if item.name != "li":  # a list straight in a list
            yield from _items(item, indent + "  ")
            continue
        number = _number(item, "value", number + 1)
        mark = f"{number}." if tag.name == "ol" else "-"
        inner = [nested for nested in item.find_all(_LISTS) if nested.find_parent("li") is item]
        lines = [line for nested in inner for line in _items(nested, indent + "  ")]
        for nested in inner:
            nested.extract()
        yield "\n".join([f"{indent}{mark} {_item_words(item)}", *lines])


def _item_words(item: Tag) -> str:
    if not item.find(("table", "pre", "dl")):
        return _words(item)
    for heading in item.find_all(_HEADINGS):  # it names the item, no part of the page
        heading.name = "p"
    return "\n".join(line for block in _blocks(item, Headings("")) for line in (*block.lines, block.tail) if line)


def _definitions(tag: Tag) -> Iterator[str]:
    terms: list[str] = []
    said = False
    for part in tag.find_all(("dt", "dd")):
        if part.name == "dd":
            yield f"- {', '.join(terms)}: {_words(part)}" if terms else f"- {_words(part)}"
        else:
            terms = [] if said else terms
            terms.append(_words(part))
        said = part.name == "dd"
    if terms and not said:
        yield f"- {', '.join(terms)}"


def _table(tag: Tag, headings: Headings) -> Iterator[Block]:
    rows = [row for row in tag.find_all("tr") if row.find_parent("table") is tag]
    if any(row.find("table") for row in rows) and not _has_columns(rows):  # a table for layout: what it lays out matters
        for cell in tag.find_all(("td", "th")):
            if cell.find_parent("table") is tag:
                yield from _blocks(cell, headings)
        return
    if tag.caption:
        yield from _paragraph([_words(tag.caption).rstrip(":") + ":"], headings)
    yield from _rows(rows, headings)


def _has_columns(rows: Sequence[Tag]) -> bool:
    """Tell whether a table that holds tables is one itself: its first row names each of its columns."""
    named = _own_cells(rows[0])
    return (
        len(rows) > 1
        and len(named) > 1
        and not rows[0].find("table")
        and all(cell.name == "th" for cell in named)
        and all(len(_own_cells(row)) == len(named) for row in rows)
    )


def _own_cells(row: Tag) -> list[Tag]:
    """Return the cells of a row, without those of tables in them."""
    cells = row.find_all(("td", "th"))
    return [cell for cell in cells if cell.find_parent("tr") is row] if row.find("table") else [*cells]


def _rows(rows: Sequence[Tag], headings: Headings) -> Iterator[Block]:
    cells = [row for row in _cells(rows) if any(row)]
    lines = tuple(f"| {' | '.join(row)} |" for row in cells)
    if lines:
        headed = bool(rows[0].find("th")) and len(lines) > 1
        rule = (f"|{'---|' * len(cells[0])}",) if headed else ()
        yield Block("table", (*lines[:1], *rule, *lines[1:]), headings.path, head=2 if headed else 0, anchor=headings.anchor)


def _cells(rows: Iterable[Tag]) -> Iterator[list[str]]:
    """Give the cells of each row under their columns; what spans rows is said in each, so that every row can be understood alone."""
    below: dict[int, tuple[str, int]] = {}  # column: words that go on, for how many rows
    for row in rows:
        cells = deque(_own_cells(row))
        line: list[str] = []
        while cells or len(line) in below:
            words, high = below.pop(len(line), ("", 0))
            wide = 1
            if not high:
                cell = cells.popleft()
                words, high, wide = _cell(cell).replace("|", "/"), _span(cell, "rowspan"), _span(cell, "colspan")
            for shown in [words] + [""] * (wide - 1):
                if high > 1 and len(shown) <= _REPEATED_CHARACTERS:
                    below[len(line)] = (shown, high - 1)
                line.append(shown)
        yield line


def _cell(cell: Tag) -> str:
    """Return what a cell says in one line; of a table in it, each row's cells with commas between, and semicolons after rows."""
    while inner := cell.find("table"):
        rows = (", ".join(filter(None, map(_cell, _own_cells(row)))) for row in inner.find_all("tr") if row.find_parent("table") is inner)
        inner.replace_with(f" {'; '.join(filter(None, rows))} ")
    return _words(cell)


def _span(cell: Tag, name: str) -> int:
    return min(max(_number(cell, name, 1), 1), _MOST_SPAN)


def _number(tag: Tag, name: str, otherwise: int) -> int:
    said = str(tag.get(name) or "")
    return int(said) if re.fullmatch("[0-9]{1,6}", said) else otherwise


def _words(tag: Tag) -> str:
    return _SPACE.sub(" ", _inline(tag)).strip()


def _inline(node: PageElement) -> str:
    if isinstance(node, PreformattedString):  # comments, declarations
        return ""
    if not isinstance(node, Tag):
        return str(node)
    if node.name == "img":
        return str(node.get("alt") or "")
    words = "".join(_inline(child) for child in node.children)
    return f" {words} " if node.name in _BLOCKS else words
