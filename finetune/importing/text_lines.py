"""Files of text as lines of UTF-8, whatever they are written in: UTF-8, UTF-16, Windows-1252, or lines of both."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final, cast

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def utf8_lines(path: Path) -> Iterator[BinaryIO]:
    """
    Give the file for reading line by line (`readline` only).

    A line that is no UTF-8 is read as Windows-1252, as office programs write it; where more of it is good UTF-8 than not it is damaged,
    and given as it is, for a finding.
    """
    with path.open("rb") as file:
        head = file.read(2)
        file.seek(0)
        if head in _UTF16:
            with TextIOWrapper(file, "utf-16", errors="replace", newline="\n") as text:
                yield cast("BinaryIO", _Decoded(text))
        else:
            yield cast("BinaryIO", _Mended(file))


class _Decoded:
    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text

    def readline(self, limit: int = -1) -> bytes:
        return self._text.readline(limit).encode()


class _Mended:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readline(self, limit: int = -1) -> bytes:
        line = self._file.readline(limit)
        return line if line.isascii() or (not line.endswith(b"\n") and len(line) == limit) else as_utf8(line)


def as_utf8(line: bytes) -> bytes:
    """Return a line in UTF-8, from Windows-1252 where it is that."""
    try:
        line.decode()
    except UnicodeDecodeError:
        mended = line.decode("utf-8", "replace")
        wrong = mended.count("\ufffd")
        if sum(character > "\x7f" for character in mended) - wrong > wrong:
            return line
        try:
            return line.decode("cp1252").encode()
        except UnicodeDecodeError:
            return line
    return line
