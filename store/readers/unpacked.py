"""An export of Slack's that somebody unpacked: a folder that is read as the archive it was."""

import io
import os
import zipfile
from pathlib import Path
from typing import Final

from bot.texts import N_
from store.readers.document import Unreadable

_MARKS: Final = ("channels.json", "users.json")
_MOST_BYTES: Final = 512 << 20  # of what an archive unpacks to, see `archive`
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the same files are the same bytes, whenever they were copied


def is_unpacked(folder: Path) -> bool:
    """Tell whether a folder holds what Slack's archives hold."""
    return all((folder / name).is_file() for name in _MARKS)


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the files of an unpacked archive, by name: its lists, and its channels' days; hidden ones are none."""
    inside = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    shown = (each for each in inside if not any(part.startswith(".") for part in each.relative_to(folder).parts))
    return tuple(sorted(each for each in shown if each.suffix.lower() == ".json"))


def packed(folder: Path, name: str) -> bytes:
    """
    Return the archive again, *name* being what people call the folder.

    Raises:
        Unreadable: It is larger than an archive may be, or a file cannot be opened.
    """
    target = io.BytesIO()
    try:
        files = files_in(folder)
        if sum(each.stat().st_size for each in files) > _MOST_BYTES:
            raise Unreadable(
                name, N_("it unpacks to more than {limit_mb} MB; export a shorter time, or fewer channels"), limit_mb=_MOST_BYTES >> 20
            )
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for each in files:
                entry = zipfile.ZipInfo(each.relative_to(folder).as_posix(), _LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, each.read_bytes())
    except OSError as error:
        raise Unreadable(name, N_("it cannot be opened ({reason}); check its permissions"), reason=error.strerror or "") from error
    return target.getvalue()
