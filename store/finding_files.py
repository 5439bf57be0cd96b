"""The files that an operator names: folders walked, hidden files left out, each file once."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.texts import N_
from store.readers.document import Unreadable
from store.readers.unpacked import is_unpacked

_LOCATION_CHARACTERS = 1024  # as wide as the column


@dataclass(frozen=True, slots=True)
class Located:
    """A file to import: where it is, its absolute path as text, and its name as people see it."""

    path: Path
    location: str
    shown: str


def find_files(paths: Sequence[Path]) -> tuple[list[Located], list[Unreadable]]:
    """Return the files at *paths* (a folder's by name, sub-folders after files), and what stands in the way of others."""
    found: dict[str, Located] = {}
    problems: list[Unreadable] = []
    for path in paths:
        candidates = _walk(path, path, problems, visited=set(), above=frozenset()) if is_folder(path) else iter([(path, path.name)])
        for file, shown in candidates:
            location = location_of(file)
            if len(location) > _LOCATION_CHARACTERS:
                problems.append(Unreadable(shown[-80:], N_("its path is longer than {limit} characters"), limit=_LOCATION_CHARACTERS))
            else:
                found.setdefault(location, Located(file, location, _printable(shown)))
    return list(found.values()), problems


def location_of(path: Path) -> str:
    """Return the absolute path without symbolic links, so that a file has one location however it is named."""
    return _printable(os.path.realpath(path))


def is_gone(location: str) -> bool:
    """Tell whether nothing is at *location* any more; a place that cannot be looked at is not gone."""
    try:
        os.lstat(location)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _walk(
    root: Path, folder: Path, problems: list[Unreadable], *, visited: set[tuple[int, int]], above: frozenset[tuple[int, int]]
) -> Iterator[tuple[Path, str]]:
    """
    Yield the files below *folder*; linked folders are followed, each folder once, so that a circle of links ends.

    A folder that is an unpacked archive is one of them, and called as the archive it was.
    """
    try:
        status = folder.stat()
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        reason = error.strerror or ""
        problems.append(
            Unreadable(_name(folder, root), N_("this folder cannot be opened ({reason}); check its permissions"), reason=reason)
        )
        return
    if is_unpacked(folder):
        yield folder, f"{_name(folder, root)}.zip"
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        problems.append(Unreadable(_name(folder, root), N_("a link leads back to this folder in a circle; it is read once")))
    if here in visited:
        return
    visited.add(here)
    folders = [entry for entry in entries if is_folder(entry)]
    for entry in entries:
        if entry not in folders:
            yield entry, _name(entry, root)
    for entry in folders:
        yield from _walk(root, entry, problems, visited=visited, above=above | {here})


def is_folder(path: Path) -> bool:
    """Tell whether *path* is a folder, as far as it can be looked at."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _name(path: Path, root: Path) -> str:
    return _printable(path.relative_to(root).as_posix()) if path != root else _printable(root.name or str(root))


def _printable(name: str) -> str:
    """Return a file name whose bytes are no UTF-8 with marks in their place, because databases keep UTF-8 only."""
    return os.fsencode(name).decode("utf-8", "replace")
