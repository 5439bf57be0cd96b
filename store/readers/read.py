"""A file to a document: by its suffix to the reader of its format, then divided, each excerpt with its language."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePath

from bs4.dammit import EncodingDetector

from bot.orders import gives_orders
from bot.texts import N_
from store.language import identify
from store.readers.csv_file import read_csv
from store.readers.dividing import divide
from store.readers.document import Document, Draft, Excerpt, Format, Note, Unreadable
from store.readers.encoding import decode
from store.readers.files import FORMATS
from store.readers.html_file import read_html
from store.readers.json_file import read_json
from store.readers.markdown_file import read_markdown
from store.readers.text_file import read_text
from store.set_redaction import UNSET, Redaction

_TITLE_CHARACTERS = 500
_HEADING_CHARACTERS = 1000  # of 1024 that the ledger keeps
_QUESTION_CHARACTERS = 2000  # repeated with every part of its answer; embeddings read no more
_NUMBERED = re.compile(r"(?<=\w)[ _-][0-9a-f]{32}(?:_all)?$")  # as Notion names the files of an export
_TELLING_CHARACTERS = 40  # shorter excerpts take the document's language


def read_document(data: bytes, name: str, redaction: Redaction = UNSET) -> Document:
    """
    Return the document in *data*; the suffix of *name* says its format, *redaction* what people said is redacted by.

    Raises:
        Unreadable: The file is damaged, binary, wrongly encoded, or holds no text.
    """
    file_format = FORMATS[PurePath(name).suffix.lower()]
    try:
        draft = _read(data, name, file_format, redaction)
        excerpts = tuple(_bounded(excerpt, draft.dated) for excerpt in (draft.excerpts or divide(draft.blocks)) if excerpt.text.strip())
    except RecursionError as error:
        raise Unreadable(name, N_("its parts are nested too deeply")) from error
    if not excerpts:
        raise _empty(draft, name, exported=file_format in ("json", "zip"))
    title = " ".join(draft.title.split()) or _title_of(name)
    return Document(
        title[:_TITLE_CHARACTERS], file_format, _with_languages(excerpts, draft.language), (*draft.notes, *_orders_in(excerpts))
    )


def _orders_in(excerpts: Sequence[Excerpt]) -> tuple[Note, ...]:
    told = [excerpt for excerpt in excerpts if gives_orders(f"{excerpt.question}\n{excerpt.text}")]
    if not told:
        return ()
    reason = N_("passages that give orders to the assistant, which follows none and may quote them: {count}; the first is under “{where}”")
    return (Note(reason, len(told), told[0].heading or told[0].question or told[0].text[:_TELLING_CHARACTERS]),)


def _empty(draft: Draft, name: str, *, exported: bool) -> Unreadable:
    error = Unreadable(name, N_("nothing in it was asked and answered") if exported and draft.notes else N_("it holds no text"))
    error.notes = draft.notes
    return error


def _read(data: bytes, name: str, file_format: Format, redaction: Redaction) -> Draft:
    if file_format in ("pdf", "docx", "xlsx"):
        return _packed_reader(file_format)(data, name)
    if file_format in ("json", "zip"):
        from store.readers.exports import read_export  # the tables of the redaction take their time to import

        draft = read_export(data, name, redaction)
        if draft is not None:
            return draft
    declared = EncodingDetector.find_declared_encoding(data, is_html=True) if file_format == "html" else None
    text = decode(data, name, declared=declared or "", long_lines=file_format == "json")
    if file_format in ("csv", "json"):
        return (read_csv if file_format == "csv" else read_json)(text, name)
    readers: dict[Format, Callable[[str], Draft]] = {"markdown": read_markdown, "html": read_html, "text": read_text}
    return readers[file_format](text)


def _packed_reader(file_format: Format) -> Callable[[bytes, str], Draft]:
    """Import the reader of a format that is no text; its library takes its time, and most folders hold no such file."""
    if file_format == "pdf":
        from store.readers.pdf_file import read_pdf

        return read_pdf
    if file_format == "docx":
        from store.readers.docx_file import read_docx

        return read_docx
    from store.readers.xlsx_file import read_xlsx

    return read_xlsx


def _bounded(excerpt: Excerpt, dated: str) -> Excerpt:
    return replace(
        excerpt,
        heading=excerpt.heading[:_HEADING_CHARACTERS],
        question=excerpt.question[:_QUESTION_CHARACTERS],
        dated=excerpt.dated or dated,
    )


def _title_of(name: str) -> str:
    words = re.sub(r"[-_.\s]+", " ", _NUMBERED.sub("", PurePath(name).stem)).strip()
    return words[:1].upper() + words[1:]


def _with_languages(excerpts: tuple[Excerpt, ...], named: str) -> tuple[Excerpt, ...]:
    beginning = "\n".join(f"{excerpt.question} {excerpt.text}" for excerpt in excerpts[:20])
    language = named or identify(beginning)
    return tuple(replace(excerpt, language=_language_of(excerpt, language)) for excerpt in excerpts)


def _language_of(excerpt: Excerpt, of_document: str) -> str:
    words = f"{excerpt.question} {excerpt.text}".strip()
    return (identify(words) if len(words) >= _TELLING_CHARACTERS else "") or of_document
