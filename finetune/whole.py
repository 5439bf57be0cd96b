"""Files and folders that are written whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import Misconfigured


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """
    Give the path of a draft beside *target*; once the block is done it is on the disk and takes *target*'s place, else it is removed.

    Raises:
        Misconfigured: The disk is full or fails.
    """
    draft = _draft_of(target)
    try:
        yield draft
        sync(draft)
        draft.replace(target)
        sync(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        draft.unlink(missing_ok=True)


def write_whole(target: Path, text: str) -> None:
    """
    Write *text* to *target* as UTF-8, in a folder that is made where it is missing; as `whole_file`.

    Raises:
        Misconfigured: The disk is full or fails.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(target, error) from error
    with whole_file(target) as draft:
        draft.write_text(text, encoding="utf-8", errors="replace")  # lone surrogates have no UTF-8


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """
    Give the path of a draft of the new folder *target*, to be made by the block; as `whole_file`.

    Raises:
        Misconfigured: The disk is full or fails, or *target* exists.
    """
    draft = _draft_of(target)
    try:
        yield draft
        for path in (*draft.rglob("*"), draft):
            sync(path)
        draft.rename(target)
        sync(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _draft_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.draft")


def sync(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    if os.name == "nt" and path.is_dir():  # which Windows cannot open
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot_write(target: Path, error: OSError) -> Misconfigured:
    """Return the sentence for a file that cannot be written."""
    return Misconfigured(f"{target} cannot be written ({error.strerror or error}): free space there or correct its rights")
