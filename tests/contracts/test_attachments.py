"""What every reader of attachments does: the fake that knows plain text, and the real one."""

import pytest

from bot.errors import BadDocument, CannotSee
from bot.ports import AttachmentReader
from store.attachments import Attachments
from store.redaction import PatternRedactor
from tests.fakes.attachments import PlainAttachments
from tests.fakes.pseudonyms import Readable


@pytest.fixture(scope="module")
def redactor() -> PatternRedactor:
    """Load the tables once."""
    return PatternRedactor()


@pytest.fixture(params=["plain", "real"])
def reader(request: pytest.FixtureRequest, redactor: PatternRedactor) -> AttachmentReader:
    """Each reader in turn."""
    return PlainAttachments() if request.param == "plain" else Attachments(redactor, Readable(), max_kb=64)


async def test_a_text_becomes_passages_under_its_name(reader: AttachmentReader) -> None:
    """The answer's sources name the file as its sender knows it."""
    passages = await reader.read("notes.txt", "A chave fica na recepção.".encode())

    assert [(each.source, each.title, each.text) for each in passages] == [("notes.txt", "notes.txt", "A chave fica na recepção.")]


async def test_passages_of_two_files_have_ids_of_their_own(reader: AttachmentReader) -> None:
    """An answer names what it rests on by these ids."""
    files = [("a.txt", b"The key is at the desk."), ("b.txt", b"The car is in the yard.")]

    assert len({passage.passage_id for name, content in files for passage in await reader.read(name, content)}) == 2


@pytest.mark.parametrize("name", ["screen.png", "photo.jpg"])
async def test_a_picture_is_not_read(reader: AttachmentReader, name: str) -> None:
    """The asker is told, or would take the answer for one about the picture."""
    with pytest.raises(CannotSee) as raised:
        await reader.read(name, b"\x89PNG\r\n\x1a\n\x00\x00")

    assert raised.value.fields == {"name": name}


async def test_bytes_that_are_no_text_are_refused_by_name(reader: AttachmentReader) -> None:
    """Of several files the asker must know which."""
    with pytest.raises(BadDocument) as raised:
        await reader.read("data.txt", b"\xff\x00\x81\x02\x81\x00\x03")

    assert raised.value.fields["name"] == "data.txt"
