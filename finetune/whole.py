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
        _sync(draft)
        draft.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise _failed(target, error) from error
    finally:
        draft.unlink(missing_ok=True)


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
            _sync(path)
        draft.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise _failed(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _draft_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.draft")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(target: Path, error: OSError) -> Misconfigured:
    return Misconfigured(f"{target} cannot be written ({error.strerror or error}): make room there or correct its rights")
