"""PDF through pypdf: the text of each page, its lines joined to paragraphs."""

import io
import re
import struct
import time
import zlib
from datetime import UTC, datetime
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from bot.texts import N_
from store.readers.dates import day_before
from store.readers.document import Block, Draft, Unreadable
from store.readers.encoding import clean
from store.readers.headings import own_title
from store.readers.omissions import PICTURES, Omissions
from store.readers.text_file import blocks_of

# What pypdf lets through on damaged files, beside its own errors.
_DAMAGE = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad]\n(?=[a-zà-ÿ])")
_TITLE_CHARACTERS = 200
# pypdf bounds what one page may cost; a hostile file has many that share their content.
_MOST_CHARACTERS = 50_000_000
_PATIENCE_S = 600


def read_pdf(data: bytes, name: str) -> Draft:
    """
    Return the title and the day of change of the document's properties, and the blocks of its pages, `page` counted from 1.

    Pages that hold pictures and no text are noted.

    Raises:
        Unreadable: The file is damaged, needs a password, holds pictures of text only, or takes more than ten minutes.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(name, N_("this PDF needs a password; save a copy without one"))
        omissions = Omissions()
        pages = _texts(reader, name, omissions)
        title = clean(str((reader.metadata and reader.metadata.title) or ""))
        dated = _dated(reader)
    except DependencyError as error:
        raise Unreadable(name, N_("this PDF is encrypted; save a copy without a password")) from error
    except _DAMAGE as error:
        raise Unreadable(name, N_("this PDF is damaged; save or print it as a PDF again")) from error
    if not any(page.strip() for page in pages):
        raise Unreadable(name, N_("this PDF holds no text, only pictures; run text recognition (OCR) on it first"))
    blocks = tuple(block for number, page in enumerate(pages, 1) for block in _page(page, number))
    return Draft(title=own_title(title)[:_TITLE_CHARACTERS], blocks=blocks, dated=dated, notes=omissions.notes)


def _dated(reader: PdfReader) -> str:
    try:
        properties = reader.metadata
        return day_before(properties.modification_date or properties.creation_date, datetime.now(UTC)) if properties else ""
    except _DAMAGE:  # many programs write dates of their own kind: no reason to refuse the text
        return ""


def _texts(reader: PdfReader, name: str, omissions: Omissions) -> list[str]:
    until = time.monotonic() + _PATIENCE_S
    pages: list[str] = []
    size = 0
    for page in reader.pages:
        pages.append(page.extract_text())
        size += len(pages[-1])
        if not pages[-1].strip() and _holds_pictures(page):
            omissions.add(PICTURES, where=str(len(pages)))
        if time.monotonic() > until:
            raise Unreadable(name, N_("reading it takes too long"))
        if size > _MOST_CHARACTERS:
            raise Unreadable(name, N_("it unpacks to more than {limit} million characters; divide it"), limit=_MOST_CHARACTERS // 1_000_000)
    return pages


def _holds_pictures(page: PageObject) -> bool:
    try:
        resources: Any = page["/Resources"]
        objects = resources["/XObject"]
        return any(objects[name]["/Subtype"] in ("/Image", "/Form") for name in objects)
    except _DAMAGE:  # no pictures, or none that can be told
        return False


def _page(text: str, number: int) -> list[Block]:
    text = _HYPHEN.sub("", re.sub(r"[ \t]+\n", "\n", clean(text)))
    paragraphs = (paragraph.splitlines() for paragraph in re.split(r"\n[ \t]*\n", text))
    return [block for lines in paragraphs for block in blocks_of([line for line in lines if line.strip()], page=number)]
