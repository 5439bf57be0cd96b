"""Files that come with a question: read as documents are for the knowledge base, but kept nowhere beyond the passages an answer used."""

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import PurePath

from bot.errors import BadDocument, CannotSee
from bot.messages import Passage
from bot.placeholders import hidden_of, placeholders_in
from bot.ports import AttachmentReader, Pseudonyms, Redactor
from bot.texts import N_
from store.readers.document import Excerpt, Unreadable
from store.readers.files import FORMATS
from store.readers.office_archive import check_archive
from store.readers.read import read_document

_NAME_CHARACTERS = 120
_READERS = 2  # files at once; a hostile one holds up others' files, not their answers
_PATIENCE_S = 30
_PDF_BYTES = 10_000_000  # of one stream, unpacked
_PDF_PARTS = 300_000  # of one page's content
_XML_BYTES = 10_000_000  # of an Office file, unpacked

_PICTURES = frozenset(
    [".apng", ".avif", ".bmp", ".gif", ".heic", ".heif", ".ico", ".jfif", ".jpeg", ".jpg", ".png", ".psd", ".svg", ".tif", ".tiff", ".webp"]
)
# How pictures begin, whatever their names: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern and ISO/IEC 23008-12.
_PICTURE = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBPVP|BM.{4}\0{4}|II\*\0|MM\0\*|\0\0[\1\2]\0.\0|.{4}ftyp(?:avi[fs]|hei[cfsx]|mif1|msf1)",
    re.DOTALL,
)
_PDF = b"%PDF-"
# Exports are an operator's to import; JSON that comes with a question is a configuration or a log, and read as text.
_DOCUMENTS = frozenset(suffix for suffix, file_format in FORMATS.items() if file_format not in ("json", "zip"))
_DISGUISED = (b"{\\rtf", b"%!PS")  # pass for text, but hold another's than people see
_OTHER_KIND = N_("files of this kind cannot be read; text, Markdown, CSV, HTML, PDF, DOCX and XLSX can")


class Attachments(AttachmentReader):
    """
    The port on the readers of the knowledge base: by the name's suffix and by how the content begins.

    A name without a suffix known to them may be any plain text (a log, a configuration, a snippet). The passages carry the audience
    `employees`, the narrowest: a file is the asker's own, and the engine, which knows who asks, puts theirs in its place.
    """

    def __init__(self, redactor: Redactor, pseudonyms: Pseudonyms, max_kb: int) -> None:
        """Refuse files of more than *max_kb* KiB."""
        self._redactor = redactor
        self._pseudonyms = pseudonyms
        self._max_bytes = max_kb * 1024
        # Of their own, for a thread cannot be stopped: one that reads for ever must not keep the others' work waiting.
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="attachments")

    async def read(self, name: str, content: bytes) -> tuple[Passage, ...]:
        """See the port; what takes longer than 30 seconds is given up."""
        cleaned = clean_name(name)
        shown = await asyncio.to_thread(self._redactor.redact, cleaned)
        suffix = PurePath(cleaned).suffix.lower()
        if suffix in _PICTURES or _PICTURE.match(content):
            raise CannotSee(name=shown)
        if len(content) > self._max_bytes:
            raise BadDocument(name=shown, problem=N_("it is larger than what I may read"))
        reading = asyncio.get_running_loop().run_in_executor(self._threads, self._read, cleaned, shown, suffix, content)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await reading
        except TimeoutError as error:
            raise BadDocument(name=shown, problem=N_("reading it takes too long")) from error

    def _read(self, name: str, shown: str, suffix: str, content: bytes) -> tuple[Passage, ...]:
        if not content.strip():
            raise Unreadable(shown, N_("it is empty"))
        if content.startswith(_DISGUISED):
            raise Unreadable(shown, _OTHER_KIND)
        known = ".pdf" if content.startswith(_PDF) else suffix if suffix in _DOCUMENTS else ""
        try:
            if FORMATS.get(known) in ("docx", "xlsx"):
                check_archive(content, shown, most_bytes=_XML_BYTES)
            with _modestly(known):
                document = read_document(content, f"{shown}{known or '.txt'}")
        except Unreadable as error:
            raise (Unreadable(shown, error.problem, **error.values) if known else Unreadable(shown, _OTHER_KIND)) from error
        digest = hashlib.sha256(content).hexdigest()[:12]
        return tuple(self._passages(name, f"attachment-{digest}", document.excerpts))

    def _passages(self, name: str, passage_ids: str, excerpts: Sequence[Excerpt]) -> Iterator[Passage]:
        """Yield what *excerpts* say, redacted together: the same value has the same placeholder throughout the file."""
        redacted = self._redactor.redact_together([name, *(text for each in excerpts for text in _texts(each))])
        hidden = hidden_of(redacted.values, self._pseudonyms.of_value)
        shown, *texts = redacted.texts
        for at, excerpt in enumerate(excerpts):
            heading, text, row = texts[at * 3 : at * 3 + 3]
            held = placeholders_in(" ".join((shown, heading, text, row)))
            yield Passage(
                passage_id=f"{passage_ids}-{at}",
                source=shown,
                title=shown,
                heading=heading,
                text=text,
                audience="employees",
                language=excerpt.language,
                row=row,
                page=excerpt.page,
                hidden={each: hidden[each] for each in sorted(held & hidden.keys())},
            )


def _texts(excerpt: Excerpt) -> tuple[str, str, str]:
    return excerpt.heading, f"{excerpt.question}\n{excerpt.text}" if excerpt.question else excerpt.text, excerpt.row


@contextmanager
def _modestly(suffix: str) -> Iterator[None]:
    """Bound what a PDF may unfold to: anybody may send one, and pypdf's own limits, meant for documents, let it take a gigabyte."""
    if suffix != ".pdf":
        yield
        return
    from pypdf import apply_configuration  # slow to import, and most files are no PDF

    with apply_configuration(zlib_maximum_output_length=_PDF_BYTES, stream_parsing_work_maximum_count=_PDF_PARTS):
        yield


def clean_name(name: str) -> str:
    """Return the last part of a file's name as people may see it: without folders and invisible characters, at most 120 characters."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in unicodedata.normalize("NFC", last))
    words = " ".join(visible.split()) or "?"
    suffix = PurePath(words).suffix[:10]
    return words if len(words) <= _NAME_CHARACTERS else words[: _NAME_CHARACTERS - len(suffix) - 1] + "…" + suffix
