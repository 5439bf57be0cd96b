"""The rows of a JSON file one by one: an array's elements, or values that follow each other, without reading the file as a whole."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from finetune.findings import Finding
from finetune.formats.lines import UTF8_MARK

_CHUNK_BYTES: Final = 1 << 18
_MARK: Final = re.compile(rb'["\[\]{},]')
_IN_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_OPENED_BY: Final = {ord("]"): ord("["), ord("}"): ord("{")}


def elements(file: BinaryIO, *, limit_bytes: int, line: int = 1, alone: bool = True) -> Iterator[tuple[int, bytes] | Finding]:
    """
    Give each value with the line it begins in, as it stands there; nothing is parsed but strings and brackets.

    Args:
        file: At its beginning, or before a list in it; a byte order mark is passed over.
        limit_bytes: The longest value that is given; a longer one is a finding.
        line: The one that *file* is at.
        alone: Whether a list is all there is; else what follows it is nobody's business.
    """
    splitter = _Splitter(limit_bytes, line)
    head = file.read(3)
    rest = b"" if head == UTF8_MARK else head
    while chunk := file.read(_CHUNK_BYTES):
        yield from splitter.feed(rest + chunk)
        rest = b""
        if splitter.ended and not alone:
            return
    yield from splitter.feed(rest)
    yield from splitter.end()


class _Splitter:
    """Where the file is at: open brackets, inside a string or not, and what was read of the present value."""

    def __init__(self, limit_bytes: int, line: int) -> None:
        self._limit = limit_bytes
        self._open = bytearray()
        self._array: bool | None = None  # None: nothing was read yet
        self.ended = False
        self._in_string = False
        self._after_comma = False
        self._carry = b""  # a backslash whose character comes with the next chunk
        self._line = line  # of what is read next
        self._begins = 0  # the line of the present value's first character; 0 until it came
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes] | Finding]:
        """Take the next bytes and give the values that end in them."""
        chunk = self._carry + chunk
        self._carry = b""
        start = at = self._begin(chunk) if self._array is None else 0
        while at < len(chunk) and not self.ended:
            if self._in_string:
                at = self._pass_string(chunk, at)
                continue
            mark = _MARK.search(chunk, at)
            if mark is None:
                break
            at = mark.end()
            if self._ends_value(chunk[mark.start()]):
                self._take(chunk[start : mark.start() if self._array else at])
                yield from self._value(comma=chunk[mark.start()] == ord(","))
                start = at
        self._take(chunk[start : len(chunk) - len(self._carry)])

    def end(self) -> Iterator[tuple[int, bytes] | Finding]:
        """Give what the file ends with: the last of several values, or what is missing or too much."""
        self._take(self._carry)
        if self.ended and self._begins:
            yield Finding(self._begins, "json", {"column": 1, "problem": "after the end of the array"})
        elif self._open or self._in_string:
            yield Finding(self._begins or self._line, "cut_off")
        elif self._array and not self.ended:
            yield from self._value(comma=False)
            yield Finding(self._line, "json", {"column": 1, "problem": "the array does not end"})
        elif not self._array:
            yield from self._value(comma=False)

    def _begin(self, chunk: bytes) -> int:
        """Learn from the first character what kind of file it is; return where its values begin."""
        content = chunk.lstrip()
        if content:
            self._array = content.startswith(b"[")
        start = len(chunk) - len(content) + bool(self._array)
        self._line += chunk.count(b"\n", 0, start)
        return start

    def _pass_string(self, chunk: bytes, at: int) -> int:
        """Return where the string that goes on at *at* is over, or the chunk."""
        match = _IN_STRING.match(chunk, at)
        at = match.end() if match else at
        if chunk[at : at + 1] == b"\\":
            self._carry = b"\\"
        elif at < len(chunk):
            self._in_string = False
        return at + 1

    def _ends_value(self, mark: int) -> bool:
        """Follow *mark* and tell whether the present value ends with it."""
        if mark == ord('"'):
            self._in_string = True
            return False
        if mark == ord(","):
            return bool(self._array) and not self._open
        if mark in b"[{":
            self._open.append(mark)
            return False
        if self._open and self._open[-1] == _OPENED_BY[mark]:
            self._open.pop()
            return not self._array and not self._open
        # A bracket that closes nothing is left for the parser to complain of, but for the array's own.
        self.ended = bool(self._array) and not self._open and mark == ord("]")
        return self.ended

    def _take(self, piece: bytes) -> None:
        """Add *piece* to the present value, as long as that may be given."""
        if not self._begins:
            content = piece.lstrip()
            self._line += piece.count(b"\n", 0, len(piece) - len(content))
            piece = content
            self._begins = self._line if content else 0
        self._line += piece.count(b"\n")
        self._size += len(piece)
        if self._size > self._limit:
            self._pieces.clear()
        elif piece:
            self._pieces.append(piece)

    def _value(self, *, comma: bool) -> Iterator[tuple[int, bytes] | Finding]:
        if self._size > self._limit:
            yield Finding(self._begins, "row_too_long", {"limit": self._limit >> 20})
        elif self._begins or comma or self._after_comma:
            yield self._begins or self._line, b"".join(self._pieces).rstrip()
        self._begins, self._size, self._after_comma = 0, 0, comma
        self._pieces.clear()
