"""An export's two files, which appear whole or not at all: rows, then the manifest that points at them."""

import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from bot.errors import Misconfigured, Refused

MANIFEST = "manifest.json"
_LOCK = ".export.lock"
_ROWS_DRAFT = ".training.draft"
_MANIFEST_DRAFT = ".manifest.draft"


class ExportFiles:
    """
    Writes one export into *directory*: `begin`, any number of `write`, `finish`, and `end` in any case, each in a worker thread.

    Rows go to a draft that only `finish` gives its name, `training-<12 hex digits of the SHA-256>.jsonl`; `end` deletes a draft that
    is left. The manifest is replaced last, so that it always names a whole file. A lock keeps a second export out. Calls follow each
    other even where the task that awaited one was cancelled and goes on to `end`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._rows, self._manifest = directory / _ROWS_DRAFT, directory / _MANIFEST_DRAFT
        self._writer = FileLock(directory / _LOCK, timeout=0, thread_local=False)  # released by another thread
        self._call = threading.Lock()
        self._hash = hashlib.sha256()
        self._size_bytes = 0
        self._file: BinaryIO = io.BytesIO()
        self._ended = False

    def begin(self) -> None:
        """
        Make an empty draft.

        Raises:
            Refused: Another export is writing into the directory.
            Misconfigured: The directory cannot be made or written.
        """
        with self._call, self._spoken():
            if self._ended:  # cancelled before this thread's turn came
                return
            self._directory.mkdir(parents=True, exist_ok=True)
            try:
                self._writer.acquire()
            except Timeout as error:
                raise Refused(f"Another export is writing into {self._directory}; wait for it to end.") from error
            try:
                self._file = self._rows.open("wb")
            except OSError:
                self._writer.release()
                raise

    def write(self, text: str) -> None:
        """
        Append *text* to the draft.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        data = text.encode()
        with self._call, self._spoken():
            self._file.write(data)
            self._hash.update(data)
            self._size_bytes += len(data)

    def finish(self, manifest: Mapping[str, Any]) -> tuple[Path, Path, str]:
        """
        Give the rows their name, then write *manifest*, preceded by the rows' `file`, `sha256` and `size_bytes`.

        Returns:
            The rows' path, the manifest's path, the rows' SHA-256 in hex.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        digest = self._hash.hexdigest()
        rows, named = self._directory / f"training-{digest[:12]}.jsonl", self._directory / MANIFEST
        whole = {"file": rows.name, "sha256": digest, "size_bytes": self._size_bytes, **manifest}
        with self._call, self._spoken():
            self._file.flush()
            os.fsync(self._file.fileno())
            with self._manifest.open("wb") as file:
                file.write(json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._rows.replace(rows)
            self._manifest.replace(named)
            _keep_names(self._directory)
        return rows, named, digest

    def end(self) -> None:
        """Delete what was not finished and let the next export in; without a `begin` that worked there is nothing to do."""
        with self._call:
            self._ended = True
            with suppress(OSError):  # of a full disk, once more: the draft goes anyway
                self._file.close()
            if self._writer.is_locked:
                self._rows.unlink(missing_ok=True)
                self._manifest.unlink(missing_ok=True)
                self._writer.release()

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Misconfigured(
                f"The export into {self._directory} was given up and left nothing behind: {error.strerror or error}; "
                "free space there or name a folder that this user may write."
            ) from error


def _keep_names(directory: Path) -> None:
    """A rename survives a power cut once its folder is written."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
