"""ZIP archives read in memory within bounds: nothing is unpacked to disk, and no archive may grow beyond what a computer bears."""

import io
import lzma
import re
import zipfile
import zlib

from bot.texts import N_
from store.readers.document import Unreadable

_MOST_ENTRIES = 100_000  # ten years of 27 channels
_MOST_BYTES = 512 * 2**20  # of all entries that are read
_MOST_ENTRY_BYTES = 64 * 2**20
_MOST_RATIO = 200  # chats shrink to about a tenth
_RATIO_MATTERS_BYTES = 2**20
_ENTRY_MARK = b"PK\x01\x02"  # of an entry in the directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12
_SHOWN_CHARACTERS = 80
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may ask for gigabytes before they give a byte
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, ValueError, LookupError)


class Archive:
    """
    A ZIP archive whose entries are read one at a time.

    The sizes in its directory bound what is read of it: zipfile stops there, and a wrong size fails the check sum.
    """

    def __init__(self, data: bytes, name: str) -> None:
        """
        Read the directory of the archive in *data*; *name* is what people call it.

        Raises:
            Unreadable: It is damaged or needs a password, has too many entries, or names one outside itself.
        """
        if data.count(_ENTRY_MARK) > _MOST_ENTRIES:
            raise Unreadable(name, N_("this archive has more than {limit} entries"), limit=_MOST_ENTRIES)
        try:
            self._file = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise Unreadable(name, N_("this ZIP archive is damaged; download or pack it again")) from error
        self.name = name
        self._entries = {entry.filename: entry for entry in self._file.infolist() if not entry.is_dir()}
        self._left = _MOST_BYTES
        for entry in self._entries:
            if _OUTSIDE.match(entry):
                raise Unreadable(name, N_("its entry {entry} points outside the archive"), entry=printable(entry))

    @property
    def entries(self) -> tuple[str, ...]:
        """The names of its files, with folders before a slash, in the archive's order."""
        return tuple(self._entries)

    def shown(self, entry: str) -> str:
        """Return how people see *entry*."""
        return f"{self.name} > {printable(entry)}"

    def read(self, entry: str) -> bytes:
        """
        Return the bytes of *entry*.

        Raises:
            Unreadable: It is damaged or needs a password, or it, or all that was read so far, unpacks to too much.
        """
        details = self._entries[entry]
        shown = self.shown(entry)
        if details.flag_bits & 1:
            raise Unreadable(shown, N_("it needs a password; pack it again without one"))
        if details.compress_type not in _METHODS:
            raise Unreadable(shown, N_("it is packed in an unusual way; pack it again as an ordinary ZIP archive"))
        self._check_size(details, shown)
        self._left -= details.file_size
        try:
            return self._file.read(details)
        except (*_DAMAGE, RuntimeError) as error:
            raise Unreadable(shown, N_("it is damaged; download or pack the archive again")) from error

    def _check_size(self, details: zipfile.ZipInfo, shown: str) -> None:
        if details.file_size > _RATIO_MATTERS_BYTES and details.file_size > _MOST_RATIO * details.compress_size:
            raise Unreadable(shown, N_("it unpacks to more than {limit} times its size, which no export does"), limit=_MOST_RATIO)
        if details.file_size > _MOST_ENTRY_BYTES:
            raise Unreadable(shown, N_("it unpacks to more than {limit_mb} MB"), limit_mb=_MOST_ENTRY_BYTES // 2**20)
        if details.file_size > self._left:
            raise Unreadable(
                self.name,
                N_("it unpacks to more than {limit_mb} MB; export a shorter time, or fewer channels"),
                limit_mb=_MOST_BYTES // 2**20,
            )


def printable(entry: str) -> str:
    """Return the name of an entry as people may see it: at most 80 characters, all visible."""
    return "".join(character if character.isprintable() else "\ufffd" for character in entry)[:_SHOWN_CHARACTERS]
