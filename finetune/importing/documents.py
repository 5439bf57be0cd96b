"""Documents and plain text: their questions with answers, and their sections or paragraphs as texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from finetune.findings import Finding
from finetune.formats.lines import lines
from finetune.importing.items import WITHHELD, Found, Item, Refusal, answered, refused
from finetune.importing.text_lines import utf8_lines
from store.readers.files import load
from store.readers.read import read_document as read_whole

DOCUMENT_BYTES: Final = 64 << 20
_LINE_BYTES: Final = 8 << 20
_PIECE_CHARACTERS: Final = 2000  # of a text row; whole paragraphs while they fit


def read_document(path: Path) -> Iterator[Found]:
    """
    Give the questions of a document with their answers, and its other excerpts as texts; drafts and articles for some readers are refused.

    Raises:
        Unreadable: It cannot be read, or has more than 64 MB.
    """
    document = read_whole(load(path, path.name, max_bytes=DOCUMENT_BYTES), path.name)
    for note in document.notes:
        if code := WITHHELD.get(note.reason):
            yield Refusal({"file": path.name}, code, count=note.count)
    for number, excerpt in enumerate(document.excerpts, 1):
        origin: dict[str, object] = {"file": path.name, "record": excerpt.row or excerpt.page or number}
        category = excerpt.heading.split(" > ")[0] if excerpt.question else ""
        if excerpt.question:
            yield Item(origin, answered(excerpt.question, excerpt.text), category=category)
        else:
            headed = excerpt.heading.split(" > ")[-1]
            text = excerpt.text if not headed or excerpt.text.startswith(headed) else f"{headed}\n{excerpt.text}"
            yield Item(origin, text=text)


def read_text(path: Path) -> Iterator[Found]:
    """Give the paragraphs of plain text, as many together as make a row; longer ones as they are."""
    piece: list[str] = []
    begins = size = 0
    with utf8_lines(path) as file:
        for found in lines(file, limit_bytes=_LINE_BYTES):
            if isinstance(found, Finding):
                yield refused(found, path.name)
                continue
            number, line = found
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip()
            except UnicodeDecodeError as error:
                yield refused(Finding(number, "encoding", {"byte": error.start + 1}), path.name)
                continue
            if size and (size + len(text) > _PIECE_CHARACTERS or (not text and size > _PIECE_CHARACTERS // 2)):
                yield Item({"file": path.name, "line": begins}, text="\n".join(piece))
                piece, size = [], 0
            if text or piece:
                begins = begins if piece else number
                piece.append(text)
                size += len(text) + 1
    if size:
        yield Item({"file": path.name, "line": begins}, text="\n".join(piece))
