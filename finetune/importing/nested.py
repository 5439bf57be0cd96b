"""Where in a JSON file a list stands, found without reading the file as a whole."""

import re
from typing import BinaryIO, Final

_CHUNK: Final = 1 << 18
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("?)|[\[\]{}]', re.DOTALL)
_LONGEST: Final = 8 << 20  # of a text, and of what stands between two


def list_within(file: BinaryIO, key: str) -> int | None:
    """
    Put *file*, which is at its beginning, before the list under *key* of its object; return the line there, from 1.

    None where there is none: the file is no object, has no such list, or holds a text of more than eight megabytes before it.
    """
    scan, rest, offset, line = _Scan(key), b"", 0, 1
    while (chunk := file.read(_CHUNK)) and len(rest) < _LONGEST:
        data, end = rest + chunk, 0
        for match in _TOKEN.finditer(data):
            if match[0].startswith(b'"') and not match[1]:  # it ends in a later chunk
                break
            if scan.opens(match[0], data[end : match.start()]):
                file.seek(offset + match.start())
                return line + data.count(b"\n", 0, match.start())
            if scan.is_list:
                return None
            end = match.end()
        line += data.count(b"\n", 0, end)
        offset, rest = offset + end, data[end:]
    return None


class _Scan:
    """Follows strings and brackets."""

    def __init__(self, key: str) -> None:
        self._wanted = f'"{key}"'.encode()
        self._depth = 0
        self._named = False
        self.is_list = False

    def opens(self, token: bytes, before: bytes) -> bool:
        """Take the next token, and what stands *before* it; tell whether it opens the list."""
        if token == b"[" and self._depth == 1 and self._named and before.strip() == b":":
            return True
        self.is_list = token == b"[" and self._depth == 0
        self._depth += (token in b"[{") - (token in b"]}")
        self._named = self._depth == 1 and token == self._wanted
        return False
