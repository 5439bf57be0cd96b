"""What DOCX and XLSX have in common: a zip whose unpacked size is bounded before anything is parsed, or an old or encrypted file."""

import io
import zipfile
import zlib

from bot.texts import N_
from store.readers.document import Unreadable

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB]: Office before 2007, and the wrapping of an encrypted file
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds it: [MS-OFFCRYPTO] 2.3.4.4
_MOST_PARTS = 5_000
_PART_MARK = b"PK\x01\x02"  # of a part in the directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12
# The only ones of ISO/IEC 29500-2; others may ask for gigabytes before they give a byte.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MOST_BYTES = 64 * 2**20  # a megabyte of XML takes about 7 MB of memory
_MOST_RATIO = 200  # long tables reach 60
_FREE_BYTES = 2**20  # too small to matter, however well it is packed
_PACKED_BEFORE = 1.5  # pictures hardly shrink, and are not unpacked further; names do not tell, for any part may be called a picture

# What the libraries let through on damaged archives and parts, beside their own errors.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,  # of zipfile: an encrypted part
    SyntaxError,  # of lxml and xml.etree
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def check_archive(data: bytes, name: str, *, most_bytes: int = _MOST_BYTES) -> None:
    """
    Let only a zip through whose parts, without pictures, unpack to at most *most_bytes*.

    Python's zipfile never gives more of a part than its directory declares, so that the sum of what is declared is the bound.

    Raises:
        Unreadable: It needs a password, comes from an Office before 2007, is no zip, or unpacks to too much.
    """
    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise Unreadable(name, N_("it needs a password; save a copy without one"))
        raise Unreadable(name, N_("it is in the format of Office 97 to 2003; save it as .docx or .xlsx"))
    parts = [part for part in _parts(data, name) if part.file_size > _PACKED_BEFORE * part.compress_size]
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > most_bytes or unpacked > max(_FREE_BYTES, _MOST_RATIO * packed):
        raise Unreadable(
            name,
            N_("it unpacks from {packed_mb} to {size_mb} MB, which is too much; if it is genuine, divide it"),
            packed_mb=-(-packed // 2**20),
            size_mb=-(-unpacked // 2**20),
        )


def _parts(data: bytes, name: str) -> list[zipfile.ZipInfo]:
    damaged = Unreadable(name, N_("this Office file is damaged; open it and save it again"))
    if data.count(_PART_MARK) > _MOST_PARTS:
        raise damaged
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except DAMAGE as error:
        raise damaged from error
    if any(part.compress_type not in _METHODS for part in parts):
        raise damaged
    return parts
