"""
The room that hnswlib keeps in its files for entries to come, which it writes as it finds it in memory: with anybody's words.

The beginning of `header.bin` (https://github.com/chroma-core/hnswlib, `persistDirty`) is a version (int32), then, as uint64, the
offset of level 0, how many entries there is room for, how many there are, and the bytes of each in `data_level0.bin`.
"""

import os
import struct
from pathlib import Path

_HEADER = struct.Struct("<i4Q")
_VERSION = 1
_LENGTH_BYTES = 4  # of an entry in length.bin


class Room:
    """Clears the files of the index directories in a folder; those that did not change since are not looked at again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clean: dict[str, int] = {}  # when the file was last changed (ns), by its directory's name

    def clear(self) -> None:
        """Overwrite with zeros what is beyond the last entry; a file of another make stays as it is."""
        with os.scandir(self._folder) as found:
            for directory in found:
                data = os.path.join(directory.path, "data_level0.bin")  # noqa: PTH118  # hundreds of times a second in an import
                try:
                    changed = os.stat(data).st_mtime_ns  # noqa: PTH116
                except OSError:
                    continue
                if self._clean.get(directory.name) != changed:
                    clear(Path(directory.path))
                    self._clean[directory.name] = os.stat(data).st_mtime_ns  # noqa: PTH116


def clear(directory: Path) -> None:
    """Overwrite with zeros what is beyond the last entry of one index."""
    header = (directory / "header.bin").read_bytes()
    if len(header) < _HEADER.size:
        return
    version, _, room, entries, entry_bytes = _HEADER.unpack_from(header)
    if version != _VERSION or entries > room:
        return
    for name, each_bytes in (("data_level0.bin", entry_bytes), ("length.bin", _LENGTH_BYTES)):
        path = directory / name
        if path.is_file():
            _zero(path, entries * each_bytes, path.stat().st_size)


def _zero(path: Path, first: int, end: int) -> None:
    with path.open("r+b") as file:
        file.seek(first)
        if any(file.read(end - first)):
            file.seek(first)
            file.write(bytes(end - first))
