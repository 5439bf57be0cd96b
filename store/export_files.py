"""An export's files, which appear whole or not at all: rows of each kind, then the manifest that points at them."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from filelock import FileLock, Timeout

from bot.errors import Misconfigured, Refused

MANIFEST = "manifest.json"
IMPORT: Final = "import"  # the key by which the manifest of divided rows is told from an export's
LOCK = ".export.lock"
_DRAFTS: Final[Mapping["Kind", str]] = {
    "rows": ".training.draft",
    "preferences": ".training.preferences.draft",
    "thumbs": ".training.thumbs.draft",
}
_MANIFEST_DRAFT = ".manifest.draft"


Kind = Literal["rows", "preferences", "thumbs"]


class _Part:
    """The lines of one kind."""

    def __init__(self, draft: Path) -> None:
        self.draft = draft
        self.file: BinaryIO = draft.open("wb")
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self._hash.update(data)
        self._size_bytes += len(data)

    def described(self, kind: Kind) -> dict[str, Any]:
        digest = self._hash.hexdigest()
        ending = "jsonl" if kind == "rows" else f"{kind}.jsonl"
        return {"file": f"training-{digest[:12]}.{ending}", "sha256": digest, "size_bytes": self._size_bytes}


class ExportFiles:
    """
    Writes one export into *directory*: `begin`, any number of `write`, `finish`, and `end` in any case, each in a worker thread.

    Rows go to a draft that only `finish` gives its name, `training-<12 hex digits of the SHA-256>.jsonl`; preference pairs and rated
    answers, where there are any, to others beside it (`….preferences.jsonl`, `….thumbs.jsonl`); `end` deletes drafts that are left. The
    manifest is replaced last, so that it always names a whole file. A lock keeps a second export out. Calls follow each
    other even where the task that awaited one was cancelled and goes on to `end`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._manifest = directory / _MANIFEST_DRAFT
        self._writer = FileLock(directory / LOCK, timeout=0, thread_local=False)  # released by another thread
        self._call = threading.Lock()
        self._parts: dict[Kind, _Part] = {}
        self._ended = False

    def begin(self) -> None:
        """
        Make an empty draft.

        Raises:
            Refused: Another export is writing into the directory, or it holds imported rows.
            Misconfigured: The directory cannot be made or written.
        """
        with self._call, self._spoken():
            if self._ended:  # cancelled before this thread's turn came
                return
            self._directory.mkdir(parents=True, exist_ok=True)
            if is_of_import(self._directory / MANIFEST):
                raise Refused(f"{self._directory} holds imported rows, whose {MANIFEST} would be lost; name another folder.")
            try:
                self._writer.acquire()
            except Timeout as error:
                raise Refused(f"Another export is writing into {self._directory}; wait for it to end.") from error
            try:
                self._part("rows")
            except OSError:
                self._writer.release()
                raise

    def write(self, text: str, kind: Kind = "rows") -> None:
        """
        Append *text* to the draft of a kind.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        data = text.encode()
        with self._call, self._spoken():
            if not self._ended:  # cancelled: what comes late leaves no draft
                self._part(kind).write(data)

    def finish(self, manifest: Mapping[str, Any]) -> tuple[Path, Path, str]:
        """
        Give the rows their name, then write *manifest*, preceded by the rows' `file`, `sha256` and `size_bytes`.

        What it holds under `preferences` and `thumbs` gets those of their files, where there are such.

        Returns:
            The rows' path, the manifest's path, the rows' SHA-256 in hex.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        described = {kind: part.described(kind) for kind, part in self._parts.items()}
        named = self._directory / MANIFEST
        whole: dict[str, Any] = {**described["rows"], **manifest}
        whole |= {kind: each | manifest.get(kind, {}) for kind, each in described.items() if kind != "rows"}
        with self._call, self._spoken():
            for part in self._parts.values():
                part.file.flush()
                os.fsync(part.file.fileno())
            with self._manifest.open("wb") as file:
                file.write(json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            for kind, part in self._parts.items():
                part.draft.replace(self._directory / described[kind]["file"])
            self._manifest.replace(named)
            _keep_names(self._directory)
        return self._directory / described["rows"]["file"], named, described["rows"]["sha256"]

    def end(self) -> None:
        """Delete what was not finished and let the next export in; without a `begin` that worked there is nothing to do."""
        with self._call:
            self._ended = True
            for part in self._parts.values():
                with suppress(OSError):  # of a full disk, once more: the draft goes anyway
                    part.file.close()
            if self._writer.is_locked:
                for part in self._parts.values():
                    part.draft.unlink(missing_ok=True)
                self._manifest.unlink(missing_ok=True)
                self._writer.release()

    def _part(self, kind: Kind) -> _Part:
        if kind not in self._parts:
            self._parts[kind] = _Part(self._directory / _DRAFTS[kind])
        return self._parts[kind]

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Misconfigured(
                f"The export into {self._directory} was given up and left nothing behind: {error.strerror or error}; "
                "free space there or name a folder that this user may write."
            ) from error


def is_of_export(manifest: Path) -> bool:
    """Tell whether *manifest* is there and names an export."""
    told = _told(manifest)
    return "file" in told and IMPORT not in told


def is_of_import(manifest: Path) -> bool:
    """Tell whether *manifest* is there and names divided rows."""
    return IMPORT in _told(manifest)


def _told(manifest: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _keep_names(directory: Path) -> None:
    """A rename survives a power cut once its folder is written."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
