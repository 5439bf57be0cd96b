"""A file line by line, whatever the length of its lines."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from finetune.findings import Finding

_BYTES_AT_ONCE: Final = 1 << 20
UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def lines(file: BinaryIO, *, limit_bytes: int) -> Iterator[tuple[int, bytes] | Finding]:
    """
    Give each line with its number, from 1; only a line feed ends one.

    A line of more than *limit_bytes* is a finding, whatever it holds; so is the first line of a file in UTF-16, which is given up.
    """
    number = 0
    while line := file.readline(limit_bytes + 1):
        number += 1
        if number == 1 and line.startswith(_UTF16):
            yield Finding(1, "encoding", {"byte": 1})
            return
        if len(line) <= limit_bytes or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := file.readline(_BYTES_AT_ONCE)) and not rest.endswith(b"\n"):
            pass
        yield Finding(number, "row_too_long", {"limit": limit_bytes >> 20})
