"""A backup's archive: a zip whose last file, the manifest, names every other one with its size and SHA-256."""

import errno
import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from bot.errors import Misconfigured, Refused
from finetune.private import private_file

MANIFEST: Final = "manifest.json"
HOME: Final = "home"  # the folder of the archive for the home's files
SETTINGS: Final = "settings/aprendiz.toml"
FORMAT: Final = 1

_CHUNK: Final = 1 << 20
_LEVEL: Final = 1  # weights hardly shrink, and conversations do with any
_MOST_MANIFEST_BYTES: Final = 64 << 20
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError, TypeError)


@dataclass(slots=True)
class Manifest:
    """
    What a backup holds.

    `revision` is of the ledger's tables, `ledger` the database's make, `key` where the key of the pseudonyms is: in the `home` of the
    archive, or `configured` by the operator. `files` is (SHA-256 in hex, bytes) by the name in the archive.
    """

    made_at: str
    program: str
    revision: str
    ledger: str
    key: str
    format: int = FORMAT
    files: dict[str, tuple[str, int]] = field(default_factory=dict)


class Archive:
    """Writes one; made by `new_archive`."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self.files: dict[str, tuple[str, int]] = {}

    def add(self, path: Path, name: str) -> None:
        """Add the file at *path* as *name*, as it is while it is read; one that is gone by now is passed over."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return
        digest, size = hashlib.sha256(), 0
        with source, self._zip.open(name, "w", force_zip64=True) as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.files[name] = digest.hexdigest(), size

    def close(self) -> None:
        """Let go of the file; without `finish` what is there is no archive."""
        with suppress(OSError):  # of a full disk, once more
            self._zip.close()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the archive's directory."""
        manifest.files = self.files
        self._zip.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        self._zip.close()


@contextmanager
def new_archive(target: Path) -> Iterator[Archive]:
    """
    Give an archive that takes the name *target*, readable by its owner alone, once it is finished and the block done.

    Raises:
        Misconfigured: The disk is full or fails.
    """
    with private_file(target) as file:
        archive = Archive(file)
        try:
            yield archive
        finally:
            archive.close()


def read_archive(path: Path) -> Manifest:
    """
    Return what a backup holds, once all that can be told without unpacking it is right.

    Raises:
        Refused: It is no whole backup of ours, of a newer program, or holds what no backup does: links, paths that lead elsewhere.
        Misconfigured: It cannot be read.
    """
    with _reading(path) as archive:
        manifest = _manifest_of(archive, path)
        names = [entry.filename for entry in archive.infolist()]
        if sorted(names) != sorted({*manifest.files, MANIFEST}):
            raise Refused(f"{path} is no whole backup: its files are not those that its manifest names")
        for entry in archive.infolist():
            _check(entry, path)
        return manifest


def unpack(path: Path, manifest: Manifest, folder: Path) -> Iterator[str]:
    """
    Write the files of a backup that `read_archive` passed into *folder*, each compared with the manifest; yield their names.

    Raises:
        Refused: One is not what the manifest says.
        Misconfigured: The disk is full or fails.
    """
    with _reading(path) as archive:
        for name, (sha256, size_bytes) in manifest.files.items():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest, written = hashlib.sha256(), 0
            with archive.open(name) as source, target.open("xb") as file:
                target.chmod(0o600)
                while chunk := source.read(_CHUNK):
                    written += len(chunk)
                    if written > size_bytes:
                        break
                    file.write(chunk)
                    digest.update(chunk)
            if written != size_bytes or digest.hexdigest() != sha256:
                raise Refused(f"{path} was altered or damaged: {name} is not the file that was backed up")
            yield name


@contextmanager
def _reading(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGED as error:
        raise _spoilt(path, error) from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # an altered directory leads to before the file's beginning
            raise _spoilt(path, error) from error
        raise Misconfigured(f"{error.filename or path} cannot be read or written ({error.strerror or error})") from error


def _spoilt(path: Path, error: Exception) -> Refused:
    return Refused(f"{path} is no whole backup ({error}): it was altered, or cut off")


def _manifest_of(archive: zipfile.ZipFile, path: Path) -> Manifest:
    entry = archive.getinfo(MANIFEST)
    if entry.file_size > _MOST_MANIFEST_BYTES:
        raise Refused(f"{path} is no backup of this program: its manifest is too large")
    values: dict[str, Any] = json.loads(archive.read(entry))
    if values.get("format") != FORMAT:
        raise Refused(f"{path} is a backup of format {values.get('format')}, and this program reads {FORMAT}: use the one that made it")
    files = {str(name): (str(sha256), int(size)) for name, (sha256, size) in values.pop("files").items()}
    return Manifest(**values, files=files)


def _check(entry: zipfile.ZipInfo, path: Path) -> None:
    name = PurePosixPath(entry.filename)
    # The name as it stands in the file: zipfile cuts it at a NUL and turns backslashes on some systems.
    plain = entry.orig_filename == str(name) and not {"\\", ":", "\0"} & {*entry.orig_filename}
    inside = not name.is_absolute() and ".." not in name.parts and name.parts[:1] in (("home",), ("settings",), (MANIFEST,))
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if not (plain and inside and kind in (0, stat.S_IFREG)) or entry.is_dir():
        raise Refused(f"{path} is no backup of this program: {entry.filename!r} is no plain file of a home")
