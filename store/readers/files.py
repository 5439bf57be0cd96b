"""Which files may be documents, and their bytes; it imports no reader."""

from pathlib import Path

from bot.texts import N_
from store.readers.document import Format, Unreadable
from store.readers.unpacked import is_unpacked, packed

FORMATS: dict[str, Format] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".pdf": "pdf",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".zip": "zip",
}


def load(path: Path, name: str, *, max_bytes: int) -> bytes:
    """
    Return the bytes of a file that may be a document, of an unpacked archive those of the archive.

    Raises:
        Unreadable: Its format is not known, or it is missing, forbidden, empty, too large, no file, or a link to nothing.
    """
    if path.is_dir() and is_unpacked(path):
        return packed(path, name)
    if path.is_symlink() and not path.exists():
        raise Unreadable(name, N_("this link leads to nothing or in a circle; remove or mend it"))
    if path.suffix.lower() not in FORMATS:
        known = " ".join(sorted(FORMATS))
        raise Unreadable(name, N_("files of this kind cannot be read; known are {known}"), known=known)
    try:
        if not path.is_file():
            raise Unreadable(name, N_("there is no such file"))
        size = path.stat().st_size
        if size > max_bytes:
            raise Unreadable(
                name,
                N_("it has {size_mb} MB, more than knowledge.max_file_mb allows ({limit_mb}); divide it or raise the limit"),
                size_mb=-(-size // 2**20),
                limit_mb=max_bytes // 2**20,
            )
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(name, N_("it cannot be opened ({reason}); check its permissions"), reason=error.strerror or "") from error
    if not data.strip():
        raise Unreadable(name, N_("it is empty"))
    return data
