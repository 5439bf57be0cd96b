"""What files held when they were last looked at, so that thousands of unchanged ones need not be read again."""

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from store.readers.document import Unreadable
from store.readers.unpacked import files_in

Signature = tuple[int, int, int, int]
_RACY_NS = 2_000_000_000  # the coarsest time stamps, FAT's: a change within them may leave every figure as it was


def signature_of(path: Path, *, settled_by_ns: int | None = None) -> Signature | None:
    """
    Return what changes with a file: its size in bytes, its times of change (of the content, of the entry; ns) and its number.

    The second time moves with every write and rename and cannot be set back, as the first can. None where the file is not there, or
    where it changed so shortly before *settled_by_ns* (Unix time) that it may change again without a sign.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    signature = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    if stat.S_ISDIR(status.st_mode):
        signature = _of_folder(path, signature)
    if settled_by_ns is not None and max(signature[1:3]) > settled_by_ns - _RACY_NS:
        return None
    return signature


def _of_folder(path: Path, own: Signature) -> Signature:
    """Return what changes with an unpacked archive: all sizes, the last times, all numbers."""
    every = [own, *filter(None, map(signature_of, files_in(path)))]
    sizes, contents, entries, numbers = zip(*every, strict=True)
    return sum(sizes), max(contents), max(entries), sum(numbers)


class SeenFiles:
    """
    The SHA-256 of files by location and signature, kept in a file; and in memory alone why others could not be read.

    It is only a memory: without it, or with one that is wrong or damaged, files are read again. Call it off the event loop.
    """

    def __init__(self, path: Path | None) -> None:
        """Keep it at *path*; None: nowhere."""
        self._path = path
        self._hashes: dict[str, tuple[Signature, str]] | None = None
        self._problems: dict[str, tuple[Signature, int, Unreadable]] = {}
        self._changed = False

    def sha256(self, location: str, signature: Signature | None) -> str | None:
        """Return the hash of the file at *location*, None where it has to be read."""
        known = self._loaded().get(location)
        return known[1] if known and known[0] == signature else None

    def problem(self, location: str, signature: Signature | None, *, max_bytes: int) -> Unreadable | None:
        """Return why the file at *location* could not be read, None where that has to be tried."""
        known = self._problems.get(location)
        return known[2] if known and known[:2] == (signature, max_bytes) else None

    def note(self, location: str, signature: Signature | None, sha256: str) -> None:
        """Keep the hash of a file that looked so before and after it was read; with None it is read again next time."""
        self._problems.pop(location, None)
        if signature is not None and self._loaded().get(location) != (signature, sha256):
            self._loaded()[location] = (signature, sha256)
            self._changed = True

    def note_problem(self, location: str, signature: Signature | None, error: Unreadable, *, max_bytes: int) -> None:
        """Keep why a file cannot be read, likewise; *max_bytes* is what a file may have."""
        if signature is not None:
            self._problems[location] = (signature, max_bytes, error)

    def forget(self, location: str) -> None:
        """Forget a file that is gone."""
        self._changed |= self._loaded().pop(location, None) is not None
        self._problems.pop(location, None)

    def save(self) -> None:
        """Write what is new to the file; one that cannot be written costs time at the next look, nothing else."""
        if self._path is None or not self._changed:
            return
        self._changed = False
        new = self._path.with_suffix(f".{os.getpid()}.new")
        with contextlib.suppress(OSError):
            new.write_text(json.dumps(self._loaded(), separators=(",", ":")), encoding="utf-8")
            new.replace(self._path)

    def _loaded(self) -> dict[str, tuple[Signature, str]]:
        if self._hashes is None:
            self._hashes = _read(self._path) if self._path else {}
        return self._hashes


def _read(path: Path) -> dict[str, tuple[Signature, str]]:
    try:
        kept: Mapping[str, tuple[list[int], str]] = json.loads(path.read_bytes())
        return {str(location): (_signature(figures), str(sha256)) for location, (figures, sha256) in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _signature(figures: list[int]) -> Signature:
    size, modified, changed, number = map(int, figures)
    return size, modified, changed, number
