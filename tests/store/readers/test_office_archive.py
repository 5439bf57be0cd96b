"""Office files that must not be opened: protected, old, no archive at all, or bombs; told before anything is parsed."""

import io
import tracemalloc
import zipfile

import pytest

from store.readers.document import Unreadable
from store.readers.office_archive import check_archive
from store.readers.read import read_document
from tests.store.readers.test_docx_file import word

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of *parts*."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.xlsm"])
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_COMPOUND + "EncryptedPackage".encode("utf-16-le"), "it needs a password; save a copy without one"),
        (_COMPOUND + "WordDocument".encode("utf-16-le"), "it is in the format of Office 97 to 2003; save it as .docx or .xlsx"),
        (b"PK\x03\x04 and then nothing", "this Office file is damaged; open it and save it again"),
        (b"no archive", "this Office file is damaged"),
        (packed({"readme.txt": b"a zip, but of something else"}), "this Office file is damaged"),
        (packed({"word/document.xml": b"<a/>"}, zipfile.ZIP_BZIP2), "this Office file is damaged"),
        (b"PK\x01\x02" * 6000, "this Office file is damaged"),
    ],
)
def test_what_is_no_readable_office_file_is_told_apart(name: str, data: bytes, problem: str) -> None:
    """The remedies differ: a password, another format, another copy."""
    with pytest.raises(Unreadable, match=problem):
        read_document(data, name)


@pytest.mark.parametrize("part", ["word/document.xml", "word/media/image1.png"])
def test_a_zip_bomb_costs_nothing(part: str) -> None:
    """70 MB of zeros pack into 300 KB; under whatever name, they are never unpacked."""
    data = packed({part: b"\0" * 70_000_000})
    tracemalloc.start()

    with pytest.raises(Unreadable, match="it unpacks from 1 to 67 MB, which is too much; if it is genuine, divide it"):
        read_document(data, "bomb.docx")

    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_directory_that_lies_gives_no_more_than_it_says() -> None:
    """The bound is what the directory declares; a part that is larger than declared must not slip through."""
    data = word(lambda document: document.add_paragraph("text " * 100_000))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("word/document.xml").file_size
    lying = data.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != data

    with pytest.raises(Unreadable, match="this Office file is damaged"):
        read_document(lying, "a.docx")


def test_pictures_do_not_count_and_the_caller_may_be_stricter() -> None:
    """A manual full of photographs is large, but not unpacked; what strangers send is bounded more closely."""
    photographs = packed({"word/media/a.jpeg": b"\xff" * 2_000_000}, zipfile.ZIP_STORED)
    text = packed({"word/document.xml": b"".join(b"<w:t>%d</w:t>" % number for number in range(20_000))})

    check_archive(photographs, "a.docx", most_bytes=1)
    check_archive(text, "a.docx")
    with pytest.raises(Unreadable, match="it unpacks from 1 to 1 MB"):
        check_archive(text, "a.docx", most_bytes=100_000)


def _with_entity(declaration: str) -> bytes:
    out = io.BytesIO()
    whole = word(lambda document: document.add_paragraph("MARK"))
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.infolist():
            text = old.read(each)
            if each.filename == "word/document.xml":
                text = text.replace(b"?>", f"?><!DOCTYPE x [{declaration}]>".encode(), 1).replace(b"MARK", b"kept &i;")
            new.writestr(each, text)
    return out.getvalue()


def test_entities_that_unfold_to_gigabytes_are_refused() -> None:
    """A hundred bytes of XML can stand for a gigabyte of text."""
    unfolding = "".join(f'<!ENTITY {inner} "{f"&{outer};" * 10}">' for outer, inner in zip("abcdefgh", "bcdefghi", strict=True))

    with pytest.raises(Unreadable, match="this Office file is damaged"):
        read_document(_with_entity(f'<!ENTITY a "aaaaaaaaaa">{unfolding}'), "a.docx")


def test_entities_that_name_a_file_are_not_followed() -> None:
    """A document must not quote the server's files."""
    document = read_document(_with_entity('<!ENTITY i SYSTEM "file:///etc/passwd">'), "a.docx")

    assert [excerpt.text for excerpt in document.excerpts] == ["kept"]
