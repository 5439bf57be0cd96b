"""Files as people really send them: of every kind that is read, and every way in which one cannot be."""

import io
import threading
from collections.abc import Sequence

import pytest
from pypdf import PdfWriter

from bot.errors import BadDocument, CannotSee
from bot.placeholders import Redacted
from store.attachments import Attachments, clean_name
from store.redaction import PatternRedactor
from tests.fakes.pseudonyms import Readable
from tests.store.readers.test_docx_file import word
from tests.store.readers.test_pdf_file import pdf

KIND = "files of this kind cannot be read; text, Markdown, CSV, HTML, PDF, DOCX and XLSX can"


@pytest.fixture(scope="module")
def redactor() -> PatternRedactor:
    """Load the tables once."""
    return PatternRedactor()


@pytest.fixture
def reader(redactor: PatternRedactor) -> Attachments:
    """Give a reader of files up to 64 KiB."""
    return Attachments(redactor, Readable(), max_kb=64)


async def texts(reader: Attachments, name: str, content: bytes) -> list[str]:
    """Return the texts of a file's passages."""
    return [passage.text for passage in await reader.read(name, content)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"The key hangs at the desk."),
        ("NOTES.TXT", b"\xff\xfe" + "The key hangs at the desk.".encode("utf-16-le")),
        ("notes.md", b"The key hangs at the desk."),
        ("page.html", b"<html><body><p>The key hangs at the desk.</p><script>x()</script></body></html>"),
        ("manual.pdf", pdf([["The key hangs at the desk."]])),
        ("manual.txt", pdf([["The key hangs at the desk."]])),  # a PDF whatever its name says
        ("letter.docx", word(lambda document: document.add_paragraph("The key hangs at the desk."))),
        ("server.log", b"The key hangs at the desk."),
        ("snippet", b"The key hangs at the desk."),
        ("settings.json", b"The key hangs at the desk."),  # a configuration, whole or not, is read as it stands
    ],
)
async def test_what_a_file_says_is_read(reader: Attachments, name: str, content: bytes) -> None:
    """By its name, and by how it begins where the name misleads."""
    assert await texts(reader, name, content) == ["The key hangs at the desk."]


async def test_a_table_keeps_its_columns_and_rows(reader: Attachments) -> None:
    """A number without its column says nothing."""
    passages = await reader.read("prices.csv", b"part,price\nfilter,40\nbelt,25\n")

    assert [(passage.row, passage.text) for passage in passages] == [("1", "part: filter; price: 40"), ("2", "part: belt; price: 25")]


async def test_json_is_read_as_text(reader: Attachments) -> None:
    """What people attach is a configuration or a log, and they ask about a line of it."""
    assert await texts(reader, "config.json", b'{"port": 80}') == ['{"port": 80}']


async def test_what_an_office_file_unfolds_to_is_bounded(reader: Attachments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may send one: it may unpack to less than the company's own."""
    monkeypatch.setattr("store.attachments._XML_BYTES", 100)

    with pytest.raises(BadDocument) as raised:
        await reader.read("letter.docx", word(lambda document: document.add_paragraph("text")))
    assert str(raised.value.fields["problem"]).startswith("it unpacks from ")


async def test_a_list_of_questions_keeps_the_questions(reader: Attachments) -> None:
    """An answer such as "At the desk." is found by its question."""
    assert await texts(reader, "faq.csv", b"question,answer\nWhere is the key?,At the desk.\n") == ["Where is the key?\nAt the desk."]


async def test_headings_pages_and_language_are_kept(reader: Attachments) -> None:
    """The model reads them, and the source names the page."""
    (section,) = await reader.read("handbook.md", "# Casa\n\n## Chaves\n\nA chave da porta da frente fica sempre na recepção.".encode())
    (_, second) = await reader.read("manual.pdf", pdf([["First page."], ["Second page."]]))

    assert (section.heading, section.language) == ("Chaves", "pt")
    assert second.page == 2


async def test_personal_data_in_a_file_is_redacted(reader: Attachments) -> None:
    """Whatever is quoted from the file stays in the ledger; the name may hold some, too."""
    (passage,) = await reader.read("ana@example.com notes.txt", b"Write to ana@example.com.")

    assert (passage.source, passage.text) == ("[EMAIL_1] notes.txt", "Write to [EMAIL_1].")
    assert passage.hidden == {"[EMAIL_1]": "EMAIL/ana@example.com"}


async def test_a_file_is_for_nobody_but_its_sender(reader: Attachments) -> None:
    """Where the engine should forget to say whose it is, customers must not be told."""
    (passage,) = await reader.read("notes.txt", b"The key hangs at the desk.")

    assert passage.audience == "employees"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.PNG", b"text"),
        ("drawing.svg", b"<svg/>"),
        ("photo.heic", b""),
        ("notes.txt", b"\x89PNG\r\n\x1a\n..."),
        ("notes.md", b"\xff\xd8\xff\xe0...."),
        ("notes", b"GIF89a..."),
        ("notes", b"RIFF\x01\x02\x03\x04WEBPVP8 "),
        ("notes", b"BM\x01\x02\x03\x04\0\0\0\0\x36"),
        ("notes", b"II*\0\x08"),
        ("notes", b"\0\0\0\x1cftypheic"),
        ("notes", b"\0\0\1\0\1\0"),
    ],
)
async def test_pictures_are_known_by_name_and_by_content(reader: Attachments, name: str, content: bytes) -> None:
    """A screenshot without its suffix is one all the same."""
    with pytest.raises(CannotSee):
        await reader.read(name, content)


def _encrypted() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("notes.txt", b"", "it is empty"),
        ("notes.txt", b" \n\t ", "it is empty"),
        ("notes.txt", b"x" * (64 * 1024 + 1), "it is larger than what I may read"),
        ("notes.txt", b"\x00\x01\x02\x03" * 50, "it holds binary data, not text"),
        ("notes.txt", b"\xff\xfe\x00\xd8", "its text is damaged or not utf-16; save it again as UTF-8"),
        ("notes.txt", "ação, não, é, ç".encode() + b"\xff", "its UTF-8 text is damaged in 1 places; save it again as UTF-8"),
        ("notes.md", b"---\n", "it holds no text"),
        ("prices.csv", b'a,b\n"1,2\n', "a quotation mark in the row that begins at line 2 is not closed or not doubled"),
        ("manual.pdf", b"%PDF-1.4\nnothing more", "this PDF is damaged; save or print it as a PDF again"),
        ("manual.pdf", b"no PDF at all", "this PDF is damaged; save or print it as a PDF again"),
        ("manual.pdf", _encrypted(), "this PDF needs a password; save a copy without one"),
        ("scan.pdf", pdf([[]]), "this PDF holds no text, only pictures; run text recognition (OCR) on it first"),
        ("report.docx", b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "this Office file is damaged; open it and save it again"),
        ("report.odt", b"PK\x03\x04\x14\x00\x06\x00\x08\x00", KIND),
        ("program", b"\x7fELF\x02\x01\x01\x00", KIND),
        ("letter.rtf", b"{\\rtf1 Hello}", KIND),
    ],
)
async def test_what_cannot_be_read_is_said_in_one_clause(reader: Attachments, name: str, content: bytes, problem: str) -> None:
    """The asker learns which file, and what to do about it."""
    with pytest.raises(BadDocument) as raised:
        await reader.read(name, content)

    assert raised.value.fields == {"name": name, "problem": problem}


async def test_a_file_that_takes_for_ever_is_given_up(redactor: PatternRedactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile PDF must not keep its sender waiting beyond all measure."""
    monkeypatch.setattr("store.attachments._PATIENCE_S", 0.05)
    end = threading.Event()

    class Slow:
        """Redacts names at once, and everything else when it is told to end."""

        def redact(self, text: str, names: Sequence[str] = ()) -> str:
            """See the port."""
            return redactor.redact(text, names)

        def redact_together(self, texts: Sequence[str], names: Sequence[str] = ()) -> Redacted:
            """See the port."""
            end.wait(5)
            return redactor.redact_together(texts, names)

    with pytest.raises(BadDocument) as raised:
        await Attachments(Slow(), Readable(), max_kb=1).read("slow.txt", b"The key hangs at the desk.")
    end.set()

    assert raised.value.fields["problem"] == "reading it takes too long"


async def test_what_a_pdf_unfolds_to_is_bounded(reader: Attachments, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that says one word a million times packs into a few kilobytes and unpacks to a gigabyte."""
    monkeypatch.setattr("store.attachments._PDF_PARTS", 2)

    with pytest.raises(BadDocument) as raised:
        await reader.read("hello.pdf", pdf([["hello"]]))
    assert raised.value.fields["problem"] == "this PDF is damaged; save or print it as a PDF again"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ana\\notes.txt", "notes.txt"),
        ("no\x00tes\n\u202etxt.exe", "no tes txt.exe"),
        ("\ud800.txt", ".txt"),
        ("", "?"),
        ("folder/", "?"),
        ("a" * 300 + ".txt", "a" * 115 + "….txt"),
    ],
)
def test_names_are_made_fit_to_be_shown(name: str, shown: str) -> None:
    """A name is whatever its sender wants it to be."""
    assert clean_name(name) == shown
