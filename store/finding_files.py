"""The files that an operator names: folders walked, hidden files and programs' own left out, each file once."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.texts import N_
from store.readers.document import Unreadable
from store.readers.unpacked import is_unpacked

LOCATION_CHARACTERS = 1024  # as wide as the columns
_HIDDEN = (".", "~$")  # the latter is the lock of a document that is open in Word
_NO_DOCUMENTS = frozenset({"node_modules", "thumbs.db", "desktop.ini"})  # what programs leave in people's folders
_MARK = "\ufffd"
_NO_TEXT = re.compile(f"[\udc80-\udcff{_MARK}]")
_KEPT_BYTE = re.compile(_MARK.encode() + rb"([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Located:
    """
    A file to import: where it is, its absolute path as text, and its name as people see it.

    `link` is set for one that lies outside what was named, and was reached through a link: the absolute path that led to it.
    """

    path: Path
    location: str
    shown: str
    link: str = ""

    @property
    def linked(self) -> bool:
        """Whether it was reached through a link."""
        return bool(self.link)


def find_files(paths: Sequence[Path]) -> tuple[list[Located], list[Unreadable]]:
    """Return the files at *paths* (a folder's by name, sub-folders after files), and what stands in the way of others."""
    found: dict[str, Located] = {}
    problems: list[Unreadable] = []
    for path in paths:
        root = location_of(path)
        candidates = _walk(path, path, problems, visited=set(), above=frozenset()) if is_folder(path) else iter([(path, path.name)])
        for file, shown in candidates:
            location = location_of(file)
            if len(location) > LOCATION_CHARACTERS:
                problems.append(Unreadable(shown[-80:], N_("its path is longer than {limit} characters"), limit=LOCATION_CHARACTERS))
            else:
                link = "" if lies_in(location, root) else f"{root.rstrip('/')}/{_text_of(file.relative_to(path))}"
                here = Located(file, location, _printable(shown), link)
                if not here.linked and location in found and found[location].linked:
                    found[location] = here
                found.setdefault(location, here)
    return list(found.values()), problems


def location_of(path: Path) -> str:
    """
    Return the absolute path without symbolic links, so that a file has one location however it is named.

    Bytes of it that are no UTF-8 stand as a mark and two hexadecimal digits each, so that `is_gone` finds the file again.
    """
    return _text_of(os.path.realpath(path))


def lies_in(location: str, folder: str) -> bool:
    """Tell whether *location* is *folder*, a location too, or one below it."""
    return f"{location}/".startswith(f"{folder.rstrip('/')}/")


def is_gone(location: str) -> bool:
    """Tell whether no document has its place at *location* any more; a place that cannot be looked at is not gone."""
    path = _path_of(location)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode) or os.path.realpath(path) != path:
            return True  # a link leads to a document with a place of its own
        return stat.S_ISDIR(mode) and os.access(path, os.R_OK | os.X_OK) and not is_unpacked(Path(path))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def is_unlinked(link: str, location: str) -> bool:
    """
    Tell whether *link* leads to the document at *location* no more: it was taken away or leads to another one now.

    A link to what cannot be seen for the moment, and one into a folder that is missing or empty, still leads there.
    """
    path = Path(_path_of(link))
    try:
        if os.path.lexists(path):
            return path.exists() and location_of(path) != location
        left = next(parent for parent in path.parents if os.path.lexists(parent))
        return os.path.realpath(left) == str(left) or any(left.iterdir())
    except OSError:
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
        entries = sorted(entry for entry in folder.iterdir() if _is_meant(entry.name))
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


def _is_meant(name: str) -> bool:
    return not name.startswith(_HIDDEN) and name.casefold() not in _NO_DOCUMENTS


def is_folder(path: Path) -> bool:
    """Tell whether *path* is a folder, as far as it can be looked at."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _name(path: Path, root: Path) -> str:
    return _printable(path.relative_to(root).as_posix()) if path != root else _printable(root.name or str(root))


def _text_of(path: str | Path) -> str:
    return _NO_TEXT.sub(_kept, os.fsencode(path).decode("utf-8", "surrogateescape"))


def _path_of(location: str) -> str:
    return os.fsdecode(_KEPT_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), location.encode()))


def _kept(found: re.Match[str]) -> str:
    """Return a byte that is no UTF-8, or those of a mark that is part of a name, as marks with digits."""
    return "".join(f"{_MARK}{byte:02x}" for byte in found[0].encode("utf-8", "surrogateescape"))


def _printable(name: str) -> str:
    """Return a file name whose bytes are no UTF-8 with marks in their place, because databases keep UTF-8 only."""
    return os.fsencode(name).decode("utf-8", "replace")
