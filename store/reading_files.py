"""A file that is to be imported: its bytes, what they hash to, its document, and whether it need be read again."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from store.finding_files import Located
from store.readers.document import Document, Unreadable
from store.readers.files import load
from store.seen_files import SeenFiles, Signature, signature_of
from store.set_redaction import UNSET, Redaction

Reader = Callable[[bytes, str], Document]
_SMALL_BYTES = 2**20  # of a file that is read while the one before is written: never are two large ones in memory


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read; its document only where it has to be written."""

    located: Located
    sha256: str
    size_bytes: int
    document: Document | None = None


Read = tuple[File, Signature | None]
Begun = asyncio.Task[Read | None] | None
IsKnown = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class FileReader:
    """
    Reads the files of an import, and notes in *seen* those that cannot be read.

    *reader* makes documents, *now* says when, *is_known* tells by location and hash whether a content is in the ledger as it should
    be; larger files than *max_bytes* are refused.
    """

    seen: SeenFiles
    reader: Reader
    now: Callable[[], datetime]
    is_known: IsKnown
    max_bytes: int

    def begin(self, following: Located | None) -> Begun:
        """Begin to read the file that follows, if any; while one is read, another is written."""
        return asyncio.create_task(self._read_small(following)) if following else None

    async def finish(self, located: Located, begun: Begun) -> Read:
        """
        Return the file, and what it looked like before and after; None where that is not the same, or too new to tell.

        Raises:
            Unreadable: It is no document that can be read.
        """
        read = await begun if begun else None
        return read if read is not None else await asyncio.to_thread(self._read, located)

    async def _read_small(self, located: Located) -> Read | None:
        small = await asyncio.to_thread(_is_small, located.path)
        return await asyncio.to_thread(self._read, located) if small else None

    def _read(self, located: Located) -> Read:
        now_ns = int(self.now().timestamp() * 1e9)
        before = signature_of(located.path, settled_by_ns=now_ns)
        try:
            data = load(located.path, located.shown, max_bytes=self.max_bytes)
            sha256 = hashlib.sha256(data).hexdigest()
            document = None if self.is_known(located.location, sha256) else self.reader(data, located.shown)
        except Unreadable as error:
            self.seen.note_problem(located.location, before, error, max_bytes=self.max_bytes)
            raise
        after = signature_of(located.path, settled_by_ns=now_ns)
        return File(located, sha256, len(data), document), before if before == after else None


def read_here(data: bytes, name: str, redaction: Redaction = UNSET) -> Document:
    """Return the document in *data*, see `read_document`; who has another reader need not load the libraries of this one."""
    from store.readers.read import read_document

    return read_document(data, name, redaction)


async def given_up(begun: Begun) -> None:
    """Wait until nobody reads any more: what was read too much is read again next time."""
    if begun:
        begun.cancel()
        await asyncio.wait([begun])
        if not begun.cancelled():
            begun.exception()  # looked at, or asyncio would warn


def _is_small(path: Path) -> bool:
    signature = signature_of(path)
    return signature is not None and signature[0] <= _SMALL_BYTES
