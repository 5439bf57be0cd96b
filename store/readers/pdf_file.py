"""PDF through pypdf: the text of each page, its lines joined to paragraphs."""

import io
import re
import struct
import zlib

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from bot.texts import N_
from store.readers.document import Block, Draft, Unreadable
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


def read_pdf(data: bytes, name: str) -> Draft:
    """
    Return the title of the document's properties and the blocks of its pages, `page` counted from 1.

    Raises:
        Unreadable: The file is damaged, needs a password, or holds pictures of text only.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(name, N_("this PDF needs a password; save a copy without one"))
        pages = [page.extract_text() for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "")
    except DependencyError as error:
        raise Unreadable(name, N_("this PDF is encrypted; save a copy without a password")) from error
    except _DAMAGE as error:
        raise Unreadable(name, N_("this PDF is damaged; save or print it as a PDF again")) from error
    if not any(page.strip() for page in pages):
        raise Unreadable(name, N_("this PDF holds no text, only pictures; run text recognition (OCR) on it first"))
    blocks = tuple(block for number, page in enumerate(pages, 1) for block in _page(page, number))
    return Draft(title=" ".join(title.split())[:_TITLE_CHARACTERS], blocks=blocks)


def _page(text: str, number: int) -> list[Block]:
    text = _HYPHEN.sub("", re.sub(r"[ \t]+\n", "\n", _visible(text)))
    paragraphs = (paragraph.splitlines() for paragraph in re.split(r"\n[ \t]*\n", text))
    return [block for lines in paragraphs for block in blocks_of([line for line in lines if line.strip()], page=number)]


def _visible(text: str) -> str:
    """Return *text* without control characters and lone surrogates, which broken fonts give and no database keeps."""
    return "".join(character for character in text if character == "\n" or (character >= " " and not "\ud800" <= character <= "\udfff"))
