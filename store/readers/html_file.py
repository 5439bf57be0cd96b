"""HTML through Beautiful Soup: title, date, headings as a path with anchors, lists, tables; no scripts, styles or navigation."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Tag

from store.readers.dates import day_in
from store.readers.document import Block, Draft
from store.readers.headings import Headings
from store.readers.html_tables import own_cells, own_rows, table_lines
from store.readers.html_words import BLOCKS, HEADINGS, LISTS, inline, joined, number_in, outermost, words_of
from store.readers.ways_back import leads_on

_DROPPED = ("script", "style", "nav", "noscript", "template", "svg", "iframe", "button", "select")
# What else begins so makes html.parser give up the page: https://github.com/python/cpython/blob/3.11/Lib/_markupbase.py
_NO_SECTION = re.compile(r"<!\[(?!(?:temp|cdata|ignore|include|rcdata|if|else|endif)(?![-.\w]))", re.IGNORECASE)
_COMMENT_END = re.compile(r"--\s*>")
_TRAIL = re.compile(r"breadcrumbs?(?:[-_](?:section|list|nav|trail|container))?", re.IGNORECASE)
_TRAIL_PARTS = 200  # elements and words; what holds more, or a heading, is more than a trail
_BOLD_CLASS = re.compile(r"\.([\w-]{1,100})\s*\{[^{}]{0,2000}?font-weight:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_IN_HEAD = frozenset({"title", "base", "link", "meta", "style", "script", "noscript", "template"})
_GROUPS = ("thead", "tbody", "tfoot")
# What a tag ends without an end tag, up to what it stands in: https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
_IMPLIED_ENDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "li": (("li",), LISTS),
    **dict.fromkeys(("dt", "dd"), (("dt", "dd"), ("dl",))),
    **dict.fromkeys(("td", "th"), (("td", "th"), ("tr", "table"))),
    "tr": (("tr",), ("table",)),
    **dict.fromkeys(_GROUPS, (_GROUPS, ("table",))),
}
_IMPLIED_LEVELS = 50  # elements looked at above a tag: a hostile page has millions
_MOST_LEVELS = 500  # of elements in each other; what follows them down ends there too, by Python's own limit
_MOST_INDENT = 40
_OWN_LINES = BLOCKS - {"br"}
_HOLDERS = 3  # elements above a heading that may bear its anchor
# Where pages say when they were changed, the surest first, and where when they were published: https://ogp.me/#no_vertical , https://schema.org
_CHANGED = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified", "dc.date.modified", "revised")
_PUBLISHED = ("article:published_time", "datepublished", "dcterms.created", "dcterms.date", "dc.date", "pubdate", "date")
_METADATA = "page-metadata"  # Confluence: Created by Ana, last modified on Mar 03, 2026
_METADATA_CHARACTERS = 300
_MODIFIED = re.compile(r".*(?:updated|modified|atualizad|modificad|alterad)", re.IGNORECASE | re.DOTALL)
_MARKED_TIME = re.compile(r"updated|modified|published|pubdate|atualizad|publicad", re.IGNORECASE)


def read_html(text: str) -> Draft:
    """
    Return the title (`<title>`, else the first heading), the language of `<html lang>`, and the blocks of *text*.

    Blocks have the anchors of their headings, the page the day that it says it was changed.
    """
    soup = _parsed(text)
    dated = _dated(soup)
    title = words_of(soup.title) if soup.title else ""
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
        """End what the tag *name* ends, then begin it; too deep a page is refused before anything follows it down."""
        if len(self.tagStack) > _MOST_LEVELS:
            raise RecursionError
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
    soup = _Page(_parseable(text), "html.parser")
    # The heading of a section that unfolds is a button: https://www.w3.org/WAI/ARIA/apg/patterns/accordion/
    headed = {id(button) for heading in outermost(soup, HEADINGS) for button in heading.find_all("button")}
    _mark_bold(soup)
    for element in soup.find_all(_DROPPED):
        if id(element) not in headed:
            element.clear()  # to take it out of its siblings would take a look at each of them
    for trail in soup.find_all(_is_trail):
        trail.clear()
    for listed in outermost(soup, (*LISTS, "dl")):
        for heading in listed.find_all(HEADINGS):  # it names an item, no part of the page
            heading.name = "p"
    links = {id(link.parent): link for link in outermost(soup, ("a",)) if leads_on(words_of(link))}
    for link in links.values():
        if _stands_alone(link):
            link.clear()
    return soup


def _parseable(text: str) -> str:
    """
    Return *text* without what only looks like a tag or a comment.

    Behind the last tag, and the last comment, the parser would look for an end from every one on that begins.
    """
    end = text.rfind(">") + 1
    last = max((found.start() for found in _COMMENT_END.finditer(text)), default=0)
    tags = text[:last] + text[last:end].replace("<!--", "&lt;!--")
    return _NO_SECTION.sub("&lt;![", tags) + text[end:].replace("<", "&lt;")


def _mark_bold(soup: BeautifulSoup) -> None:
    """Write into the cells of tables what style sheets say of their weight; Google Docs says it nowhere else."""
    bold = {name for style in soup.find_all("style") for name in _BOLD_CLASS.findall(style.get_text())}
    for table in outermost(soup, ("table",)) if bold else ():
        for element in table.find_all(("td", "p", "span")):
            if not bold.isdisjoint(element.get_attribute_list("class")):
                element["style"] = "font-weight:bold"


def _is_trail(tag: Tag) -> bool:
    """Tell whether *tag* is a page's way up to the home page ("Home > RH > Reembolso"), navigation without its tag."""
    if not any(_TRAIL.fullmatch(str(mark)) for name in ("id", "class") for mark in tag.get_attribute_list(name)):
        return False
    parts = [*islice(tag.descendants, _TRAIL_PARTS)]
    return len(parts) < _TRAIL_PARTS and not any(isinstance(part, Tag) and part.name in HEADINGS for part in parts)


def _stands_alone(link: Tag) -> bool:
    """Tell whether a link's paragraph says nothing else."""
    holder = link.parent
    if holder is None or holder.name not in ("p", "div"):
        return False
    return all(any(parent is link for parent in words.parents) for words in holder.strings if words.strip())


def _blocks(parent: Tag, headings: Headings, around: set[int] | None = None) -> Iterator[Block]:
    """Give the blocks in *parent*; where it is itself running text, those *around* blocks are known already."""
    around = _around_blocks(parent) if around is None else around
    run: list[str] = []
    for child in parent.children:
        if not isinstance(child, Tag) or (child.name not in BLOCKS and id(child) not in around):
            run.append(inline(child))
            continue
        yield from _paragraph(run, headings)
        run = []
        yield from _block(child, headings) if child.name in BLOCKS else _blocks(child, headings, around)
    yield from _paragraph(run, headings)


def _around_blocks(parent: Tag) -> set[int]:
    """Return the ids of the elements of running text in *parent* that hold blocks."""
    around: set[int] = set()
    for block in outermost(parent, _OWN_LINES):
        for holder in block.parents:
            if holder is parent or id(holder) in around:
                break
            around.add(id(holder))
    return around


def _block(tag: Tag, headings: Headings) -> Iterator[Block]:
    if tag.name in HEADINGS:
        headings.enter(int(tag.name[1]), words_of(tag), anchor=_anchor(tag))
    elif tag.name in LISTS:
        yield from _list(_items(tag), headings)
    elif tag.name == "dl":
        yield from _list(_definitions(tag), headings)
    elif tag.name == "table":
        yield from _table(tag, headings)
    elif tag.name == "tr":  # its table ended early, in Markdown at an empty line
        yield from _rows([tag], headings)
    elif tag.name == "pre":
        for line_end in tag.find_all("br"):
            line_end.string = "\n"
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
    previous = heading.find_previous(HEADINGS)
    around = {id(holder) for holder in previous.parents} if previous else set()
    near = (holder for holder in islice(heading.parents, _HOLDERS) if id(holder) not in around)
    return [holder for holder in near if holder.name in ("section", "article", "div", "header")]


def _bears_anchor(tag: Tag) -> bool:
    return bool(_anchor_of(tag))


def _anchor_of(tag: Tag) -> str:
    return str(tag.get("id") or (tag.get("name") if tag.name == "a" else "") or "")


def _dated(soup: BeautifulSoup) -> str:
    said: dict[str, str] = {}
    for tag in outermost(soup, ("meta", "time")):
        day = day_in(str(tag.get("content") or tag.get("datetime") or (tag.get_text() if tag.name == "time" else "")))
        if day:
            said.setdefault(_called(tag), day)
    if not said and (metadata := soup.find(class_=_METADATA)):
        said["marked"] = day_in(_MODIFIED.sub("", words_of(metadata)[:_METADATA_CHARACTERS]))
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
    words = joined("".join(run))
    if words:
        yield Block("paragraph", (words,), headings.path, anchor=headings.anchor)


def _items(tag: Tag, indent: str = "") -> Iterator[str]:
    number = number_in(tag, "start", 1) - 1
    deeper = f"{indent}  "[:_MOST_INDENT]
    for item in tag.find_all(("li", *LISTS), recursive=False):
        if item.name != "li":  # a list straight in a list
            yield from _items(item, deeper)
            continue
        number = number_in(item, "value", number + 1)
        mark = f"{number}." if tag.name == "ol" else "-"
        lines: list[str] = []
        for nested in [*outermost(item, LISTS, closed=("li",))]:
            lines += _items(nested, deeper)
            nested.clear()
        yield "\n".join([f"{indent}{mark} {_item_words(item)}", *lines])


def _item_words(item: Tag) -> str:
    if not item.find(("table", "pre", "dl")):
        return words_of(item)
    return "\n".join(line for block in _blocks(item, Headings("")) for line in (*block.lines, block.tail) if line)


def _definitions(tag: Tag) -> Iterator[str]:
    terms: list[str] = []
    said = False
    for part in outermost(tag, ("dt", "dd")):
        if part.name == "dd":
            yield f"- {', '.join(terms)}: {_item_words(part)}" if terms else f"- {_item_words(part)}"
        else:
            terms = [] if said else terms
            terms.append(words_of(part))
        said = part.name == "dd"
    if terms and not said:
        yield f"- {', '.join(terms)}"


def _table(tag: Tag, headings: Headings) -> Iterator[Block]:
    rows = own_rows(tag)
    if any(row.find("table") for row in rows) and not _has_columns(rows):  # a table for layout: what it lays out matters
        for cell in own_cells(tag):
            yield from _blocks(cell, headings)
        return
    if tag.caption:
        yield from _paragraph([words_of(tag.caption).rstrip(":") + ":"], headings)
    yield from _rows(rows, headings)


def _has_columns(rows: Sequence[Tag]) -> bool:
    """Tell whether a table that holds tables is one itself: its first row names each of its columns."""
    named = own_cells(rows[0])
    return (
        len(rows) > 1
        and len(named) > 1
        and not rows[0].find("table")
        and all(cell.name == "th" for cell in named)
        and all(len(own_cells(row)) == len(named) for row in rows)
    )


def _rows(rows: Sequence[Tag], headings: Headings) -> Iterator[Block]:
    lines, head = table_lines(rows)
    if lines:
        yield Block("table", lines, headings.path, head=head, anchor=headings.anchor)
