"""DOCX: python-docx opens the package and knows its styles; its paragraphs, lists and tables become blocks in reading order."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement

from bot.texts import N_
from store.readers.dates import day_before
from store.readers.document import Block, Draft, Unreadable
from store.readers.docx_formulas import formula, is_formula, symbol
from store.readers.docx_lists import Numbering
from store.readers.encoding import clean
from store.readers.headings import Headings, own_title
from store.readers.office_archive import DAMAGE, check_archive

_CODE = re.compile(r"\b(?:source ?code|code|c[oó]digo|preformatted|pr[eé]-?formatado|terminal|console)\b", re.IGNORECASE)
_FIXED_WIDTH = frozenset({"courier", "courier new", "consolas", "lucida console", "monaco", "menlo", "cascadia code", "liberation mono"})
# Containers that change nothing about what is in them: kept insertions, fields, content controls, links.
_OPEN = frozenset(
    map(qn, ("w:ins", "w:moveTo", "w:customXml", "w:smartTag", "w:sdtContent", "w:hyperlink", "w:fldSimple", "w:bdo", "w:dir", "w:r"))
)
_CHARACTERS = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_TEMPLATE_DAY = "2013-12-23"  # of python-docx\'s own template, in what programs make with it
_MOST_COLUMNS = 63  # as in Word
_MOST_ANCESTORS = 20  # of a style; Word stops at 11, and a circle of styles ends
_COLUMN_NAME_CHARACTERS = 60
_REPEATED_CHARACTERS = 200  # a longer cell is not said again in the rows that it spans
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"  # a drawing, and the same for older programs


def read_docx(data: bytes, name: str) -> Draft:
    """
    Return the title (of the properties, else the first paragraph styled as one, else the first heading) and the blocks of a document.

    The properties also say when it was changed. Left out: headers, footers, comments, deleted and hidden text, tables of contents.
    Footnotes stand in brackets where they are referred to, the text of boxes after the paragraph that they hang on.

    Raises:
        Unreadable: It is damaged, needs a password, or unpacks to too much.
    """
    check_archive(data, name)
    begun = datetime.now(UTC)
    try:
        document = docx.Document(io.BytesIO(data))
        properties = document.core_properties
        headings = Headings(own_title(clean(properties.title or "")))
        blocks = tuple(_Reading(document, headings).blocks())
        language = (properties.language or "")[:2].lower()
        dated = day_before(properties.modified, begun)
    except (*DAMAGE, OpcError) as error:
        raise Unreadable(name, N_("this Office file is damaged; open it and save it again")) from error
    return Draft(title=headings.title, language=language, blocks=blocks, dated="" if dated == _TEMPLATE_DAY else dated)


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph style says, its own word before that of the one it is based on; `level` is a heading's, from 1, else 0."""

    name: str
    level: int = 0
    list_id: str = ""
    list_level: int = 0
    code: bool = False


class _Reading:
    """One pass through a document's body."""

    def __init__(self, document: Document, headings: Headings) -> None:
        self._body = document.element.body
        self._headings = headings
        self._styles = _styles_of(document)
        self._default = _default_of(document)
        self._numbering = Numbering.of(_part(document, RELATIONSHIP_TYPE.NUMBERING))
        self._notes = {
            (kind, note.get(qn("w:id"))): note
            for kind, part in (("footnote", RELATIONSHIP_TYPE.FOOTNOTES), ("endnote", RELATIONSHIP_TYPE.ENDNOTES))
            for note in _children(_part(document, part))
        }

    def blocks(self) -> Iterator[Block]:
        """Give the blocks in order."""
        yield from _joined(self._blocks(self._body))

    def _blocks(self, parent: BaseOxmlElement) -> Iterator[Block]:
        for child in parent.iterchildren():
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in _OPEN or (child.tag == qn("w:sdt") and not _is_contents(child)):
                yield from self._blocks(child)

    def _paragraph(self, paragraph: BaseOxmlElement) -> Iterator[Block]:
        style = self._style(paragraph)
        text = clean("".join(self._text(paragraph))).strip("\n" if style.code else None)
        line = " ".join(text.split())
        mark = self._mark(style)
        if not line or style.name.startswith("toc "):
            pass
        elif style.name == "title":
            self._headings.title = self._headings.title or line
        elif style.level:
            self._headings.enter(style.level, line)
        elif style.code:
            yield Block("code", ("```", *text.split("\n")), self._headings.path, head=1, tail="```")
        elif mark:
            yield Block("list", (f"{'  ' * style.list_level}{mark} {line}",), self._headings.path)
        else:
            yield Block("paragraph", ("\n".join(" ".join(each.split()) for each in text.split("\n")),), self._headings.path)
        for box in _boxes(paragraph):
            yield from self._blocks(box)

    def _mark(self, style: _Style) -> str:
        """Count a paragraph of a list, even an empty one, as Word does, and return its mark; empty outside lists."""
        return self._numbering.mark(style.list_id, style.list_level) if style.list_id not in ("", "0") else ""

    def _style(self, paragraph: BaseOxmlElement) -> _Style:
        properties = paragraph.find(qn("w:pPr"))
        style = self._styles.get(_value(properties, "w:pStyle") or self._default, _Style(""))
        return _with(style, properties)

    def _text(self, parent: BaseOxmlElement) -> Iterator[str]:
        for child in parent.iterchildren():
            if child.tag == qn("w:t"):
                yield child.text or ""
            elif child.tag in _CHARACTERS:
                yield _CHARACTERS[child.tag] if child.get(qn("w:type")) not in ("page", "column") else " "
            elif child.tag == qn("w:sdt") or (child.tag in _OPEN and not _is_hidden(child)):
                yield from self._text(child)
            elif child.tag == qn("w:sym"):
                yield symbol(child)
            elif is_formula(child):
                yield formula(child)
            elif child.tag in (qn("w:footnoteReference"), qn("w:endnoteReference")):
                kind = "footnote" if child.tag == qn("w:footnoteReference") else "endnote"
                yield self._note(kind, child.get(qn("w:id")))

    def _note(self, kind: str, number: str) -> str:
        note = self._notes.pop((kind, number), None)  # once, so that a note that refers to itself ends
        words = self._words(_inside(note, "w:p")) if note is not None else ""
        return f" ({words})" if words else ""

    def _words(self, paragraphs: Iterable[BaseOxmlElement]) -> str:
        return " ".join(clean(" ".join("".join(self._text(each)) for each in paragraphs)).split())

    def _table(self, table: BaseOxmlElement) -> Iterator[Block]:
        elements = [*_inside(table, "w:tr")]
        rows = [[*_cells(row)] for row in elements]
        if max((len(row) for row in rows), default=0) <= 1 or (_holds_tables(rows) and not self._has_columns(rows)):
            for row in rows:  # a frame, or a table for layout: what it lays out matters
                for cell in row:
                    yield from self._blocks(cell)
            return
        lines = [line for line in self._lines(zip(map(_columns_before, elements), rows, strict=True)) if any(line)]
        shown = [f"| {' | '.join(line)} |" for line in lines]
        headed = len(shown) > 1 and _has_header(table)
        rule = [f"|{'---|' * len(lines[0])}"] if headed else []
        if shown:
            yield Block("table", (*shown[:1], *rule, *shown[1:]), self._headings.path, head=2 if headed else 0)

    def _has_columns(self, rows: list[list[BaseOxmlElement]]) -> bool:
        """Tell whether a table that holds tables is one itself: its first row names each of its columns in short."""
        named = [self._words(_inside(cell, "w:p")) for cell in rows[0]]
        return (
            len(rows) > 1
            and len(named) > 1
            and all(0 < len(name) <= _COLUMN_NAME_CHARACTERS for name in named)
            and not _holds_tables(rows[:1])
            and all(len(row) == len(named) for row in rows)
        )

    def _cell(self, cell: BaseOxmlElement) -> str:
        """Return what a cell says in one line; of a table in it, each row's cells with commas between, and semicolons after rows."""
        said = self._words(_inside(cell, "w:p"))
        inner = [
            ", ".join(filter(None, map(self._cell, _cells(row)))) for table in _inside(cell, "w:tbl") for row in _inside(table, "w:tr")
        ]
        return " ".join(filter(None, (said, "; ".join(filter(None, inner)))))

    def _lines(self, rows: Iterable[tuple[int, list[BaseOxmlElement]]]) -> Iterator[list[str]]:
        above: dict[int, str] = {}
        for before, row in rows:
            line = [""] * before
            for cell in row:
                properties = cell.find(qn("w:tcPr"))
                merged = properties.find(qn("w:vMerge")) if properties is not None else None
                if merged is not None and merged.get(qn("w:val")) != "restart":
                    words = above.get(len(line), "")  # said again, so that every row can be understood alone
                else:
                    words = self._cell(cell).replace("|", "/")
                above[len(line)] = words if len(words) <= _REPEATED_CHARACTERS else ""
                span = _value(properties, "w:gridSpan")
                line += [words] + [""] * (min(int(span), _MOST_COLUMNS) - 1 if span.isdigit() and len(span) < 9 else 0)
            yield line


def _default_of(document: Document) -> str:
    marked = (style for style in document.styles if style.element.get(qn("w:default")) in ("1", "true"))
    return next((style.style_id for style in marked if style.element.get(qn("w:type")) == "paragraph"), "")


def _styles_of(document: Document) -> dict[str, _Style]:
    elements = {style.style_id: style.element for style in document.styles}
    found: dict[str, _Style] = {}
    for style_id in elements:
        at = style_id
        line: list[BaseOxmlElement] = []  # of ancestors, itself first
        while at in elements and len(line) < _MOST_ANCESTORS:
            line.append(elements[at])
            at = _value(elements[at], "w:basedOn")
        style = _Style("")
        for element in reversed(line):
            style = _with(_Style(_value(element, "w:name").casefold(), style.level, style.list_id, style.list_level, style.code), element)
            style = _named(style, element)
        found[style_id] = style
    return found


def _named(style: _Style, element: BaseOxmlElement) -> _Style:
    """Add what a style's name and font tell: Word keeps its own names in English whatever its language."""
    heading = re.fullmatch(r"(?:heading|t[ií]tulo) ([1-9])", style.name)
    fonts = element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    fixed = fonts is not None and str(fonts.get(qn("w:ascii"))).casefold() in _FIXED_WIDTH
    level = int(heading[1]) if heading else style.level
    code = style.code or bool(_CODE.search(style.name)) or (fixed and style.name != "plain text")
    return _Style(style.name, level, style.list_id, style.list_level, code)


def _with(style: _Style, properties: BaseOxmlElement | None) -> _Style:
    """Return *style* with what a paragraph's own properties (or a style element that holds some) say instead."""
    if properties is not None and properties.tag != qn("w:pPr"):
        properties = properties.find(qn("w:pPr"))
    outline, numbered = _value(properties, "w:outlineLvl"), properties.find(qn("w:numPr")) if properties is not None else None
    level = style.level if not outline.isdigit() else int(outline) + 1 if int(outline) < 9 else 0
    list_id, list_level = _value(numbered, "w:numId") or style.list_id, _value(numbered, "w:ilvl")
    return _Style(style.name, level, list_id, min(int(list_level), 8) if list_level.isdigit() else style.list_level, style.code)


def _joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join neighbouring items to one list and neighbouring lines of code to one block."""
    for (kind, heading), group in groupby(blocks, key=lambda block: (block.kind, block.heading)):
        if kind == "list":
            yield Block("list", tuple(_nested(block.lines[0] for block in group)), heading)
        elif kind == "code":
            yield Block("code", ("```", *(line for block in group for line in block.lines[1:])), heading, head=1, tail="```")
        else:
            yield from group


def _nested(items: Iterable[str]) -> Iterator[str]:
    """Give each item with the deeper ones below it."""
    held: list[str] = []
    for item in items:
        if held and not item.startswith("  "):
            yield "\n".join(held)
            held = []
        held.append(item)
    yield "\n".join(held)


def _part(document: Document, kind: str) -> BaseOxmlElement | None:
    """Return the root of the part of *kind*, or None where there is none."""
    for relation in document.part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            root: BaseOxmlElement = parse_xml(relation.target_part.blob)
            return root
    return None


def _children(root: BaseOxmlElement | None) -> Iterable[BaseOxmlElement]:
    return root.iterchildren() if root is not None else ()


def _inside(parent: BaseOxmlElement, tag: str) -> Iterator[BaseOxmlElement]:
    """Give the children called *tag*, also those in containers."""
    for child in parent.iterchildren():
        if child.tag == qn(tag):
            yield child
        elif child.tag == qn("w:sdt") or child.tag in _OPEN:
            yield from _inside(child, tag)


def _cells(row: BaseOxmlElement) -> Iterator[BaseOxmlElement]:
    if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is None:
        yield from _inside(row, "w:tc")


def _holds_tables(rows: Iterable[list[BaseOxmlElement]]) -> bool:
    return any(cell.find(".//" + qn("w:tbl")) is not None for row in rows for cell in row)


def _columns_before(row: BaseOxmlElement) -> int:
    """Return how many columns a row leaves out before its first cell."""
    said = _value(row.find(qn("w:trPr")), "w:gridBefore")
    return min(int(said), _MOST_COLUMNS) if said.isdigit() and len(said) < 9 else 0


def _has_header(table: BaseOxmlElement) -> bool:
    """Tell whether the first row names the columns; Word says so unless somebody has unticked it."""
    look = table.find(f"{qn('w:tblPr')}/{qn('w:tblLook')}")
    return look is None or look.get(qn("w:firstRow")) not in ("0", "false")


def _boxes(paragraph: BaseOxmlElement) -> Iterator[BaseOxmlElement]:
    """Give the text boxes that hang on a paragraph, each once: older programs find a copy of it under Fallback."""
    for box in paragraph.iter(qn("w:txbxContent")):
        holders = {holder.tag for holder in _up_to(box, paragraph)}
        if f"{_ALTERNATIVES}Fallback" not in holders and qn("w:txbxContent") not in holders:
            yield box


def _up_to(element: BaseOxmlElement, top: BaseOxmlElement) -> Iterator[BaseOxmlElement]:
    for holder in element.iterancestors():
        if holder is top:
            return
        yield holder


def _is_contents(control: BaseOxmlElement) -> bool:
    gallery = control.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    return gallery is not None and gallery.get(qn("w:val")) == "Table of Contents"


def _is_hidden(run: BaseOxmlElement) -> bool:
    hidden = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return hidden is not None and hidden.get(qn("w:val")) not in ("0", "false")


def _value(parent: BaseOxmlElement | None, tag: str) -> str:
    child = parent.find(qn(tag)) if parent is not None else None
    return str(child.get(qn("w:val")) or "") if child is not None else ""
