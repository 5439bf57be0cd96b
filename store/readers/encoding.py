"""Bytes to text: the encodings that office programs write, and a refusal of what is no text."""

import codecs
import re
import unicodedata

from bot.texts import N_
from store.cleaning.damage import mended
from store.readers.document import Unreadable

_MARKS = (  # UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\u200b\u2060\u00ad]")
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x81\x8d\x8f\x90\x9d]")
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# What programs declare and what they write differ: https://encoding.spec.whatwg.org/#names-and-labels
_WRITTEN = {"iso8859-1": "cp1252", "ascii": "cp1252"}
_LONGEST_LINE = 1_000_000
_SAMPLE_BYTES = 65_536
_MANY_HIGH = 12  # letters beyond ASCII: fewer tell nothing


def decode(data: bytes, name: str, *, declared: str = "", long_lines: bool = False) -> str:
    """
    Return the text of *data*, as `clean` leaves it.

    Args:
        data: UTF-8 (even where it was taken for Windows-1252 and encoded again), UTF-16 or UTF-32 (with or without a byte order mark), or
            Windows-1252.
        name: The file's name for the error.
        declared: An encoding that the document itself names, tried where no mark speaks against it.
        long_lines: Allow lines of more than a million characters, which programs write into JSON.

    Raises:
        Unreadable: The bytes are binary, or damaged text.
    """
    text = _decode(data, name, declared)
    if not long_lines and max((len(line) for line in text.split("\n")), default=0) > _LONGEST_LINE:
        raise Unreadable(name, N_("a line has more than a million characters, so this is no document that people read"))
    return text


def clean(text: str) -> str:
    """Return *text* NFC, with line feeds only, without invisible characters and without lone surrogates, which no database keeps."""
    plain = _CONTROLS.sub("", _BREAKS.sub("\n", text))
    return unicodedata.normalize("NFC", plain.encode("utf-8", "ignore").decode())


def _decode(data: bytes, name: str, declared: str) -> str:
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "") or _without_mark(data, declared)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding and encoding not in _WRITTEN.values():
            raise Unreadable(name, N_("its text is damaged or not {encoding}; save it again as UTF-8"), encoding=encoding) from error
        # Five bytes of Windows-1252 mean nothing: a page that declares it is read without them.
        text = data.decode(encoding, "replace") if encoding else _decode_western(data, name)
    text = mended(text)  # ‘Ã§Ã£o’ was ‘ção’ before a program took its UTF-8 for Windows-1252 and wrote that as UTF-8
    if _BINARY.search(text[:_SAMPLE_BYTES]) or "\x00" in text:
        raise Unreadable(name, N_("it holds binary data, not text"))
    return clean(text)


def _without_mark(data: bytes, declared: str) -> str:
    sample = data[:_SAMPLE_BYTES]
    if b"\x00" in sample:  # UTF-16 of Latin text has a zero in every second byte
        if sample[1::2].count(0) > 0.7 * len(sample[1::2]):
            return "utf-16-le"
        if sample[0::2].count(0) > 0.7 * len(sample[0::2]):
            return "utf-16-be"
    try:
        name = codecs.lookup(declared).name if declared else ""
    except LookupError:
        return ""
    return _WRITTEN.get(name, name)


def _decode_western(data: bytes, name: str) -> str:
    mended = data.decode("utf-8", "replace")
    wrong = mended.count("\ufffd")
    right = sum(character > "\x7f" for character in mended) - wrong
    if right > wrong:  # mostly good UTF-8: reading it as Windows-1252 would show ‘Ã§’ for ‘ç’
        raise Unreadable(name, N_("its UTF-8 text is damaged in {count} places; save it again as UTF-8"), count=wrong)
    unknown = Unreadable(name, N_("its encoding is not known; save it as UTF-8"))
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise unknown from error
    high = sum("À" <= character <= "ÿ" for character in text)
    if high >= _MANY_HIGH and high > sum(character.isascii() and character.isalpha() for character in text):
        raise unknown  # of Cyrillic, Greek or Chinese text most letters are beyond ASCII, of Western European ones few
    return text
