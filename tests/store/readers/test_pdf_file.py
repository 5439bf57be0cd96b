"""PDF: pages with their numbers, lines joined; what cannot be read is refused with what to do."""

import io
from collections.abc import Sequence

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from store.readers.document import Block, Note, Unreadable
from store.readers.omissions import PICTURES
from store.readers.pdf_file import read_pdf


def pdf(pages: Sequence[Sequence[str]], title: str = "") -> bytes:
    """Return a PDF with the given lines on each page, written by hand: one object after the other, then their table."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        shown = " T* ".join(f"({line}) Tj" for line in lines)
        content = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET" if lines else ""
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >> >>"
        )
        objects.append(f"<< /Length {len(content.encode('cp1252'))} >>\nstream\n{content}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) >>")
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252"))
    table = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010} 00000 n \n" for place in places).encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def test_pages_become_paragraphs_with_their_numbers() -> None:
    """An answer names the page; a word divided at a line's end is one word again."""
    data = pdf([["A garantia do mo-", "tor vale dois anos.", "- filtro", "- correia"], ["Outra página."]], title="Manual LT")

    draft = read_pdf(data, "manual.pdf")

    assert draft.title == "Manual LT"
    assert draft.blocks == (
        Block("paragraph", ("A garantia do motor vale dois anos.",), page=1),
        Block("list", ("- filtro", "- correia"), page=1),
        Block("paragraph", ("Outra página.",), page=2),
    )


def test_a_scan_without_text_is_refused() -> None:
    """Imported as empty, it would look as if it were known."""
    with pytest.raises(Unreadable, match="holds no text, only pictures"):
        read_pdf(pdf([[]]), "scan.pdf")


def test_pages_that_were_scanned_are_noted() -> None:
    """Half a contract in the index looks like all of it; an empty page is no loss."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf([["Cover"], [], [], []])))
    for page in writer.pages[2:]:
        picture = StreamObject()
        picture.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
        objects = DictionaryObject({NameObject("/Im1"): writer._add_object(picture)})  # pypdf has no other way
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
    out = io.BytesIO()
    writer.write(out)

    draft = read_pdf(out.getvalue(), "contract.pdf")

    assert ([block.page for block in draft.blocks], draft.notes) == ([1], (Note(PICTURES, 2, "3"),))


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 nothing", b"not a pdf", pdf([["text"]])[:200], pdf([["a"]]).replace(b"/Kids [3 0 R]", b"/Kids [1 0 R]")]
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    """Whatever the library stumbles over, the operator reads one sentence."""
    with pytest.raises(Unreadable, match=r"damaged|holds no text"):
        read_pdf(data, "broken.pdf")


def test_a_password_is_asked_for() -> None:
    """A protected file must be told from a damaged one."""
    with pytest.raises(Unreadable, match="needs a password"):
        read_pdf(_encrypted("secret"), "locked.pdf")


def test_a_file_that_anyone_may_open_is_read() -> None:
    """Many programs encrypt with an empty password, only to forbid printing."""
    assert [block.lines for block in read_pdf(_encrypted(""), "open.pdf").blocks] == [("Plain words.",)]


def test_a_file_that_unfolds_to_too_much_or_takes_for_ever_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of pages may share the content of one, so that a small file costs a day."""
    data = pdf([["Plain words."]] * 3)

    monkeypatch.setattr("store.readers.pdf_file._MOST_CHARACTERS", 20)
    with pytest.raises(Unreadable, match="it unpacks to more than 0 million characters; divide it"):
        read_pdf(data, "a.pdf")
    monkeypatch.setattr("store.readers.pdf_file._PATIENCE_S", -1)
    with pytest.raises(Unreadable, match="reading it takes too long"):
        read_pdf(data, "a.pdf")


def _encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([["Plain words."]]))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_an_encryption_that_is_not_built_in_is_told() -> None:
    """AES needs a library that is not installed everywhere; a copy without a password always works."""
    data = _encrypted("").replace(b"/V 2", b"/V 5").replace(b"/R 3", b"/R 6")

    with pytest.raises(Unreadable, match=r"encrypted|damaged|password"):
        read_pdf(data, "aes.pdf")


@pytest.mark.parametrize(("written", "day"), [("D:20260203101500Z", "2026-02-03"), ("3 February", ""), ("D:99999999", "")])
def test_the_properties_date_the_document_and_odd_ones_harm_nothing(written: str, day: str) -> None:
    """Programs write all sorts of dates there, and the text is readable all the same."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([["Text."]]))))
    writer.add_metadata({"/ModDate": written})
    out = io.BytesIO()
    writer.write(out)

    assert read_pdf(out.getvalue(), "a.pdf").dated == day


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Microsoft Word - Documento1.docx", ""),
        ("untitled", ""),
        ("Sem título", ""),
        ("Apresentação1", ""),
        ("Microsoft Word - Regulamento Interno.doc", "Regulamento Interno"),
        ("Microsoft Excel - Pasta1", ""),
        ("Pasta de exercícios", "Pasta de exercícios"),
        ("Documento de férias", "Documento de férias"),
    ],
)
def test_a_title_that_a_program_wrote_is_none(written: str, title: str) -> None:
    """Nobody recognises ‘Documento1’ beneath an answer; the file's name says more."""
    assert read_pdf(pdf([["Texto."]], title=written), "a.pdf").title == title
